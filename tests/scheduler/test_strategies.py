"""Strategies as tables: how much of the traffic a new revision has, and how long each share is looked at (J4, J5)."""

from __future__ import annotations

import pytest

from reconciler.model.service import Canary, DeploymentConfiguration, LifecycleStage, Linear
from reconciler.scheduler.strategies import (
    ROLLING_STAGES,
    Shift,
    blue_green,
    canary,
    has_test_traffic,
    linear,
    rolling,
    share,
    shifts,
    stages,
)
from tests.scheduler.balancing import second

S = LifecycleStage


def by(percent: float) -> DeploymentConfiguration:
    return DeploymentConfiguration(linear=Linear(step_percent=percent, step_bake_time=60))


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (10, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        (30, [30, 60, 90, 100]),
        (33.3, [33.3, 66.6, 99.9, 100]),
        (50, [50, 100]),
        (100, [100]),
    ],
)
def test_linear_goes_in_equal_steps_to_all_of_it(percent: float, expected: list[float]) -> None:
    assert [each.percent for each in linear(by(percent))] == expected


def test_the_smallest_step_comes_thirty_four_times() -> None:
    found = linear(by(3))
    assert (len(found), found[0], found[-2:]) == (34, Shift(3.0, 60), (Shift(99.0, 60), Shift(100.0)))


def test_each_step_of_linear_is_looked_at_but_the_last() -> None:
    assert [each.bake for each in linear(by(40))] == [60, 60, 0]


def test_a_canary_of_a_thousandth_is_followed_by_all_of_it() -> None:
    found = canary(DeploymentConfiguration(canary=Canary(percent=0.1, bake_time=7)))
    assert found == (Shift(0.1, 7), Shift(100.0))


def test_blue_green_shifts_all_at_once_and_rolling_nothing() -> None:
    assert (blue_green(DeploymentConfiguration()), rolling(DeploymentConfiguration())) == ((Shift(100.0),), ())


LINEAR_40 = [
    (S.RECONCILE_SERVICE, 0, 0, False),
    (S.SCALE_UP, 0, 0, False),
    (S.POST_SCALE_UP, 0, 0, False),
    (S.TEST_TRAFFIC_SHIFT, 0, 0, True),
    (S.POST_TEST_TRAFFIC_SHIFT, 0, 0, True),
    (S.PRE_PRODUCTION_TRAFFIC_SHIFT, 0, 0, True),
    (S.PRODUCTION_TRAFFIC_SHIFT, 0, 400, True),
    (S.PRE_PRODUCTION_TRAFFIC_SHIFT, 1, 400, True),
    (S.PRODUCTION_TRAFFIC_SHIFT, 1, 800, True),
    (S.PRE_PRODUCTION_TRAFFIC_SHIFT, 2, 800, True),
    (S.PRODUCTION_TRAFFIC_SHIFT, 2, 1000, True),
    (S.POST_PRODUCTION_TRAFFIC_SHIFT, 2, 1000, True),
    (S.BAKE_TIME, 2, 1000, True),
    (S.CLEAN_UP, 2, 1000, True),
]


@pytest.mark.parametrize(("stage", "number", "thousandths", "is_tested"), LINEAR_40)
def test_the_share_at_every_stage_of_linear(
    stage: LifecycleStage, number: int, thousandths: int, is_tested: bool
) -> None:
    shifting = second(stage, strategy="LINEAR", shift=number)
    assert (share(shifting, by(40)), has_test_traffic(shifting)) == (thousandths, is_tested)


def test_a_canary_of_a_thousandth_is_one_of_thousand() -> None:
    configuration = DeploymentConfiguration(canary=Canary(percent=0.1))
    assert share(second("PRODUCTION_TRAFFIC_SHIFT", strategy="CANARY"), configuration) == 1


def test_a_first_deployment_has_all_of_the_traffic_and_the_stages_of_rolling() -> None:
    fresh = second(strategy="LINEAR", shifts_from="")
    found = (shifts(fresh, by(10)), stages(fresh), share(fresh, by(10)), has_test_traffic(fresh))
    assert found == ((), ROLLING_STAGES, 1000, True)
