"""A row of the container list, read: state, health, exit code and age out of the Status text.

The list has no times and no exit code of their own; its Status text (`Up 5 seconds (healthy)`,
`Exited (137) 3 minutes ago`) tells enough to know when an inspect is worth its price.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from reconciler.drivers.docker.times import AgeRange, age_range
from reconciler.model.snapshot import ContainerHealth, PublishedPort

_UP = re.compile(r"Up (?P<age>[^(]+?)(?: \((?P<note>[^)]*)\))?")
_ENDED = re.compile(r"(?:Exited|Restarting) \((?P<code>-?\d+)\) (?P<age>.+) ago")
_HEALTH = {
    "healthy": ContainerHealth.HEALTHY,
    "unhealthy": ContainerHealth.UNHEALTHY,
    "health: starting": ContainerHealth.STARTING,
}
_YOUNG = 120.0


class StatusText(NamedTuple):
    """What the Status text tells."""

    health: ContainerHealth | None = None
    exit_code: int | None = None
    age: AgeRange | None = None

    @property
    def is_young(self) -> bool:
        """Whether the age matters to the second: less than two minutes."""
        return self.age is not None and self.age.high <= _YOUNG


@lru_cache(maxsize=4096)
def read_status(text: str) -> StatusText:
    """Read a Status text.

    >>> read_status("Exited (137) 3 minutes ago").exit_code
    137
    """
    if up := _UP.fullmatch(text):
        return StatusText(health=_HEALTH.get(up["note"] or ""), age=age_range(up["age"]))
    if ended := _ENDED.fullmatch(text):
        return StatusText(exit_code=int(ended["code"]), age=age_range(ended["age"]))
    return StatusText()


def read_ports(row: Mapping[str, Any]) -> tuple[PublishedPort, ...]:
    """Return the published ports of a row, sorted."""
    published = {
        (port["PrivatePort"], port["Type"], port.get("IP", ""), port["PublicPort"])
        for port in row.get("Ports") or ()
        if port.get("PublicPort")
    }
    return tuple(
        PublishedPort(container_port=inside, host_port=outside, protocol=protocol, host_ip=address)
        for inside, protocol, address, outside in sorted(published)
    )


def read_networks(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the networks that a container is on; one that joined another's has none."""
    networks = (row.get("NetworkSettings") or {}).get("Networks") or {}
    return tuple(sorted(networks))


def read_addresses(row: Mapping[str, Any]) -> dict[str, str]:
    """Return a row's addresses by network; a network on which it has none (yet, or no more) is left out."""
    networks = (row.get("NetworkSettings") or {}).get("Networks") or {}
    found = ((name, each.get("IPAddress") or each.get("GlobalIPv6Address")) for name, each in networks.items())
    return {name: address for name, address in sorted(found) if address}
