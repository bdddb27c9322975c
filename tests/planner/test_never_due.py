"""Schedules of which nothing comes any more are warned of; what was applied in time has done its part."""

from __future__ import annotations

import pytest

from reconciler.model.beside import ScalingRecord
from reconciler.model.diagnostic import Diagnostic, Span
from reconciler.model.scaling import Autoscaling, ScheduledAction
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.beside import begin_beside
from reconciler.planner.never_due import never_due
from tests.builders import NOW, declared, stack

DAY = 86_400.0
ONCE = "at(1970-01-12T00:00:00)"
PLACE = Span("main.hcl", 7, 3, 7, 40)


def job(expression: str, timezone: str = "UTC") -> Stack:
    """A scheduled task, declared in line 7."""
    task = ScheduledTask(
        address="scheduled_task.job",
        name="job",
        task_definition="task_definition.web",
        schedule=Schedule(expression=expression, timezone=timezone),
    )
    return stack(declared()).changed(scheduled_tasks=(task,), origins={"scheduled_task.job.schedule": PLACE})


def recorded(wanted: Stack, at: float) -> State:
    """What an apply at that time recorded."""
    return begin_beside(wanted, State(stack_name="shop"), at).changed(target=wanted)


def told(wanted: Stack, state: State | None = None, now: float = NOW) -> list[str]:
    return [each.summary for each in never_due(wanted, state or State(stack_name="shop"), now)]


def test_a_time_that_is_past_is_warned_of_with_its_place_and_what_to_do() -> None:
    assert never_due(job(ONCE), State(stack_name="shop"), NOW) == (
        Diagnostic(
            "warning",
            "E0650",
            f"scheduled_task.job is never due: no time of {ONCE}, in UTC, is still to come",
            "Give it a later time, or remove the block.",
            PLACE,
        ),
    )


@pytest.mark.parametrize(
    ("expression", "timezone", "is_warned"),
    [
        ("at(1970-01-12T13:46:40)", "UTC", True),
        ("at(1970-01-12T13:46:41)", "UTC", False),
        ("at(1970-01-12T14:00:00)", "Europe/Berlin", True),
        ("cron(0 3 1 1 ? 1970)", "UTC", True),
        ("cron(0 3 1 1 ? 1970-1971)", "UTC", False),
        ("@daily", "UTC", False),
        ("rate(5 minutes)", "UTC", False),
    ],
)
def test_it_is_the_zone_and_the_years_that_count(expression: str, timezone: str, is_warned: bool) -> None:
    assert bool(told(job(expression, timezone))) is is_warned


def test_what_was_applied_before_its_time_has_done_its_part() -> None:
    wanted = job(ONCE)
    assert told(wanted, recorded(wanted, NOW - 2 * DAY)) == []


def test_what_was_applied_too_late_is_warned_of_in_every_plan_and_so_is_another_time() -> None:
    wanted = job(ONCE)
    found = [told(wanted, recorded(wanted, NOW - 1)), told(wanted, recorded(job("@daily"), NOW - 2 * DAY))]
    assert [len(each) for each in found] == [1, 1]


def test_scheduled_actions_of_autoscalings_are_warned_of_until_they_were_carried_out() -> None:
    action = ScheduledAction(name="sale", schedule=Schedule(expression=ONCE), min_capacity=5)
    scaling = Autoscaling(
        address="autoscaling.web",
        service="service.web",
        min_capacity=1,
        max_capacity=9,
        scheduled_actions=(action,),
    )
    wanted = stack(declared()).changed(autoscalings=(scaling,))
    slot = NOW - 13 * 3600 - 46 * 60 - 40
    found = [
        told(wanted, recorded(wanted, NOW - 2 * DAY).changed(scaling=(_record(done_up_to),)))
        for done_up_to in (NOW - 1, slot)
    ]
    assert found == [
        [f"autoscaling.web.scheduled_action.sale is never due: no time of {ONCE}, in UTC, is still to come"],
        [],
    ]


def _record(done_up_to: float) -> ScalingRecord:
    return ScalingRecord(
        autoscaling="autoscaling.web", service="service.web", capacity=1, actions={"sale": done_up_to}
    )
