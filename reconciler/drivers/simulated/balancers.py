"""Load balancers of the simulated engine: a volume that says what each is to do, containers, and a process.

As on a machine the volume outlives the container, a process that died comes back with what the volume says, and one
that was stopped by hand does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconciler.drivers.failure import CANNOT_START, INITIALIZATION, StepFailedError
from reconciler.drivers.labels import balancer_container_name, balancer_volume_name
from reconciler.drivers.simulated.process import BalancerProcess, Lost, Traffic, Upstreams, seeded_process
from reconciler.errors import EngineError
from reconciler.model.noun import fingerprint
from reconciler.model.routing import BalancerConfiguration, Color, ObservedBalancer
from reconciler.model.step import ConfigureBalancer, RemoveBalancer, StartBalancer

RESTART_SECONDS = 0.5
"""How long the engine takes to bring back a balancer whose process died."""

Latency = Callable[[str, Color], float | None]
"""Target group and pool -> the p95 of its latency, in seconds."""


def no_traffic(target_group: str, color: Color) -> tuple[float, float]:
    """Say that nobody asks for anything."""
    return 0.0, 0.0


def no_latency(target_group: str, color: Color) -> float | None:
    """Say that no latency is known."""
    return None


@dataclass
class SimulatedBalancer:
    """One balancer. `containers` maps ids to the fingerprints of their settings; the process is in `runs_in`."""

    address: str
    name: str
    stack: str
    owner: str
    volume: BalancerConfiguration | None = None
    containers: dict[str, str] = field(default_factory=dict)
    runs_in: str = ""
    process: BalancerProcess | None = None
    restarts_at: float | None = None

    @property
    def container_id(self) -> str:
        """The container of the process, or else the newest; empty when there is none."""
        return self.runs_in if self.runs_in in self.containers else next(reversed(self.containers), "")

    def shown(self, now: float, latency: Latency) -> ObservedBalancer:
        """Return what a look shows of it: a volume is read through a container, and one that restarts is live."""
        latencies = {pool: latency(*pool) for pool in self.process.counted} if self.process else {}
        return ObservedBalancer(
            address=self.address,
            name=self.name,
            container_id=self.container_id,
            is_live=self.process is not None or self.restarts_at is not None,
            settings=self.containers.get(self.container_id, ""),
            configuration=self.volume if self.containers else None,
            running=self.process.shown(now, latencies) if self.process else None,
            stale=tuple(sorted(each for each in self.containers if each != self.container_id)),
        )

    def down(self) -> None:
        """Lose the process and all that it did."""
        self.process, self.restarts_at = None, None


@dataclass
class SimulatedBalancers:
    """All balancers of the engine, by the names of their volumes. `upstreams` says what is at a target's address.

    `cuts` says whether a step is cut off half way: its volume is written, its process does not know yet.
    `refuses` says why a configuration is bad, or nothing.
    """

    upstreams: Upstreams
    cuts: Callable[[StartBalancer | ConfigureBalancer], bool] = lambda step: False
    refuses: Callable[[BalancerConfiguration], str] = lambda configuration: ""
    lost: list[Lost] = field(default_factory=list)
    """Requests that our steps cut off, in order."""
    _balancers: dict[str, SimulatedBalancer] = field(default_factory=dict)

    def start(self, step: StartBalancer, now: float) -> None:
        """Make a container of these settings run as configured, in the place of those of others."""
        name, settings = step.settings.name, fingerprint(step.settings)
        balancer = self._owned(step.stack, step.owner, name)
        key = balancer_container_name(step.stack, name, settings)
        self._accept(step.configuration)
        if balancer is None:
            balancer = SimulatedBalancer(step.address, name, step.stack, step.owner)
            self._balancers[balancer_volume_name(step.stack, name)] = balancer
        balancer.volume = step.configuration
        balancer.containers.setdefault(key, settings)
        self._cut(step)
        balancer.containers = {key: settings}
        if balancer.runs_in != key:
            balancer.down()
        balancer.runs_in, balancer.restarts_at = key, None
        self._tell(balancer, step.configuration, now)

    def configure(self, step: ConfigureBalancer, now: float) -> None:
        """Write the volume, then tell the process, if it runs."""
        balancer = next((each for each in self if step.container_id in each.containers), None)
        if balancer is None:
            raise StepFailedError(CANNOT_START, f"the balancer's container {step.container_id[:12]} is gone")
        self._owned(balancer.stack, step.owner, balancer.name)
        self._accept(step.configuration)
        balancer.volume = step.configuration
        self._cut(step)
        if balancer.process is not None and balancer.runs_in == step.container_id:
            self._tell(balancer, step.configuration, now)

    def remove(self, step: RemoveBalancer) -> None:
        """Remove an owner's containers and volume; none is enough."""
        volume = balancer_volume_name(step.stack, step.name)
        if volume in self._balancers and self._balancers[volume].owner in (step.owner, ""):
            del self._balancers[volume]

    def advance(self, now: float, traffic: Traffic) -> None:
        """Let time go by: the dead come back, checks are made, requests are counted."""
        for each in self:
            if each.restarts_at is not None and each.restarts_at <= now and each.volume is not None:
                each.process = BalancerProcess(each.volume, self.upstreams, each.restarts_at)
                each.restarts_at = None
            if each.process is not None:
                each.process.advance(now, traffic)

    def cut_off(self, task_id: str, now: float) -> None:
        """Note what is lost when a step of ours ends a task now."""
        for each in self:
            self.lost += each.process.cut_off(task_id, now) if each.process else ()

    def shown_to(self, owner: str, now: float, latency: Latency) -> tuple[ObservedBalancer, ...]:
        """Return what a look shows of an owner's balancers."""
        return tuple(
            each.shown(now, latency) for each in sorted(self, key=lambda each: each.name) if each.owner in (owner, "")
        )

    def shown(self, now: float) -> tuple[ObservedBalancer, ...]:
        """Return every balancer as it is, whoever's."""
        return tuple(each.shown(now, no_latency) for each in self)

    def changes(self) -> Iterator[float]:
        """Yield when something changes by itself."""
        for each in self:
            yield from () if each.restarts_at is None else (each.restarts_at,)
            yield from each.process.changes() if each.process else ()

    def seed(self, seen: ObservedBalancer, stack: str, owner: str, now: float) -> None:
        """Add a balancer that was there before, as it was seen."""
        containers = dict.fromkeys(seen.stale, "")
        if seen.container_id:
            containers[seen.container_id] = seen.settings
        balancer = SimulatedBalancer(seen.address, seen.name, stack, owner, seen.configuration, containers)
        balancer.runs_in = seen.container_id
        if seen.is_live:
            written = seen.configuration or BalancerConfiguration(name=seen.name)
            balancer.process = seeded_process(seen, written, self.upstreams, now)
        self._balancers[balancer_volume_name(stack, seen.name)] = balancer

    def kill(self, name: str, now: float) -> None:
        """End a balancer's process: it fails, and the engine restarts it."""
        balancer = self._named(name)
        if balancer.process is not None:
            balancer.down()
            balancer.restarts_at = now + RESTART_SECONDS

    def stop(self, name: str) -> None:
        """Stop a balancer, as somebody with `docker stop` or `docker kill` would: nobody restarts it."""
        self._named(name).down()

    def remove_container(self, container_id: str) -> bool:
        """Remove a balancer's container, as somebody with `docker rm -f` would; says whether it was one."""
        for each in self:
            if each.containers.pop(container_id, None) is not None:
                if each.runs_in == container_id:
                    each.down()
                return True
        return False

    def write(self, name: str, configuration: BalancerConfiguration | None) -> None:
        """Write on a balancer's volume by hand; None is something that we did not write."""
        self._named(name).volume = configuration

    def __iter__(self) -> Iterator[SimulatedBalancer]:
        return iter(tuple(self._balancers.values()))

    def _named(self, name: str) -> SimulatedBalancer:
        return next(each for each in self if each.name == name)

    def _owned(self, stack: str, owner: str, name: str) -> SimulatedBalancer | None:
        volume = balancer_volume_name(stack, name)
        balancer = self._balancers.get(volume)
        if balancer is not None and balancer.owner not in (owner, ""):
            raise StepFailedError(INITIALIZATION, f"volume {volume} is not ours: left as it is")
        return balancer

    def _accept(self, configuration: BalancerConfiguration) -> None:
        reason = self.refuses(configuration)
        if reason:
            raise StepFailedError(CANNOT_START, reason)

    def _tell(self, balancer: SimulatedBalancer, wanted: BalancerConfiguration, now: float) -> None:
        """Bring the process to a configuration: one of another structure reads it anew, none is started with it."""
        if balancer.process is None:
            balancer.process = BalancerProcess(wanted, self.upstreams, now)
        elif balancer.process.structure != wanted.structure:
            balancer.process = balancer.process.reloaded(wanted, now)
        else:
            self.lost += balancer.process.route(wanted, now)

    def _cut(self, step: StartBalancer | ConfigureBalancer) -> None:
        if self.cuts(step):
            raise EngineError("no answer")
