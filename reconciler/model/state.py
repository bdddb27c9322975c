"""What we recorded: the State of one stack. It holds only what the engine cannot show.

Target, revisions, deployments, task records, events, counters, outputs. Never a secret's value.
Times are seconds since the epoch.
"""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.beside import (
    CleanUpRecord,
    NotificationRecord,
    ScalingActivity,
    ScalingRecord,
    ScheduledRun,
    ScheduleRecord,
)
from reconciler.model.deployment import Deployment
from reconciler.model.lifecycle import Forgotten, Moved
from reconciler.model.notification import EventKind, EventType
from reconciler.model.noun import Noun
from reconciler.model.routing import Maintenance
from reconciler.model.service import Service
from reconciler.model.stack import Output, Stack
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import TaskDefinition

EVENTS_KEPT = 100
"""Events kept for each address and kind (ECS keeps 100 for each service)."""

REVISIONS_KEPT = 100
"""Revisions kept of each family, beside those that a task or a kept deployment is of."""

DEPLOYMENTS_KEPT = 10
"""Deployments kept for each service."""

STOPPED_KEPT_SECONDS = 3 * 3600.0
"""How long the record of a stopped task is kept (the ECS agent's cleanup time)."""


class RevisionStatus(StrEnum):
    """INACTIVE revisions start no new services."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class Revision(Noun):
    """An immutable registered task definition: `family:number`."""

    family: str
    number: int
    fingerprint: str
    definition: TaskDefinition
    status: RevisionStatus = RevisionStatus.ACTIVE
    registered_at: float = 0.0

    def __str__(self) -> str:
        return f"{self.family}:{self.number}"


class Silence(Noun):
    """A load balancer, by name, that runs and does not answer, and since when."""

    balancer: str
    since: float


class Scaled(Noun):
    """A count that `scale` set. It holds while the file says what it said then."""

    service: str
    count: int
    declared: int


class Event(Noun):
    """Something that happened, in ECS's phrases where one exists. `number` orders events of a stack.

    `name` is ECS's event name where one exists (`SERVICE_STEADY_STATE`), of a task its new status; `subject` the id
    of the task, deployment or run that it is about, of a request its token; `code` a task's stop code.
    """

    number: int
    at: float
    address: str
    message: str
    kind: EventKind = EventKind.SERVICE
    name: str = ""
    subject: str = ""
    type: EventType = EventType.INFO
    code: str = ""


class State(Noun):
    """Everything recorded of one stack. `serial` counts saves; 0 means that nothing was ever recorded.

    `draining` are services that left the target but still have tasks; `doomed_volumes` are names of shared volumes
    whose removal was asked for in so many words; `moved` and `forgotten` say which labels no longer hold.
    """

    stack_name: str
    serial: int = 0
    owner: str = ""
    digest_key: str = ""
    target: Stack | None = None
    draining: tuple[Service, ...] = ()
    doomed_volumes: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    tasks: tuple[TaskRecord, ...] = ()
    events: tuple[Event, ...] = ()
    outputs: tuple[Output, ...] = ()
    scaled: tuple[Scaled, ...] = ()
    silent: tuple[Silence, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    """By target group, what `maintenance on` said."""
    scaling: tuple[ScalingRecord, ...] = ()
    activities: tuple[ScalingActivity, ...] = ()
    schedules: tuple[ScheduleRecord, ...] = ()
    runs: tuple[ScheduledRun, ...] = ()
    notified: tuple[NotificationRecord, ...] = ()
    clean_up: CleanUpRecord = CleanUpRecord()
    moved: tuple[Moved, ...] = ()
    forgotten: tuple[Forgotten, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """The names that moved objects keep, by address. What left the target keeps none: a new one is another."""
        there = self.target.addresses if self.target is not None else {each.address for each in self.moved}
        return {each.address: each.name for each in self.moved if each.address in there}

    def scaling_of(self, service: str) -> ScalingRecord | None:
        """Return what is recorded of the autoscaling of a service (an address)."""
        return next((each for each in self.scaling if each.service == service), None)

    def primary(self, service: str) -> Deployment | None:
        """Return the newest deployment of a service, if it ever had one."""
        return next((each for each in self.deployments if each.service == service and each.is_primary), None)

    def deployment(self, deployment_id: str) -> Deployment | None:
        """Return the deployment of that id."""
        return next((each for each in self.deployments if each.id == deployment_id), None)

    def last_completed(self, service: str) -> Deployment | None:
        """Return the newest deployment of a service that worked: what a rollback goes back to."""
        done = (each for each in self.deployments if each.service == service and each.has_taken_over)
        return max(done, key=lambda each: each.number, default=None)

    def revision(self, family: str, number: int) -> Revision | None:
        """Return a registered revision."""
        return next((each for each in self.revisions if (each.family, each.number) == (family, number)), None)

    def latest_revision(self, family: str) -> Revision | None:
        """Return the newest revision of a family."""
        return max((each for each in self.revisions if each.family == family), key=_number, default=None)

    def revision_of(self, family: str, content: str) -> Revision | None:
        """Return the newest revision whose content has that fingerprint."""
        same = (each for each in self.revisions if each.fingerprint == content and each.family == family)
        return max(same, key=_number, default=None)

    def task(self, task_id: str) -> TaskRecord | None:
        """Return the record of a task."""
        return next((each for each in self.tasks if each.id == task_id), None)


def _number(revision: Revision) -> int:
    return revision.number
