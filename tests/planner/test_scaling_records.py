"""What of an autoscaling's record outlives an apply: the count, cool-downs, and values that still mean the same."""

from __future__ import annotations

import pytest

from reconciler.model.beside import PolicyRecord, ScalingActivity, ScalingRecord
from reconciler.model.scaling import Autoscaling, ScalingMetric
from reconciler.model.stack import Stack
from reconciler.planner.beside import begin_beside
from tests.builders import NOW, declared, stack, state
from tests.scheduler.scaling.scene import action, autoscaling, tracking

MEASURED = PolicyRecord(name="load", period_began=NOW, samples=(5.0,), values=(7.0, 8.0), raised_at=NOW - 9, added=2)
FORGETFUL = MEASURED.changed(samples=(), values=())


def shop(*owners: Autoscaling) -> Stack:
    return stack(declared()).changed(autoscalings=owners)


def kept(after: Autoscaling) -> tuple[PolicyRecord, ...]:
    """Return what is kept of a policy when another autoscaling is applied."""
    record = ScalingRecord(autoscaling="autoscaling.web", service="service.web", capacity=4, policies=(MEASURED,))
    before = state(shop(autoscaling(tracking())), scaling=(record,))
    (found,) = begin_beside(shop(after), before, NOW).scaling
    assert found.capacity == 4
    return found.policies


@pytest.mark.parametrize(
    "after", [tracking(), tracking(target_value=80.0), tracking(scale_in_periods=2, disable_scale_in=True)]
)
def test_values_stay_while_the_metric_is_the_same(after: object) -> None:
    assert kept(autoscaling(after)) == (MEASURED,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "after", [tracking(period=10.0), tracking(prometheus=None, metric=ScalingMetric.CPU)], ids=["period", "metric"]
)
def test_values_of_another_metric_or_period_are_forgotten_and_the_cooldown_is_not(after: object) -> None:
    assert kept(autoscaling(after)) == (FORGETFUL,)  # type: ignore[arg-type]


def test_a_policy_that_left_is_forgotten() -> None:
    assert kept(autoscaling(tracking("other"))) == ()


def test_history_goes_with_its_autoscaling() -> None:
    done = ScalingActivity(
        number=1, autoscaling="autoscaling.web", service="service.web", at=NOW, policy="load", before=1, after=2
    )
    before = state(shop(autoscaling(tracking())), activities=(done,))
    assert begin_beside(shop(autoscaling(tracking())), before, NOW).activities == (done,)
    assert begin_beside(shop(), before, NOW).activities == ()


def test_an_action_with_another_schedule_is_due_after_now_and_one_with_other_bounds_goes_on() -> None:
    def floors(early: str, minimum: int) -> Autoscaling:
        floor = action("floor", early, min_capacity=2)
        return autoscaling(scheduled_actions=(floor, action("night", "0 22 * * *", min_capacity=minimum)))

    done = {"floor": NOW - 90, "night": NOW - 60}
    record = ScalingRecord(autoscaling="autoscaling.web", service="service.web", capacity=4, actions=done)
    before = state(shop(floors("0 6 * * *", 1)), scaling=(record,))
    (found,) = begin_beside(shop(floors("0 10 * * *", 3)), before, NOW).scaling
    assert found.actions == {"night": NOW - 60}
