"""Target tracking by the minute: when it scales out and in, to which count, and what it never does (c10, L2, L7)."""

from __future__ import annotations

import pytest

from reconciler.model.deployment import RolloutState
from tests.scheduler.scaling.scene import Scene, autoscaling, tracking

HOT, FAIR, COLD = 120.0, 58.0, 20.0


def scene(count: int = 2, *, rollout_state: RolloutState = RolloutState.COMPLETED, **fields: object) -> Scene:
    """A service that just begins a minute, with one policy."""
    return Scene(autoscaling(tracking(**fields)), count, rollout_state=rollout_state).begun()


def test_three_minutes_at_twice_the_target_double_the_tasks() -> None:
    found = scene()
    assert [found.minutes(HOT) for _ in range(3)] == [2, 2, 4]
    assert found.history == ["load 2->4 ceil(2 running x 120 / 60) = 4"]


def test_two_hot_minutes_and_a_fair_one_are_no_reason() -> None:
    found = scene()
    assert found.minutes(HOT, HOT, FAIR, HOT, HOT, FAIR) == 2
    assert found.history == []


def test_fifteen_quiet_minutes_scale_in() -> None:
    found = scene(6)
    assert found.minutes(*[COLD] * 14) == 6
    assert found.minutes(COLD) == 2
    assert found.history == ["load 6->2 ceil(6 running x 20 / 60) = 2"]


@pytest.mark.parametrize(("value", "count"), [(53.9, 9), (54.0, 10)])
def test_the_low_threshold_is_nine_tenths_of_the_target(value: float, count: int) -> None:
    assert scene(10, scale_in_periods=2).minutes(value, value) == count


@pytest.mark.parametrize("value", [54.1, 60.0])
def test_between_the_thresholds_nothing_happens(value: float) -> None:
    found = scene(4, scale_in_periods=1, scale_out_periods=1)
    assert found.minutes(*[value] * 5) == 4
    assert found.history == []


@pytest.mark.parametrize(
    ("running", "value", "count"),
    [(1, 60.1, 2), (2, 90.0, 3), (3, 61.0, 4), (4, 75.0, 5), (7, 66.0, 8), (10, 66.0, 11), (3, 600.0, 20)],
)
def test_the_count_out_is_rounded_up_and_bounded(running: int, value: float, count: int) -> None:
    owner = autoscaling(tracking(scale_out_periods=1), max_capacity=20)
    assert Scene(owner, running).begun().minutes(value) == count


@pytest.mark.parametrize(("running", "value", "count"), [(4, 30.0, 2), (4, 31.0, 3), (3, 50.0, 3), (5, 1.0, 1)])
def test_the_count_in_is_rounded_up_too(running: int, value: float, count: int) -> None:
    assert scene(running, scale_in_periods=1).minutes(value) == count


def test_a_count_is_not_rounded_up_for_a_millionth() -> None:
    owner = autoscaling(tracking(target_value=0.7, scale_in_periods=1, scale_out_periods=1))
    assert Scene(owner, 3).begun().minutes(1.4) == 6


def test_it_is_counted_from_the_tasks_that_run_not_from_those_that_are_wanted() -> None:
    found = scene(4)
    found.running = 2
    assert found.minutes(HOT, HOT, HOT) == 4  # ceil(2 x 120 / 60)
    assert found.history == ["load 4->4 AlreadyAtDesiredCapacity"]
    assert found.minutes(180.0) == 6


def test_a_surplus_of_tasks_does_not_count() -> None:
    found = scene(2)
    found.running = 4
    assert found.minutes(HOT, HOT, HOT) == 4


def test_missing_data_never_scales_in_and_interrupts_the_row() -> None:
    found = scene(6)
    assert found.minutes(*[COLD] * 14, None, *[COLD] * 14) == 6
    assert found.history == ["load 6->6 MissingData"]
    assert found.minutes(COLD) == 2


def test_no_value_at_all_is_no_decision() -> None:
    found = scene(6)
    assert found.minutes(*[None] * 40) == 6
    assert found.history == ["load 6->6 MissingData"]


def test_while_no_task_runs_there_is_no_decision() -> None:
    found = scene(3, scale_in_periods=1)
    found.running = 0
    assert found.minutes(COLD, HOT, HOT, HOT) == 3
    assert found.history == ["load 3->3 NoTaskRuns"]


def test_with_scale_in_disabled_it_only_scales_out() -> None:
    found = scene(6, disable_scale_in=True)
    assert found.minutes(*[COLD] * 20) == 6
    assert found.minutes(70.0, 70.0, 70.0) == 7


def test_during_a_deployment_it_scales_out_but_not_in() -> None:
    found = scene(6, rollout_state=RolloutState.IN_PROGRESS)
    assert found.minutes(*[COLD] * 16) == 6
    assert found.history == ["load 6->6 DeploymentInProgress"]
    assert found.minutes(70.0, 70.0, 70.0) == 7
    found.rollout(RolloutState.COMPLETED)
    assert found.minutes(*[COLD] * 15) == 3


def test_scaling_opens_no_deployment_and_reopens_none() -> None:
    found = scene()
    before = found.state.deployments
    found.minutes(HOT, HOT, HOT)
    assert found.state.deployments == tuple(each.changed(desired_count=4) for each in before)


def test_a_short_period_acts_at_once() -> None:
    owner = autoscaling(tracking(period=10.0, scale_out_periods=1, scale_in_periods=2, scale_in_cooldown=0))
    found = Scene(owner, 1).begun()
    counts = []
    for value in (240.0, 30.0, 30.0):
        found.sample(load=value)
        counts.append(found.capacity)
    assert counts == [4, 4, 2]
