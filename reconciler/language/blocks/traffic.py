"""What a stack declares of traffic, nouns together with the blocks they are made of, for checks of how it fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.language.blocks.decode import Decoded
from reconciler.model.load_balancer import Listener, LoadBalancer, TargetGroup
from reconciler.model.service import Service
from reconciler.model.task_definition import TaskDefinition

REGISTRATION = "load_balancer"
"""The word of the block by which a service registers in a target group."""


class Balancer(NamedTuple):
    """A load balancer."""

    decoded: Decoded
    noun: LoadBalancer

    def listeners(self) -> Iterator[tuple[Decoded, Listener]]:
        """Yield its listeners, sorted by name."""
        blocks = {each.label: each for each in self.decoded.all("listener")}
        yield from ((blocks[each.name], each) for each in self.noun.listeners)


class Group(NamedTuple):
    """A target group."""

    decoded: Decoded
    noun: TargetGroup


class Registrant(NamedTuple):
    """A service. `single` is what two of its tasks cannot both have, if there is such a thing: a port, a volume."""

    decoded: Decoded
    noun: Service
    definition: TaskDefinition | None
    single: str = ""

    @property
    def registrations(self) -> list[Decoded]:
        """Its load_balancer blocks."""
        return self.decoded.all(REGISTRATION)


class Traffic(NamedTuple):
    """All of it."""

    balancers: tuple[Balancer, ...]
    groups: tuple[Group, ...]
    services: tuple[Registrant, ...]

    def group(self, address: str) -> TargetGroup | None:
        """Return the target group of that address, if it is well."""
        return next((each.noun for each in self.groups if each.noun.address == address), None)

    def listeners(self) -> Iterator[tuple[Decoded, Listener]]:
        """Yield every listener."""
        for each in self.balancers:
            yield from each.listeners()
