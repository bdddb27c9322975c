"""What traffic safety sees at one moment: containers, balancers, and whom they send traffic to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.drivers.simulated import SimulatedContainer
from reconciler.model.routing import (
    WHOLE,
    BalancerConfiguration,
    CheckResult,
    Color,
    ObservedBalancer,
    ObservedTarget,
    Target,
    TargetState,
)

Place = tuple[str, str]
"""A task's id, and an address that it had or has."""


@dataclass(frozen=True)
class Sight:
    """What there is at one moment."""

    now: float
    containers: Mapping[str, SimulatedContainer]
    balancers: Mapping[str, ObservedBalancer]
    lost: int

    @property
    def live(self) -> frozenset[Place]:
        """Which live tasks have which addresses."""
        return frozenset(
            (each.task.id, address)
            for each in self.containers.values()
            if each.runs(self.now)
            for address in each.addresses.values()
        )

    @property
    def serving(self) -> frozenset[Place]:
        """Which live tasks have which addresses, all of whose essential containers run."""
        running = {(each.task.id, each.name) for each in self.containers.values() if each.runs(self.now)}
        tasks = {each.task.id: each.task for each in self.containers.values()}
        up = {
            id_
            for id_, task in tasks.items()
            if all((id_, each.name) in running for each in task.definition.essential)
        }
        return frozenset(place for place in self.live if place[0] in up)


def ready_places(sight: Sight) -> set[Place]:
    """Return who gets traffic where, as a volume or a process says."""
    found: list[Target | ObservedTarget] = []
    for balancer in sight.balancers.values():
        found += written(balancer.configuration)
        found += balancer.running.targets if balancer.running else ()
    return {(each.task_id, each.address) for each in found if each.state is TargetState.READY}


def passed_places(sight: Sight) -> set[Place]:
    """Return who passes a check where."""
    processes = (balancer.running for balancer in sight.balancers.values() if balancer.running)
    targets = (each for running in processes for each in running.targets)
    return {(each.task_id, each.address) for each in targets if each.check is CheckResult.PASSED}


def listed(balancer: ObservedBalancer) -> set[Place]:
    """Return whom a balancer names where, on its volume or in its process."""
    running = balancer.running.targets if balancer.running else ()
    found: tuple[Target | ObservedTarget, ...] = (*written(balancer.configuration), *running)
    return {(each.task_id, each.address) for each in found}


def written(configuration: BalancerConfiguration | None) -> tuple[Target, ...]:
    """Return the targets of all groups."""
    return tuple(each for route in configuration.routes for each in route.targets) if configuration else ()


def left_at_once(before: ObservedBalancer | None, after: ObservedBalancer) -> Iterator[ObservedTarget]:
    """Yield who had traffic and is gone from the same process; a reload lets requests end in the one before."""
    if before is None or before.running is None or after.running is None:
        return
    if before.running.structure != after.running.structure:
        return
    left = {(each.target_group, each.task_id, each.address) for each in after.running.targets}
    for each in before.running.targets:
        has_left = (each.target_group, each.task_id, each.address) not in left
        if has_left and each.state is TargetState.READY and share_of(before, each, with_test=True) > 0:
            yield each


def share_of(balancer: ObservedBalancer, target: ObservedTarget, *, with_test: bool = False) -> int:
    """Return the share of production's traffic that a target's pool gets; or of the tests', if that is more."""
    green, test_green = balancer.running.shares.get(target.target_group, (0, 0)) if balancer.running else (0, 0)
    shares = {green, test_green} if with_test else {green}
    return max(each if target.color is Color.GREEN else WHOLE - each for each in shares)


def pools(balancer: ObservedBalancer) -> Iterator[tuple[str, str, tuple[int, int], Mapping[Color, int]]]:
    """Yield what the volume and the process say of each group: (green, test_green), and the ready targets by pool."""
    for route in balancer.configuration.routes if balancer.configuration else ():
        yield "volume", route.target_group, (route.green, route.test_green), _ready_by_pool(route.targets)
    if balancer.running is None:
        return
    for group, shares in balancer.running.shares.items():
        targets = tuple(each for each in balancer.running.targets if each.target_group == group)
        yield "process", group, shares, _ready_by_pool(targets)


def _ready_by_pool(targets: tuple[Target, ...] | tuple[ObservedTarget, ...]) -> Mapping[Color, int]:
    ready = [each.color for each in targets if each.state is TargetState.READY]
    return {color: ready.count(color) for color in Color}


def highest_shares(balancer: ObservedBalancer | None, group: str) -> tuple[int, int]:
    """Return the highest (green, test_green) that volume or process had."""
    found = [shares for _, each, shares, _ in pools(balancer) if each == group] if balancer else []
    return max((green for green, _ in found), default=0), max((test for _, test in found), default=0)


def delay_of(balancer: ObservedBalancer, target_group: str) -> float:
    """Return the deregistration_delay of a group, as the volume says."""
    groups = balancer.configuration.target_groups if balancer.configuration else ()
    return next((each.deregistration_delay for each in groups if each.address == target_group), 0.0)


def short(task_id: str) -> str:
    """Return a task's name in a message."""
    return f"task {task_id[:8]}"
