"""Times that lie ahead: what was recorded while the wall clock was fast would be waited for, for hours or years.

Within a process time never goes back; from one process to the next it may.
"""

from __future__ import annotations

from typing import TypeVar

from reconciler.model.beside import CleanUpRecord, NotificationRecord, ScalingRecord, ScheduledRun
from reconciler.model.deployment import Deployment
from reconciler.model.noun import Noun
from reconciler.model.state import State
from reconciler.model.task import TaskRecord
from reconciler.scheduler.back_off import LONGEST_SECONDS

LONGEST_PROTECTION_SECONDS = 48 * 3600.0
"""The longest protection that a task can get (ECS)."""

AnyNoun = TypeVar("AnyNoun", bound=Noun)


def not_ahead(state: State, now: float) -> State:
    """Return the State without times after `now`: they become `now`."""
    return state.changed(
        deployments=tuple(_deployment(each, now) for each in state.deployments),
        tasks=tuple(_task(each, now) for each in state.tasks),
        silent=tuple(_not_after(now, each, "since") for each in state.silent),
        scaling=tuple(_scaling(each, now) for each in state.scaling),
        schedules=tuple(_not_after(now, each, "anchor", "done_up_to") for each in state.schedules),
        runs=tuple(_run(each, now) for each in state.runs),
        notified=tuple(_notified(each, now) for each in state.notified),
        clean_up=_clean_up(state.clean_up, now),
    )


def _deployment(deployment: Deployment, now: float) -> Deployment:
    deployment = _not_after(now, deployment, *_OF_DEPLOYMENTS)
    deployment = _not_after(now + LONGEST_SECONDS, deployment, "retry_at")
    hooks = tuple(_not_after(now, each, "started_at", "asked_at", "ended_at") for each in deployment.hooks)
    alarms = tuple(_not_after(now, each, "sampled_at") for each in deployment.alarms)
    is_same = (hooks, alarms) == (deployment.hooks, deployment.alarms)
    return deployment if is_same else deployment.changed(hooks=hooks, alarms=alarms)


def _task(record: TaskRecord, now: float) -> TaskRecord:
    record = _not_after(now, record, *_OF_TASKS)
    return _not_after(now + LONGEST_PROTECTION_SECONDS, record, "protected_until")


def _scaling(record: ScalingRecord, now: float) -> ScalingRecord:
    return _not_after(now, record, "counted_at").changed(
        policies=tuple(_not_after(now, each, *_OF_POLICIES) for each in record.policies),
        usage=tuple(_not_after(now, each, "at") for each in record.usage),
        actions={name: min(at, now) for name, at in record.actions.items()},
    )


def _notified(record: NotificationRecord, now: float) -> NotificationRecord:
    return _not_after(now + LONGEST_SECONDS, _not_after(now, record, "failing_since"), "retry_at")


def _run(run: ScheduledRun, now: float) -> ScheduledRun:
    """Return a run that has as much time left as it would have had, had it started now."""
    ahead = max((run.started_at or now) - now, 0.0)
    stops_at = None if run.stops_at is None else run.stops_at - ahead
    run = run if ahead == 0 else run.changed(stops_at=stops_at)
    return _not_after(now + LONGEST_SECONDS, _not_after(now, run, "started_at", "ended_at"), "retry_at")


def _clean_up(record: CleanUpRecord, now: float) -> CleanUpRecord:
    unused = {image: min(at, now) for image, at in record.unused_since.items()}
    return _not_after(now, record, "collected_at").changed(unused_since=unused)


def _not_after(latest: float, noun: AnyNoun, *names: str) -> AnyNoun:
    times = {name: getattr(noun, name) for name in names}
    ahead = {name: latest for name, at in times.items() if at is not None and at > latest}
    return noun.changed(**ahead) if ahead else noun


_OF_DEPLOYMENTS = (
    "created_at",
    "updated_at",
    "progress_at",
    "completed_at",
    "replaces_before",
    "stage_at",
    "shifted_at",
)
_OF_POLICIES = ("period_began", "sampled_at", "raised_at", "lowered_at")
_OF_TASKS = ("created_at", "running_at", "healthy_at", "draining_at", "stopping_at", "stopped_at")
