"""The bounds: counts outside of them, a minimum of 0, and what is suspended (c10, L1, L8)."""

from __future__ import annotations

import pytest

from reconciler.model.beside import Suspended
from reconciler.model.scaling import TargetTracking
from tests.scheduler.scaling.scene import Scene, autoscaling, steps, tracking

HOT, FAIR, COLD = 120.0, 58.0, 10.0
QUICK: TargetTracking = tracking(scale_out_periods=1, scale_in_periods=1)


@pytest.mark.parametrize(
    ("count", "value", "wanted", "reason"),
    [
        (2, FAIR, 2, ""),
        (2, COLD, 2, "AlreadyAtMinCapacity"),
        (2, 70.0, 4, ""),  # first to the minimum
        (1, 600.0, 8, ""),
        (9, FAIR, 9, ""),
        (9, HOT, 9, "AlreadyAtMaxCapacity"),
        (9, 53.0, 8, ""),  # first to the maximum
        (9, COLD, 4, ""),
        (8, HOT, 8, "AlreadyAtMaxCapacity"),
        (4, COLD, 4, "AlreadyAtMinCapacity"),
    ],
)
def test_a_count_outside_the_bounds_comes_back_with_the_next_activity_that_leads_there(
    count: int, value: float, wanted: int, reason: str
) -> None:
    found = Scene(autoscaling(QUICK, min_capacity=4, max_capacity=8), count).begun()
    assert found.minutes(value) == wanted
    assert [each.not_scaled_reason.partition(":")[0] for each in found.state.activities] == [
        reason for _ in range(count != wanted or bool(reason))
    ]


def test_from_zero_one_period_with_something_to_do_adds_the_minimum_and_then_it_is_as_ever() -> None:
    policy = tracking(scale_out_cooldown=0)
    found = Scene(autoscaling(policy, min_capacity=0), 0).begun()
    assert [found.minutes(each) for each in (0.0, None, 7.0, HOT, HOT, HOT)] == [0, 0, 1, 1, 1, 2]


def test_to_zero_it_goes_only_when_there_is_nothing_to_do_at_all() -> None:
    policy = tracking(scale_in_periods=1, scale_in_cooldown=0)
    found = Scene(autoscaling(policy, min_capacity=0), 2).begun()
    assert [found.minutes(each) for each in (1.0, 1.0, 0.0)] == [1, 1, 0]


@pytest.mark.parametrize(("adjustment", "minimum", "wanted"), [(3, 0, 1), (3, 2, 2)])
def test_steps_begin_with_the_minimum_too(adjustment: int, minimum: int, wanted: int) -> None:
    found = Scene(autoscaling(steps((0.0, None, adjustment)), min_capacity=minimum), 0).begun()
    assert found.minutes(70.0, policy="steps") == wanted


def test_with_a_minimum_above_zero_a_count_of_zero_is_lifted_to_it() -> None:
    found = Scene(autoscaling(QUICK, min_capacity=3), 0).begun()
    assert found.minutes(1.0) == 3


@pytest.mark.parametrize(
    ("suspended", "value", "wanted", "reason"),
    [
        (Suspended(scale_out=True), HOT, 4, "DynamicScalingOutSuspended"),
        (Suspended(scale_out=True), 30.0, 2, "ceil(4 running x 30 / 60) = 2"),
        (Suspended(scale_in=True), 30.0, 4, "DynamicScalingInSuspended"),
        (Suspended(scale_in=True), HOT, 8, "ceil(4 running x 120 / 60) = 8"),
        (Suspended(scheduled=True), HOT, 8, "ceil(4 running x 120 / 60) = 8"),
    ],
)
def test_what_is_suspended_rests_and_nothing_else(
    suspended: Suspended, value: float, wanted: int, reason: str
) -> None:
    found = Scene(autoscaling(QUICK), 4, suspended=suspended).begun()
    assert found.minutes(value) == wanted
    assert found.history == [f"load 4->{wanted} {reason}"]


def test_at_zero_there_is_nothing_that_a_step_could_take_away_and_nothing_to_tell() -> None:
    found = Scene(autoscaling(steps((None, 0.0, -1), (0.0, None, 1)), min_capacity=0), 0).begun()
    assert found.minutes(50.0, 50.0, policy="steps") == 0
    assert found.history == []
