"""A task as a target: what the balancers that should list it say of it, together.

Sources: ELB target health states; a task of a service behind a load balancer is healthy when its targets are (ECS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.routing import CheckResult, ObservedBalancer, ObservedTarget, TargetHealth, TargetState
from reconciler.model.service import TargetRegistration
from reconciler.model.snapshot import Container, ObservedTask, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.task_definition import HOLDER, NetworkMode, TaskDefinition


@dataclass(frozen=True, slots=True)
class Traffic:
    """A task as the balancers have it.

    `is_listed`: whether a volume or a process of a balancer still names it. `drains`: whether it is listed, and every
    process that lists it sends it nothing new.
    """

    health: TargetHealth
    reason: str = ""
    is_listed: bool = False
    drains: bool = False


def traffic_of(
    task_id: str, registrations: Iterable[TargetRegistration], stack: Stack, balancers: Iterable[ObservedBalancer]
) -> Traffic | None:
    """Return what the balancers say of a task; None when it has nothing to do with any."""
    found = tuple(balancers)
    is_listed = any(each.lists(task_id) for each in found)
    states = [target.state for each in found for target in each.targets_of(task_id)]
    drains = bool(states) and all(each is TargetState.DRAINING for each in states)
    groups = [each.target_group for each in registrations]
    wanted = [(balancer.name, group) for balancer in stack.load_balancers for group in groups]
    wanted = [pair for pair in wanted if _forwards(stack, *pair)]
    if not wanted:
        return Traffic(TargetHealth.UNUSED, is_listed=True, drains=drains) if is_listed else None
    by_name = {each.name: each for each in found}
    healths = [_health(by_name.get(name), group, task_id) for name, group in wanted]
    health, reason = min(healths, key=lambda each: _WORST_FIRST.index(each[0]))
    return Traffic(health, reason, is_listed, drains)


_WORST_FIRST = (
    TargetHealth.UNHEALTHY,
    TargetHealth.DRAINING,
    TargetHealth.INITIAL,
    TargetHealth.UNAVAILABLE,
    TargetHealth.UNUSED,
    TargetHealth.HEALTHY,
)


def _forwards(stack: Stack, name: str, target_group: str) -> bool:
    return any(each.name == name and target_group in each.target_groups for each in stack.load_balancers)


def _health(balancer: ObservedBalancer | None, target_group: str, task_id: str) -> tuple[TargetHealth, str]:
    if balancer is None or balancer.running is None:
        return TargetHealth.UNAVAILABLE, balancer.problem if balancer else "the load balancer does not run yet"
    mine = [each for each in balancer.targets_of(task_id) if each.target_group == target_group]
    if not mine:
        return TargetHealth.INITIAL, "target registration is in progress"
    return target_health(mine[0])


def target_health(target: ObservedTarget) -> tuple[TargetHealth, str]:
    """Return a target's health and the reason (ELB TargetHealth)."""
    if target.state is TargetState.DRAINING:
        return TargetHealth.DRAINING, "target deregistration is in progress"
    if target.check is CheckResult.FAILED:
        return TargetHealth.UNHEALTHY, f"health checks failed: {target.description}"
    if target.check is CheckResult.PASSED and target.state is TargetState.READY:
        return TargetHealth.HEALTHY, ""
    return TargetHealth.INITIAL, "initial health checks are in progress"


def address_of(
    observed: ObservedTask | None, definition: TaskDefinition, registration: TargetRegistration, network: str
) -> str:
    """Return the address that a registered port answers on; empty while there is none.

    In awsvpc mode of several containers that is the holder's, else the container's own.
    """
    container = observed.container(registration.container_name) if observed else None
    if observed is None or container is None or not container.is_live:
        return ""
    shares = definition.needs_holder and definition.network_mode is NetworkMode.AWSVPC
    keeper = observed.container(HOLDER) if shares else container
    return _address(keeper, network)


def _address(container: Container | None, network: str) -> str:
    return container.addresses.get(network, "") if container is not None and container.is_live else ""


def ghosts(snapshot: Snapshot, addresses: Mapping[str, frozenset[str]]) -> str:
    """Name a target that a balancer lists at an address which is no longer the task's; empty when there is none.

    The engine may give that address to whatever starts next. `addresses` are those that live tasks have, by task.
    """
    for balancer in snapshot.balancers:
        routes = balancer.configuration.routes if balancer.configuration else ()
        written = [(each.task_id, each.address) for route in routes for each in route.targets]
        running = balancer.running.targets if balancer.running else ()
        for task_id, address in (*written, *((each.task_id, each.address) for each in running)):
            if address not in addresses.get(task_id, frozenset()):
                return f"{balancer.address} to forget {address} of task {task_id[:8]}"
    return ""


def why_hold(snapshot: Snapshot) -> str:
    """Say which balancer is just being told something: it may name a task that has ended since."""
    told = sorted(key for key in snapshot.in_flight if key.startswith("balancer "))
    return f"load {told[0]} to be configured" if told else ""
