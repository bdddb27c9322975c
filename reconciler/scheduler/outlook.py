"""What is to be expected after a decision: why nothing more happens, when to look again, and what is beyond hope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from reconciler.model.decision import Waiting
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.scheduler import deployments
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.services import ServiceMove
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.tasks import Pursuit


def wake_at(
    moves: Mapping[str, ServiceMove], pursuits: Mapping[str, Pursuit], polls: float | None, now: float
) -> float | None:
    """Return when to look again at the latest; `polls` is when something is to be asked that has no events."""
    times = [at for each in moves.values() for at in each.wake_at]
    times += [] if polls is None else [polls]
    times += [each.wake_at for each in pursuits.values() if each.wake_at is not None]
    return min((at for at in times if at > now), default=None)


def waiting(
    moves: Mapping[str, ServiceMove], tasks: Iterable[TaskView], pursuits: Mapping[str, Pursuit]
) -> tuple[Waiting, ...]:
    """Say why nothing (more) happens: services first, then tasks."""
    found = [waiting for each in moves.values() for waiting in each.waiting]
    found += [
        Waiting(address=f"{view.record.group}/{view.record.short_id}", reason=pursuit.waiting)
        for view in tasks
        if (pursuit := pursuits[view.record.id]).waiting
    ]
    return tuple(found)


def silent(stack: Stack, state: State, snapshot: Snapshot) -> tuple[Waiting, ...]:
    """Say which load balancers run and do not answer, and what they say instead."""
    silent = {each.balancer for each in state.silent}
    found = ((each, snapshot.balancer(each.name)) for each in stack.load_balancers if each.name in silent)
    return tuple(
        Waiting(address=each.address, reason=f"it to answer: {seen.problem if seen else ''}".rstrip(": "))
        for each, seen in found
    )


def is_failed(view: ServiceView, now: float) -> bool:
    """Whether a service's deployment failed, or completed once and does not heal."""
    deployment = view.deployment
    if deployment is None or view.is_draining:
        return False
    if deployment.has_failed:
        return True
    if view.is_settled or view.is_blocked:
        return False
    stalls_at = deployments.stalls_at(deployment, view.service, view.tasks, now)
    return stalls_at is not None and now >= stalls_at


def stuck_services(services: Mapping[str, ServiceView], failed: Set[str]) -> set[str]:
    """Return the failed services and those that wait, directly or not, for one of them."""
    stuck = set(failed)
    grows = True
    while grows:
        waiting = {
            address
            for address, view in services.items()
            if view.blocked and not view.is_draining and stuck.intersection(view.service.depends_on)
        }
        grows = not waiting <= stuck
        stuck |= waiting
    return stuck
