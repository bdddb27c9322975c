"""The containers that are there on the simulated engine, by id, and who has which address."""

from __future__ import annotations

import math
from collections.abc import Iterator

from reconciler.drivers.simulated.addresses import Addresses
from reconciler.drivers.simulated.behaviour import Behaviour
from reconciler.drivers.simulated.containers import SimulatedContainer
from reconciler.drivers.simulated.process import Upstream
from reconciler.drivers.simulated.upstreams import upstream
from reconciler.model.routing import Target


class PresentContainers(dict[str, SimulatedContainer]):
    """Containers whose addresses are theirs while they run. Whoever is put in directly has none."""

    def __init__(self) -> None:
        super().__init__()
        self._addresses = Addresses()

    def keep(self, container: SimulatedContainer) -> None:
        """Add one that was there before, with the addresses that it was seen with."""
        self[container.id] = container
        self._addresses.keep(container.id, container.addresses)

    def run(self, container: SimulatedContainer, behaviour: Behaviour, now: float) -> None:
        """Start a container, with free addresses."""
        addresses = self._addresses.give(container.id, container.networks, now)
        self.end(container.started(behaviour, addresses, now))

    def end(self, container: SimulatedContainer) -> None:
        """Keep a container as it is now; its addresses are free from its end on, as far as that is known."""
        self[container.id] = container
        ended_at = container.ended_at()
        self._addresses.end(container.id, container.addresses, math.inf if ended_at is None else ended_at)

    def remove(self, container: SimulatedContainer) -> None:
        """Remove a container whose process is over."""
        self.end(container)
        del self[container.id]

    def of_task(self, task_id: str) -> tuple[SimulatedContainer, ...]:
        """Return the containers of a task, by name."""
        found = (each for each in self.values() if each.task.id == task_id)
        return tuple(sorted(found, key=lambda each: each.name))

    def changes(self) -> Iterator[float]:
        """Yield when something changes by itself."""
        return (at for each in self.values() for at in each.changes())

    def upstream(self, target: Target) -> Upstream:
        """Return what is at a target's address now."""
        return upstream(self, self._addresses, target)
