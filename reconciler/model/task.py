"""A running copy of a task definition: who it is (Task), and what we recorded of its life (TaskRecord)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.address import block_type
from reconciler.model.noun import Noun
from reconciler.model.routing import Color
from reconciler.model.task_definition import TaskDefinition


class DesiredStatus(StrEnum):
    """What we want of a task; it only ever goes from RUNNING to STOPPED (ECS desiredStatus)."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class TaskStatus(StrEnum):
    """Where a task is in its life; it only moves down this list (ECS lastStatus, without the ENI steps)."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


class HealthStatus(StrEnum):
    """What the health checks of a task's essential containers say together (ECS healthStatus)."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"
    UNKNOWN = "UNKNOWN"


class StopCode(StrEnum):
    """Why a task stopped (ECS stopCode)."""

    TASK_FAILED_TO_START = "TaskFailedToStart"
    ESSENTIAL_CONTAINER_EXITED = "EssentialContainerExited"
    USER_INITIATED = "UserInitiated"
    SERVICE_SCHEDULER_INITIATED = "ServiceSchedulerInitiated"


def is_one_off_group(group: str) -> bool:
    """Whether a task's group is none of a service: `family:NAME`, or the address of a scheduled task."""
    return group.startswith("family:") or block_type(group) == "scheduled_task"


class Task(Noun):
    """The identity of a task: all of it is on the labels of its containers.

    `group` is the service's address, for a one-off task `family:NAME` or its scheduled task's address. `ordinal`
    counts a deployment's tasks.
    `secret_digests` are keyed digests of the values the task was started with, by address.
    """

    id: str
    stack: str
    owner: str
    group: str
    service_name: str | None = None
    family: str
    revision: int
    deployment: str
    ordinal: int
    fingerprint: str
    definition: TaskDefinition
    color: Color = Color.BLUE
    """The pool of its target groups that it is in."""
    secret_digests: Mapping[str, str] = {}

    @property
    def is_one_off(self) -> bool:
        """Whether the task belongs to no service: it is never restarted."""
        return self.service_name is None

    @property
    def short_id(self) -> str:
        """Return the eight characters that people see."""
        return self.id[:8]


class ContainerResult(Noun):
    """How one container of a stopped task ended."""

    name: str
    exit_code: int | None = None
    reason: str = ""


class TaskRecord(Noun):
    """What we recorded of a task. Times are seconds since the epoch.

    `seen` is set once the engine showed something of it; `started` names the containers that were seen started.
    `definition` is only there when the task's differs from its revision's (overrides of a one-off task).
    """

    id: str
    group: str
    service_name: str | None = None
    family: str
    revision: int
    deployment: str
    ordinal: int
    desired_status: DesiredStatus = DesiredStatus.RUNNING
    last_status: TaskStatus = TaskStatus.PROVISIONING
    created_at: float
    seen: bool = False
    started: tuple[str, ...] = ()
    running_at: float | None = None
    healthy_at: float | None = None
    stopping_at: float | None = None
    draining_at: float | None = None
    """When every load balancer that lists it was first seen to send it nothing new."""
    stopped_at: float | None = None
    stop_code: StopCode | None = None
    stopped_reason: str = ""
    failed: bool = False
    """Whether it stopped by itself, or was replaced for being unhealthy: not by our or the user's wish."""
    containers: tuple[ContainerResult, ...] = ()
    definition: TaskDefinition | None = None
    protected_until: float | None = None
    """Until when neither a scale-in nor a deployment stops it (ECS task protection)."""
    started_by: str = ""
    """Who asked for a one-off task: the token of a request, or the id of a scheduled run (ECS startedBy)."""

    @property
    def short_id(self) -> str:
        """Return the eight characters that people see."""
        return self.id[:8]

    @property
    def is_one_off(self) -> bool:
        """Whether the task belongs to no service."""
        return self.service_name is None

    @property
    def is_stopped(self) -> bool:
        """Whether nothing of the task runs any more."""
        return self.last_status is TaskStatus.STOPPED
