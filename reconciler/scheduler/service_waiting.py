"""Why a service starts no task, or does nothing at all though something is missing, and until when."""

from __future__ import annotations

from reconciler.model.decision import Waiting
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.notification import EventName
from reconciler.model.service import DeploymentStrategy, LifecycleStage, upper_bound
from reconciler.model.snapshot import Snapshot
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler import deployments, images
from reconciler.scheduler.recorder import UNSEEN_SECONDS, healthy_from, may_be_unseen
from reconciler.scheduler.service_ground import ServiceGround
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.strategies import is_before
from reconciler.scheduler.task_view import TaskView


def why_not_start(
    view: ServiceView, deployment: Deployment, definition: TaskDefinition, ground: ServiceGround
) -> tuple[str, float | None]:
    """Return why no task may start now, and until when if that is known. First match wins."""
    if deployment.is_abandoned:
        return f"the deployment failed: {deployment.reason}", None
    if view.blocked:
        return view.blocked, None
    if deployment.rollout_state is RolloutState.IN_PROGRESS and is_before(deployment, LifecycleStage.SCALE_UP):
        return view.progress.waiting, None
    if deployment.retry_at is not None and ground.now < deployment.retry_at:
        if deployment.consecutive_failures == 1:
            return f"a moment to pass after a failure: {_last_failure(deployment)}", deployment.retry_at
        return unable(deployment), deployment.retry_at
    missing = images.unpinned(definition, deployment.images)
    if missing:
        return f"image {missing[0]} to be there", None
    return _unreadable_secret(definition, ground.snapshot), None


def unable(deployment: Deployment) -> str:
    """Say that no task is started for a while, after failures."""
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


def waiting_of(
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
    reason = f"the protection of {named(view.in_the_way)} to end"
    return Waiting(address=view.service.address, reason=reason, until=max(_protected_until(view)))


def _protected_until(view: ServiceView) -> list[float]:
    return [each.record.protected_until for each in view.in_the_way if each.record.protected_until is not None]


def _lacks_tasks(view: ServiceView) -> bool:
    return len(view.fleet.keep) < view.desired


def _what_it_waits_for(view: ServiceView) -> Waiting:
    address = view.service.address
    if view.fleet.leaving:
        return Waiting(address=address, reason=f"{named(view.fleet.leaving)} to stop")
    young = tuple(each for each in view.fleet.keep if not each.is_healthy())
    if young:
        return Waiting(address=address, reason=f"{named(young)} to become healthy")
    upper = upper_bound(view.desired, view.service.deployment_configuration.maximum_percent)
    reason = (
        "was unable to stop or start tasks during a deployment because of the service deployment configuration: "
        f"{view.fleet.total} tasks of at most {upper}"
    )
    is_rolling = view.deployment is not None and view.deployment.strategy is DeploymentStrategy.ROLLING
    event = EventName.DEPLOYMENT_BLOCKED if is_rolling and not view.is_settled else ""
    return Waiting(address=address, reason=reason, event=event)


def wakes(view: ServiceView, now: float) -> list[float]:
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


def named(views: tuple[TaskView, ...]) -> str:
    """Name tasks for people, three of them at most."""
    names = [each.record.short_id for each in views]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{'task' if len(names) == 1 else 'tasks'} {', '.join(names[:3])}{more}"
