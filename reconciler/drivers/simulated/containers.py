"""Containers of the simulated engine.

Their state is a function of the time, so nothing has to tick: a look computes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from reconciler.drivers.simulated.behaviour import Behaviour
from reconciler.model.snapshot import Container, ContainerHealth, ContainerStatus, ObservedTask, PublishedPort
from reconciler.model.task import ContainerResult, Task
from reconciler.model.task_definition import HOLDER

RUNS_ON = Behaviour(serves_after=0.0)
KILLED, ASKED_TO_END = 137, 143
"""The exit codes of SIGKILL and SIGTERM."""


@dataclass(frozen=True, slots=True)
class SimulatedContainer:
    """A container. `seen` is how one that was there before the simulation was seen.

    `log` is what it has written in all its runs, each line with its time. `addresses` are those of its present run,
    by network.
    """

    id: str
    name: str
    task: Task
    image: str = ""
    networks: tuple[str, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[PublishedPort, ...] = ()
    behaviour: Behaviour = RUNS_ON
    started_at: float | None = None
    stopped_at: float | None = None
    stop_code: int = 0
    seen: Container | None = None
    log: tuple[tuple[float, str], ...] = ()

    @property
    def is_essential(self) -> bool:
        """Whether its task ends with it."""
        return self.name == HOLDER or self.task.definition.container(self.name).essential

    def ended_at(self) -> float | None:
        """When its process ended or will end."""
        by_itself = None
        if self.started_at is not None and self.behaviour.exits_after is not None:
            by_itself = self.started_at + self.behaviour.exits_after
        ends = [at for at in (self.stopped_at, by_itself) if at is not None]
        return min(ends, default=None)

    def runs(self, now: float) -> bool:
        """Whether its process runs at a time."""
        ended_at = self.ended_at()
        has_begun = self.seen.is_live if self.seen is not None else self.started_at is not None
        return has_begun and (ended_at is None or now < ended_at)

    def serves(self) -> tuple[float, float]:
        """Return from when until when what is sent to its ports is answered; an empty period when it never is."""
        does, started_at = self.behaviour, self.started_at
        if started_at is None or does.serves_after is None or not self.runs(started_at):
            return 0.0, 0.0
        ended_at = self.ended_at()
        falls_silent_at = math.inf if does.stops_serving_after is None else started_at + does.stops_serving_after
        return started_at + does.serves_after, min(falls_silent_at, math.inf if ended_at is None else ended_at)

    def started(self, behaviour: Behaviour, addresses: Mapping[str, str], now: float) -> SimulatedContainer:
        """Return it started, for the first time or once more: it is the same container, with its logs."""
        written = tuple((now, line) for line in behaviour.output)
        return replace(
            self,
            behaviour=behaviour,
            started_at=now,
            stopped_at=None,
            stop_code=0,
            seen=None,
            addresses=addresses,
            log=self.log + written,
        )

    def killed(self, exit_code: int, now: float) -> SimulatedContainer:
        """Return it with its process ended; one that does not run stays as it is."""
        return replace(self, stopped_at=now, stop_code=exit_code) if self.shown(now).is_live else self

    def stopped(self, timeout: float, now: float) -> SimulatedContainer:
        """Return it stopped as the engine does it: asked to end, and killed when it takes longer than that."""
        in_time = math.ceil(timeout) >= self.behaviour.stop_seconds
        return self.killed(ASKED_TO_END if in_time else KILLED, now)

    def result(self, now: float) -> ContainerResult:
        """Return how it ended; one that never ran has no exit code."""
        return ContainerResult(name=self.name, exit_code=self.shown(now).exit_code)

    def written(self, tail: int | None, since: float | None) -> Iterator[str]:
        """Yield the lines of its log with their times: the last `tail`, or all, of those since a time."""
        found = [each for each in self.log if since is None or each[0] >= since]
        first = 0 if tail is None else max(0, len(found) - tail)
        return (f"{_stamp(at)} {line}" for at, line in found[first:])

    def shown(self, now: float) -> Container:
        """Return what a look shows of it at a time."""
        ended_at = self.ended_at()
        if self.seen is not None and ended_at is None:
            return self.seen
        if self.started_at is None:
            return self._shown(ContainerStatus.CREATED)
        if ended_at is None or now < ended_at:
            return self._shown(ContainerStatus.RUNNING, health=self._health(now))
        by_hand = ended_at == self.stopped_at
        exit_code = self.stop_code if by_hand else self.behaviour.exit_code
        return self._shown(ContainerStatus.EXITED, exit_code=exit_code, finished_at=ended_at)

    def changes(self) -> Iterator[float]:
        """Yield when something changes by itself."""
        if self.started_at is None or self.seen is not None:
            return
        does = self.behaviour
        for after in (does.exits_after, does.healthy_after, does.unhealthy_after):
            if after is not None:
                yield self.started_at + after

    def _shown(
        self,
        status: ContainerStatus,
        *,
        health: ContainerHealth | None = None,
        exit_code: int | None = None,
        finished_at: float | None = None,
    ) -> Container:
        return Container(
            id=self.id,
            name=self.name,
            status=status,
            health=health,
            exit_code=exit_code,
            started_at=self.started_at,
            finished_at=finished_at,
            image_id=self.image,
            networks=self.networks,
            addresses=self.addresses if status is ContainerStatus.RUNNING else {},
            ports=self.ports if status is ContainerStatus.RUNNING else (),
        )

    def _health(self, now: float) -> ContainerHealth | None:
        if self.name == HOLDER or self.task.definition.container(self.name).health_check is None:
            return None
        age = now - (self.started_at or now)
        does = self.behaviour
        if does.unhealthy_after is not None and age >= does.unhealthy_after:
            return ContainerHealth.UNHEALTHY
        if does.healthy_after is not None and age >= does.healthy_after:
            return ContainerHealth.HEALTHY
        return ContainerHealth.STARTING


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_seen(container_id: str, task: Task, seen: Container, now: float) -> SimulatedContainer:
    """Return a container that was there before: as it was seen, but a check that has no verdict yet will pass."""
    undecided = seen.is_live and seen.health is ContainerHealth.STARTING
    verdict = Behaviour(healthy_after=now - (seen.started_at or now) + 1.0, serves_after=0.0)
    return SimulatedContainer(
        id=container_id,
        name=seen.name,
        task=task,
        image=seen.image_id,
        networks=seen.networks,
        addresses=seen.addresses,
        behaviour=verdict if undecided else RUNS_ON,
        started_at=seen.started_at,
        seen=None if undecided else seen.changed(id=container_id),
    )


def observed_tasks(
    containers: Iterable[SimulatedContainer], volumes: Mapping[str, Task], owner: str, now: float
) -> tuple[ObservedTask, ...]:
    """Return what a look shows of an owner's tasks; one may have nothing left but its private volumes."""
    tasks: dict[str, Task] = {}
    shown: dict[str, list[Container]] = {}
    names: dict[str, list[str]] = {}
    for name, task in volumes.items():
        if task.owner == owner:
            tasks[task.id] = task
            names.setdefault(task.id, []).append(name)
    for each in containers:
        if each.task.owner == owner:
            tasks[each.task.id] = each.task
            shown.setdefault(each.task.id, []).append(each.shown(now))
    return tuple(
        ObservedTask(
            task=tasks[task_id],
            containers=tuple(sorted(shown.get(task_id, ()), key=lambda each: each.name)),
            volumes=tuple(sorted(names.get(task_id, ()))),
        )
        for task_id in sorted(tasks)
    )
