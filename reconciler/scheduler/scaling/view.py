"""One autoscaling as it is now: its bounds, its service's count, and how many of its tasks run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from reconciler.model.beside import ScalingRecord
from reconciler.model.deployment import RolloutState
from reconciler.model.scaling import Autoscaling, StepScaling, TargetTracking
from reconciler.model.service import Service
from reconciler.model.snapshot import Container, ObservedTask, Snapshot
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus, TaskStatus
from reconciler.model.task_definition import HOLDER
from reconciler.scheduler.aside import AsideGround

Policy = TargetTracking | StepScaling


@dataclass(frozen=True)
class ScalingView:
    """What all parts of the decision see. `capacity` is the count in effect."""

    autoscaling: Autoscaling
    record: ScalingRecord
    service: Service
    state: State
    snapshot: Snapshot
    now: float

    @property
    def capacity(self) -> int:
        """The count that the service is to have now."""
        return self.record.capacity

    @property
    def min_capacity(self) -> int:
        """The lower bound: what a scheduled action set, else what is declared."""
        found = self.record.min_capacity
        return self.autoscaling.min_capacity if found is None else found

    @property
    def max_capacity(self) -> int:
        """The upper bound, likewise; one that a scheduled action left alone is never below the lower one."""
        found = self.record.max_capacity
        return max(self.autoscaling.max_capacity if found is None else found, self.min_capacity)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """All policies, in the order of their names."""
        both: tuple[Policy, ...] = (*self.autoscaling.target_trackings, *self.autoscaling.step_scalings)
        return tuple(sorted(both, key=lambda each: each.name))

    @cached_property
    def running(self) -> tuple[ObservedTask, ...]:
        """The service's tasks that are RUNNING and wanted so, as the engine shows them."""
        wanted = {
            each.id
            for each in self.state.tasks
            if each.group == self.service.address
            and each.last_status is TaskStatus.RUNNING
            and each.desired_status is DesiredStatus.RUNNING
        }
        return tuple(each for each in self.snapshot.tasks if each.task.id in wanted)

    @property
    def base(self) -> int:
        """What a policy counts from: running tasks, not desired ones; a deployment's surplus does not count (L9)."""
        return min(len(self.running), self.capacity)

    @property
    def is_deploying(self) -> bool:
        """Whether a deployment is in progress: nothing is scaled in meanwhile (ECS)."""
        primary = self.state.primary(self.service.address)
        return primary is not None and primary.rollout_state is RolloutState.IN_PROGRESS


def view_of(autoscaling: Autoscaling, ground: AsideGround, state: State) -> ScalingView | None:
    """Return the view of an autoscaling of the target; None when there is nothing to scale."""
    record, service = state.scaling_of(autoscaling.service), ground.stack.service(autoscaling.service)
    if record is None or service is None or state.target is None:
        return None
    return ScalingView(autoscaling, record, service, state, ground.snapshot, ground.now)


def containers_of(task: ObservedTask) -> tuple[Container, ...]:
    """Return the containers of a task whose use of the engine counts."""
    return tuple(each for each in task.containers if each.is_live and each.name != HOLDER)
