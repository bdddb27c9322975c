"""Tasks of the simulated engine: their containers and private volumes, and the effects of steps on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.drivers.failure import CANNOT_START, CANNOT_STOP, StepFailedError
from reconciler.drivers.labels import private_volume_name
from reconciler.drivers.simulated.behaviour import Behaviour
from reconciler.drivers.simulated.containers import SimulatedContainer
from reconciler.drivers.simulated.images import PresentImages
from reconciler.drivers.simulated.ports import HostPorts
from reconciler.drivers.simulated.present import PresentContainers
from reconciler.model.step import Outcome, RemoveTask, StartContainer, StopContainer
from reconciler.model.task import Task
from reconciler.model.task_definition import HOLDER

_DEFAULT_STOP_TIMEOUT = 30.0

Behave = Callable[[StartContainer], Behaviour]
"""What a container about to be started will do."""


@dataclass
class SimulatedTasks:
    """What there is of tasks. `cut_off` is told a task, and when, whose requests in progress a step of ours ends."""

    containers: PresentContainers
    private: dict[str, Task]
    """The private volumes, by name, and whose they are."""
    images: PresentImages
    cut_off: Callable[[str, float], None]
    _ports: HostPorts = field(default_factory=HostPorts)

    def start_container(self, step: StartContainer, behave: Behave, now: float) -> Outcome:
        """Start it in place when it is there and may be, with the image it was created of."""
        key = f"{step.task.id}-{step.container}"
        present = self.containers.get(key)
        shown = present.shown(now) if present is not None else None
        if shown is not None and (shown.is_live or (shown.has_exited and not step.may_restart)):
            return Outcome(step=step)
        created = present or self._created(key, step)
        behaviour = behave(step)
        if behaviour.start_failure:
            raise StepFailedError(CANNOT_START, behaviour.start_failure)
        self.containers.run(created, behaviour, now)
        return Outcome(step=step)

    def stop_container(self, step: StopContainer, now: float) -> Outcome:
        """Stop a container of the task's; none is enough."""
        present = self.containers.get(step.container_id)
        if present is None:
            return Outcome(step=step)
        if present.task.id != step.task_id:
            reason = f"the container {step.container_id[:12]} is not this task's: left as it is"
            raise StepFailedError(CANNOT_STOP, reason)
        self._cut_off(now, present)
        self.containers.end(present.stopped(step.timeout, now))
        return Outcome(step=step)

    def remove(self, step: RemoveTask, now: float) -> Outcome:
        """Remove what there is of the task, shown or not."""
        members = self.containers.of_task(step.task_id)
        self._cut_off(now, *members)
        ended = [each.stopped(step.timeouts.get(each.name, _DEFAULT_STOP_TIMEOUT), now) for each in members]
        for each in ended:
            self.containers.remove(each)
        for name in [name for name, task in self.private.items() if task.id == step.task_id]:
            del self.private[name]
        return Outcome(step=step, containers=tuple(each.result(now) for each in ended if each.name != HOLDER))

    def _created(self, key: str, step: StartContainer) -> SimulatedContainer:
        definition, is_holder = step.task.definition, step.container == HOLDER
        image = self.images.find(step.image) if is_holder else self.images.needed(step.image)
        joins = definition.needs_holder and not is_holder
        created = SimulatedContainer(
            id=key,
            name=step.container,
            task=step.task,
            image=image.id if image else "",
            networks=() if joins else tuple(sorted(step.networks)),
            ports=self._ports.published(definition, step.container),
        )
        self.containers[key] = created
        for volume in definition.volumes:
            if volume.kind in ("private", "tmpfs"):
                self.private[private_volume_name(step.task, volume.name)] = step.task
        return created

    def _cut_off(self, now: float, *containers: SimulatedContainer) -> None:
        """Note the requests that are lost when a step of ours ends these containers."""
        for task_id in {each.task.id for each in containers if each.is_essential and each.runs(now)}:
            self.cut_off(task_id, now)
