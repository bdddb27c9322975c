"""One container of a task's blueprint, normalised, with every default filled in.

Field names are the attribute names of the stack language, so that a path in a diff is what the user wrote.
Durations are seconds, memory is MiB, cpu is units (1024 = one CPU). Source: the ECS API's ContainerDefinition.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from reconciler.model.noun import MiB, Noun, Seconds


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
