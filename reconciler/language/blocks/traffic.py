"""What a stack declares of traffic, as blocks with their addresses, for checks of how it fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.language.blocks.assemble_traffic import listener_address
from reconciler.language.blocks.content import by_label
from reconciler.language.blocks.decode import Decoded, UnsureError
from reconciler.model.load_balancer import Protocol
from reconciler.model.service import DeploymentStrategy, SchedulingStrategy
from reconciler.model.task_definition import TaskDefinition

REGISTRATION = "load_balancer"
"""The word of the block by which a service registers in a target group."""


class Listener(NamedTuple):
    """A listener of a load balancer."""

    decoded: Decoded
    address: str
    balancer: Decoded

    @property
    def is_tcp(self) -> bool:
        """Whether it speaks TCP; raise UnsureError, also when its load balancer does not let it speak as it says."""
        is_tcp = bool(self.decoded.get("protocol") == Protocol.TCP)
        if is_tcp != (self.balancer.get("type") == "network"):
            raise UnsureError(self.decoded.place)
        return is_tcp

    def forwards(self) -> Iterator[Decoded]:
        """Yield its forwards, and those of its rules."""
        for block in (self.decoded, *self.decoded.some("rule")):
            yield from block.some("forward")

    def target_groups(self) -> set[str]:
        """Return the addresses of the target groups that it forwards to; raise UnsureError."""
        return {each.get("target_group") for each in self.forwards()}


class Balancer(NamedTuple):
    """A load balancer."""

    decoded: Decoded
    address: str

    def listeners(self) -> Iterator[Listener]:
        """Yield its listeners, sorted by name."""
        for each in by_label(self.decoded.some("listener")):
            yield Listener(each, listener_address(self.address, each.label), self.decoded)


class Group(NamedTuple):
    """A target group."""

    decoded: Decoded
    address: str

    @property
    def protocol(self) -> Protocol:
        """How its targets are spoken to; raise UnsureError."""
        return Protocol(self.decoded.get("protocol"))


class Registrant(NamedTuple):
    """A service, right or wrong. `definition` is None when that is wrong itself.

    `single` is what two of its tasks cannot both have, if there is such a thing: a port, a volume.
    """

    decoded: Decoded
    address: str
    definition: TaskDefinition | None
    single: str = ""

    @property
    def registrations(self) -> list[Decoded]:
        """Its load_balancer blocks that were understood."""
        return self.decoded.some(REGISTRATION)

    @property
    def desired_count(self) -> int:
        """How many tasks it has; raise UnsureError."""
        return int(self.decoded.get("desired_count"))

    @property
    def is_daemon(self) -> bool:
        """Whether it has one task on every engine; raise UnsureError."""
        return bool(self.decoded.get("scheduling_strategy") == SchedulingStrategy.DAEMON)

    @property
    def strategy(self) -> str:
        """How it deploys; raise UnsureError."""
        configuration = self.decoded.one("deployment_configuration")
        return str(configuration.get("strategy") if configuration is not None else DeploymentStrategy.ROLLING)


class Traffic(NamedTuple):
    """All of it."""

    balancers: tuple[Balancer, ...]
    groups: tuple[Group, ...]
    services: tuple[Registrant, ...]

    def group(self, address: str) -> Group | None:
        """Return the target group of that address, if there is one."""
        return next((each for each in self.groups if each.address == address), None)

    def listeners(self) -> Iterator[Listener]:
        """Yield every listener."""
        for each in self.balancers:
            yield from each.listeners()
