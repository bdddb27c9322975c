"""The simulated engine: looks at what it holds, what befalls it, and which piece of it has the effect of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from reconciler.clock import Clock
from reconciler.drivers.driver import LookRequest
from reconciler.drivers.failure import INITIALIZATION, StepFailedError
from reconciler.drivers.simulated.balancers import Latency, SimulatedBalancers, no_latency, no_traffic
from reconciler.drivers.simulated.behaviour import expected_behaviour
from reconciler.drivers.simulated.containers import KILLED, from_seen, observed_tasks
from reconciler.drivers.simulated.images import PresentImages
from reconciler.drivers.simulated.owned import Owned
from reconciler.drivers.simulated.owners import PresentOwners
from reconciler.drivers.simulated.present import PresentContainers
from reconciler.drivers.simulated.process import Lost, Traffic
from reconciler.drivers.simulated.tasks import Behave, SimulatedTasks
from reconciler.drivers.simulated.usage import Load, Meters, no_load
from reconciler.errors import EngineError
from reconciler.model.routing import ObservedBalancer
from reconciler.model.snapshot import EngineFacts, ObservedNetwork, ObservedVolume, Snapshot
from reconciler.model.step import (
    BuildImage,
    ConfigureBalancer,
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    ListImages,
    Notify,
    Outcome,
    ProbeAlarm,
    ProbeMetric,
    PullImage,
    RemoveBalancer,
    RemoveImage,
    RemoveNetwork,
    RemoveOwner,
    RemoveTask,
    RemoveVolume,
    RunHook,
    SampleUsage,
    StartBalancer,
    StartContainer,
    Step,
    StopContainer,
)
from reconciler.model.task import Task

_DEFAULT_STOP_TIMEOUT = 30.0


@dataclass
class SimulatedEngine:
    """A driver on a virtual clock. `behave` says what a container about to be started will do."""

    clock: Clock
    behave: Behave = expected_behaviour
    facts: EngineFacts = field(default_factory=EngineFacts)
    obtainable: Callable[[str], bool] = lambda reference: True
    hooks: Callable[[RunHook], Outcome] = lambda step: Outcome(step=step)
    probe: Callable[[ProbeAlarm], float | None] = lambda step: 0.0
    """What an alarm's source says; None is nothing."""
    receives: Callable[[Notify], bool] = lambda step: True
    """Whether whoever is notified takes what is sent."""
    metric: Callable[[ProbeMetric], float | None] = lambda step: None
    """What a scaling policy's query gives, likewise."""
    load: Callable[[Task], Load] = no_load
    """What each container of a task uses."""
    traffic: Traffic = no_traffic
    latency: Latency = no_latency
    steps: list[Step] = field(default_factory=list)
    """Every step that was performed, in order."""
    _containers: PresentContainers = field(default_factory=PresentContainers)
    _networks: Owned[ObservedNetwork] = field(default_factory=lambda: Owned("network"))
    _volumes: Owned[ObservedVolume] = field(default_factory=lambda: Owned("volume"))
    _private: dict[str, Task] = field(default_factory=dict)
    _images: PresentImages = field(default_factory=PresentImages)
    _owners: PresentOwners = field(default_factory=PresentOwners)
    _wakes: list[Callable[[], None]] = field(default_factory=list)
    _meters: Meters = field(default_factory=Meters)

    def __post_init__(self) -> None:
        self.balancers = SimulatedBalancers(self._containers.upstream)
        self._tasks = SimulatedTasks(self._containers, self._private, self._images, self.balancers.cut_off)

    @property
    def lost(self) -> list[Lost]:
        """The requests that our steps cut off, in order."""
        return self.balancers.lost

    @classmethod
    def seeded(cls, snapshot: Snapshot, stack: str, clock: Clock) -> SimulatedEngine:
        """Return an engine that shows what a real one showed."""
        engine = cls(clock, facts=snapshot.engine)
        for observed in snapshot.tasks:
            for each in observed.containers:
                key = f"{observed.task.id}-{each.name}"
                engine._containers.keep(from_seen(key, observed.task, each, clock.now()))
            engine._private.update(dict.fromkeys(observed.volumes, observed.task))
        engine._networks.update({each.name: each for each in snapshot.networks})
        engine._volumes.update({each.name: each for each in snapshot.volumes})
        engine._images.update({each.reference: each for each in snapshot.images})
        engine._owners.update({each.volume: (stack, each) for each in snapshot.owners})
        owner = snapshot.owners[0].id if len(snapshot.owners) == 1 else ""
        for balancer in snapshot.balancers:
            engine.balancers.seed(balancer, stack, owner, clock.now())
        return engine

    def look(self, request: LookRequest) -> Snapshot:
        now = self._advanced()
        owners = self._owners.of_stack(request.stack)
        wanted = request.owner or (owners[0].id if len(owners) == 1 else "")
        images = (self._images.find(reference) for reference in sorted(set(request.images)))
        return Snapshot(
            engine=self.facts,
            owners=owners,
            tasks=observed_tasks(self._containers.values(), self._private, wanted, now),
            networks=self._networks.shown_to(wanted, request.networks),
            volumes=self._volumes.shown_to(wanted, request.volumes),
            balancers=self.balancers.shown_to(wanted, now, self.latency if request.latency_periods else no_latency),
            images=tuple(image for image in images if image is not None),
        )

    def perform(self, step: Step) -> Outcome:
        self.steps.append(step)
        self._advanced()
        try:
            return _EFFECTS[type(step)](self, step)
        except StepFailedError as failure:
            return Outcome(step=step, ok=False, code=failure.code, reason=failure.reason)
        finally:
            self._wake()

    def next_change_at(self) -> float | None:
        """Return when something will change by itself: an exit, a health check's verdict, the end of a request."""
        now = self._advanced()
        times = chain(self._containers.changes(), self.balancers.changes())
        return min((at for at in times if at > now), default=None)

    def add_image(self, reference: str, image_id: str = "") -> None:
        """Make an image present."""
        self._images.add(reference, image_id)

    def add_volume(self, name: str) -> None:
        """Make a volume present that is not ours."""
        self._volumes[name] = ObservedVolume(name=name, is_ours=False)

    def kill(self, container_id: str, exit_code: int = 137) -> None:
        """End a container's process, as somebody with `docker kill` would."""
        now = self._advanced()
        self._containers.end(self._containers[container_id].killed(exit_code, now))
        self._wake()

    def remove(self, container_id: str) -> None:
        """Remove a container, a balancer's too, as somebody with `docker rm -f` would."""
        now = self._advanced()
        if not self.balancers.remove_container(container_id):
            self._containers.remove(self._containers[container_id].killed(KILLED, now))
        self._wake()

    def observed_balancers(self) -> tuple[ObservedBalancer, ...]:
        """Return every balancer as it is now, whoever's."""
        return self.balancers.shown(self._advanced())

    def kill_balancer(self, name: str) -> None:
        """Kill a balancer's process: the engine restarts it, with what its volume says."""
        self.balancers.kill(name, self._advanced())
        self._wake()

    def stop_balancer(self, name: str) -> None:
        """Stop a balancer, as somebody with `docker stop` or `docker kill` would: it stays down."""
        self._advanced()
        self.balancers.stop(name)
        self._wake()

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` after each effect; what time alone brings is told by `next_change_at`."""
        self._wakes.append(wake)
        return lambda: self._wakes.remove(wake)

    def why_unobtainable(self, reference: str) -> str:
        return "" if self.obtainable(reference) else f"no such image: {reference}"

    def logs(
        self, container_id: str, *, tail: int | None = None, follow: bool = False, since: float | None = None
    ) -> Iterator[str]:
        """Yield what was written until now: virtual time does not move while somebody reads."""
        if container_id not in self._containers:
            raise EngineError(f"No logs of container {container_id[:12]}: no such container")
        return self._containers[container_id].written(tail, since)

    def execute(
        self, container_id: str, command: Sequence[str], *, interactive: bool = False, terminal: bool = False
    ) -> int:
        return 0

    def close(self) -> None:
        """Nothing to let go of."""

    def _wake(self) -> None:
        for wake in tuple(self._wakes):
            wake()

    def _images_in_use(self) -> list[str]:
        """Return the image of each container."""
        return [each.image for each in self._containers.values()]

    def _create_network(self, step: CreateNetwork) -> Outcome:
        name = step.network.name
        network = ObservedNetwork(id=name, name=name, is_ours=True, internal=step.network.internal)
        self._networks.make(network, step.owner)
        return Outcome(step=step)

    def _remove_network(self, step: RemoveNetwork) -> Outcome:
        self._networks.drop(step.name, step.owner)
        return Outcome(step=step)

    def _create_volume(self, step: CreateVolume) -> Outcome:
        volume = ObservedVolume(
            name=step.volume.name,
            is_ours=True,
            driver=step.volume.driver,
            driver_opts=step.volume.driver_opts,
            address=step.volume.address,
        )
        self._volumes.make(volume, step.owner)
        return Outcome(step=step)

    def _remove_volume(self, step: RemoveVolume) -> Outcome:
        self._volumes.drop(step.name, step.owner)
        return Outcome(step=step)

    def _start_balancer(self, step: StartBalancer) -> Outcome:
        self._images.needed(step.settings.image)
        self.balancers.start(step, self.clock.now())
        return Outcome(step=step)

    def _configure_balancer(self, step: ConfigureBalancer) -> Outcome:
        self.balancers.configure(step, self.clock.now())
        return Outcome(step=step)

    def _remove_balancer(self, step: RemoveBalancer) -> Outcome:
        self.balancers.remove(step)
        return Outcome(step=step)

    def _notify(self, step: Notify) -> Outcome:
        if self.receives(step):
            return Outcome(step=step)
        return Outcome(step=step, ok=False, code="NotDelivered", reason="nobody took it")

    def _sample_usage(self, step: SampleUsage) -> Outcome:
        now = self.clock.now()
        found = (self._containers.get(each) for each in sorted(step.containers))
        running = (each for each in found if each is not None and each.runs(now))
        return Outcome(step=step, usage=tuple(self._meters.read(each, self.load, now) for each in running))

    def _advanced(self) -> float:
        """Let the balancers catch up with the time; returns it."""
        now = self.clock.now()
        self.balancers.advance(now, self.traffic)
        return now


def _answered(step: ProbeAlarm | ProbeMetric, value: float | None) -> Outcome:
    if value is None:
        return Outcome(step=step, ok=False, code=INITIALIZATION, reason="there is no value")
    return Outcome(step=step, value=value)


_EFFECTS: Mapping[type, Callable[[SimulatedEngine, Any], Outcome]] = {
    CreateOwner: lambda engine, step: engine._owners.create(step),
    RemoveOwner: lambda engine, step: engine._owners.remove(step),
    CreateNetwork: SimulatedEngine._create_network,
    RemoveNetwork: SimulatedEngine._remove_network,
    CreateVolume: SimulatedEngine._create_volume,
    RemoveVolume: SimulatedEngine._remove_volume,
    PullImage: lambda engine, step: engine._images.pull(step, engine.obtainable),
    BuildImage: lambda engine, step: engine._images.build(step),
    ListImages: lambda engine, step: engine._images.listed(step, engine._images_in_use()),
    RemoveImage: lambda engine, step: engine._images.remove(step, engine._images_in_use()),
    StartContainer: lambda engine, step: engine._tasks.start_container(step, engine.behave, engine.clock.now()),
    StopContainer: lambda engine, step: engine._tasks.stop_container(step, engine.clock.now()),
    RemoveTask: lambda engine, step: engine._tasks.remove(step, engine.clock.now()),
    StartBalancer: SimulatedEngine._start_balancer,
    ConfigureBalancer: SimulatedEngine._configure_balancer,
    RemoveBalancer: SimulatedEngine._remove_balancer,
    RunHook: lambda engine, step: engine.hooks(step),
    ProbeAlarm: lambda engine, step: _answered(step, engine.probe(step)),
    ProbeMetric: lambda engine, step: _answered(step, engine.metric(step)),
    Notify: SimulatedEngine._notify,
    SampleUsage: SimulatedEngine._sample_usage,
}
