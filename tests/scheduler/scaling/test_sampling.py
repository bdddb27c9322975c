"""Sampling: what is asked when, that a gap is throttled, and that nothing is saved while nothing is due (L11)."""

from __future__ import annotations

import math

import pytest

from reconciler.model.beside import ContainerUsage, PolicyRecord
from reconciler.model.decision import Decision
from reconciler.model.scaling import ScalingMetric
from reconciler.model.step import Outcome, ProbeMetric, SampleUsage
from reconciler.scheduler.asides import attend
from tests.builders import snapshot
from tests.scheduler.scaling.scene import BEGIN, QUERY, Scene, autoscaling, steps, tracking

CPU = tracking("cpu", prometheus=None, metric=ScalingMetric.CPU)
ASKED = SampleUsage(
    address="autoscaling.web",
    reason="how much of their limits the tasks of service.web use",
    containers={"c-app": f"{1:032x}"},
)


def test_the_engine_is_asked_for_all_running_tasks_and_prometheus_for_each_policy() -> None:
    found = Scene(autoscaling(CPU, tracking(), steps((0.0, None, 1))), 1)
    asked = [
        ProbeMetric(address="autoscaling.web", reason=f"the metric of policy {each}", policy=each, prometheus=QUERY)
        for each in ("load", "steps")
    ]
    attended = found.look()
    assert attended.steps == (ASKED, *asked)
    assert attended.wake_at == BEGIN + 10
    assert found.saves == 0


def test_it_asks_until_it_is_answered_and_then_not_before_the_next_sample_is_due() -> None:
    found = Scene(autoscaling(CPU), 1)
    found.now += 3
    assert found.look().steps == (ASKED,)
    assert found.look().steps == (ASKED,)
    usage = ContainerUsage(container_id="c-app", task_id=f"{1:032x}", at=found.now, cpu_seconds=4.0, memory=10.0)
    assert found.look((Outcome(step=ASKED, usage=(usage,)),)).steps == ()
    assert found.record.usage == (usage,)
    assert found.look().steps == ()
    found.now = BEGIN + 10
    assert found.look().steps == (ASKED,)
    assert found.saves == 1


def test_what_is_in_flight_is_not_asked_again() -> None:
    found = Scene(autoscaling(CPU), 1)
    found.look()
    shown = snapshot(in_flight=frozenset({ASKED.key}))
    assert attend(found.stack, Decision(state=found.state), shown, found.now).asides == ()


def test_a_failure_is_a_sample_without_a_value_and_forgets_no_usage() -> None:
    found = Scene(autoscaling(CPU), 1)
    usage = ContainerUsage(container_id="c-app", task_id=f"{1:032x}", at=found.now, cpu_seconds=4.0)
    found.look((Outcome(step=ASKED, usage=(usage,)),))
    found.now += 10
    assert found.look((Outcome(step=ASKED, ok=False, code="DockerTimeoutError"),)).steps == ()
    why = "the engine did not say what the tasks use: DockerTimeoutError"
    record = PolicyRecord(name="cpu", period_began=BEGIN, sampled_at=BEGIN + 10, missing=why)
    assert (found.record.usage, found.record.policies) == ((usage,), (record,))


def test_without_a_running_task_nobody_is_asked() -> None:
    found = Scene(autoscaling(CPU), 1, running=0)
    assert found.look().steps == ()
    why = "no task of service.web runs"
    assert found.record.policies == (PolicyRecord(name="cpu", period_began=BEGIN, sampled_at=BEGIN, missing=why),)


def test_without_policies_nothing_is_sampled() -> None:
    found = Scene(autoscaling(), 1)
    attended = found.look()
    assert (attended.steps, attended.wake_at, found.saves) == ((), None, 0)


def test_the_answer_to_another_policy_is_not_taken() -> None:
    found = Scene(autoscaling(tracking("a"), tracking("b")), 1)
    (first, second) = found.look().steps
    assert found.look((Outcome(step=second, value=7.0),)).steps == (first,)


def test_a_service_that_is_not_there_is_not_scaled() -> None:
    found = Scene(autoscaling(CPU, service="service.other"), 1)
    assert found.look().steps == ()


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_without_end_is_no_value(value: float) -> None:
    found = Scene(autoscaling(tracking(scale_out_periods=1, scale_in_periods=1)), 2).begun()
    assert found.minutes(value) == 2
    assert found.history == ["load 2->2 MissingData"]


ONE = tracking(scale_out_periods=1, scale_in_periods=1)


def a_minute(found: Scene, reason: str) -> None:
    """Let every query of a minute fail."""
    for _ in range(6):
        (step,) = found.look().steps
        attended = found.look((Outcome(step=step, ok=False, code="NoValue", reason=reason),))
        assert attended.wake_at is not None
        found.now = attended.wake_at


def reasons(found: Scene) -> list[str]:
    return [each.not_scaled_reason for each in found.state.activities]


def test_why_a_period_has_no_value_is_told_once_and_another_cause_an_hour_later() -> None:
    found = Scene(autoscaling(ONE), 2).begun()
    for reason in ("http://p answered 500", "http://p answered 500", "http://p gave 2 series"):
        a_minute(found, reason)
    first = "MissingData: the last period has no value: http://p answered 500"
    assert reasons(found) == [first]
    assert found.record.policies[0].missing == "http://p gave 2 series"
    for _ in range(60):
        a_minute(found, "http://p gave 2 series")
    assert reasons(found) == [first, first.replace("answered 500", "gave 2 series")]


def test_a_value_takes_the_reason_why_there_was_none_back() -> None:
    found = Scene(autoscaling(ONE), 2).begun()
    a_minute(found, "http://p answered 500")
    found.minutes(60.0)
    assert found.record.policies[0].missing == ""
