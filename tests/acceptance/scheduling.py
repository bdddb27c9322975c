"""Counted, simulated: scheduled tasks run once with two watches that die and are paused, and overlap as declared.

The engine and the clock are simulated, the state file is a real one. A watch is a converge with a lease.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from reconciler.drivers.simulated import Behaviour, SimulatedEngine, VirtualClock
from reconciler.engine.converge import World, converge
from reconciler.engine.guard import Guard
from reconciler.engine.performer import lane_limits
from reconciler.engine.simulation import SimulatedPerformer
from reconciler.errors import StaleError
from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.schedule import Overlap, Schedule, ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.step import Outcome, StartContainer, Step
from reconciler.scheduler.run_ids import run_id
from reconciler.scheduler.slots import GRACE_SECONDS
from reconciler.store.lease import LEASE_SECONDS, Timing
from reconciler.store.memory import MemoryStore
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Lease, Store
from tests.builders import container, definition, stack
from tests.site import Site

from .figure import Counted

MINUTE = 60.0
MORTALITY = 0.08
"""How likely a watch dies before a step, and after one."""

PAUSES = 0.01
"""How likely it is paused for so long that another one takes over."""

ALL_OVERLAPS = (Overlap.SKIP, Overlap.REPLACE, Overlap.ALLOW)


class DeathError(Exception):
    """The process dies here."""


def scheduling(**fields: object) -> Stack:
    """Return a stack of one task that is due every minute."""
    task = ScheduledTask(
        address="scheduled_task.report",
        name="report",
        task_definition="task_definition.report",
        schedule=Schedule(expression="* * * * *"),
        **fields,
    )
    found = {"task_definition.report": definition(container(), family="report")}
    return stack().changed(definitions=found, scheduled_tasks=(task,))


@dataclass
class Scene:
    """A simulated engine with its watches, and what happened on it."""

    random: Random
    stores: tuple[Store, ...]
    site: Site = field(default_factory=lambda: Site(looks=1_000_000))
    starts: Counter[str] = field(default_factory=Counter)
    history: dict[str, ScheduledRun] = field(default_factory=dict)
    lives: list[tuple[float, float]] = field(default_factory=list)
    deaths: int = 0
    pauses: int = 0
    problems: list[str] = field(default_factory=list)
    before_start: Callable[[StartContainer], None] = lambda step: None

    def __post_init__(self) -> None:
        self.site.store = self.stores[0]
        self._perform = self.site.engine.perform
        self.site.engine.perform = self._counted  # type: ignore[method-assign]

    @property
    def clock(self) -> VirtualClock:
        return self.site.clock

    def live(self, number: int, seconds: float, *, may_pause: bool = True) -> None:
        """Let a watch work for so long, if it does not die before."""
        store = self.stores[number]
        lease = store.acquire("shop", "watch", 0)
        guard, began, ends_at = Guard(), self.clock.now(), self.clock.now() + seconds
        performer = Mortal(self, guard, lambda: self._pause(number, lease) if may_pause else None)
        recorded = store.load("shop")
        assert recorded.target is not None
        world = World(self.site.engine, performer, store, self.clock, hold=guard.hold, is_patient=True)
        try:
            converge(world, recorded.target, recorded, lease, lambda decision: self.clock.now() >= ends_at)
        except DeathError:
            self.deaths += 1
        except StaleError:
            self.pauses += 1
        finally:
            lease.release()
        self.lives.append((began, self.clock.now()))
        self.history |= {each.id: each for each in store.load("shop").runs}

    def _pause(self, number: int, lease: Lease) -> None:
        """Stand still for longer than the lease lasts, while another watch takes the stack over."""
        self.clock.advance_to(self.clock.now() + LEASE_SECONDS + self.random.uniform(1, 30))
        other = self.stores[1 - number]
        assert isinstance(other, SqliteStore)
        other.unlock("shop", lease.token)
        self.live(1 - number, self.random.uniform(1, 100), may_pause=False)

    def _counted(self, step: Step) -> Outcome:
        if isinstance(step, StartContainer):
            self.before_start(step)
            self.starts[step.task.deployment] += 1
        return self._perform(step)


class Mortal(SimulatedPerformer):
    """Performs as long as its process lives and has the stack; `pause` may let another one take that."""

    def __init__(self, scene: Scene, guard: Guard, pause: Callable[[], None]) -> None:
        super().__init__(Guarded(scene.site.engine, guard), scene.clock, lane_limits(4))  # type: ignore[arg-type]
        self._scene = scene
        self._pause = pause

    def submit(self, step: Step) -> bool:
        self._may_die()
        return super().submit(step)

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        if self._scene.random.random() < PAUSES:
            self._pause()
        outcomes = super().wait(until)
        if outcomes:
            self._may_die()
        return outcomes

    def _may_die(self) -> None:
        if self._scene.random.random() < MORTALITY:
            raise DeathError


@dataclass
class Guarded:
    """The engine for one process: each step is checked for the lease first, as the command does."""

    engine: SimulatedEngine
    guard: Guard

    def perform(self, step: Step) -> Outcome:
        self.guard.check()
        return self.engine.perform(step)

    def next_change_at(self) -> float | None:
        return self.engine.next_change_at()


def double_runs(count: int, seed: int = 1) -> Counted:
    """Let two watches of one state file run so many slots, dying and standing still at random moments."""
    random = Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        site = Site(looks=1_000_000)
        timing = Timing(own=site.clock.now)
        stores = tuple(SqliteStore(Path(folder), name, timing=timing) for name in ("ada", "bob"))
        scene = Scene(random, stores, site)
        scene.site.engine.behave = lambda step: Behaviour(exits_after=random.uniform(0.5, 40))
        scene.site.apply(scheduling(overlap=Overlap.ALLOW))
        began = scene.clock.now()
        while scene.clock.now() < began + count * MINUTE:
            scene.live(random.randrange(2), random.uniform(1, 300))
            gap = random.choice((0, 0, 0, random.uniform(0, 30), random.uniform(0, 200)))
            scene.clock.advance_to(scene.clock.now() + gap)
        scene.site.watch(2 * MINUTE)
        scene.history |= {each.id: each for each in stores[0].load("shop").runs}
        for each in stores:
            each.close()
    problems = [*scene.problems, *_slot_problems(scene, began, count)]
    runs = sum(each.status is RunStatus.SUCCEEDED for each in scene.history.values())
    remark = f"{runs} runs, {scene.deaths} deaths, {scene.pauses} pauses with another taking over; seed {seed}"
    return Counted(count, tuple(problems), remark)


def _slot_problems(scene: Scene, began: float, count: int) -> Iterator[str]:
    """Yield the slots that were run twice, not at all though somebody was there, or whose history is not true."""
    first = (began // MINUTE + 1) * MINUTE
    for slot in (first + number * MINUTE for number in range(count - 1)):
        name = run_id("report", slot)
        run, starts = scene.history.get(name), scene.starts[name]
        if starts > 1:
            yield f"{name} was started {starts} times"
        if starts and (run is None or run.status is not RunStatus.SUCCEEDED or run.exit_code != 0):
            yield f"{name} was started and ended well, its history says {run.status if run else 'nothing'}"
        if not starts and run is not None and run.status is not RunStatus.MISSED:
            yield f"{name} was never started, its history says {run.status}"
        if not starts and any(begin <= slot + GRACE_SECONDS - 1 and end >= slot + 1 for begin, end in scene.lives):
            yield f"{name} was not run though a watch lived"


def overlaps(count: int, seed: int = 1) -> Counted:
    """Run so many slots whose tasks last up to three minutes, by each policy in turn; watches die now and then."""
    random = Random(seed)
    problems: list[str] = []
    share = -(-count // len(ALL_OVERLAPS))
    runs: Counter[str] = Counter()
    for policy in ALL_OVERLAPS:
        scene = _overlapping(policy, share, random)
        problems += scene.problems
        runs.update(f"{policy} {each.status}" for each in scene.history.values())
    told = ", ".join(f"{name} {number}" for name, number in sorted(runs.items()))
    return Counted(share * len(ALL_OVERLAPS), tuple(problems), f"{told}; seed {seed}")


def _overlapping(policy: Overlap, count: int, random: Random) -> Scene:
    scene = Scene(random, (MemoryStore(),))
    scene.before_start = lambda step: _check_alone(scene, policy, step)
    scene.site.engine.behave = lambda step: Behaviour(
        exits_after=random.choice((1, 20, 70, 180)),
        exit_code=random.choice((0, 0, 0, 3)),
        stop_seconds=random.choice((0.2, 5)),
    )
    scene.site.apply(scheduling(overlap=policy, retries=1, timeout=150))
    ends_at = scene.clock.now() + count * MINUTE
    while scene.clock.now() < ends_at:
        scene.live(0, min(300.0, ends_at - scene.clock.now()), may_pause=False)
    scene.problems += _policy_problems(policy, scene)
    return scene


def _check_alone(scene: Scene, policy: Overlap, step: StartContainer) -> None:
    tasks = scene.site.engine.look(scene.site.request()).tasks
    others = [
        each.task.deployment
        for each in tasks
        if each.task.id != step.task.id and any(found.is_live for found in each.containers)
    ]
    if others and policy is not Overlap.ALLOW:
        scene.problems.append(f"{policy}: {step.task.deployment} started beside {', '.join(others)}")


def _policy_problems(policy: Overlap, scene: Scene) -> Iterator[str]:
    """Yield the runs that came to what their policy does not know, and those skipped though nothing ran."""
    foreign = {
        Overlap.SKIP: {RunStatus.REPLACED},
        Overlap.REPLACE: {RunStatus.SKIPPED},
        Overlap.ALLOW: {RunStatus.REPLACED, RunStatus.SKIPPED},
    }[policy]
    for run in scene.history.values():
        if run.status in foreign:
            yield f"{policy}: {run.id} is {run.status}"
        if run.status is RunStatus.SKIPPED and not any(_covers(each, run) for each in scene.history.values()):
            yield f"{policy}: {run.id} was skipped though nothing else was to be waited for"


def _covers(other: ScheduledRun, skipped: ScheduledRun) -> bool:
    """Whether a run was not over when another one was skipped."""
    began = other.started_at is not None and other.slot < skipped.slot
    return began and (other.ended_at is None or other.ended_at >= skipped.slot)
