"""Attributes that are only known of what runs: assigned host ports."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus
from reconciler.model.task_definition import HOLDER


def known_after_apply(state: State, snapshot: Snapshot) -> dict[str, Mapping[str, object]]:
    """Return, by the address of a service, its `host_ports`: port mapping name (or container port) -> host ports."""
    wanted = {each.id for each in state.tasks if each.desired_status is DesiredStatus.RUNNING}
    found: dict[str, dict[str, list[int]]] = {}
    if state.target is not None:
        found = {service.address: {} for service in state.target.services}
    for observed in snapshot.tasks:
        if observed.task.id not in wanted or observed.task.group not in found:
            continue
        for name, port in host_ports(observed):
            found[observed.task.group].setdefault(name, []).append(port)
    return {
        address: {"host_ports": {name: sorted(values) for name, values in sorted(ports.items())}}
        for address, ports in found.items()
    }


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
