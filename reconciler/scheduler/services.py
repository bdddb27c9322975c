"""What one service starts and stops now, and why nothing else happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from reconciler.model.decision import Waiting
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.notification import EventName
from reconciler.model.service import DeploymentStrategy, LifecycleStage, upper_bound
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import Step
from reconciler.model.task import StopCode, TaskRecord, TaskStatus
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler import deployments, images
from reconciler.scheduler.placement import Capacity
from reconciler.scheduler.recorder import UNSEEN_SECONDS, healthy_from, may_be_unseen, starting_tasks, stop
from reconciler.scheduler.rolling import Fleet, Move, roll
from reconciler.scheduler.service_view import ServiceView, present_digests, why_replace
from reconciler.scheduler.shifting import shift
from reconciler.scheduler.starting import keep_up, numbered, start
from reconciler.scheduler.strategies import is_before
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.trial import trial

BLOCKED = (
    "was unable to reach steady state because it was unable to scale in. "
    "Reason: The number of protected tasks are more than the desired count of tasks."
)
"""ECS's words for a deployment or a scale-in that task protection holds up."""


@dataclass(frozen=True, slots=True)
class ServiceMove:
    """What a service does now: new and stopped records, steps for images, words and times."""

    records: tuple[TaskRecord, ...] = ()
    deployment: Deployment | None = None
    source: Deployment | None = None
    steps: tuple[Step, ...] = ()
    events: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    wake_at: tuple[float, ...] = ()


def move(view: ServiceView, capacity: Capacity, snapshot: Snapshot, owner: str, now: float) -> ServiceMove:
    """Decide what one service starts and stops now. `capacity` shrinks by what is started."""
    if view.deployment is None or view.definition is None or view.is_draining:
        return _drain(view, snapshot, now) if view.is_draining else ServiceMove()
    deployment, definition = view.deployment, view.definition
    tried = trial(deployment, view.service, view.fleet, now)
    unborn = _unborn(view, deployment, tried.spare if tried else (), snapshot, now)
    view = replace(view, fleet=_without(view.fleet, unborn)) if unborn else view
    why_not, until = _why_not_start(view, deployment, definition, snapshot, now)
    if tried is not None and not tried.room and not why_not:
        why_not, until = (
            f"{deployments.UNABLE}: {_last_failure(deployment)}; one that was started is to last first",
            tried.until,
        )
    plan = _planned(view, deployment, may_start=not why_not)
    plan = replace(plan, start=min(plan.start, tried.room)) if tried is not None else plan
    started, refused = start(view, deployment, definition, plan.start, capacity, owner, now)
    if refused:
        plan = _planned(view, deployment, room=len(started))
    kept_up = keep_up(view, deployment, capacity, owner, now)
    stopped = _stopped(view, deployment, plan, snapshot, now)
    failed = [each for each in stopped if each.failed and each.deployment == deployment.id]
    deployment = deployments.count_failures(deployment, failed, (), now)
    blocked = (BLOCKED,) if view.is_blocked and not deployment.is_blocked else ()
    if view.is_blocked is not deployment.is_blocked:
        deployment = deployment.changed(is_blocked=view.is_blocked)
    wants_images = not (view.is_settled or view.blocked or until or _is_failed(deployment)) and view.desired > 0
    return ServiceMove(
        records=(*unborn, *started, *kept_up, *stopped),
        deployment=numbered(deployment, started),
        source=numbered(view.source, kept_up) if view.source is not None else None,
        steps=(
            *(images.fetch_steps(view.service.address, definition, deployment.images) if wants_images else ()),
            *view.progress.steps,
        ),
        events=(*view.progress.warnings, *blocked, *_events((*started, *kept_up), stopped)),
        waiting=_waiting(view, why_not, refused, until, is_moving=bool(started or stopped)),
        wake_at=(
            *_at_once((*unborn, *stopped), now),
            *(each.created_at + UNSEEN_SECONDS for each in unborn if not each.is_stopped),
            *((view.source.retry_at,) if view.source is not None and view.source.retry_at is not None else ()),
            *view.progress.wake_at,
            *(at for at in (until, _gives_up_at(view, deployment, now), *_wakes(view, now)) if at),
        ),
    )


def _planned(view: ServiceView, deployment: Deployment, *, may_start: bool = True, room: int = sys.maxsize) -> Move:
    """Ask the one that knows: tasks of a deployment whose traffic is yet to be shifted are started beside the old.

    One that failed leaves all tasks as they are: its rollback needs those of the revision before.
    """
    if _is_failed(deployment) and view.desired > 0:
        return Move()
    if deployment.is_shifting and view.desired > 0:
        source = sys.maxsize if view.source is None else view.source.desired_count
        return shift(
            view.desired,
            deployment.color,
            view.fleet,
            source=source,
            may_clear=view.progress.vacates,
            may_start=may_start,
            room=room,
        )
    configuration = view.service.deployment_configuration
    return roll(view.desired, configuration, view.fleet, may_start=may_start, room=room)


def _gives_up_at(view: ServiceView, deployment: Deployment, now: float) -> float | None:
    at = deployments.times_out_at(deployment, view.service)
    return (
        at
        if at is not None or view.is_settled or view.is_blocked
        else deployments.stalls_at(deployment, view.service, view.tasks, now)
    )


def _unborn(
    view: ServiceView, deployment: Deployment, held_back: tuple[TaskView, ...], snapshot: Snapshot, now: float
) -> tuple[TaskRecord, ...]:
    """Stop the tasks that nothing was started of, and that are not wanted: superseded, of a failed deployment, or
    `held_back` in a crash loop.
    """
    source = view.source.color if view.source is not None else None
    superseded = (each for each in view.fleet.replace if each.color is not source)
    spare = (*superseded, *(view.fleet.keep if _is_failed(deployment) else held_back))
    unseen = tuple(each for each in spare if each.observed is None and not each.record.seen)
    stopped = _stop_all(unseen, lambda each: "it is no longer wanted", snapshot, now)
    return tuple(record for record in stopped if record.is_stopped or may_be_unseen(record, now))


def _stop_all(
    views: tuple[TaskView, ...], reason: Callable[[TaskView], str], snapshot: Snapshot, now: float
) -> tuple[TaskRecord, ...]:
    """Mark tasks that the service stops. One that nothing is there of is STOPPED with that."""
    if not views:
        return ()
    starting = starting_tasks(snapshot)
    code = StopCode.SERVICE_SCHEDULER_INITIATED
    records = tuple((each, stop(each.record, code, reason(each), now)) for each in views)
    return tuple(
        record.changed(last_status=TaskStatus.STOPPED, stopped_at=now)
        if each.observed is None and record.id not in starting and not may_be_unseen(record, now)
        else record
        for each, record in records
    )


def _without(fleet: Fleet, gone: tuple[TaskRecord, ...]) -> Fleet:
    """Return the fleet without what is gone; what may be there unseen still counts, as leaving."""
    ids = {record.id for record in gone}
    unseen = {record.id for record in gone if not record.is_stopped}
    return replace(
        fleet,
        keep=tuple(each for each in fleet.keep if each.record.id not in ids),
        replace=tuple(each for each in fleet.replace if each.record.id not in ids),
        leaving=(*fleet.leaving, *(each for each in (*fleet.keep, *fleet.replace) if each.record.id in unseen)),
    )


def _is_failed(deployment: Deployment) -> bool:
    return deployment.rollout_state is RolloutState.FAILED


def _why_not_start(
    view: ServiceView, deployment: Deployment, definition: TaskDefinition, snapshot: Snapshot, now: float
) -> tuple[str, float | None]:
    """Return why no task may start now, and until when if that is known. First match wins."""
    if _is_failed(deployment):
        return f"the deployment failed: {deployment.reason}", None
    if view.blocked:
        return view.blocked, None
    if deployment.rollout_state is RolloutState.IN_PROGRESS and is_before(deployment, LifecycleStage.SCALE_UP):
        return view.progress.waiting, None
    if deployment.retry_at is not None and now < deployment.retry_at:
        if deployment.consecutive_failures == 1:
            return f"a moment to pass after a failure: {_last_failure(deployment)}", deployment.retry_at
        return _unable(deployment), deployment.retry_at
    missing = images.unpinned(definition, deployment.images)
    if missing:
        return f"image {missing[0]} to be there", None
    return _unreadable_secret(definition, snapshot), None


def _unable(deployment: Deployment) -> str:
    return f"{deployments.UNABLE}: {_last_failure(deployment)}"


def _last_failure(deployment: Deployment) -> str:
    return deployment.reason or "tasks end soon after their start"


def _unreadable_secret(definition: TaskDefinition, snapshot: Snapshot) -> str:
    readings = {each.address: each for each in snapshot.secrets}
    for address in definition.secret_addresses:
        reading = readings.get(address)
        if reading is not None and reading.digest is None:
            return f"{address} to be readable: {reading.reason}"
    return ""


def _stopped(
    view: ServiceView, deployment: Deployment, plan: Move, snapshot: Snapshot, now: float
) -> tuple[TaskRecord, ...]:
    secrets = present_digests(snapshot)
    wants = f"the service wants {view.desired} tasks"
    stopped = _stop_all(
        plan.stop, lambda each: why_replace(each, view.service, deployment, secrets, now) or wants, snapshot, now
    )
    ill = {each.record.id for each in view.fleet.unhealthy}
    ill |= {each.record.id for each in plan.stop if _never_was_as_declared(each, deployment, now)}
    return tuple(record.changed(failed=True) if record.id in ill else record for record in stopped)


def _never_was_as_declared(view: TaskView, deployment: Deployment, now: float) -> bool:
    """Whether a task differs from its definition right after its start: another one would too, without end."""
    is_new = view.record.deployment == deployment.id and deployments.is_quick(view.record, now)
    return is_new and bool(view.drift({}))


def _at_once(records: Iterable[TaskRecord], now: float) -> tuple[float, ...]:
    """Look again soon when a task was stopped without a step: no outcome will end the wait."""
    return (now + 0.01,) if any(record.is_stopped for record in records) else ()


def _drain(view: ServiceView, snapshot: Snapshot, now: float) -> ServiceMove:
    """Stop every task of a service that left the target, once nothing that depends on it runs."""
    fleet, address = view.fleet, view.service.address
    if view.blocked:
        return ServiceMove(waiting=(Waiting(address=address, reason=view.blocked),))
    stopped = _stop_all(fleet.keep, lambda each: "the service is no longer in the stack", snapshot, now)
    waits = (Waiting(address=address, reason=f"{_tasks(fleet.leaving)} to stop"),) if fleet.leaving else ()
    return ServiceMove(records=stopped, events=_events((), stopped), waiting=waits, wake_at=_at_once(stopped, now))


def _waiting(
    view: ServiceView, why_not: str, refused: str, until: float | None, *, is_moving: bool
) -> tuple[Waiting, ...]:
    """Say why nothing happens, when nothing does though something is missing."""
    if view.is_done or (is_moving and not (why_not or refused)):
        return ()
    if view.is_blocked:
        return (_waiting_for_protected(view),)
    address = view.service.address
    if (why_not or refused) and _lacks_tasks(view):
        event = "" if why_not else EventName.TASK_PLACEMENT_FAILURE
        return (Waiting(address=address, reason=why_not or refused, until=until, event=event),)
    if view.progress.waiting:
        return (Waiting(address=address, reason=view.progress.waiting, until=until or view.progress.until),)
    return (_what_it_waits_for(view).changed(until=until),)


def _waiting_for_protected(view: ServiceView) -> Waiting:
    reason = f"the protection of {_tasks(view.in_the_way)} to end"
    return Waiting(address=view.service.address, reason=reason, until=max(_protected_until(view)))


def _protected_until(view: ServiceView) -> list[float]:
    return [each.record.protected_until for each in view.in_the_way if each.record.protected_until is not None]


def _lacks_tasks(view: ServiceView) -> bool:
    return len(view.fleet.keep) < view.desired


def _wakes(view: ServiceView, now: float) -> list[float]:
    """Return when tasks of the service change by themselves: they become healthy, or their grace ends."""
    configuration = view.service.deployment_configuration
    times = _protected_until(view)
    for each in view.tasks:
        if each.is_leaving and may_be_unseen(each.record, now):
            times.append(each.record.created_at + UNSEEN_SECONDS)
        if not each.is_running:
            continue
        if each.record.healthy_at is None:
            at = healthy_from(each, configuration.minimum_healthy_time)
            times += [at] if at is not None and at > now else []
        grace_ends = (each.record.running_at or now) + view.service.health_check_grace_period
        times += [grace_ends] if grace_ends > now and each.health.value == "UNHEALTHY" else []
    return times


def _what_it_waits_for(view: ServiceView) -> Waiting:
    address = view.service.address
    if view.fleet.leaving:
        return Waiting(address=address, reason=f"{_tasks(view.fleet.leaving)} to stop")
    young = tuple(each for each in view.fleet.keep if not each.is_healthy())
    if young:
        return Waiting(address=address, reason=f"{_tasks(young)} to become healthy")
    upper = upper_bound(view.desired, view.service.deployment_configuration.maximum_percent)
    reason = (
        "was unable to stop or start tasks during a deployment because of the service deployment configuration: "
        f"{view.fleet.total} tasks of at most {upper}"
    )
    is_rolling = view.deployment is not None and view.deployment.strategy is DeploymentStrategy.ROLLING
    event = EventName.DEPLOYMENT_BLOCKED if is_rolling and not view.is_settled else ""
    return Waiting(address=address, reason=reason, event=event)


def _tasks(views: tuple[TaskView, ...]) -> str:
    """Name tasks for people, three of them at most."""
    names = [each.record.short_id for each in views]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{'task' if len(names) == 1 else 'tasks'} {', '.join(names[:3])}{more}"


def _events(started: tuple[TaskRecord, ...], stopped: tuple[TaskRecord, ...]) -> tuple[str, ...]:
    messages = []
    if started:
        messages.append(f"has started {len(started)} tasks: {' '.join(each.short_id for each in started)}")
    if stopped:
        messages.append(f"has stopped {len(stopped)} running tasks: {' '.join(each.short_id for each in stopped)}")
    return tuple(messages)
