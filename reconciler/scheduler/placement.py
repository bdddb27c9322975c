"""Whether one more task fits on the engine: memory, GPUs and fixed host ports. CPU is a share and never refuses.

Sources: ECS placement; phrases from the ECS service events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.model.snapshot import EngineFacts
from reconciler.model.task_definition import TaskDefinition


@dataclass
class Capacity:
    """What is left of an engine while one decision hands it out."""

    engine: EngineFacts
    memory: int
    gpus: int
    ports: set[tuple[int, str]] = field(default_factory=set)

    @classmethod
    def of(cls, engine: EngineFacts, running: Iterable[TaskDefinition]) -> Capacity:
        """Return what is left beside the tasks that occupy the engine already."""
        capacity = cls(engine, engine.memory, engine.gpus)
        for definition in running:
            capacity.take(definition)
        return capacity

    def take(self, definition: TaskDefinition) -> None:
        """Reserve what a task needs."""
        self.memory -= definition.reserved_memory
        self.gpus -= definition.reserved_gpus
        self.ports.update(definition.fixed_host_ports)

    def why_not(self, definition: TaskDefinition) -> str:
        """Return why one more such task does not fit, or an empty text."""
        closest = f"closest matching engine {self.engine.name}"
        if definition.reserved_memory > max(self.memory, 0):
            needs = f"needs {definition.reserved_memory} MiB, has {max(self.memory, 0)}"
            return f"{closest} has insufficient memory ({needs})"
        if definition.reserved_gpus > max(self.gpus, 0):
            return f"{closest} has insufficient GPUs (needs {definition.reserved_gpus}, has {max(self.gpus, 0)})"
        taken = sorted(self.ports.intersection(definition.fixed_host_ports))
        if taken:
            port, protocol = taken[0]
            return f"{closest} has host port {port}/{protocol} in use by another task"
        return ""
