"""What of a service lasts and is worth telling, each once while it lasts: steady, no room, unhealthy tasks.

A look only sees that something is so; what was told of it is recorded with the deployment (`told`). All but the
unhealthy tasks count as told until the service is steady again, so what comes and goes is no storm of events.
Sources: ECS service event messages and service action events.
"""

from __future__ import annotations

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.notification import EventName, EventType
from reconciler.scheduler.history import Told
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.services import ServiceMove
from reconciler.scheduler.task_view import TaskView

STEADY = "has reached a steady state."


def told_of(
    view: ServiceView, move: ServiceMove, deployment: Deployment, now: float
) -> tuple[Deployment, list[Told]]:
    """Return a service's deployment with what is told of it, and what is told now."""
    if view.is_draining:
        return deployment, []
    ill = {f"{EventName.TASK_UNHEALTHY} {each.record.id}": _ill(view, each) for each in _unhealthy(view, now)}
    lasting = ill | _waiting(view, move)
    before = set(deployment.told)
    if view.is_done and deployment.rollout_state is RolloutState.COMPLETED:
        steady = Told(view.service.address, STEADY, name=EventName.STEADY_STATE)
        lasting, kept = {EventName.STEADY_STATE.value: steady}, set[str]()
    else:
        kept = {each for each in before if not each.startswith((EventName.TASK_UNHEALTHY, EventName.STEADY_STATE))}
    names = tuple(sorted(kept | lasting.keys()))
    new = [told for name, told in lasting.items() if name not in before]
    return (deployment if names == deployment.told else deployment.changed(told=names)), new


def _unhealthy(view: ServiceView, now: float) -> list[TaskView]:
    grace = view.service.health_check_grace_period
    return [each for each in view.tasks if each.is_unhealthy(grace, now)]


def _ill(view: ServiceView, task: TaskView) -> Told:
    """Say that a task is unhealthy, and who found that."""
    who = f"(task {task.record.short_id})"
    groups = ", ".join(each.target_group for each in view.service.load_balancers)
    message = (
        f"{who} is unhealthy in ({groups}) due to ({task.why_unhealthy})."
        if task.is_bad_target
        else f"{who} failed container health checks."
    )
    name, subject = EventName.TASK_UNHEALTHY, task.record.id
    return Told(view.service.address, message, name=name, subject=subject, type=EventType.WARN)


def _waiting(view: ServiceView, move: ServiceMove) -> dict[str, Told]:
    """Return what it waits for that is an event too, by its name."""
    return {
        each.event: Told(view.service.address, f"{each.reason}.", name=each.event, type=_TYPES[each.event])
        for each in move.waiting
        if each.event
    }


_TYPES: dict[str, EventType] = {
    EventName.TASK_PLACEMENT_FAILURE: EventType.ERROR,
    EventName.DEPLOYMENT_BLOCKED: EventType.WARN,
}
