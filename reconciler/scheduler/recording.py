"""The State after a look: everything that was seen, and what is wanted now."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.deployment import Deployment, DeploymentStatus
from reconciler.model.snapshot import Snapshot
from reconciler.model.state import State
from reconciler.model.task import TaskRecord
from reconciler.scheduler import history, one_off
from reconciler.scheduler.clean_up import noted
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.services import ServiceMove
from reconciler.scheduler.situations import told_of
from reconciler.scheduler.task_view import TaskView


def record(
    state: State,
    services: Mapping[str, ServiceView],
    moves: Mapping[str, ServiceMove],
    tasks: tuple[TaskView, ...],
    before: Mapping[str, TaskRecord],
    snapshot: Snapshot,
    now: float,
) -> State:
    """Return the state with everything that was seen and is now wanted."""
    current = {
        each.id: each
        for address, view in services.items()
        for each in (moves[address].deployment or view.deployment, moves[address].source or view.source)
        if each is not None
    }
    current = one_off.pinned(state, tasks, snapshot) | current
    told = history.task_told(before, (view.record for view in tasks))
    for each in state.deployments:
        told += history.deployment_told(each, current.get(each.id, each))
    for address, view in services.items():
        told += [history.Told(address, text) for text in moves[address].events]
        if view.deployment is not None:
            current[view.deployment.id], lasting = told_of(view, moves[address], current[view.deployment.id], now)
            told += lasting
    alive = {view.record.deployment for view in tasks if not view.record.is_stopped}
    state = state.changed(
        tasks=tuple(view.record for view in tasks),
        deployments=tuple(_aged(current.get(each.id, each), alive) for each in state.deployments),
        clean_up=noted(state.clean_up, snapshot, now),
    )
    return history.with_events(state, told, now)


def forget_drained(state: State) -> State:
    """A service that left the target is forgotten once nothing of it runs."""
    alive = {record.group for record in state.tasks if not record.is_stopped}
    draining = tuple(service for service in state.draining if service.address in alive)
    return state if len(draining) == len(state.draining) else state.changed(draining=draining)


def _aged(deployment: Deployment, alive: set[str]) -> Deployment:
    """An older deployment is ACTIVE while it has tasks, then INACTIVE (ECS)."""
    if deployment.is_primary:
        return deployment
    status = DeploymentStatus.ACTIVE if deployment.id in alive else DeploymentStatus.INACTIVE
    return deployment if deployment.status is status else deployment.changed(status=status)
