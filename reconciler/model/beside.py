"""What is recorded of everything that acts beside a deployment: autoscaling, schedules, notifications, clean-up.

Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from reconciler.model.noun import Noun


class ContainerUsage(Noun):
    """What a container had used at one moment: seconds of CPU since its start, and MiB of memory."""

    container_id: str
    task_id: str
    at: float
    cpu_seconds: float = 0.0
    memory: float = 0.0
    """Without the page cache, as `docker stats` shows it."""


class PolicyRecord(Noun):
    """What a scaling policy measured: the running period, and the periods that ended, the newest last.

    A period without a sample is None in `values`; `missing` is why the last sample has no value. `raised_at` and
    `lowered_at` are its last activities, `added` is what its last scale-out added: within the cool-down only a larger
    one goes on, less that.
    """

    name: str
    period_began: float
    sampled_at: float | None = None
    """When the last sample was due, whether it came to anything or not."""
    samples: tuple[float, ...] = ()
    values: tuple[float | None, ...] = ()
    missing: str = ""
    raised_at: float | None = None
    added: int = 0
    lowered_at: float | None = None


class Suspended(Noun):
    """What of an autoscaling is suspended (AAS SuspendedState)."""

    scale_in: bool = False
    scale_out: bool = False
    scheduled: bool = False


class ScalingRecord(Noun):
    """What is recorded of one autoscaling: the count it wants, and what that comes from.

    `min_capacity` and `max_capacity` are what a scheduled action set, while the files say `declared` (min, max):
    another declaration takes them back. `usage` are the last samples of the engine, `counters` the requests that
    load balancers had counted by `counted_at`; `actions` says up to when scheduled actions are done, by name.
    """

    autoscaling: str
    service: str
    capacity: int
    declared: tuple[int, int] = (0, 0)
    min_capacity: int | None = None
    max_capacity: int | None = None
    suspended: Suspended = Suspended()
    policies: tuple[PolicyRecord, ...] = ()
    usage: tuple[ContainerUsage, ...] = ()
    counters: int | None = None
    counted_at: float | None = None
    actions: Mapping[str, float] = {}


class ScalingActivity(Noun):
    """A decision of an autoscaling, for people (AAS scaling activity): also one not to scale, with its reason."""

    number: int
    autoscaling: str
    service: str
    at: float
    policy: str
    before: int
    after: int
    value: float | None = None
    formula: str = ""
    not_scaled_reason: str = ""


class RunStatus(StrEnum):
    """How a run of a scheduled task went, or goes."""

    RUNNING = "RUNNING"
    RETRYING = "RETRYING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    REPLACED = "REPLACED"
    STOPPED = "STOPPED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"


class ScheduledRun(Noun):
    """One run of a scheduled task. Its `id` is made from the schedule and the slot: the same slot is the same run.

    `slot` is when it was due; `tasks` are those of the present attempt, which is stopped at `stops_at`; RETRYING
    waits for `retry_at`. It is over once `ended_at` is known: one that timed out or is replaced may be stopping yet.
    """

    id: str
    schedule: str
    slot: float
    attempt: int = 1
    status: RunStatus = RunStatus.RUNNING
    started_at: float | None = None
    ended_at: float | None = None
    stops_at: float | None = None
    retry_at: float | None = None
    exit_code: int | None = None
    reason: str = ""
    tasks: tuple[str, ...] = ()
    is_manual: bool = False
    token: str = ""
    """Of a run by hand: the request's, so that whoever asked finds it."""


class ScheduleRecord(Noun):
    """Up to when the slots of a schedule are dealt with. Another expression or zone begins anew.

    `anchor` is what a `rate(...)` counts from.
    """

    schedule: str
    expression: str
    timezone: str
    anchor: float
    done_up_to: float


class NotificationRecord(Noun):
    """Up to which event a notification was sent, and how often that failed since; so many events were `given_up`.

    `failing_since` is when the first of those failures was, `reason` what the last one was.
    """

    notification: str
    sent: int
    failures: int = 0
    failing_since: float | None = None
    given_up: int = 0
    retry_at: float | None = None
    reason: str = ""


class CleanUpRecord(Noun):
    """When images were last collected, and since when an image is not needed, by its id.

    `ours` are the images that a pull or build of ours brought, id -> names: nobody had them before.
    """

    collected_at: float | None = None
    ours: Mapping[str, tuple[str, ...]] = {}
    unused_since: Mapping[str, float] = {}
