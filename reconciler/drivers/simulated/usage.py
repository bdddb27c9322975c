"""What simulated containers use: the load of a task is a function of the test, and meters add it up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.drivers.simulated.containers import SimulatedContainer
from reconciler.model.beside import ContainerUsage
from reconciler.model.task import Task


@dataclass(frozen=True, slots=True)
class Load:
    """What each container of a task uses now: CPUs (0.5 is half of one), and MiB of memory."""

    cpus: float = 0.0
    memory: float = 0.0


def no_load(task: Task) -> Load:
    """Containers that sleep."""
    return Load()


@dataclass
class Meters:
    """The counters of containers. Between two readings the load is taken for what it is at the second one."""

    _read: dict[str, ContainerUsage] = field(default_factory=dict)

    def read(self, container: SimulatedContainer, load: Callable[[Task], Load], now: float) -> ContainerUsage:
        """Return what a running container has used since its start."""
        started_at = now if container.started_at is None else container.started_at
        before = self._read.get(container.id)
        since = started_at if before is None else max(before.at, started_at)
        seconds = 0.0 if before is None or before.at < started_at else before.cpu_seconds
        using = load(container.task)
        found = ContainerUsage(
            container_id=container.id,
            task_id=container.task.id,
            at=now,
            cpu_seconds=seconds + using.cpus * (now - since),
            memory=using.memory,
        )
        self._read[container.id] = found
        return found
