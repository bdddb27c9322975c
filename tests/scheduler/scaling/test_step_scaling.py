"""Step scaling: which step covers a value, what it makes of the count, and when (c10, L4)."""

from __future__ import annotations

import pytest

from reconciler.model.scaling import AdjustmentType, StepScaling
from reconciler.scheduler.scaling.step_scaling import rounded, step_of
from tests.scheduler.scaling.scene import Scene, autoscaling, steps

EXACT, PERCENT = AdjustmentType.EXACT_CAPACITY, AdjustmentType.PERCENT_CHANGE_IN_CAPACITY

BURST = steps((None, -20.0, -2), (-20.0, -10.0, -1), (0.0, 20.0, 1), (20.0, None, 3))
"""Below 40 two go, below 50 one; from 60 one comes, from 80 three do."""


@pytest.mark.parametrize(
    ("value", "adjustment"),
    [
        (0.0, -2),
        (40.0, -2),  # below the threshold the upper bound is included
        (40.1, -1),  # and the lower one is not
        (50.0, -1),
        (50.1, None),
        (59.9, None),
        (60.0, 1),  # from the threshold on it is the other way round
        (79.9, 1),
        (80.0, 3),
        (1000.0, 3),
    ],
)
def test_the_bounds_of_steps_are_relative_to_the_threshold(value: float, adjustment: int | None) -> None:
    step = step_of(BURST, value)
    assert (step.adjustment if step else None) == adjustment


@pytest.mark.parametrize(
    ("change", "whole"),
    [(12.7, 12), (1.0, 1), (0.67, 1), (0.01, 1), (0.0, 0), (-0.58, -1), (-1.0, -1), (-6.67, -6)],
)
def test_a_change_is_rounded_as_aas_does(change: float, whole: int) -> None:
    assert rounded(change) == whole


def after(policy: StepScaling, count: int, *values: float | None, **bounds: int) -> int:
    owner = autoscaling(policy, **{"min_capacity": 1, "max_capacity": 20, **bounds})
    return Scene(owner, count).begun().minutes(*values, policy="steps")


@pytest.mark.parametrize(
    ("policy", "count", "value", "wanted"),
    [
        (BURST, 4, 70.0, 5),
        (BURST, 4, 90.0, 7),
        (BURST, 4, 55.0, 4),
        (BURST, 4, 45.0, 3),
        (BURST, 4, 30.0, 2),
        (BURST, 19, 90.0, 20),
        (BURST, 2, 30.0, 1),
        (steps((0.0, None, 25), adjustment_type=PERCENT, minimum_adjustment_magnitude=2), 4, 70.0, 6),
        (steps((0.0, None, 25), adjustment_type=PERCENT), 4, 70.0, 5),
        (steps((0.0, None, 10), adjustment_type=PERCENT), 4, 70.0, 5),
        (steps((0.0, None, 50), adjustment_type=PERCENT), 5, 70.0, 7),
        (steps((None, 0.0, -25), adjustment_type=PERCENT, minimum_adjustment_magnitude=2), 4, 50.0, 2),
        (steps((None, 0.0, -10), adjustment_type=PERCENT), 4, 50.0, 3),
        (steps((None, 0.0, -50), adjustment_type=PERCENT), 5, 50.0, 3),
        (steps((0.0, None, 12), adjustment_type=EXACT), 4, 70.0, 12),
        (steps((None, 0.0, 2), adjustment_type=EXACT), 4, 50.0, 2),
        (steps((0.0, None, 0)), 4, 70.0, 4),
    ],
)
def test_a_step_in_breach_changes_the_count(policy: StepScaling, count: int, value: float, wanted: int) -> None:
    assert after(policy, count, value) == wanted


def test_all_evaluation_periods_must_be_in_breach_and_the_last_value_decides() -> None:
    policy = steps((0.0, 20.0, 1), (20.0, None, 3), evaluation_periods=2)
    assert after(policy, 2, 90.0) == 2
    assert after(policy, 2, 90.0, 70.0) == 3
    assert after(policy, 2, 70.0, 90.0) == 5
    assert after(policy, 2, 70.0, 50.0, 70.0) == 2
    assert after(policy, 2, 70.0, None, 70.0) == 2


def test_without_a_value_nothing_is_in_breach() -> None:
    assert after(steps((None, 0.0, -1)), 4, None, None, None) == 4


def test_a_step_counts_from_the_tasks_that_run() -> None:
    found = Scene(autoscaling(BURST), 4)
    found.running = 2
    assert found.begun().minutes(90.0, policy="steps") == 5


def test_history_tells_how_a_percentage_became_a_number() -> None:
    policy = steps((0.0, None, 25), adjustment_type=PERCENT, minimum_adjustment_magnitude=2)
    found = Scene(autoscaling(policy), 4).begun()
    found.minutes(70.0, policy="steps")
    assert found.history == ["steps 4->6 25% of 4 running, at least 2: 4 + 2 = 6"]
