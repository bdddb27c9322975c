"""Configurations of balancers for tests."""

from __future__ import annotations

from typing import Any

from reconciler.model.load_balancer import Action, Forward, Listener, TargetGroup
from reconciler.model.routing import (
    BalancerConfiguration,
    Color,
    ObservedTarget,
    Route,
    RunningBalancer,
    Target,
    TargetState,
)

WEB = TargetGroup(address="target_group.web", name="web")
LISTENER = Listener(
    name="http",
    address="load_balancer.public.listener.http",
    port=8080,
    action=Action(forwards=(Forward(target_group=WEB.address),)),
)
ONE, TWO = "1" * 32, "2" * 32


def target(task_id: str = ONE, state: TargetState = TargetState.READY, color: Color = Color.BLUE) -> Target:
    """A target at an address that follows from its task."""
    return Target(task_id=task_id, color=color, address=f"10.0.0.{task_id[0]}", port=8080, state=state)


def configuration(*targets: Target, green: int = 0, **fields: Any) -> BalancerConfiguration:
    """A balancer with one listener and one target group."""
    route = Route(target_group=WEB.address, green=green, targets=targets)
    wanted = {"name": "public", "listeners": (LISTENER,), "target_groups": (WEB,), "routes": (route,), **fields}
    return BalancerConfiguration(**wanted)


def running(of: BalancerConfiguration, sessions: int = 0) -> RunningBalancer:
    """A process that does what a configuration says."""
    return RunningBalancer(
        structure=of.structure,
        shares={each.target_group: (each.green, each.test_green) for each in of.routes},
        targets=tuple(
            ObservedTarget(
                target_group=route.target_group,
                task_id=each.task_id,
                color=each.color,
                address=each.address,
                port=each.port,
                state=each.state,
                sessions=sessions,
            )
            for route in of.routes
            for each in route.targets
        ),
    )
