"""The blueprint of a task: its containers, volumes, network and ceilings, normalised, with every default filled in.

Field names are the attribute names of the stack language, so that a path in a diff is what the user wrote.
Durations are seconds, memory is MiB, cpu is units (1024 = one CPU). Sources: the ECS API's ContainerDefinition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Literal

from reconciler.model.noun import MiB, Noun, Seconds

HOLDER = "holder"
"""The name of the container that holds a task's network namespace; no container of a user's may have it."""


class NetworkMode(StrEnum):
    """How a task's containers meet the network."""

    AWSVPC = "awsvpc"
    BRIDGE = "bridge"
    HOST = "host"
    NONE = "none"


class Condition(StrEnum):
    """What a container waits for in another before it starts (ECS dependsOn)."""

    START = "START"
    COMPLETE = "COMPLETE"
    SUCCESS = "SUCCESS"
    HEALTHY = "HEALTHY"


class PortMapping(Noun):
    """A port of a container. `host_port`: None is not published, 0 a free port of our choice, N that port."""

    container_port: int
    host_port: int | None = None
    protocol: Literal["tcp", "udp"] = "tcp"
    host_ip: str = "127.0.0.1"
    name: str | None = None
    app_protocol: str | None = None
    container_port_end: int | None = None
    """The last port of a range that starts at `container_port`."""


class HealthCheck(Noun):
    """A container's health check; `from_image` uses the image's own and ignores `command`."""

    command: tuple[str, ...] = ()
    interval: Seconds = 30
    timeout: Seconds = 5
    retries: int = 3
    start_period: Seconds = 0
    from_image: bool = False


class ContainerDependency(Noun):
    """`container` must have met `condition` first."""

    container: str
    condition: Condition


class MountPoint(Noun):
    """A volume of the task, seen at a path of the container."""

    source_volume: str
    container_path: str
    read_only: bool = False


class VolumesFrom(Noun):
    """All mounts of another container of the same task."""

    source_container: str
    read_only: bool = False


class LogConfiguration(Noun):
    """Where the container's output goes."""

    log_driver: str = "json-file"
    options: Mapping[str, str] = {"max-file": "3", "max-size": "10m"}


class RestartPolicy(Noun):
    """Restart in place when the container ran for at least `restart_attempt_period` (ECS restartPolicy)."""

    enabled: bool = True
    ignored_exit_codes: tuple[int, ...] = ()
    restart_attempt_period: Seconds = 300


class Capabilities(Noun):
    """Kernel capabilities on top of, or taken from, the engine's default."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class Device(Noun):
    """A device of the host."""

    host_path: str
    container_path: str | None = None
    permissions: tuple[Literal["read", "write", "mknod"], ...] = ("read", "write", "mknod")


class Tmpfs(Noun):
    """A tmpfs of one container; `size` in MiB."""

    container_path: str
    size: MiB
    mount_options: tuple[str, ...] = ()


class LinuxParameters(Noun):
    """Settings that map one to one onto Docker's HostConfig."""

    init_process_enabled: bool = False
    shared_memory_size: MiB | None = None
    max_swap: MiB | None = None
    swappiness: int | None = None
    capabilities: Capabilities = Capabilities()
    devices: tuple[Device, ...] = ()
    tmpfs: tuple[Tmpfs, ...] = ()


class Ulimit(Noun):
    """A resource limit of the container's processes."""

    name: str
    soft_limit: int
    hard_limit: int


class ExtraHost(Noun):
    """A line of /etc/hosts."""

    hostname: str
    ip_address: str


class SystemControl(Noun):
    """A kernel parameter of the container's namespace (sysctl)."""

    namespace: str
    value: str


class ResourceRequirement(Noun):
    """`GPU` and how many of them."""

    type: Literal["GPU"] = "GPU"
    value: str


class EnvironmentFile(Noun):
    """A file of `NAME=value` lines, as read: quotes are kept, the first line for a name wins."""

    path: str
    variables: Mapping[str, str] = {}


class Build(Noun):
    """Build the image on the engine. `context_digest` is the content of the context at load time."""

    context: str
    dockerfile: str = "Dockerfile"
    context_digest: str = ""


class ContainerDefinition(Noun):
    """One container of a task."""

    name: str
    image: str
    essential: bool = True
    entry_point: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    cpu: int | None = None
    memory: MiB | None = None
    memory_reservation: MiB | None = None
    environment: Mapping[str, str] = {}
    environment_files: tuple[EnvironmentFile, ...] = ()
    secrets: Mapping[str, str] = {}
    """Name of the file or variable -> address of the secret."""
    secrets_as: Literal["file", "environment"] = "file"
    port_mappings: tuple[PortMapping, ...] = ()
    health_check: HealthCheck | None = None
    depends_on: tuple[ContainerDependency, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    volumes_from: tuple[VolumesFrom, ...] = ()
    log_configuration: LogConfiguration = LogConfiguration()
    restart_policy: RestartPolicy | None = None
    linux_parameters: LinuxParameters = LinuxParameters()
    ulimits: tuple[Ulimit, ...] = ()
    resource_requirements: tuple[ResourceRequirement, ...] = ()
    start_timeout: Seconds | None = None
    stop_timeout: Seconds = 30
    pull: Literal["missing", "always", "never"] = "missing"
    user: str | None = None
    working_directory: str | None = None
    hostname: str | None = None
    readonly_root_filesystem: bool = False
    privileged: bool = False
    docker_labels: Mapping[str, str] = {}
    docker_security_options: tuple[str, ...] = ()
    dns_servers: tuple[str, ...] = ()
    dns_search_domains: tuple[str, ...] = ()
    interactive: bool = False
    pseudo_terminal: bool = False
    links: tuple[str, ...] = ()
    extra_hosts: tuple[ExtraHost, ...] = ()
    system_controls: tuple[SystemControl, ...] = ()
    build: Build | None = None


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
