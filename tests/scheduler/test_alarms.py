"""Alarms of a deployment: what they measure, when they fail it, and when they are ignored (I7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.deployment import AlarmReading, Deployment
from reconciler.model.routing import Color, PoolCounters
from reconciler.model.service import Alarm, Prometheus
from reconciler.model.step import Outcome, ProbeAlarm
from reconciler.scheduler.alarms import Watched, watch
from reconciler.scheduler.task_view import TaskView
from tests.builders import NOW, definition, running, service
from tests.scheduler.balancing import WEB, balancer, blue_green, ground, second

ERRORS = Alarm(name="errors", metric="http_5xx_percent", greater_than=5)
SLOW = Alarm(name="slow", metric="latency_p95", greater_than=0.5)
CHECK = Alarm(name="check", command=("check",), greater_than=1)

PROVEN = {"1": TaskView(running(1, deployment="d2"), definition())}
"""Something of the deployment was healthy."""


def counted(requests: int, errors: int = 0, *, color: str = "green", **fields: Any) -> PoolCounters:
    return PoolCounters(target_group=WEB, color=color, requests=requests, errors=errors, **fields)


def reading(alarm: Alarm = ERRORS, **fields: Any) -> AlarmReading:
    return AlarmReading(**{"name": alarm.name, "sampled_at": NOW, **fields})


def look(
    alarm: Alarm,
    before: AlarmReading | None,
    *counters: PoolCounters,
    now: float = NOW + 10,
    tasks: dict[str, TaskView] | None = None,
    of: Deployment | None = None,
    **fields: Any,
) -> Watched:
    """Look at an alarm, a period after its last reading unless told."""
    deployment = (of or second()).changed(alarms=(before,) if before else ())
    web = service("web", 2, blue_green(alarms=(alarm,)))
    found = PROVEN if tasks is None else tasks
    return watch(deployment, web, ground(balancer(counters=counters), tasks=found, now=now, **fields))


def read(found: Watched) -> AlarmReading:
    (only,) = found.deployment.alarms
    return only


def test_the_first_look_only_takes_down_the_counters() -> None:
    assert look(ERRORS, None, counted(100, 60), now=NOW) == Watched(
        second(alarms=(reading(requests=100, errors=60),)), wake_at=NOW + 10
    )


def test_the_share_of_errors_is_of_what_came_since_the_last_reading() -> None:
    before = reading(requests=100, errors=60)
    found = read(look(ERRORS, before, counted(300, 80)))
    assert found == reading(sampled_at=NOW + 10, value=10.0, breaches=1, requests=300, errors=80)


def test_nothing_is_read_before_the_period_is_over() -> None:
    before = reading(requests=100)
    assert read(look(ERRORS, before, counted(300, 80), now=NOW + 9.9)) == before


def test_without_requests_there_is_no_datapoint_and_nothing_is_forgotten() -> None:
    before = reading(requests=100, breaches=1, value=9.0)
    found = read(look(ERRORS, before, counted(100)))
    assert found == reading(sampled_at=NOW + 10, requests=100, breaches=1)


def test_counters_that_began_anew_are_no_datapoint() -> None:
    found = read(look(ERRORS, reading(requests=100, errors=60), counted(150, 10)))
    assert (found.value, found.breaches, found.requests, found.errors) == (None, 0, 150, 10)


def test_a_period_within_the_limit_begins_the_count_anew() -> None:
    assert read(look(ERRORS, reading(breaches=1), counted(100, 5))).breaches == 0


def test_as_many_periods_in_a_row_as_datapoints_fail_the_deployment() -> None:
    once = look(ERRORS, reading(), counted(100, 20))
    assert once.failure == ""
    twice = look(ERRORS, read(once), counted(200, 40), now=NOW + 20)
    assert twice.failure == "alarm errors: http_5xx_percent gave 20, above 5, for 2 periods in a row"


def test_one_datapoint_may_be_enough() -> None:
    found = look(ERRORS.changed(datapoints=1), reading(), counted(100, 20))
    assert found.failure == "alarm errors: http_5xx_percent gave 20, above 5, for one period"


def test_while_traffic_is_shifted_only_the_new_pool_counts() -> None:
    assert read(look(ERRORS, reading(), counted(100), counted(100, 90, color="blue"))).value == 0.0


def test_of_a_rolling_deployment_both_pools_count() -> None:
    rolling = second(shifts_from="", color="blue", strategy="ROLLING")
    found = look(ERRORS, reading(), counted(100), counted(100, 90, color="blue"), of=rolling)
    assert read(found).value == 45.0


def test_other_target_groups_do_not_count() -> None:
    other = PoolCounters(target_group="target_group.api", color=Color.GREEN, requests=100, errors=100)
    assert read(look(ERRORS, reading(), other)).value is None


def test_the_slowest_balancers_latency_counts() -> None:
    fast, slow = counted(9, latency_p95=0.1), counted(9, latency_p95=0.7)
    assert read(look(SLOW, reading(SLOW), fast, slow)).value == 0.7
    assert read(look(SLOW, reading(SLOW), counted(9))).value is None


def probe(**fields: Any) -> tuple[Outcome, ...]:
    return (Outcome(step=ProbeAlarm(address="service.web", probe="d2/check"), **fields),)


def test_a_command_is_asked_once_a_period() -> None:
    assert look(CHECK, reading(CHECK), now=NOW + 9.9).steps == ()
    assert look(CHECK, reading(CHECK)).steps == (
        ProbeAlarm(
            address="service.web",
            reason="alarm check is looked at",
            probe="d2/check",
            command=("check",),
            greater_than=1,
            timeout=10,
            folder="folder",
        ),
    )


def test_prometheus_is_asked_its_query() -> None:
    source = Prometheus(url="http://prometheus:9090", query="up")
    (step,) = look(Alarm(name="check", prometheus=source), reading(CHECK)).steps
    assert isinstance(step, ProbeAlarm)
    assert step.prometheus == source


@pytest.mark.parametrize(
    ("answer", "value", "breaches"),
    [({"value": 3.0}, 3.0, 2), ({"value": 1.0}, 1.0, 0), ({"ok": False, "value": 3.0}, None, 1)],
    ids=["above", "at the limit", "no answer"],
)
def test_what_a_commands_value_means(answer: dict[str, Any], value: float | None, breaches: int) -> None:
    found = look(CHECK, reading(CHECK, breaches=1), outcomes=probe(**answer))
    assert read(found) == reading(CHECK, sampled_at=NOW + 10, value=value, breaches=breaches)
    assert (found.steps, bool(found.failure)) == ((), breaches == 2)


def test_a_lost_answer_is_asked_for_again() -> None:
    assert len(look(CHECK, reading(CHECK), now=NOW + 99).steps) == 1


def test_one_that_fires_before_anything_was_healthy_is_ignored_with_a_warning() -> None:
    found = look(ERRORS, reading(breaches=1), counted(100, 20), tasks={})
    assert (found.failure, found.warnings, found.wake_at) == (
        "",
        ("alarm errors fires already: it is ignored for this deployment",),
        None,
    )
    assert read(found).is_ignored


def test_one_that_is_ignored_stays_so_and_is_not_told_again() -> None:
    before = reading(breaches=2, is_ignored=True)
    found = look(ERRORS, before, counted(100, 50))
    assert (found.failure, found.warnings, read(found).is_ignored) == ("", (), True)
    assert look(CHECK, reading(CHECK, breaches=2, is_ignored=True)).steps == ()


def test_the_task_of_a_hook_proves_nothing() -> None:
    hook = {"1": replace(PROVEN["1"], record=running(1, deployment="d2", service_name=None, group="family:web"))}
    assert look(ERRORS, reading(breaches=1), counted(100, 20), tasks=hook).failure == ""


def test_a_rollback_is_not_measured() -> None:
    back = second(rolls_back="d1")
    assert watch(back, service("web", 2, blue_green(alarms=(ERRORS,))), ground()) == Watched(back)
