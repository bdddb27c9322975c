"""What one service starts and stops now."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.model.decision import Waiting
from reconciler.model.deployment import Deployment
from reconciler.model.step import Step
from reconciler.model.task import TaskRecord
from reconciler.scheduler import deployments, images
from reconciler.scheduler.recorder import UNSEEN_SECONDS
from reconciler.scheduler.rolling import Move, roll
from reconciler.scheduler.service_ground import ServiceGround
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.service_waiting import named, unable, waiting_of, wakes, why_not_start
from reconciler.scheduler.shifting import shift
from reconciler.scheduler.starting import keep_up, numbered, start
from reconciler.scheduler.stopping import at_once, stop_all, stop_planned, stop_unborn, without
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


def move(view: ServiceView, ground: ServiceGround) -> ServiceMove:
    """Decide what one service starts and stops now."""
    if view.is_draining:
        return _drain(view, ground)
    if view.deployment is None or view.definition is None:
        return ServiceMove()
    deployment, definition, now = view.deployment, view.definition, ground.now
    tried = trial(deployment, view.service, view.fleet, now)
    unborn = stop_unborn(view, deployment, tried.spare if tried else (), ground)
    view = replace(view, fleet=without(view.fleet, unborn)) if unborn else view
    why_not, until = why_not_start(view, deployment, definition, ground)
    if tried is not None and not tried.room and (not why_not or _is_before(until, tried.until)):
        why_not, until = f"{unable(deployment)}; one that was started is to last first", tried.until
    plan = _planned(view, deployment, may_start=not why_not)
    plan = replace(plan, start=min(plan.start, tried.room)) if tried is not None else plan
    started, refused = start(view, deployment, definition, plan.start, ground)
    if refused:
        plan = _planned(view, deployment, room=len(started))
    kept_up = keep_up(view, deployment, ground)
    stopped = stop_planned(view, deployment, plan, ground)
    failed = [each for each in stopped if each.failed and each.deployment == deployment.id]
    deployment = deployments.count_failures(deployment, failed, (), now)
    blocked = (BLOCKED,) if view.is_blocked and not deployment.is_blocked else ()
    if view.is_blocked is not deployment.is_blocked:
        deployment = deployment.changed(is_blocked=view.is_blocked)
    wants_images = not (view.is_settled or view.blocked or until or deployment.is_abandoned) and view.desired > 0
    return ServiceMove(
        records=(*unborn, *started, *kept_up, *stopped),
        deployment=numbered(deployment, started),
        source=numbered(view.source, kept_up) if view.source is not None else None,
        steps=(
            *(images.fetch_steps(view.service.address, definition, deployment.images) if wants_images else ()),
            *view.progress.steps,
        ),
        events=(*view.progress.warnings, *blocked, *_events((*started, *kept_up), stopped)),
        waiting=waiting_of(view, why_not, refused, until, is_moving=bool(started or stopped)),
        wake_at=(
            *at_once((*unborn, *stopped), now),
            *(each.created_at + UNSEEN_SECONDS for each in unborn if not each.is_stopped),
            *_wake_at(view, deployment, until, now),
        ),
    )


def _is_before(until: float | None, ends_at: float | None) -> bool:
    """Whether the back-off is over before the task that is tried has lasted: then that is what is waited for."""
    return until is not None and ends_at is not None and until < ends_at


def _planned(view: ServiceView, deployment: Deployment, *, may_start: bool = True, room: int = sys.maxsize) -> Move:
    """Ask the one that knows: tasks of a deployment whose traffic is yet to be shifted are started beside the old.

    One that is abandoned leaves all tasks as they are: its rollback needs those of the revision before.
    """
    if deployment.is_abandoned and view.desired > 0:
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


def _wake_at(view: ServiceView, deployment: Deployment, until: float | None, now: float) -> Iterator[float]:
    """Yield when to look again though no task was stopped; `until` is when a task may be started."""
    retry_at = view.source.retry_at if view.source is not None else None
    yield from view.progress.wake_at
    yield from (at for at in (retry_at, until, _gives_up_at(view, deployment, now), *wakes(view, now)) if at)


def _gives_up_at(view: ServiceView, deployment: Deployment, now: float) -> float | None:
    """Return when the deployment fails if nothing comes of it until then."""
    at = deployments.times_out_at(deployment, view.service)
    if at is not None or view.is_settled or view.is_blocked:
        return at
    return deployments.stalls_at(deployment, view.service, view.tasks, now)


def _drain(view: ServiceView, ground: ServiceGround) -> ServiceMove:
    """Stop every task of a service that left the target, once nothing that depends on it runs."""
    fleet, address = view.fleet, view.service.address
    if view.blocked:
        return ServiceMove(waiting=(Waiting(address=address, reason=view.blocked),))
    stopped = stop_all(fleet.keep, lambda each: "the service is no longer in the stack", ground)
    waits = (Waiting(address=address, reason=f"{named(fleet.leaving)} to stop"),) if fleet.leaving else ()
    return ServiceMove(
        records=stopped, events=_events((), stopped), waiting=waits, wake_at=at_once(stopped, ground.now)
    )


def _events(started: tuple[TaskRecord, ...], stopped: tuple[TaskRecord, ...]) -> tuple[str, ...]:
    messages = []
    if started:
        messages.append(f"has started {len(started)} tasks: {' '.join(each.short_id for each in started)}")
    if stopped:
        messages.append(f"has stopped {len(stopped)} running tasks: {' '.join(each.short_id for each in stopped)}")
    return tuple(messages)
