"""An engine that exists only in memory and in virtual time. It serves the tests and the rollout preview.

What a container does is a Behaviour, chosen by the test or by the preview. The state of every container is a
function of the time, so nothing has to tick: a look computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from reconciler.clock import Clock
from reconciler.drivers.driver import LookRequest
from reconciler.drivers.labels import owner_volume_name, private_volume_name
from reconciler.model.snapshot import (
    Container,
    ContainerHealth,
    ContainerStatus,
    EngineFacts,
    ObservedImage,
    ObservedNetwork,
    ObservedTask,
    ObservedVolume,
    Owner,
    Snapshot,
)
from reconciler.model.step import (
    BuildImage,
    CreateNetwork,
    CreateOwner,
    CreateVolume,
    Outcome,
    PullImage,
    RemoveNetwork,
    RemoveOwner,
    RemoveTask,
    RemoveVolume,
    StartContainer,
    Step,
    StopContainer,
)
from reconciler.model.task import ContainerResult, Task
from reconciler.model.task_definition import HOLDER, Condition


class VirtualClock:
    """Time that only moves when it is told to."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance_to(self, at: float) -> None:
        """Move on to a time; it never goes back."""
        self._now = max(self._now, at)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a container does once started. Times are seconds after its start; None is never."""

    start_failure: str = ""
    exits_after: float | None = None
    exit_code: int = 0
    healthy_after: float | None = None
    unhealthy_after: float | None = None
    stop_seconds: float = 0.2


@dataclass(frozen=True, slots=True)
class _Simulated:
    """A container of the simulated engine. `seen` is how one that was there before the simulation was seen."""

    id: str
    name: str
    task: Task
    image: str = ""
    networks: tuple[str, ...] = ()
    behaviour: Behaviour = Behaviour()
    started_at: float | None = None
    stopped_at: float | None = None
    stop_code: int = 0
    seen: Container | None = None

    def ended_at(self) -> float | None:
        """When its process ended or will end."""
        by_itself = None
        if self.started_at is not None and self.behaviour.exits_after is not None:
            by_itself = self.started_at + self.behaviour.exits_after
        ends = [at for at in (self.stopped_at, by_itself) if at is not None]
        return min(ends, default=None)


@dataclass
class SimulatedEngine:
    """A driver on a virtual clock. `behave` says what a container about to be started will do."""

    clock: Clock
    behave: Callable[[StartContainer], Behaviour] = lambda step: expected_behaviour(step)
    facts: EngineFacts = field(default_factory=EngineFacts)
    obtainable: Callable[[str], bool] = lambda reference: True
    steps: list[Step] = field(default_factory=list)
    """Every step that was performed, in order."""
    _containers: dict[str, _Simulated] = field(default_factory=dict)
    _networks: dict[str, ObservedNetwork] = field(default_factory=dict)
    _volumes: dict[str, ObservedVolume] = field(default_factory=dict)
    _private: dict[str, Task] = field(default_factory=dict)
    _images: dict[str, ObservedImage] = field(default_factory=dict)
    _owners: dict[str, tuple[str, Owner]] = field(default_factory=dict)

    @classmethod
    def seeded(cls, snapshot: Snapshot, stack: str, clock: Clock) -> SimulatedEngine:
        """Return an engine that shows what a real one showed."""
        engine = cls(clock, facts=snapshot.engine)
        for observed in snapshot.tasks:
            for each in observed.containers:
                key = f"{observed.task.id}-{each.name}"
                engine._containers[key] = _from_seen(key, observed.task, each, clock.now())
            engine._private.update(dict.fromkeys(observed.volumes, observed.task))
        engine._networks = {each.name: each for each in snapshot.networks}
        engine._volumes = {each.name: each for each in snapshot.volumes}
        engine._images = {each.reference: each for each in snapshot.images}
        engine._owners = {each.volume: (stack, each) for each in snapshot.owners}
        return engine

    def look(self, request: LookRequest) -> Snapshot:
        owners = tuple(owner for _, (stack, owner) in sorted(self._owners.items()) if stack == request.stack)
        wanted = request.owner or (owners[0].id if len(owners) == 1 else "")
        return Snapshot(
            engine=self.facts,
            owners=owners,
            tasks=self._tasks(request.stack, wanted),
            networks=tuple(self._networks[name] for name in sorted(self._networks)),
            volumes=tuple(self._volumes[name] for name in sorted(self._volumes)),
            images=tuple(self._images[name] for name in sorted(self._images)),
        )

    def perform(self, step: Step) -> Outcome:
        self.steps.append(step)
        return _EFFECTS[type(step)](self, step)

    def next_change_at(self) -> float | None:
        """Return when something will change by itself: an exit, or a health check's verdict."""
        now = self.clock.now()
        times = [at for each in self._containers.values() for at in _changes(each) if at > now]
        return min(times, default=None)

    def add_image(self, reference: str, image_id: str = "") -> None:
        """Make an image present."""
        self._images[reference] = ObservedImage(reference=reference, id=image_id or f"sha256:{reference}")

    def kill(self, container_id: str, exit_code: int = 137) -> None:
        """End a container's process, as somebody with `docker kill` would."""
        self._containers[container_id] = replace(
            self._containers[container_id], stopped_at=self.clock.now(), stop_code=exit_code
        )

    def remove(self, container_id: str) -> None:
        """Remove a container, as somebody with `docker rm -f` would."""
        del self._containers[container_id]

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def why_unobtainable(self, reference: str) -> str:
        return "" if self.obtainable(reference) else f"no such image: {reference}"

    def logs(
        self, container_id: str, *, tail: int | None = None, follow: bool = False, since: float | None = None
    ) -> Iterator[str]:
        return iter(())

    def execute(
        self, container_id: str, command: Sequence[str], *, interactive: bool = False, terminal: bool = False
    ) -> int:
        return 0

    def close(self) -> None:
        """Nothing to let go of."""

    def _tasks(self, stack: str, owner: str) -> tuple[ObservedTask, ...]:
        tasks: dict[str, Task] = {}
        containers: dict[str, list[Container]] = {}
        volumes: dict[str, list[str]] = {}
        now = self.clock.now()
        for name, task in sorted(self._private.items()):
            tasks[task.id] = task
            volumes.setdefault(task.id, []).append(name)
        for each in self._containers.values():
            tasks[each.task.id] = each.task
            containers.setdefault(each.task.id, []).append(_observe(each, now))
        return tuple(
            ObservedTask(
                task=tasks[task_id],
                containers=tuple(sorted(containers.get(task_id, ()), key=lambda each: each.name)),
                volumes=tuple(volumes.get(task_id, ())),
            )
            for task_id in sorted(tasks)
            if (tasks[task_id].stack, tasks[task_id].owner) == (stack, owner)
        )

    def _create_owner(self, step: CreateOwner) -> Outcome:
        name = owner_volume_name(step.stack, step.owner)
        self._owners[name] = (step.stack, Owner(id=step.owner, digest_key=step.digest_key, volume=name))
        return Outcome(step=step)

    def _remove_owner(self, step: RemoveOwner) -> Outcome:
        self._owners.pop(step.volume, None)
        return Outcome(step=step)

    def _create_network(self, step: CreateNetwork) -> Outcome:
        present = self._networks.get(step.network.name)
        if present is not None and not present.is_ours:
            reason = f"network {step.network.name} exists and is not ours"
            return Outcome(step=step, ok=False, code="ResourceInitializationError", reason=reason)
        network = ObservedNetwork(
            id=step.network.name, name=step.network.name, is_ours=True, internal=step.network.internal
        )
        self._networks[step.network.name] = network
        return Outcome(step=step)

    def _remove_network(self, step: RemoveNetwork) -> Outcome:
        present = self._networks.get(step.name)
        if present is not None and present.is_ours:
            del self._networks[step.name]
        return Outcome(step=step)

    def _create_volume(self, step: CreateVolume) -> Outcome:
        present = self._volumes.get(step.volume.name)
        if present is not None and not present.is_ours:
            reason = f"volume {step.volume.name} exists and is not ours"
            return Outcome(step=step, ok=False, code="ResourceInitializationError", reason=reason)
        self._volumes[step.volume.name] = ObservedVolume(
            name=step.volume.name,
            is_ours=True,
            driver=step.volume.driver,
            driver_opts=step.volume.driver_opts,
            address=step.volume.address,
        )
        return Outcome(step=step)

    def _remove_volume(self, step: RemoveVolume) -> Outcome:
        present = self._volumes.get(step.name)
        if present is not None and present.is_ours:
            del self._volumes[step.name]
        return Outcome(step=step)

    def _pull_image(self, step: PullImage) -> Outcome:
        if not self.obtainable(step.reference):
            reason = f"no such image: {step.reference}"
            return Outcome(step=step, ok=False, code="CannotPullContainerError", reason=reason)
        self.add_image(step.reference)
        return Outcome(step=step, image_id=self._images[step.reference].id)

    def _build_image(self, step: BuildImage) -> Outcome:
        digest = step.build.context_digest
        image = ObservedImage(reference=step.reference, id=f"sha256:{step.reference}@{digest}", context_digest=digest)
        self._images[step.reference] = image
        return Outcome(step=step, image_id=image.id)

    def _start_container(self, step: StartContainer) -> Outcome:
        key = f"{step.task.id}-{step.container}"
        if step.container != HOLDER and not self._has_image(step.image):
            reason = f"no such image: {step.image}"
            return Outcome(step=step, ok=False, code="CannotCreateContainerError", reason=reason)
        present = self._containers.get(key)
        if present is not None and _observe(present, self.clock.now()).is_live:
            return Outcome(step=step)
        behaviour = self.behave(step)
        joins = step.task.definition.needs_holder and step.container != HOLDER
        created = _Simulated(
            id=key,
            name=step.container,
            task=step.task,
            image=step.image,
            networks=() if joins else step.networks,
            behaviour=behaviour,
        )
        self._containers[key] = created
        for volume in step.task.definition.volumes:
            if volume.kind in ("private", "tmpfs"):
                self._private[private_volume_name(step.task, volume.name)] = step.task
        if behaviour.start_failure:
            return Outcome(step=step, ok=False, code="CannotStartContainerError", reason=behaviour.start_failure)
        self._containers[key] = replace(created, started_at=self.clock.now())
        return Outcome(step=step)

    def _has_image(self, image: str) -> bool:
        return any(image in (each.reference, each.id) for each in self._images.values())

    def _stop_container(self, step: StopContainer) -> Outcome:
        present = self._containers.get(step.container_id)
        if present is not None and _observe(present, self.clock.now()).is_live:
            self.kill(step.container_id, exit_code=143)
        return Outcome(step=step)

    def _remove_task(self, step: RemoveTask) -> Outcome:
        ended = []
        for container_id, name in step.containers.items():
            present = self._containers.pop(container_id, None)
            if present is not None:
                seen = _observe(present, self.clock.now())
                ended.append(ContainerResult(name=name, exit_code=143 if seen.is_live else seen.exit_code))
        if step.holder is not None:
            self._containers.pop(step.holder, None)
        for volume in step.volumes:
            self._private.pop(volume, None)
        return Outcome(step=step, containers=tuple(ended))


def _from_seen(key: str, task: Task, seen: Container, now: float) -> _Simulated:
    """Return a container that was there before: as it was seen, but a check that has no verdict yet will pass."""
    undecided = seen.is_live and seen.health is ContainerHealth.STARTING
    verdict = Behaviour(healthy_after=now - (seen.started_at or now) + 1.0)
    return _Simulated(
        id=key,
        name=seen.name,
        task=task,
        image=seen.image_id,
        networks=seen.networks,
        behaviour=verdict if undecided else Behaviour(),
        started_at=seen.started_at,
        seen=None if undecided else seen.changed(id=key),
    )


def expected_behaviour(step: StartContainer) -> Behaviour:
    """Return what a container does when all goes well: it gets healthy, or ends if others wait for its end."""
    if step.container == HOLDER:
        return Behaviour()
    definition = step.task.definition
    waits = {
        dependency.condition
        for each in definition.containers
        for dependency in each.depends_on
        if dependency.container == step.container
    }
    container = definition.container(step.container)
    ends = not container.essential and waits & {Condition.COMPLETE, Condition.SUCCESS}
    return Behaviour(
        exits_after=1.0 if ends else None,
        healthy_after=container.health_check.interval if container.health_check else None,
    )


def _observe(simulated: _Simulated, now: float) -> Container:
    """Return what a look shows of a container at a time."""
    ended_at = simulated.ended_at()
    if simulated.seen is not None and ended_at is None:
        return simulated.seen
    if simulated.started_at is None:
        return Container(
            id=simulated.id, name=simulated.name, status=ContainerStatus.CREATED, image_id=simulated.image
        )
    if ended_at is not None and now >= ended_at:
        by_hand = simulated.stopped_at is not None and ended_at == simulated.stopped_at
        return Container(
            id=simulated.id,
            name=simulated.name,
            status=ContainerStatus.EXITED,
            exit_code=simulated.stop_code if by_hand else simulated.behaviour.exit_code,
            started_at=simulated.started_at,
            finished_at=ended_at,
            image_id=simulated.image,
            networks=simulated.networks,
        )
    return Container(
        id=simulated.id,
        name=simulated.name,
        status=ContainerStatus.RUNNING,
        health=_health(simulated, now),
        started_at=simulated.started_at,
        image_id=simulated.image,
        networks=simulated.networks,
    )


def _health(simulated: _Simulated, now: float) -> ContainerHealth | None:
    if simulated.name == HOLDER or simulated.task.definition.container(simulated.name).health_check is None:
        return None
    age = now - (simulated.started_at or now)
    behaviour = simulated.behaviour
    if behaviour.unhealthy_after is not None and age >= behaviour.unhealthy_after:
        return ContainerHealth.UNHEALTHY
    if behaviour.healthy_after is not None and age >= behaviour.healthy_after:
        return ContainerHealth.HEALTHY
    return ContainerHealth.STARTING


def _changes(simulated: _Simulated) -> Iterator[float]:
    if simulated.started_at is None or simulated.seen is not None:
        return
    for after in (
        simulated.behaviour.exits_after,
        simulated.behaviour.healthy_after,
        simulated.behaviour.unhealthy_after,
    ):
        if after is not None:
            yield simulated.started_at + after


_EFFECTS: Mapping[type, Callable[..., Outcome]] = {
    CreateOwner: SimulatedEngine._create_owner,
    RemoveOwner: SimulatedEngine._remove_owner,
    CreateNetwork: SimulatedEngine._create_network,
    RemoveNetwork: SimulatedEngine._remove_network,
    CreateVolume: SimulatedEngine._create_volume,
    RemoveVolume: SimulatedEngine._remove_volume,
    PullImage: SimulatedEngine._pull_image,
    BuildImage: SimulatedEngine._build_image,
    StartContainer: SimulatedEngine._start_container,
    StopContainer: SimulatedEngine._stop_container,
    RemoveTask: SimulatedEngine._remove_task,
}
