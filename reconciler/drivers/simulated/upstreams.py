"""What simulated balancers meet at an address: the container that has it now, or those that share its network."""

from __future__ import annotations

import math
from collections.abc import Mapping

from reconciler.drivers.simulated.addresses import Addresses
from reconciler.drivers.simulated.containers import SimulatedContainer
from reconciler.drivers.simulated.process import Upstream
from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.routing import Target
from reconciler.model.task_definition import HOLDER

NOBODY = Upstream()


def upstream(containers: Mapping[str, SimulatedContainer], addresses: Addresses, target: Target) -> Upstream:
    """Return what is at a target's address, whoever's it is by now."""
    holder = containers.get(addresses.holder(target.address) or "")
    if holder is None or target.address not in holder.addresses.values():
        return NOBODY
    members = _members(containers, holder, target.port)
    last_end = max((_end(each) for each in members), default=-math.inf)
    return Upstream(
        answers=tuple(each.serves() for each in members),
        request_seconds=max((each.behaviour.request_seconds for each in members), default=0.0),
        ends_at=min(_end(holder), last_end),
    )


def _end(container: SimulatedContainer) -> float:
    ended_at = container.ended_at()
    return math.inf if ended_at is None else ended_at


def _members(
    containers: Mapping[str, SimulatedContainer], holder: SimulatedContainer, port: int
) -> tuple[SimulatedContainer, ...]:
    """Return those behind an address that may answer on a port: those that map it, or else all."""
    if holder.name != HOLDER:
        return (holder,)
    keys = (f"{holder.task.id}-{each.name}" for each in holder.task.definition.containers)
    members = tuple(containers[key] for key in keys if key in containers)
    mapping = tuple(each for each in members if _maps(each.task.definition.container(each.name), port))
    return mapping or members


def _maps(container: ContainerDefinition, port: int) -> bool:
    ports = (
        (each.container_port, each.container_port_end or each.container_port) for each in container.port_mappings
    )
    return any(first <= port <= last for first, last in ports)
