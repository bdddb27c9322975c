"""Traffic in the words of a play.

configure edge: web: blue 90 % [web-1, web-2 draining], green 10 % [web-3], tests on green
edge: web: blue 100 % [web-1 healthy], green 0 % [web-2 initial]     what its process does, with ELB's states
web is in PRODUCTION_TRAFFIC_SHIFT (2)                               the second shift
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.routing import (
    WHOLE,
    BalancerConfiguration,
    Color,
    ObservedBalancer,
    ObservedTarget,
    Route,
    Target,
    TargetState,
)
from reconciler.model.service import LifecycleStage
from reconciler.scheduler.targets import target_health

Called = Callable[[str], str]
"""A task's id -> what the play calls it."""


def configuration_words(configuration: BalancerConfiguration, called: Called) -> str:
    """Say what a balancer is to do."""
    closed = [f"{_last(each.target_group)} answers 503 {each.message!r}" for each in configuration.maintenance]
    return "; ".join((*(_route(each, called) for each in configuration.routes), *closed))


def balancer_words(balancer: ObservedBalancer, called: Called) -> str:
    """Say what the process of a balancer does, and what it says of its targets."""
    running = balancer.running
    if running is None:
        return "its process does not answer"
    told = []
    for group, (green, test_green) in sorted(running.shares.items()):
        mine = [each for each in running.targets if each.target_group == group]
        pools = {color: [_observed(each, called) for each in mine if each.color is color] for color in Color}
        told.append(f"{_last(group)}: {_pools(pools, green, test_green)}")
    return "; ".join(told) or "no target groups"


def stage_words(deployment: Deployment) -> str:
    """Say in which stage a deployment in progress is; empty when it is over."""
    if deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return ""
    is_shift = deployment.stage is LifecycleStage.PRODUCTION_TRAFFIC_SHIFT
    return deployment.stage.value + (f" ({deployment.shift + 1})" if is_shift else "")


def _route(route: Route, called: Called) -> str:
    pools = {color: [_written(each, called) for each in route.targets if each.color is color] for color in Color}
    return f"{_last(route.target_group)}: {_pools(pools, route.green, route.test_green)}"


def _pools(pools: dict[Color, list[str]], green: int, test_green: int) -> str:
    shares = {Color.BLUE: WHOLE - green, Color.GREEN: green}
    told = [
        f"{color.value} {shares[color] / 10:g} % [{', '.join(sorted(pools[color]))}]"
        for color in Color
        if shares[color] or pools[color]
    ]
    tests = Color.GREEN if test_green else Color.BLUE
    return ", ".join((*told, *((f"tests on {tests.value}",) if test_green != green else ())))


def _written(target: Target, called: Called) -> str:
    state = "" if target.state is TargetState.READY else f" {target.state.value}"
    return f"{called(target.task_id)}{state}"


def _observed(target: ObservedTarget, called: Called) -> str:
    health, _ = target_health(target)
    return f"{called(target.task_id)} {health.value}" + (f" busy with {target.sessions}" if target.sessions else "")


def _last(address: str) -> str:
    return address.rpartition(".")[2]
