"""One rollout of a revision to a service, and what is recorded of its stages, hooks and alarms. Times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.noun import Noun
from reconciler.model.routing import Color
from reconciler.model.service import DeploymentStrategy, LifecycleStage, TargetRegistration


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
    is_proven: bool = False
    """Whether its revision is what worked last when it was opened, in the same pool: a restart, or another try."""
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
    def has_failed(self) -> bool:
        """Whether it failed: nobody waits for it any longer."""
        return self.rollout_state is RolloutState.FAILED

    @property
    def is_abandoned(self) -> bool:
        """Whether it failed, and makes no more tasks.

        One of a revision that is known to work keeps its count though it failed: a rollback, one that was complete
        before, and one of the revision that was. Unless the user stopped it.
        """
        is_proven = self.is_proven or bool(self.rolls_back) or self.completed_at is not None
        return self.has_failed and (self.is_stopped or not is_proven)

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
