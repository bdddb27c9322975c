"""Tasks that a service stops: superseded, surplus, ill, or never begun."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from reconciler.model.deployment import Deployment
from reconciler.model.task import StopCode, TaskRecord, TaskStatus
from reconciler.scheduler import deployments
from reconciler.scheduler.recorder import may_be_unseen, starting_tasks, stop
from reconciler.scheduler.rolling import Fleet, Move
from reconciler.scheduler.service_ground import ServiceGround
from reconciler.scheduler.service_view import ServiceView, present_digests, why_replace
from reconciler.scheduler.task_view import TaskView


def stop_unborn(
    view: ServiceView, deployment: Deployment, held_back: tuple[TaskView, ...], ground: ServiceGround
) -> tuple[TaskRecord, ...]:
    """Stop the tasks that nothing was started of, and that are not wanted: superseded, of an abandoned deployment, or
    `held_back` in a crash loop.
    """
    source = view.source.color if view.source is not None else None
    superseded = (each for each in view.fleet.replace if each.color is not source)
    spare = (*superseded, *(view.fleet.keep if deployment.is_abandoned else held_back))
    unseen = tuple(each for each in spare if each.observed is None and not each.record.seen)
    stopped = stop_all(unseen, lambda each: "it is no longer wanted", ground)
    return tuple(record for record in stopped if record.is_stopped or may_be_unseen(record, ground.now))


def without(fleet: Fleet, gone: tuple[TaskRecord, ...]) -> Fleet:
    """Return the fleet without what is gone; what may be there unseen still counts, as leaving."""
    ids = {record.id for record in gone}
    unseen = {record.id for record in gone if not record.is_stopped}
    return replace(
        fleet,
        keep=tuple(each for each in fleet.keep if each.record.id not in ids),
        replace=tuple(each for each in fleet.replace if each.record.id not in ids),
        leaving=(*fleet.leaving, *(each for each in (*fleet.keep, *fleet.replace) if each.record.id in unseen)),
    )


def stop_planned(
    view: ServiceView, deployment: Deployment, plan: Move, ground: ServiceGround
) -> tuple[TaskRecord, ...]:
    """Mark the tasks that a move stops; those that are ill have failed."""
    secrets = present_digests(ground.snapshot)

    def reason(each: TaskView) -> str:
        wants = f"the service wants {view.desired} tasks"
        return why_replace(each, view.service, deployment, secrets, ground.now) or wants

    stopped = stop_all(plan.stop, reason, ground)
    ill = {each.record.id for each in view.fleet.unhealthy}
    ill |= {each.record.id for each in plan.stop if _never_was_as_declared(each, deployment, ground.now)}
    return tuple(record.changed(failed=True) if record.id in ill else record for record in stopped)


def _never_was_as_declared(view: TaskView, deployment: Deployment, now: float) -> bool:
    """Whether a task differs from its definition right after its start: another one would too, without end."""
    is_new = view.record.deployment == deployment.id and deployments.is_quick(view.record, now)
    return is_new and bool(view.drift({}))


def stop_all(
    views: tuple[TaskView, ...], reason: Callable[[TaskView], str], ground: ServiceGround
) -> tuple[TaskRecord, ...]:
    """Mark tasks that the service stops. One that nothing is there of is STOPPED with that."""
    if not views:
        return ()
    starting = starting_tasks(ground.snapshot)
    now = ground.now
    code = StopCode.SERVICE_SCHEDULER_INITIATED
    records = tuple((each, stop(each.record, code, reason(each), now)) for each in views)
    return tuple(
        record.changed(last_status=TaskStatus.STOPPED, stopped_at=now)
        if each.observed is None and record.id not in starting and not may_be_unseen(record, now)
        else record
        for each, record in records
    )


def at_once(records: Iterable[TaskRecord], now: float) -> tuple[float, ...]:
    """Look again soon when a task was stopped without a step: no outcome will end the wait."""
    return (now + 0.01,) if any(record.is_stopped for record in records) else ()
