"""What we recorded: the State of one stack. It holds only what the engine cannot show.

Target, revisions, deployments, task records, events, counters, outputs. Never a secret's value.
Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.beside import (
    CleanUpRecord,
    NotificationRecord,
    ScalingActivity,
    ScalingRecord,
    ScheduledRun,
    ScheduleRecord,
)
from reconciler.model.lifecycle import Forgotten, Moved
from reconciler.model.notification import EventKind, EventType
from reconciler.model.noun import Noun
from reconciler.model.routing import Color, Maintenance
from reconciler.model.service import DeploymentStrategy, LifecycleStage, Service, TargetRegistration
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


class DeploymentStatus(StrEnum):
    """PRIMARY is the newest, ACTIVE ones still have tasks, INACTIVE ones have none (ECS)."""

    PRIMARY = "PRIMARY"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class RolloutState(StrEnum):
    """How a deployment goes (ECS rolloutState)."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class HookStatus(StrEnum):
    """How a run of a lifecycle hook goes (ECS lifecycle hook status)."""

    AWAITING_ACTION = "AWAITING_ACTION"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"


class HookRun(Noun):
    """One run of a lifecycle hook in a stage; `shift` counts the steps of a traffic shift. A task hook has a task."""

    name: str
    stage: LifecycleStage
    shift: int = 0
    status: HookStatus = HookStatus.IN_PROGRESS
    started_at: float
    ended_at: float | None = None
    asked_at: float | None = None
    reason: str = ""
    task_id: str = ""


class AlarmReading(Noun):
    """What an alarm saw last: how many periods in a row were above the limit, and the counters they began with.

    `is_ignored` is set when it fired before anything of the deployment was there.
    """

    name: str
    sampled_at: float
    breaches: int = 0
    value: float | None = None
    requests: int = 0
    errors: int = 0
    is_ignored: bool = False


class StagePassed(Noun):
    """A stage that a deployment was in."""

    stage: LifecycleStage
    shift: int = 0
    began_at: float


class Silence(Noun):
    """A load balancer, by name, that runs and does not answer, and since when."""

    balancer: str
    since: float


class Scaled(Noun):
    """A count that `scale` set. It holds while the file says what it said then."""

    service: str
    count: int
    declared: int


class Deployment(Noun):
    """One rollout of a revision to a service; for one-off tasks `service` is their group, `family:NAME`.

    `images` pins references to image ids; `next_ordinal` numbers tasks; `failures` is the circuit breaker's count;
    `progress_at` is when a task last became healthy or stopped for good; `consecutive_failures` drives the back-off
    that ends at `retry_at`. Tasks made before `replaces_before` give way though their revision is the same (ECS
    forceNewDeployment). `is_held` is True while it waits for something that is no failure of its own (another
    service, a bake, a hook): that time does not count as no progress. It is in `stage` since `stage_at`; `stages`
    are all it was in, `shift` counts the steps of its traffic shift.
    """

    id: str
    service: str
    number: int
    family: str
    revision: int
    status: DeploymentStatus = DeploymentStatus.PRIMARY
    rollout_state: RolloutState = RolloutState.IN_PROGRESS
    reason: str = ""
    created_at: float
    updated_at: float
    progress_at: float
    completed_at: float | None = None
    """When it first had all its tasks healthy; scaling and healing later do not change that."""
    replaces_before: float | None = None
    desired_count: int
    images: Mapping[str, str] = {}
    next_ordinal: int = 1
    failures: int = 0
    consecutive_failures: int = 0
    retry_at: float | None = None
    is_held: bool = False
    strategy: DeploymentStrategy = DeploymentStrategy.ROLLING
    color: Color = Color.BLUE
    """The pool of its tasks."""
    registrations: tuple[TargetRegistration, ...] = ()
    """What its tasks are targets of, as declared when it was opened."""
    shifts_from: str = ""
    """The deployment that has the traffic until this one gets it; empty when nothing is to be shifted."""
    rolls_back: str = ""
    """The failed deployment that this one undoes."""
    stage: LifecycleStage = LifecycleStage.RECONCILE_SERVICE
    stage_at: float = 0.0
    shift: int = 0
    shifted_at: float | None = None
    """When the traffic of the present shift was seen where it belongs."""
    may_roll_back: bool = True
    """False once the user stopped it and wanted no rollback."""
    is_stopped: bool = False
    """Whether the user stopped it."""
    is_blocked: bool = False
    """Whether protected tasks were seen to keep it from its end: that is told once."""
    told: tuple[str, ...] = ()
    """Names of events about what lasts, and was told (`scheduler/situations.py`)."""
    stages: tuple[StagePassed, ...] = ()
    hooks: tuple[HookRun, ...] = ()
    alarms: tuple[AlarmReading, ...] = ()

    @property
    def is_primary(self) -> bool:
        """Whether this is the service's newest deployment."""
        return self.status is DeploymentStatus.PRIMARY

    @property
    def has_taken_over(self) -> bool:
        """Whether it worked once, or is past the point where its predecessor could take its place again."""
        is_past = self.stage is LifecycleStage.CLEAN_UP and bool(self.shifts_from)
        is_done = self.completed_at is not None or self.rollout_state is RolloutState.COMPLETED
        return is_done or (is_past and self.rollout_state is RolloutState.IN_PROGRESS)

    @property
    def is_shifting(self) -> bool:
        """Whether its traffic is yet to be shifted, or may still be shifted back."""
        in_progress = self.rollout_state is RolloutState.IN_PROGRESS
        return bool(self.shifts_from) and in_progress and self.stage is not LifecycleStage.CLEAN_UP


class Event(Noun):
    """Something that happened, in ECS's phrases where one exists. `number` orders events of a stack.

    `name` is ECS's event name where one exists (`SERVICE_STEADY_STATE`), of a task its new status; `subject` the id
    of the task, deployment or run that it is about; `code` a task's stop code.
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
