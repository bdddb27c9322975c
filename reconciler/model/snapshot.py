"""What the engine shows at one moment: the Snapshot. Only facts; what they mean is the scheduler's to say."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.noun import Noun
from reconciler.model.routing import ObservedBalancer
from reconciler.model.step import Outcome
from reconciler.model.task import Task


class ContainerStatus(StrEnum):
    """The state of a container, in Docker's words."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


class ContainerHealth(StrEnum):
    """What Docker's health check of a container says."""

    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


class PublishedPort(Noun):
    """A port of a container that the host answers on."""

    container_port: int
    host_port: int
    protocol: str = "tcp"
    host_ip: str = "127.0.0.1"


class Drift(Noun):
    """A setting of a live object that differs from what was declared, as text for people."""

    attribute: str
    declared: str
    observed: str


class Container(Noun):
    """A container of a task. `name` is the container definition's name, or `holder`.

    Times are seconds since the epoch by our clock; `started_at` is None before the first start.
    """

    id: str
    name: str
    status: ContainerStatus
    health: ContainerHealth | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    error: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    image_id: str = ""
    networks: tuple[str, ...] = ()
    addresses: Mapping[str, str] = {}
    """Its address on each network, by the network's name; empty while it does not run, or joined another's."""
    ports: tuple[PublishedPort, ...] = ()
    drift: tuple[Drift, ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether its processes may be running."""
        return self.status in (ContainerStatus.RUNNING, ContainerStatus.PAUSED, ContainerStatus.RESTARTING)

    @property
    def has_exited(self) -> bool:
        """Whether it ran and ended."""
        return self.status in (ContainerStatus.EXITED, ContainerStatus.DEAD)


class ObservedTask(Noun):
    """A task as the engine shows it. `volumes` are the names of its private volumes that exist."""

    task: Task
    containers: tuple[Container, ...] = ()
    volumes: tuple[str, ...] = ()

    def container(self, name: str) -> Container | None:
        """Return the container of that name, if there is one."""
        return next((each for each in self.containers if each.name == name), None)


class ObservedNetwork(Noun):
    """A network that carries our labels, or has a name that we need. `foreign` containers are on it but not ours."""

    id: str
    name: str
    is_ours: bool
    internal: bool = False
    foreign: tuple[str, ...] = ()


class ObservedVolume(Noun):
    """A shared volume that carries our labels, or has a name that we need."""

    name: str
    is_ours: bool
    driver: str = "local"
    driver_opts: Mapping[str, str] = {}
    address: str = ""


class ObservedImage(Noun):
    """An image that is present. `context_digest` is the label of an image that a `build` block made."""

    reference: str
    id: str
    digest: str = ""
    context_digest: str = ""
    has_health_check: bool = False


class Owner(Noun):
    """An owner of this stack that the engine knows, from the labels of its owner volume."""

    id: str
    digest_key: str
    volume: str


class SecretReading(Noun):
    """A keyed digest of a secret's present value, or why it could not be read."""

    address: str
    digest: str | None = None
    reason: str = ""


class EngineFacts(Noun):
    """What the engine is and has. Memory in MiB, cpu in units (1024 = one CPU)."""

    name: str = "engine"
    version: str = ""
    api_version: str = ""
    architecture: str = "amd64"
    cpu: int = 2048
    memory: int = 4096
    gpus: int = 0
    log_drivers: tuple[str, ...] = ("json-file",)
    has_init: bool = True


class Snapshot(Noun):
    """One look at the engine. Tuples are sorted by name or id.

    `kept_networks` are networks that tasks are on which were forgotten: nobody removes them.
    `outcomes` are the steps that ended since the last look, `in_flight` the keys of those still under way.
    """

    engine: EngineFacts = EngineFacts()
    owners: tuple[Owner, ...] = ()
    tasks: tuple[ObservedTask, ...] = ()
    networks: tuple[ObservedNetwork, ...] = ()
    volumes: tuple[ObservedVolume, ...] = ()
    balancers: tuple[ObservedBalancer, ...] = ()
    images: tuple[ObservedImage, ...] = ()
    secrets: tuple[SecretReading, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    in_flight: frozenset[str] = frozenset()
    kept_networks: frozenset[str] = frozenset()

    def network(self, name: str) -> ObservedNetwork | None:
        """Return the network of that name, if it exists."""
        return next((each for each in self.networks if each.name == name), None)

    def volume(self, name: str) -> ObservedVolume | None:
        """Return the volume of that name, if it exists."""
        return next((each for each in self.volumes if each.name == name), None)

    def balancer(self, name: str) -> ObservedBalancer | None:
        """Return the balancer of that name, if anything of it is there."""
        return next((each for each in self.balancers if each.name == name), None)

    def image(self, reference: str) -> ObservedImage | None:
        """Return the image of that reference, if it is present."""
        return next((each for each in self.images if each.reference == reference), None)
