"""Who performs steps: several at once, few starts at a time. Waiting ends at an outcome, a wake or a deadline.

The engine is fastest with about four starts in flight; more only add latency. Waits for containers to stop cost the
engine nothing, so they have a wider lane.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from reconciler.clock import Clock
from reconciler.errors import EngineError
from reconciler.model.step import Lane, Outcome, Step

STARTS_IN_FLIGHT = 4

GATHER_SECONDS = 0.015
"""What happens at one moment comes as several events: one look for all of them spares the engine."""


def lane_limits(starts_in_flight: int) -> dict[Lane, int]:
    """Return how many steps of each lane may be in flight."""
    return {Lane.START: starts_in_flight, Lane.STOP: 2 * starts_in_flight, Lane.FETCH: 3, Lane.HOOK: 8, Lane.QUICK: 4}


class Performer(Protocol):
    """Performs steps beside the loop."""

    def submit(self, step: Step) -> bool:
        """Begin a step, unless its lane is full; says whether it began."""
        ...

    @property
    def in_flight(self) -> frozenset[str]:
        """The keys of steps under way: until `wait` has handed over the outcome, or it is lost."""
        ...

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        """Wait for an outcome, a wake, or a time; returns the outcomes so far and forgets them.

        A step whose engine was out of reach has no outcome: the next look tells what became of it. Raises StaleError
        when a step found that the stack is not ours any more.
        """
        ...

    def wake(self) -> None:
        """End a wait."""
        ...


class ThreadPerformer:
    """Threads, one for each step in flight."""

    def __init__(self, perform: Callable[[Step], Outcome], clock: Clock, limits: dict[Lane, int]) -> None:
        self._perform = perform
        self._clock = clock
        self._limits = limits
        self._pool = ThreadPoolExecutor(max_workers=sum(limits.values()), thread_name_prefix="step")
        self._changed = threading.Condition()
        self._lanes: Counter[Lane] = Counter()
        self._in_flight: set[str] = set()
        self._outcomes: list[Outcome] = []
        self._problem: BaseException | None = None
        self._woken = False

    def submit(self, step: Step) -> bool:
        with self._changed:
            if self._lanes[step.lane] >= self._limits[step.lane]:
                return False
            self._lanes[step.lane] += 1
            self._in_flight.add(step.key)
        self._pool.submit(self._perform, step).add_done_callback(lambda future: self._end(step, future))
        return True

    @property
    def in_flight(self) -> frozenset[str]:
        with self._changed:
            return frozenset(self._in_flight)

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        with self._changed:
            timeout = None if until is None else max(0.0, until - self._clock.now())
            is_woken = self._changed.wait_for(lambda: bool(self._outcomes) or self._woken, timeout)
        if is_woken:
            time.sleep(GATHER_SECONDS)
        with self._changed:
            if self._problem is not None:
                problem, self._problem = self._problem, None
                raise problem
            outcomes, self._outcomes, self._woken = tuple(self._outcomes), [], False
            self._in_flight.difference_update(outcome.step.key for outcome in outcomes)
            return outcomes

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """Let threads end; steps under way are finished by the engine or seen by the next look."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _end(self, step: Step, future: Future[Outcome]) -> None:
        """Hand over how a step ended.

        A lost lease, or a bug of ours on this thread, is raised by `wait`: nobody else would see it.
        """
        problem = None if future.cancelled() else future.exception()
        with self._changed:
            self._lanes[step.lane] -= 1
            if future.cancelled() or problem is not None:
                self._in_flight.discard(step.key)
            else:
                self._outcomes.append(future.result())
            if problem is not None and not isinstance(problem, EngineError):
                self._problem = problem
            self._woken = True
            self._changed.notify_all()
