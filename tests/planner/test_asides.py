"""What acts beside deployments, in a plan: created, changed and deleted in place, and nothing to do twice."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.errors import StackError
from reconciler.model.beside import RunStatus
from reconciler.model.diagnostic import Span
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.notification import EventKind, Notification
from reconciler.model.plan import Action, AttributeChange, Change
from reconciler.model.request import Request, RequestKind
from reconciler.model.scaling import Autoscaling, ScalingMetric, ScheduledAction, TargetTracking
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.model.stack import Stack
from reconciler.render.json_lines import plan_lines
from reconciler.render.plan import plan_text
from reconciler.scheduler.scaling.capacity import with_capacity
from reconciler.store.memory import MemoryStore
from tests.builders import container, declared, definition, stack
from tests.planner.test_planner import short
from tests.site import Site

CPU = TargetTracking(name="cpu", metric=ScalingMetric.CPU, target_value=60)
SCALING = Autoscaling(
    address="autoscaling.web", service="service.web", min_capacity=2, max_capacity=10, target_trackings=(CPU,)
)
NIGHTLY = ScheduledTask(
    address="scheduled_task.report",
    name="report",
    task_definition="task_definition.report",
    schedule=Schedule(expression="cron(0 3 * * ? *)"),
)
PAGER = Notification(address="notification.pager", command=("page",), events=(EventKind.ENGINE,))
REPORT = definition(container(command=("report",)), family="report")


def shop(*, count: int = 3, report: Any = REPORT, **fields: Any) -> Stack:
    """A web service with an autoscaling, a job every night, and somebody who is told."""
    found = stack(declared("web", count))
    defaults = {"autoscalings": (SCALING,), "scheduled_tasks": (NIGHTLY,), "notifications": (PAGER,)}
    definitions = {**found.definitions, "task_definition.report": report}
    return found.changed(definitions=definitions, **{**defaults, **fields})


def applied(wanted: Stack) -> Site:
    site = Site()
    assert site.apply(wanted).decision.is_steady
    return site


def test_a_webhook_that_changes_is_shown_to_nobody() -> None:
    site = applied(shop(notifications=(PAGER.changed(command=(), url="https://chat.example/T0K3N"),)))
    hidden = PAGER.changed(command=(), url_from="secret.chat")
    plans = [
        site.plan(shop(notifications=(PAGER.changed(command=(), url="https://chat.example/R0TAT3D"),))),
        site.plan(shop(notifications=(hidden,))),
    ]
    shown = [plan_text(each, full=True) + "".join(plan_lines(each, 0)) for each in plans]
    assert [word for word in ("T0K3N", "R0TAT3D") for each in shown if word in each] == []
    assert "(sensitive value)" in shown[0]
    assert '"secret.chat"' in shown[1]


def test_a_first_plan_creates_each_with_what_it_is_about_and_registers_what_schedules_run() -> None:
    assert short(Site().plan(shop()).changes) == [
        ("autoscaling.web", "create", "service.web, 2 to 10 tasks"),
        ("network", "create", "shop"),
        ("notification.pager", "create", "engine"),
        ("scheduled_task.report", "create", "cron(0 3 * * ? *), UTC"),
        ("service.web", "create", "3 tasks"),
        ("task_definition.report", "create", "revision 1"),
        ("task_definition.web", "create", "revision 1"),
    ]


def test_after_an_apply_nothing_is_left_to_do_and_all_is_recorded() -> None:
    site = applied(shop())
    prepared = site.prepare(shop())
    assert (prepared.plan.is_empty, prepared.is_idle) == (True, True)
    recorded = site.store.load("shop")
    assert [str(each) for each in recorded.revisions] == ["report:1", "web:1"]
    assert [(each.autoscaling, each.capacity) for each in recorded.scaling] == [("autoscaling.web", 3)]
    assert [each.schedule for each in recorded.schedules] == ["scheduled_task.report"]
    assert [each.notification for each in recorded.notified] == ["notification.pager"]


def test_what_changes_is_named_as_it_is_written_with_its_place() -> None:
    site = applied(shop())
    wanted = shop(
        autoscalings=(SCALING.changed(target_trackings=(CPU.changed(target_value=70),)),),
        scheduled_tasks=(NIGHTLY.changed(schedule=Schedule(expression="@daily", timezone="Europe/Berlin")),),
        notifications=(PAGER.changed(command=("page", "--loud")),),
    ).changed(origins={"autoscaling.web.target_tracking.cpu.target_value": Span("web.hcl", 7, 5, 7, 10)})
    scaling, pager, nightly = site.plan(wanted).changes
    assert scaling == Change(
        address="autoscaling.web",
        action=Action.UPDATE,
        attributes=(AttributeChange(path="target_tracking.cpu.target_value", old=60.0, new=70.0, place="web.hcl:7"),),
        unchanged=10,
    )
    assert [(each.path, each.old, each.new) for each in (*pager.attributes, *nightly.attributes)] == [
        ("command", '["page"]', '["page", "--loud"]'),
        ("schedule", "cron(0 3 * * ? *)", "@daily"),
        ("timezone", "UTC", "Europe/Berlin"),
    ]


def test_a_new_revision_of_what_a_schedule_runs_is_told_and_once_applied_no_more() -> None:
    site = applied(shop())
    other = shop(report=REPORT.changed(containers=(container(image="app:2"),)))
    later = "the next run has it, and what runs runs to its end"
    assert short(site.plan(other).changes) == [("task_definition.report", "update", later)]
    site.apply(other)
    assert site.plan(other).is_empty
    assert [each.label for each in site.plan(shop()).changes] == ["revision 1 again"]
    site.apply(shop())
    assert site.plan(shop()).is_empty


def test_what_left_the_files_is_deleted() -> None:
    site = applied(shop())
    assert short(site.plan(stack(declared("web", 3))).changes) == [
        ("autoscaling.web", "delete", "it is no longer in the stack"),
        ("notification.pager", "delete", "it is no longer in the stack"),
        ("scheduled_task.report", "delete", "it is no longer in the stack"),
    ]
    site.apply(stack(declared("web", 3)))
    recorded = site.store.load("shop")
    assert (recorded.scaling, recorded.schedules, recorded.notified) == ((), (), ())


NEXT = shop(report=REPORT.changed(containers=(container(image="app:2"),)))


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (shop(scheduled_tasks=()), "it is no longer in the stack; what runs of it runs to its end"),
        (NEXT, "the next run has it, and what runs runs to its end"),
    ],
)
def test_a_job_that_runs_is_not_stopped_by_an_apply(wanted: Stack, told: str) -> None:
    site = with_job()
    assert [each.reason for each in site.plan(wanted).changes] == [told]
    site.apply(wanted)
    assert site.live == ("None:1", "web:1", "web:1", "web:1")
    assert site.plan(wanted).is_empty
    site.watch(700)
    assert [(each.status, each.exit_code) for each in site.store.load("shop").runs] == [(RunStatus.SUCCEEDED, 0)]


def test_a_destroy_stops_a_job_that_runs() -> None:
    site = with_job()
    site.apply(shop().emptied())
    assert site.live == ()


def with_job() -> Site:
    """A place where a run of the nightly job takes ten minutes, and has just begun."""
    site = Site()
    site.engine.behave = lambda step: Behaviour(exits_after=600) if step.task.is_one_off else Behaviour()
    site.apply(shop())
    request = Request(kind=RequestKind.RUN_SCHEDULE, service="scheduled_task.report")
    site.store.post("shop", request)
    site.watch(5)
    return site


def test_the_count_is_autoscaling_s_and_the_file_s_makes_no_difference() -> None:
    site = applied(shop())
    scaled(site, 7)
    plan = site.plan(shop(count=4))
    assert (plan.is_empty, plan.notes) == (
        True,
        ("service.web: desired_count = 7 (managed by autoscaling.web, 2..10)",),
    )


def test_a_new_revision_takes_over_with_the_count_that_autoscaling_wants() -> None:
    site = applied(shop())
    scaled(site, 7)
    other = shop().changed(
        definitions={**shop().definitions, "task_definition.web": definition(container(image="app:2"))}
    )
    assert short(site.plan(other).changes) == [
        ("service.web", "update", "a new revision replaces its tasks"),
        ("task_definition.web", "update", "revision 2"),
    ]
    ended = site.apply(other)
    assert [each.desired_count for each in ended.state.deployments if each.is_primary] == [7]


def test_a_count_set_by_hand_is_what_a_new_autoscaling_begins_with_and_owns() -> None:
    site = applied(shop(autoscalings=()))
    site.store.post("shop", Request(kind=RequestKind.SCALE, service="service.web", count=5))
    site.go_on()
    assert [each.address for each in site.plan(shop()).changes] == ["autoscaling.web"]
    recorded = site.apply(shop()).state
    assert (recorded.scaled, [each.capacity for each in recorded.scaling], len(site.live)) == ((), [5], 5)
    assert site.plan(shop()).notes == ("service.web: desired_count = 5 (managed by autoscaling.web, 2..10)",)


def test_an_autoscaling_of_another_service_begins_with_that_one_s_count() -> None:
    both = stack(declared("web", 3), declared("api", 2)).changed(autoscalings=(SCALING,))
    site = applied(both)
    scaled(site, 7)
    other = both.changed(autoscalings=(SCALING.changed(service="service.api"),))
    recorded = site.apply(other).state
    assert [(each.service, each.capacity) for each in recorded.scaling] == [("service.api", 2)]
    assert [each.desired_count for each in recorded.deployments if each.is_primary] == [2, 3]


def test_what_is_guarded_is_not_destroyed_by_removing_its_block() -> None:
    site = applied(shop().changed(lifecycles={"scheduled_task.report": Lifecycle(prevent_destroy=True)}))
    with pytest.raises(StackError) as refused:
        site.plan(shop(scheduled_tasks=()))
    assert "scheduled_task.report would be destroyed, and its lifecycle block prevents that" in str(refused.value)


def test_without_its_autoscaling_the_file_s_count_is_back() -> None:
    site = applied(shop())
    scaled(site, 7)
    changes = site.plan(shop(autoscalings=())).changes
    assert [(each.address, each.action.value) for each in changes] == [
        ("autoscaling.web", "delete"),
        ("service.web", "update"),
    ]
    assert [(each.path, each.old, each.new) for each in changes[1].attributes] == [("desired_count", 7, 3)]


def test_a_lost_state_plans_none_of_them() -> None:
    site = applied(shop())
    site.store = MemoryStore()
    assert site.plan(shop()).is_empty


@pytest.mark.parametrize(("running", "count"), [(7, 7), (1, 2), (12, 10)])
def test_when_the_state_was_lost_the_count_is_what_runs_within_the_bounds(running: int, count: int) -> None:
    site = applied(shop())
    scaled(site, running)
    site.store = MemoryStore()
    recorded = site.apply(shop()).state
    assert ([each.capacity for each in recorded.scaling], len(site.live)) == ([count], count)


def test_a_destroy_takes_them_away() -> None:
    site = applied(shop())
    wanted = shop().emptied()
    assert [each.address for each in site.plan(wanted).changes if each.action is Action.DELETE] == [
        "autoscaling.web",
        "network",
        "notification.pager",
        "scheduled_task.report",
        "service.web",
    ]


def test_actions_and_bounds_are_told_by_name() -> None:
    night = ScheduledAction(name="night", schedule=Schedule(expression="@daily"), max_capacity=2)
    site = applied(shop(autoscalings=(SCALING.changed(scheduled_actions=(night,)),)))
    later = night.changed(schedule=Schedule(expression="@hourly"))
    wanted = shop(autoscalings=(SCALING.changed(max_capacity=12, scheduled_actions=(later,)),))
    assert [(each.path, each.old, each.new) for each in site.plan(wanted).changes[0].attributes] == [
        ("max_capacity", 10, 12),
        ("scheduled_action.night.schedule", "@daily", "@hourly"),
    ]


def scaled(site: Site, count: int) -> None:
    """Let autoscaling want another count, and wait for it."""
    lease = site.store.acquire("shop", "watch", 0)
    site.store.save(with_capacity(site.store.load("shop"), "service.web", count), lease)
    lease.release()
    assert site.go_on().decision.is_steady
