"""Steps that take virtual time: the performer of tests and of the rollout preview."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from reconciler.drivers.simulated import SimulatedEngine, VirtualClock
from reconciler.errors import EngineError
from reconciler.model.step import (
    BuildImage,
    ConfigureBalancer,
    Lane,
    Outcome,
    ProbeAlarm,
    PullImage,
    RemoveBalancer,
    RemoveTask,
    RunHook,
    StartBalancer,
    StartContainer,
    Step,
    StopContainer,
)

UNLIMITED = dict.fromkeys(Lane, 1000000)


def usual_latency(step: Step) -> float:
    """Return about how many seconds a step takes on a real engine (measured on two cores)."""
    return _LATENCIES.get(type(step), 0.05)


_LATENCIES: dict[type, float] = {
    StartContainer: 0.3,
    StopContainer: 0.3,
    RemoveTask: 0.5,
    PullImage: 5.0,
    BuildImage: 10.0,
    StartBalancer: 0.5,
    ConfigureBalancer: 0.2,
    RemoveBalancer: 0.5,
    RunHook: 1.0,
    ProbeAlarm: 0.2,
}


class SimulatedPerformer:
    """Performs each step after its latency. `wait` moves the virtual clock to whatever comes first."""

    def __init__(
        self,
        engine: SimulatedEngine,
        clock: VirtualClock,
        limits: dict[Lane, int],
        latency: Callable[[Step], float] = usual_latency,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._limits = limits
        self._latency = latency
        self._lanes: Counter[Lane] = Counter()
        self._queue: list[tuple[float, int, Step]] = []
        self._submitted = 0

    def submit(self, step: Step) -> bool:
        if self._lanes[step.lane] >= self._limits[step.lane]:
            return False
        self._lanes[step.lane] += 1
        self._submitted += 1
        heapq.heappush(self._queue, (self._clock.now() + self._latency(step), self._submitted, step))
        return True

    @property
    def in_flight(self) -> frozenset[str]:
        return frozenset(step.key for _, _, step in self._queue)

    def wait(self, until: float | None) -> tuple[Outcome, ...]:
        times = [at for at in (until, self._engine.next_change_at()) if at is not None]
        times += [self._queue[0][0]] if self._queue else []
        self._clock.advance_to(min(times, default=self._clock.now()))
        outcomes = []
        while self._queue and self._queue[0][0] <= self._clock.now():
            _, _, step = heapq.heappop(self._queue)
            self._lanes[step.lane] -= 1
            with suppress(EngineError):
                outcomes.append(self._engine.perform(step))
        return tuple(outcomes)

    def wake(self) -> None:
        """Virtual waits end by themselves."""
