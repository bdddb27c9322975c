"""Deployment strategies: how the traffic moves to a new revision, as small pure functions of one signature.

Each returns the shifts in order: how many percent of the traffic the new revision has after one, and how long that is
looked at. ROLLING shifts nothing: its tasks join the pool that has the traffic, one by one.

Sources: ECS linear (equal steps, no wait after 100 %), canary (two steps) and blue/green (one step, then the bake).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

from reconciler.model.deployment import Deployment
from reconciler.model.service import DeploymentConfiguration, DeploymentStrategy, LifecycleStage


class Shift(NamedTuple):
    """`percent` of the traffic for the new revision, then a wait of so many seconds."""

    percent: float
    bake: float = 0.0


Strategy = Callable[[DeploymentConfiguration], tuple[Shift, ...]]


def rolling(configuration: DeploymentConfiguration) -> tuple[Shift, ...]:
    """Shift nothing."""
    return ()


def blue_green(configuration: DeploymentConfiguration) -> tuple[Shift, ...]:
    """All of it at once; the bake that follows is the deployment's own."""
    return (Shift(100.0),)


def linear(configuration: DeploymentConfiguration) -> tuple[Shift, ...]:
    """Equal steps.

    >>> [shift.percent for shift in linear(DeploymentConfiguration(linear=Linear(step_percent=30)))]
    [30.0, 60.0, 90.0, 100.0]
    """
    step, bake = configuration.linear.step_percent, configuration.linear.step_bake_time
    count = math.ceil(round(100 / step, 9))
    return (*(Shift(round(step * number, 1), bake) for number in range(1, count)), Shift(100.0))


def canary(configuration: DeploymentConfiguration) -> tuple[Shift, ...]:
    """A small part first."""
    return (Shift(configuration.canary.percent, configuration.canary.bake_time), Shift(100.0))


STRATEGIES: Mapping[DeploymentStrategy, Strategy] = {
    DeploymentStrategy.ROLLING: rolling,
    DeploymentStrategy.BLUE_GREEN: blue_green,
    DeploymentStrategy.LINEAR: linear,
    DeploymentStrategy.CANARY: canary,
}

_S = LifecycleStage
ROLLING_STAGES = (_S.RECONCILE_SERVICE, _S.PRE_SCALE_UP, _S.SCALE_UP, _S.POST_SCALE_UP, _S.BAKE_TIME, _S.CLEAN_UP)
SHIFTING_STAGES = tuple(_S)
"""The stages that a deployment goes through; of a first deployment, which has nothing to shift from, ROLLING's."""


def shifts(deployment: Deployment, configuration: DeploymentConfiguration) -> tuple[Shift, ...]:
    """Return the shifts of a deployment; none when there is nothing to shift from."""
    return STRATEGIES[deployment.strategy](configuration) if deployment.shifts_from else ()


def stages(deployment: Deployment) -> tuple[LifecycleStage, ...]:
    """Return the stages of a deployment, in order."""
    return SHIFTING_STAGES if deployment.shifts_from else ROLLING_STAGES


def bakes(deployment: Deployment) -> bool:
    """Say whether a deployment bakes: not the first one of those that shift, for there is nothing to go back to."""
    return deployment.strategy is DeploymentStrategy.ROLLING or bool(deployment.shifts_from)


def is_before(deployment: Deployment, stage: LifecycleStage) -> bool:
    """Say whether a deployment has not come to a stage yet."""
    order = tuple(LifecycleStage)
    return order.index(deployment.stage) < order.index(stage)


def share(deployment: Deployment, configuration: DeploymentConfiguration) -> int:
    """Return how many thousandths of the production traffic the deployment's pool is to have now."""
    planned = shifts(deployment, configuration)
    if not planned or not is_before(deployment, LifecycleStage.POST_PRODUCTION_TRAFFIC_SHIFT):
        return 1000
    done = deployment.shift if deployment.stage is LifecycleStage.PRODUCTION_TRAFFIC_SHIFT else deployment.shift - 1
    return round(planned[min(done, len(planned) - 1)].percent * 10) if done >= 0 else 0


def has_test_traffic(deployment: Deployment) -> bool:
    """Say whether test listeners reach the deployment's pool."""
    return not deployment.shifts_from or not is_before(deployment, LifecycleStage.TEST_TRAFFIC_SHIFT)
