"""What a rollout will look like: the same `converge`, on a simulated engine that shows what the real one shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.drivers.simulated import SimulatedEngine, VirtualClock
from reconciler.engine.converge import World, converge
from reconciler.engine.simulation import UNLIMITED, SimulatedPerformer
from reconciler.model.decision import Decision
from reconciler.model.plan import Rollout
from reconciler.model.service import DeploymentConfiguration, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus, StopCode, TaskRecord, TaskStatus
from reconciler.scheduler.scaling.capacity import with_capacities
from reconciler.store.memory import MemoryStore

LOOKS = 2000
"""A preview that has not ended after this many looks is told as it is then."""


def preview(
    stack: Stack, state: State, snapshot: Snapshot, services: Iterable[str], now: float
) -> dict[str, Rollout]:
    """Return how the rollout of each of `services` goes if every container behaves as its definition expects.

    `state` has the target recorded already. Times are estimates in seconds; nothing real is touched.
    """
    clock, stack = VirtualClock(now), _unwatched(with_capacities(stack, state))
    engine = SimulatedEngine.seeded(snapshot.changed(outcomes=(), in_flight=frozenset()), stack.name, clock)
    watched = {address: _Track(address, now) for address in services}
    store = MemoryStore()
    lease = store.acquire(stack.name, "preview", 0)

    def note(recorded: State) -> None:
        by_group: dict[str, list[TaskRecord]] = {address: [] for address in watched}
        for record in recorded.tasks:
            if record.group in by_group:
                by_group[record.group].append(record)
        for address, track in watched.items():
            track.note(by_group[address], clock.now())

    def observe(decision: Decision, shown: Snapshot) -> None:
        note(decision.state)

    note(state)
    looks = iter(range(LOOKS))
    world = World(
        driver=engine,
        performer=SimulatedPerformer(engine, clock, UNLIMITED),
        store=store,
        clock=clock,
        secrets=lambda: snapshot.secrets,
        observe=observe,
    )
    ended = converge(world, stack, state, lease, lambda decision: decision.is_over or next(looks, None) is None)
    waiting = {each.address: each.reason for each in ended.decision.waiting_for}
    return {address: track.rollout(waiting.get(address, "")) for address, track in watched.items()}


def _unwatched(stack: Stack) -> Stack:
    """Return the stack without what only people and measurements decide: pauses and alarms."""
    return stack.changed(
        services=tuple(each.changed(deployment_configuration=_calm(each)) for each in stack.services),
        autoscalings=(),
        scheduled_tasks=(),
        notifications=(),
    )


def _calm(service: Service) -> DeploymentConfiguration:
    configuration = service.deployment_configuration
    hooks = tuple(each for each in configuration.lifecycle_hooks if not each.pause)
    return configuration.changed(alarms=(), lifecycle_hooks=hooks)


@dataclass
class _Track:
    """What one service did during the preview."""

    address: str
    began: float
    phases: list[tuple[str, int]] = field(default_factory=list)
    known: dict[str, DesiredStatus] = field(default_factory=dict)
    has_begun: bool = False
    peak: int = 0
    lowest: int | None = None
    was_up: bool = False
    down_since: float | None = None
    downtime: float = 0.0
    changed_at: float | None = None
    healthy: int = 0
    live: int = 0

    def note(self, records: list[TaskRecord], now: float) -> None:
        """Take in one look's records."""
        started = [each for each in records if each.id not in self.known] if self.has_begun else []
        stopped = [each for each in records if self._is_stopped_now(each)] if self.has_begun else []
        self.has_begun = True
        self._add("start", len(started))
        self._add("stop", len(stopped))
        self.known.update({each.id: each.desired_status for each in records})
        live = [each for each in records if each.last_status is not TaskStatus.STOPPED]
        healthy = sum(1 for each in live if each.healthy_at and each.desired_status is DesiredStatus.RUNNING)
        if started or stopped or (healthy, len(live)) != (self.healthy, self.live):
            self.changed_at = now
        self.healthy, self.live = healthy, len(live)
        self.peak = max(self.peak, len(live))
        self._note_downtime(healthy, now)

    def rollout(self, waiting: str) -> Rollout:
        """Return what is told of it."""
        return Rollout(
            address=self.address,
            phases=tuple(f"{verb} {count}" for verb, count in self.phases),
            peak=self.peak,
            minimum_healthy=self.lowest or 0,
            duration=self.changed_at - self.began if self.changed_at is not None else None,
            downtime=self.downtime or None,
            outcome=waiting,
        )

    def _is_stopped_now(self, record: TaskRecord) -> bool:
        """Whether the service stops it since the last look; one that ended by itself was not stopped."""
        was_running = self.known.get(record.id, DesiredStatus.RUNNING) is DesiredStatus.RUNNING
        return was_running and record.stop_code is StopCode.SERVICE_SCHEDULER_INITIATED

    def _add(self, verb: str, count: int) -> None:
        if not count:
            return
        if self.phases and self.phases[-1][0] == verb:
            self.phases[-1] = (verb, self.phases[-1][1] + count)
        else:
            self.phases.append((verb, count))

    def _note_downtime(self, healthy: int, now: float) -> None:
        if healthy:
            self.was_up = True
            self.lowest = healthy if self.lowest is None else min(self.lowest, healthy)
            if self.down_since is not None:
                self.downtime += now - self.down_since
                self.down_since = None
        elif self.was_up:
            self.lowest = 0
            self.down_since = self.down_since if self.down_since is not None else now
