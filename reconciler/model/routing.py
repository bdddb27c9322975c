"""What a balancer does at one moment: who gets traffic, and which share of it.

A target group has two pools, blue and green; a service's tasks are all in one of them but while its traffic shifts.
Shares are in thousandths. What is wanted (BalancerConfiguration) is also what is written down on the balancer's
volume; what it really does (RunningBalancer) is read from the running process.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.load_balancer import Listener, LoadBalancer, TargetGroup
from reconciler.model.noun import Noun, Seconds, fingerprint

WHOLE = 1000
"""All of the traffic, in thousandths."""


class Color(StrEnum):
    """One of a target group's two pools."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Color:
        """The other one."""
        return Color.GREEN if self is Color.BLUE else Color.BLUE


class TargetState(StrEnum):
    """What a balancer does with a target: only checks it, sends it traffic, or sends it nothing new."""

    INITIAL = "initial"
    READY = "ready"
    DRAINING = "draining"


class Target(Noun):
    """One target: a port of a task's address."""

    task_id: str
    color: Color = Color.BLUE
    address: str
    port: int
    state: TargetState = TargetState.INITIAL


class Route(Noun):
    """Who is in a target group, and how much traffic its green pool gets: of production's, and of test listeners'."""

    target_group: str
    """Its address."""
    green: int = 0
    test_green: int = 0
    targets: tuple[Target, ...] = ()
    """Sorted by pool, then task."""


class Maintenance(Noun):
    """Every request for a target group is answered with 503 and this text."""

    target_group: str
    message: str


class BalancerConfiguration(Noun):
    """All that a balancer is told. Routes change while it runs; all else is its structure, and takes a reload.

    `test_listeners` maps a listener's name to the target groups whose test traffic comes in there.
    """

    name: str
    idle_timeout: Seconds = 60
    access_log: bool = False
    listeners: tuple[Listener, ...] = ()
    target_groups: tuple[TargetGroup, ...] = ()
    test_listeners: Mapping[str, tuple[str, ...]] = {}
    maintenance: tuple[Maintenance, ...] = ()
    routes: tuple[Route, ...] = ()

    @property
    def structure(self) -> str:
        """The digest of all but the routes: what a running process must have been started with."""
        return fingerprint(self.changed(routes=()))

    def route(self, target_group: str) -> Route | None:
        """Return the route of a target group, by its address."""
        return next((each for each in self.routes if each.target_group == target_group), None)


class PublishedListener(Noun):
    """A port of the host that leads to a listener."""

    bind: str
    port: int


class BalancerSettings(Noun):
    """What a balancer's container is made with: a change of any of it replaces the container."""

    name: str
    image: str
    ports: tuple[PublishedListener, ...] = ()
    networks: tuple[str, ...] = ()

    @classmethod
    def of(cls, balancer: LoadBalancer, image: str, networks: tuple[str, ...]) -> BalancerSettings:
        """Return the settings of a declared balancer; `image` is a reference, `networks` are names on the engine."""
        ports = {(each.bind, each.port) for each in balancer.listeners if each.publish}
        published = tuple(PublishedListener(bind=bind, port=port) for bind, port in sorted(ports))
        return cls(name=balancer.name, image=image, ports=published, networks=networks)


class CheckResult(StrEnum):
    """What the balancer's last health check of a target said."""

    NONE = "none"
    PASSED = "passed"
    FAILED = "failed"


class ObservedTarget(Noun):
    """A target as the running balancer has it. `sessions` are the requests and connections in progress on it."""

    target_group: str
    task_id: str
    color: Color
    address: str
    port: int
    state: TargetState
    check: CheckResult = CheckResult.NONE
    description: str = ""
    """What the last check found, for people: `HTTP 503`, `connection refused`."""
    sessions: int = 0


class TargetHealth(StrEnum):
    """How a task is as a target (ELB's target health states). UNAVAILABLE: the balancer cannot be asked."""

    UNUSED = "unused"
    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"
    UNAVAILABLE = "unavailable"


class PoolCounters(Noun):
    """What a pool has done since the balancer's process began. `latency_p95` is in seconds, of the asked period."""

    target_group: str
    color: Color
    requests: int = 0
    errors: int = 0
    """Answers of 500 and above."""
    latency_p95: float | None = None


class RunningBalancer(Noun):
    """What the running process does. `structure` is that of the configuration it has read.

    `leaving` counts processes of before a reload that still serve what they had begun: what is in progress there is
    not seen in `sessions`. `shares` maps a target group's address to its (green, test_green).
    """

    structure: str
    leaving: int = 0
    shares: Mapping[str, tuple[int, int]] = {}
    targets: tuple[ObservedTarget, ...] = ()
    counters: tuple[PoolCounters, ...] = ()


class ObservedBalancer(Noun):
    """A balancer as the engine shows it.

    `container_id` is empty while there is no container. `settings` is the fingerprint of the settings it was made
    with. `configuration` is what its volume says: None when there is nothing, or nothing that we wrote. `running` is
    None while no process answers. `stale` are containers of the same balancer that it replaced.
    """

    address: str
    name: str
    container_id: str = ""
    is_live: bool = False
    settings: str = ""
    configuration: BalancerConfiguration | None = None
    running: RunningBalancer | None = None
    stale: tuple[str, ...] = ()
    problem: str = ""
    """Why it cannot be asked, if it cannot."""

    def targets_of(self, task_id: str) -> tuple[ObservedTarget, ...]:
        """Return what the running process says of a task."""
        return tuple(each for each in self.running.targets if each.task_id == task_id) if self.running else ()

    def lists(self, task_id: str) -> bool:
        """Whether the volume or the process names a task."""
        routes = self.configuration.routes if self.configuration else ()
        return any(each.task_id == task_id for route in routes for each in route.targets) or bool(
            self.targets_of(task_id)
        )

    def shares(self, target_group: str) -> tuple[int, int] | None:
        """Return (green, test_green) that are in effect, when volume and process agree on them; None else."""
        route = self.configuration.route(target_group) if self.configuration else None
        written = (route.green, route.test_green) if route else None
        running = self.running.shares.get(target_group) if self.running else None
        return written if written == running else None
