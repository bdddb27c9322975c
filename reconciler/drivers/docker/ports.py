"""Which ports of the host a task's containers are published on.

`host_port = 0` gets a port of our choice below 32768: higher ones collide at random with outgoing connections.
The choice follows from the task's id and the attempt, so that it needs no memory.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from reconciler.model.container_definition import PortMapping

FIRST_FREE, LAST_FREE = 20000, 32767
ATTEMPTS = 10

_TAKEN = re.compile(r"port is already allocated|address already in use|ports are not available", re.IGNORECASE)
_PORT = re.compile(r":(\d+)(?: failed:|: bind:|/| ->)")


def candidate(task_id: str, mapping: PortMapping, attempt: int) -> int:
    """Return the first host port to try for a mapping that leaves the choice to us; a range lies above it."""
    seed = f"{task_id} {mapping.container_port}/{mapping.protocol} {attempt}".encode()
    room = LAST_FREE - FIRST_FREE + 1 - _span(mapping)
    return FIRST_FREE + int.from_bytes(sha256(seed).digest()[:8], "big") % room


def exposed(mappings: Sequence[PortMapping]) -> dict[str, dict[str, str]]:
    """Return ExposedPorts: every container port, published or not."""
    return {
        f"{mapping.container_port + offset}/{mapping.protocol}": {}
        for mapping in mappings
        for offset in range(_span(mapping) + 1)
    }


def bindings(mappings: Sequence[PortMapping], task_id: str, attempt: int) -> dict[str, list[dict[str, str]]]:
    """Return PortBindings of what is published."""
    found: dict[str, list[dict[str, str]]] = {}
    for mapping in mappings:
        if mapping.host_port is None:
            continue
        first = mapping.host_port or candidate(task_id, mapping, attempt)
        for offset in range(_span(mapping) + 1):
            place = {"HostIp": mapping.host_ip, "HostPort": str(first + offset)}
            found.setdefault(f"{mapping.container_port + offset}/{mapping.protocol}", []).append(place)
    return found


def is_worth_another_try(message: str, mappings: Sequence[PortMapping]) -> bool:
    """Whether a start failed for a port of our choice, so that other ports may do."""
    if not _TAKEN.search(message) or not any(mapping.host_port == 0 for mapping in mappings):
        return False
    fixed = {
        mapping.host_port + offset
        for mapping in mappings
        if mapping.host_port
        for offset in range(_span(mapping) + 1)
    }
    return not fixed & {int(port) for port in _PORT.findall(message)}


def _span(mapping: PortMapping) -> int:
    """How many ports lie above the first (ECS containerPortRange)."""
    return (mapping.container_port_end or mapping.container_port) - mapping.container_port
