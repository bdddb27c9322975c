"""Cool-downs: a larger scale-out goes on less what was added, a scale-in waits, a scale-out ends that (c10, L3)."""

from __future__ import annotations

import pytest

from reconciler.model.scaling import AdjustmentType, StepScaling
from tests.scheduler.scaling.scene import Scene, autoscaling, steps, tracking

STEPS = steps((0.0, 20.0, 2), (20.0, 40.0, 3), (40.0, None, 6), cooldown=300)
"""From 60 two come, from 80 three, from 100 six."""


def scene(policy: StepScaling = STEPS, count: int = 2) -> Scene:
    return Scene(autoscaling(policy, max_capacity=30), count).begun()


def counts(found: Scene, *values: float) -> list[int]:
    return [found.minutes(each, policy="steps") for each in values]


def test_the_same_alarm_adds_nothing_until_the_cooldown_is_over() -> None:
    found = scene()
    assert counts(found, 70.0, *[70.0] * 4, 70.0) == [4, 4, 4, 4, 4, 6]
    assert found.history == [
        "steps 2->4 2 running + 2 = 4",
        "steps 4->4 ScaleOutCooldown",
        "steps 4->6 4 running + 2 = 6",
    ]


def test_a_larger_one_goes_on_less_what_was_added() -> None:
    assert counts(scene(), 70.0, 90.0) == [4, 5]


def test_what_was_added_within_a_cooldown_adds_up() -> None:
    assert counts(scene(), 70.0, 90.0, 90.0, 110.0) == [4, 5, 5, 8]


def test_a_larger_one_begins_the_cooldown_anew() -> None:
    assert counts(scene(), 70.0, 70.0, 70.0, 70.0, 90.0, 70.0, 70.0) == [4, 4, 4, 4, 5, 5, 5]


def test_an_exact_count_is_meant_as_it_says() -> None:
    exact = steps((0.0, 20.0, 5), (20.0, None, 9), adjustment_type=AdjustmentType.EXACT_CAPACITY)
    assert counts(scene(exact), 70.0, 90.0, 90.0) == [5, 9, 9]


def test_tracking_goes_on_when_the_metric_still_grows() -> None:
    found = Scene(autoscaling(tracking(scale_out_periods=1), max_capacity=30), 2).begun()
    found.running = 2  # what was added has not started yet
    assert [found.minutes(each) for each in (120.0, 120.0, 240.0)] == [4, 4, 8]


def test_tracking_does_not_count_twice_what_it_added() -> None:
    found = Scene(autoscaling(tracking(scale_out_periods=1), max_capacity=30), 2).begun()
    assert [found.minutes(each) for each in (120.0, 90.0, 120.0)] == [4, 4, 6]


@pytest.mark.parametrize(("cooldown", "counts"), [(0, [4, 3, 2]), (120, [4, 4, 3]), (300, [4, 4, 4])])
def test_the_cooldown_of_a_scale_in_blocks_the_next(cooldown: float, counts: list[int]) -> None:
    policy = tracking(scale_in_periods=1, scale_in_cooldown=cooldown)
    found = Scene(autoscaling(policy), 5).begun()
    assert [found.minutes(40.0) for _ in range(3)] == counts


def test_a_scale_out_ends_the_cooldown_of_a_scale_in() -> None:
    policy = tracking(scale_in_periods=1, scale_out_periods=1, scale_in_cooldown=3000, scale_out_cooldown=3000)
    found = Scene(autoscaling(policy), 4).begun()
    assert [found.minutes(each) for each in (45.0, 45.0, 80.0, 45.0)] == [3, 3, 4, 3]


def test_a_scale_out_is_not_held_back_by_the_cooldown_of_a_scale_in() -> None:
    policy = tracking(scale_in_periods=1, scale_out_periods=1)
    found = Scene(autoscaling(policy), 4).begun()
    assert [found.minutes(each) for each in (45.0, 120.0)] == [3, 6]


def test_a_cooldown_that_began_in_the_future_is_of_a_clock_that_was_wrong() -> None:
    found = scene()
    counts(found, 70.0)
    found.now -= 86_400.0
    assert counts(found.begun(), 70.0) == [6]
