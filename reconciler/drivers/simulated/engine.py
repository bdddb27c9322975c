"""The simulated engine: what it holds, looks at it, and effects on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from reconciler.clock import Clock
from reconciler.drivers.driver import LookRequest
from reconciler.drivers.failure import (
    CANNOT_PULL,
    CANNOT_START,
    CANNOT_STOP,
    INITIALIZATION,
    StepFailedError,
)
from reconciler.drivers.labels import owner_volume_name, private_volume_name
from reconciler.drivers.simulated.balancers import Latency, SimulatedBalancers, no_latency, no_traffic
from reconciler.drivers.simulated.behaviour import Behaviour, expected_behaviour
from reconciler.drivers.simulated.containers import KILLED, SimulatedContainer, from_seen, observed_tasks
from reconciler.drivers.simulated.owned import Owned
from reconciler.drivers.simulated.ports import HostPorts
from reconciler.drivers.simulated.present import PresentContainers
from reconciler.drivers.simulated.process import Lost, Traffic
from reconciler.drivers.simulated.usage import Load, Meters, no_load
from reconciler.errors import EngineError
from reconciler.model.routing import ObservedBalancer
from reconciler.model.snapshot import (
    EngineFacts,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
    Owner,
    Snapshot,
)
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
    StoredImage,
)
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER

_DEFAULT_STOP_TIMEOUT = 30.0


@dataclass
class SimulatedEngine:
    """A driver on a virtual clock. `behave` says what a container about to be started will do."""

    clock: Clock
    behave: Callable[[StartContainer], Behaviour] = expected_behaviour
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
    _images: dict[str, ObservedImage] = field(default_factory=dict)
    _owners: dict[str, tuple[str, Owner]] = field(default_factory=dict)
    _ports: HostPorts = field(default_factory=HostPorts)
    _wakes: list[Callable[[], None]] = field(default_factory=list)
    _meters: Meters = field(default_factory=Meters)

    def __post_init__(self) -> None:
        self.balancers = SimulatedBalancers(self._containers.upstream)

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
        engine._images = {each.reference: each for each in snapshot.images}
        engine._owners = {each.volume: (stack, each) for each in snapshot.owners}
        owner = snapshot.owners[0].id if len(snapshot.owners) == 1 else ""
        for balancer in snapshot.balancers:
            engine.balancers.seed(balancer, stack, owner, clock.now())
        return engine

    def look(self, request: LookRequest) -> Snapshot:
        now = self._advanced()
        found = (owner for stack, owner in self._owners.values() if stack == request.stack)
        owners = tuple(sorted(found, key=lambda owner: owner.id))
        wanted = request.owner or (owners[0].id if len(owners) == 1 else "")
        images = (self._image(reference) for reference in sorted(set(request.images)))
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
        self._images[reference] = ObservedImage(reference=reference, id=image_id or f"sha256:{reference}")

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
        written = [each for each in self._containers[container_id].log if since is None or each[0] >= since]
        first = 0 if tail is None else max(0, len(written) - tail)
        return (f"{_stamp(at)} {line}" for at, line in written[first:])

    def execute(
        self, container_id: str, command: Sequence[str], *, interactive: bool = False, terminal: bool = False
    ) -> int:
        return 0

    def close(self) -> None:
        """Nothing to let go of."""

    def _wake(self) -> None:
        for wake in tuple(self._wakes):
            wake()

    def _image(self, name: str) -> ObservedImage | None:
        """Return an image by its reference, or by its id as an engine takes it too."""
        found = self._images.get(name)
        if found is None and name.startswith("sha256:"):
            found = next((each.changed(reference=name) for each in self._images.values() if each.id == name), None)
        return found

    def _create_owner(self, step: CreateOwner) -> Outcome:
        name = owner_volume_name(step.stack, step.owner)
        owner = Owner(id=step.owner, digest_key=step.digest_key, volume=name)
        if self._owners.setdefault(name, (step.stack, owner))[1].id != step.owner:
            raise StepFailedError(INITIALIZATION, f"volume {name} exists and is not ours")
        return Outcome(step=step)

    def _remove_owner(self, step: RemoveOwner) -> Outcome:
        if step.volume in self._owners and self._owners[step.volume][1].id != step.owner:
            raise StepFailedError(INITIALIZATION, f"volume {step.volume} is not ours: left as it is")
        self._owners.pop(step.volume, None)
        return Outcome(step=step)

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

    def _pull_image(self, step: PullImage) -> Outcome:
        if not self.obtainable(step.reference):
            raise StepFailedError(CANNOT_PULL, f"no such image: {step.reference}")
        before = {each.id for each in self._images.values()}
        self.add_image(step.reference)
        image_id = self._images[step.reference].id
        return Outcome(step=step, image_id=image_id, is_new=image_id not in before)

    def _build_image(self, step: BuildImage) -> Outcome:
        digest = step.build.context_digest
        image = ObservedImage(reference=step.reference, id=f"sha256:{step.reference}@{digest}", context_digest=digest)
        is_new = image.id not in {each.id for each in self._images.values()}
        self._images[step.reference] = image
        return Outcome(step=step, image_id=image.id, is_new=is_new)

    def _list_images(self, step: ListImages) -> Outcome:
        names: dict[str, list[str]] = {}
        for each in self._images.values():
            names.setdefault(each.id, []).append(each.reference)
        used = Counter(each.image for each in self._containers.values())
        return Outcome(
            step=step,
            images=tuple(
                StoredImage(id=image_id, references=tuple(sorted(found)), used_by=used[image_id])
                for image_id, found in sorted(names.items())
            ),
        )

    def _remove_image(self, step: RemoveImage) -> Outcome:
        """Take the names away, and with the last of them the image, unless a container is of it."""
        if all(each.image != step.image_id for each in self._containers.values()):
            gone = {name for name in step.references if name in self._images}
            gone = {name for name in gone if self._images[name].id == step.image_id}
            self._images = {name: each for name, each in self._images.items() if name not in gone}
        return Outcome(step=step)

    def _start_container(self, step: StartContainer) -> Outcome:
        """Start it in place when it is there, with the image it was created of."""
        key, now = f"{step.task.id}-{step.container}", self.clock.now()
        present = self._containers.get(key)
        if present is not None and present.shown(now).is_live:
            return Outcome(step=step)
        created = present or self._created(key, step)
        behaviour = self.behave(step)
        if behaviour.start_failure:
            raise StepFailedError(CANNOT_START, behaviour.start_failure)
        self._containers.run(created, behaviour, now)
        return Outcome(step=step)

    def _created(self, key: str, step: StartContainer) -> SimulatedContainer:
        image = self._image(step.image)
        if image is None and step.container != HOLDER:
            raise StepFailedError(CANNOT_PULL, f"no such image: {step.image}")
        joins = step.task.definition.needs_holder and step.container != HOLDER
        created = SimulatedContainer(
            id=key,
            name=step.container,
            task=step.task,
            image=image.id if image else "",
            networks=() if joins else tuple(sorted(step.networks)),
            ports=self._ports.published(step.task.definition, step.container),
        )
        self._containers[key] = created
        for volume in step.task.definition.volumes:
            if volume.kind in ("private", "tmpfs"):
                self._private[private_volume_name(step.task, volume.name)] = step.task
        return created

    def _stop_container(self, step: StopContainer) -> Outcome:
        present = self._containers.get(step.container_id)
        if present is None:
            return Outcome(step=step)
        if present.task.id != step.task_id:
            reason = f"the container {step.container_id[:12]} is not this task's: left as it is"
            raise StepFailedError(CANNOT_STOP, reason)
        self._cut_off(present)
        self._containers.end(present.stopped(step.timeout, self.clock.now()))
        return Outcome(step=step)

    def _remove_task(self, step: RemoveTask) -> Outcome:
        """Remove what there is of the task, shown or not."""
        now = self.clock.now()
        members = self._containers.of_task(step.task_id)
        self._cut_off(*members)
        ended = []
        for each in members:
            stopped = each.stopped(step.timeouts.get(each.name, _DEFAULT_STOP_TIMEOUT), now)
            self._containers.remove(stopped)
            ended.append(stopped.result(now))
        self._private = {name: task for name, task in self._private.items() if task.id != step.task_id}
        return Outcome(step=step, containers=tuple(each for each in ended if each.name != HOLDER))

    def _cut_off(self, *containers: SimulatedContainer) -> None:
        """Note the requests that are lost when a step of ours ends these containers of a task."""
        now = self.clock.now()
        for task_id in {each.task.id for each in containers if each.is_essential and each.runs(now)}:
            self.balancers.cut_off(task_id, now)

    def _start_balancer(self, step: StartBalancer) -> Outcome:
        if self._image(step.settings.image) is None:
            raise StepFailedError(CANNOT_PULL, f"no such image: {step.settings.image}")
        self.balancers.start(step, self.clock.now())
        return Outcome(step=step)

    def _configure_balancer(self, step: ConfigureBalancer) -> Outcome:
        self.balancers.configure(step, self.clock.now())
        return Outcome(step=step)

    def _remove_balancer(self, step: RemoveBalancer) -> Outcome:
        self.balancers.remove(step)
        return Outcome(step=step)

    def _run_hook(self, step: RunHook) -> Outcome:
        return self.hooks(step)

    def _probe_alarm(self, step: ProbeAlarm) -> Outcome:
        return _answered(step, self.probe(step))

    def _notify(self, step: Notify) -> Outcome:
        if self.receives(step):
            return Outcome(step=step)
        return Outcome(step=step, ok=False, code="NotDelivered", reason="nobody took it")

    def _probe_metric(self, step: ProbeMetric) -> Outcome:
        return _answered(step, self.metric(step))

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


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_EFFECTS: Mapping[type, Callable[..., Outcome]] = {
    CreateOwner: SimulatedEngine._create_owner,
    RemoveOwner: SimulatedEngine._remove_owner,
    CreateNetwork: SimulatedEngine._create_network,
    RemoveNetwork: SimulatedEngine._remove_network,
    CreateVolume: SimulatedEngine._create_volume,
    RemoveVolume: SimulatedEngine._remove_volume,
    PullImage: SimulatedEngine._pull_image,
    BuildImage: SimulatedEngine._build_image,
    ListImages: SimulatedEngine._list_images,
    RemoveImage: SimulatedEngine._remove_image,
    StartContainer: SimulatedEngine._start_container,
    StopContainer: SimulatedEngine._stop_container,
    RemoveTask: SimulatedEngine._remove_task,
    StartBalancer: SimulatedEngine._start_balancer,
    ConfigureBalancer: SimulatedEngine._configure_balancer,
    RemoveBalancer: SimulatedEngine._remove_balancer,
    RunHook: SimulatedEngine._run_hook,
    ProbeAlarm: SimulatedEngine._probe_alarm,
    ProbeMetric: SimulatedEngine._probe_metric,
    Notify: SimulatedEngine._notify,
    SampleUsage: SimulatedEngine._sample_usage,
}
