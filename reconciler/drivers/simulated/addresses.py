"""Which addresses the simulated engine gives to containers: on each network the lowest that is free.

An address is free again in the moment its container ends, so that the next one gets it at once: whoever still sends
something there meets somebody else. An engine of one's own need not be as unkind, but may.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class _Lease:
    """Whose an address is, and until when."""

    container: str
    until: float = math.inf


@dataclass
class Addresses:
    """Leases of addresses, by network and address, the lowest address first."""

    _networks: dict[str, dict[str, _Lease]] = field(default_factory=dict)
    _holders: dict[str, str] = field(default_factory=dict)

    def give(self, container: str, networks: Iterable[str], now: float) -> dict[str, str]:
        """Return an address on each network for a container that starts now."""
        given = {network: self._lowest_free(network, now) for network in networks}
        self.keep(container, given)
        return given

    def keep(self, container: str, addresses: Mapping[str, str], until: float = math.inf) -> None:
        """Note that a container has these addresses, by network, until it ends."""
        for network, address in addresses.items():
            self._networks.setdefault(network, {})[address] = _Lease(container, until)
            self._holders[address] = container

    def end(self, container: str, addresses: Mapping[str, str], until: float) -> None:
        """Note that a container's process ends; what is somebody else's by now stays theirs."""
        mine = {network: address for network, address in addresses.items() if self.holder(address) == container}
        self.keep(container, mine, until)

    def holder(self, address: str) -> str | None:
        """Return the container that was given an address last."""
        return self._holders.get(address)

    def _lowest_free(self, network: str, now: float) -> str:
        leases = self._networks.setdefault(network, {})
        free = next((address for address, lease in leases.items() if lease.until <= now), None)
        if free is not None:
            return free
        number = list(self._networks).index(network)
        hosts = (f"10.{number}.{host // 256}.{host % 256}" for host in range(2, 2**16))
        return next(address for address in hosts if address not in leases)
