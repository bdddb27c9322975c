"""Attributes that are only known of what runs: assigned host ports, and where listeners answer."""

from __future__ import annotations

from collections.abc import Mapping, Set

from reconciler.model.load_balancer import LoadBalancer
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus
from reconciler.model.task_definition import HOLDER


def known_after_apply(state: State, snapshot: Snapshot) -> dict[str, Mapping[str, object]]:
    """Return what is known by address: of services their `host_ports` (port mapping's name, or container port -> host
    ports), of load balancers the `url` of each listener.
    """
    wanted = {each.id for each in state.tasks if each.desired_status is DesiredStatus.RUNNING}
    found: dict[str, dict[str, list[int]]] = {}
    if state.target is not None:
        found = {service.address: {} for service in state.target.services}
    for observed in snapshot.tasks:
        if observed.task.id not in wanted or observed.task.group not in found:
            continue
        for name, port in host_ports(observed):
            found[observed.task.group].setdefault(name, []).append(port)
    ports = {
        address: {"host_ports": {name: sorted(values) for name, values in sorted(ports.items())}}
        for address, ports in found.items()
    }
    balancers = state.target.load_balancers if state.target is not None else ()
    return {**ports, **{each.address: {"listener": _listeners(each)} for each in balancers}}


def known_all_along(stack: Stack, snapshot: Snapshot, changed: Set[str]) -> dict[str, Mapping[str, object]]:
    """Return what an apply leaves as it is: where listeners answer of load balancers that are not `changed`."""
    there = {each.name for each in snapshot.balancers if each.container_id}
    lasting = (each for each in stack.load_balancers if each.name in there and each.address not in changed)
    return {each.address: {"listener": _listeners(each)} for each in lasting}


def _listeners(balancer: LoadBalancer) -> dict[str, dict[str, str]]:
    return {each.name: {"url": balancer.url(each)} for each in balancer.listeners}


def host_ports(observed: ObservedTask) -> tuple[tuple[str, int], ...]:
    """Return (name of the port mapping, or container port; host port) for each published port of a task."""
    names: dict[tuple[int, str], str] = {
        (mapping.container_port, mapping.protocol): mapping.name or str(mapping.container_port)
        for container in observed.task.definition.containers
        for mapping in container.port_mappings
    }
    published = {
        (names.get((port.container_port, port.protocol), str(port.container_port)), port.host_port)
        for container in observed.containers
        if container.is_live or container.name == HOLDER
        for port in container.ports
    }
    return tuple(sorted(published))
