"""What one `watch` process knows of its stacks: the last look at each, and what was counted since it began.

Written by the threads that keep the stacks, read by those that answer requests: whoever reads gets a Sight, which
no longer changes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.clock import Clock
from reconciler.model.decision import Decision, Pass
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.task import TaskRecord, TaskStatus
from reconciler.observe.tally import Tally


@dataclass(frozen=True, slots=True)
class Sight:
    """One stack as it is known now. Times are seconds since the epoch; `role_since` is also when it was first known.

    `stands_by` says why it is not watched now, empty while it is; `trouble` what the engine or the store last said,
    `needs_mending` that it does not pass by itself.
    """

    stack: str
    role_since: float
    stands_by: str = ""
    lease_token: int = 0
    looked_at: float | None = None
    trouble: str = ""
    needs_mending: bool = False
    decision: Decision | None = None
    tally: Tally = field(default_factory=Tally)

    @property
    def is_reachable(self) -> bool:
        """Whether the last look worked. A state that cannot be written says nothing about the engine."""
        return self.looked_at is not None and (self.needs_mending or not self.trouble)


_WELL: dict[str, Any] = {"trouble": "", "needs_mending": False, "stands_by": ""}


class StackObserver:
    """Takes in what happens to one stack; its methods are what a `World` and a `watch` call."""

    def __init__(self, stack: str, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sight = Sight(stack, clock.now())
        self._started: dict[str, float] = {}

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        """Take in a look and what was decided. What is there at the first one was counted by nobody."""
        started = _started(snapshot)
        with self._lock:
            sight = self._sight
            if sight.decision is not None:
                _count(sight.tally, sight.decision.state, decision.state)
                _count_restarts(sight.tally, self._started, started)
            self._started = {container: at for container, (_, at) in started.items()}
            self._sight = replace(sight, decision=decision, looked_at=self._clock.now(), **_WELL)

    def passed(self, passed: Pass) -> None:
        """Take in how long a round took."""
        with self._lock:
            self._sight.tally.reconcile.add(passed.latency_seconds)
            self._sight.tally.look.add(passed.look_seconds)
            self._sight.tally.decide.add(passed.decide_seconds)

    def holds(self, token: int) -> None:
        """From now on we watch the stack, with a lease of that token."""
        now = self._clock.now()
        with self._lock:
            self._sight = replace(self._sight, lease_token=token, role_since=now, looked_at=None, **_WELL)

    def stands_by(self, why: str) -> None:
        """From now on somebody else has the stack, or there is nothing to watch yet."""
        with self._lock:
            since = self._sight.role_since if self._sight.stands_by else self._clock.now()
            self._sight = replace(self._sight, **{**_WELL, "stands_by": why}, lease_token=0, role_since=since)

    def out_of_reach(self, trouble: str, *, needs_mending: bool = False) -> None:
        """The engine or the store does not answer; the next look that works ends that.

        Who only stands by is not well then either: it could not take over. What `needs_mending` is told at once: a
        state that is gone, or a full disk, is not back after a while as an engine is that was restarted.
        """
        with self._lock:
            since = self._clock.now() if self._sight.stands_by else self._sight.role_since
            self._sight = replace(
                self._sight, trouble=trouble, needs_mending=needs_mending, stands_by="", role_since=since
            )

    @property
    def sight(self) -> Sight:
        """Return what is known now."""
        with self._lock:
            return replace(self._sight, tally=self._sight.tally.copy())


class Observatory:
    """Everything that one process watches. `relist_seconds` is how often it looks though nothing happens."""

    def __init__(self, clock: Clock, relist_seconds: float) -> None:
        self.clock = clock
        self.relist_seconds = relist_seconds
        self._observers: dict[str, StackObserver] = {}
        self._lock = threading.Lock()

    def of(self, stack: str) -> StackObserver:
        """Return the observer of a stack; the first call begins to observe it."""
        with self._lock:
            return self._observers.setdefault(stack, StackObserver(stack, self.clock))

    @property
    def sights(self) -> tuple[Sight, ...]:
        """Return what is known of every stack now, by name."""
        with self._lock:
            observers = [self._observers[name] for name in sorted(self._observers)]
        return tuple(each.sight for each in observers)


def _started(snapshot: Snapshot) -> dict[str, tuple[str, float]]:
    """Return the group and the last start of every container, by its id."""
    return {
        each.id: (seen.task.group, each.started_at)
        for seen in snapshot.tasks
        for each in seen.containers
        if each.started_at is not None
    }


def _count(tally: Tally, before: State, after: State) -> None:
    records = {each.id: each for each in before.tasks}
    for each in after.tasks:
        known = records.get(each.id)
        if known is each:
            continue
        tally.starts[each.group] += _is_new(known, each, _runs)
        tally.failures[each.group] += _is_new(known, each, lambda record: record.failed)
    last = before.events[-1].number if before.events else 0
    for event in reversed(after.events):
        if event.number <= last:
            break
        tally.events[event.kind.value, event.type.value] += 1


def _is_new(before: TaskRecord | None, after: TaskRecord, holds: Callable[[TaskRecord], bool]) -> bool:
    return holds(after) and not (before is not None and holds(before))


def _runs(record: TaskRecord) -> bool:
    """Whether it has been running: one that ended between two looks was started too."""
    return record.running_at is not None or record.last_status is TaskStatus.RUNNING


def _count_restarts(tally: Tally, before: dict[str, float], after: dict[str, tuple[str, float]]) -> None:
    """Count the containers that were started again in place (ECS restartPolicy)."""
    for container, (group, at) in after.items():
        tally.restarts[group] += before.get(container, at) < at
