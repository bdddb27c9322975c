"""The blueprint of a task: its containers, volumes, network and ceilings, normalised, with every default filled in.

Field names are the attribute names of the stack language, so that a path in a diff is what the user wrote.
Memory is MiB, cpu is units (1024 = one CPU). Source: the ECS API's TaskDefinition.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.noun import MiB, Noun

HOLDER = "holder"
"""The name of the container that holds a task's network namespace; no container of a user's may have it."""


class NetworkMode(StrEnum):
    """How a task's containers meet the network."""

    AWSVPC = "awsvpc"
    BRIDGE = "bridge"
    HOST = "host"
    NONE = "none"


class PrivateVolume(Noun):
    """A volume of one task, removed with it."""

    kind: Literal["private"] = "private"
    name: str


class SharedVolume(Noun):
    """A `volume` block of the stack: it outlives tasks."""

    kind: Literal["shared"] = "shared"
    name: str
    source: str
    """Address of the volume."""


class HostVolume(Noun):
    """A folder of the engine's host; never deleted by us."""

    kind: Literal["host"] = "host"
    name: str
    host_path: str


class TmpfsVolume(Noun):
    """Memory shared by the containers of one task; `tmpfs_size` in MiB."""

    kind: Literal["tmpfs"] = "tmpfs"
    name: str
    tmpfs_size: MiB


TaskVolume = PrivateVolume | SharedVolume | HostVolume | TmpfsVolume
"""Told apart by their fields, not by `kind`: canonical text leaves out defaults, and `kind` is one."""


class TaskDefinition(Noun):
    """Containers that work together. `containers` and `volumes` are sorted by name: file order never matters."""

    family: str
    network_mode: NetworkMode = NetworkMode.AWSVPC
    cpu: int | None = None
    memory: MiB | None = None
    networks: tuple[str, ...] = ()
    """Addresses of networks besides the stack's own."""
    pid_mode: Literal["host", "task"] | None = None
    ipc_mode: Literal["host", "task", "none"] | None = None
    version_consistency: bool = True
    volumes: tuple[TaskVolume, ...] = ()
    containers: tuple[ContainerDefinition, ...]

    def container(self, name: str) -> ContainerDefinition:
        """Return the container of that name; KeyError when there is none."""
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)

    @property
    def essential(self) -> tuple[ContainerDefinition, ...]:
        """The containers whose end is the task's end."""
        return tuple(container for container in self.containers if container.essential)

    @property
    def secret_addresses(self) -> tuple[str, ...]:
        """Every secret the task is given, sorted."""
        return tuple(sorted({address for each in self.containers for address in each.secrets.values()}))

    @property
    def has_file_secrets(self) -> bool:
        """Whether some container gets a secret as a file."""
        return any(each.secrets and each.secrets_as == "file" for each in self.containers)

    @property
    def needs_holder(self) -> bool:
        """Whether a holder container is started first: it keeps a shared namespace, or the secrets' tmpfs, alive."""
        shares_network = self.network_mode is NetworkMode.AWSVPC and len(self.containers) > 1
        shares_processes = "task" in (self.pid_mode, self.ipc_mode) and len(self.containers) > 1
        return shares_network or shares_processes or self.has_file_secrets

    @property
    def fixed_host_ports(self) -> tuple[tuple[int, str], ...]:
        """Every (port, protocol) of the host that a task takes, sorted."""
        return tuple(sorted(set(_fixed_ports(self.containers, self.network_mode))))

    @property
    def reserved_memory(self) -> int:
        """MiB that a task takes of its engine's: the task's ceiling, else what its containers say."""
        if self.memory is not None:
            return self.memory
        return sum(each.memory_reservation or each.memory or 0 for each in self.containers)

    @property
    def reserved_cpu(self) -> int:
        """CPU units that a task takes of its engine's."""
        if self.cpu is not None:
            return self.cpu
        return sum(each.cpu or 0 for each in self.containers)

    @property
    def reserved_gpus(self) -> int:
        """GPUs that a task takes of its engine's."""
        return sum(int(need.value) for each in self.containers for need in each.resource_requirements)


def _fixed_ports(containers: Iterable[ContainerDefinition], mode: NetworkMode) -> Iterable[tuple[int, str]]:
    for container in containers:
        for mapping in container.port_mappings:
            port = mapping.container_port if mode is NetworkMode.HOST else mapping.host_port
            if port:
                span = (mapping.container_port_end or mapping.container_port) - mapping.container_port
                yield from ((port + offset, mapping.protocol) for offset in range(span + 1))
