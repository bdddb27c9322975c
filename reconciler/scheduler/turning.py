"""Turning a shift round: a deployment that is to begin shifts from whoever answers.

The one before it was superseded while it had traffic, and what that was to take over from answers nobody any more:
the traffic cannot go back there. So it stays where it is, and the new deployment gets the pool that answers nobody.
What has only just lost its tasks gets them back first: it was proven, and the one before the new one was not.

Source: ours; ECS has one target group for production, and cannot get there.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.deployment import Deployment
from reconciler.model.routing import WHOLE, Color, ObservedBalancer
from reconciler.model.service import LifecycleStage, Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.scheduler.hooks import Ground
from reconciler.scheduler.shares import seen_pools
from reconciler.scheduler.task_view import TaskView

TURN_SECONDS = 60.0
"""So long whoever has worked last may take to answer again."""


def turns_at(deployment: Deployment, service: Service) -> float:
    """Return when a deployment that has not begun no longer waits for what worked last: well before it times out."""
    return deployment.stage_at + min(TURN_SECONDS, service.deployment_configuration.timeout / 2)


def turn_round(stack: Stack, state: State, ground: Ground) -> State:
    """Let deployments that have not begun shift from the tasks in their own pool, when only those can answer.

    Returns the same State when there is nothing to turn.
    """
    tasks = tuple(ground.tasks.values())
    found = {
        each.id: source
        for each in state.deployments
        if each.is_primary and each.is_shifting and each.stage is LifecycleStage.RECONCILE_SERVICE
        if (service := stack.service(each.service)) is not None and ground.now >= turns_at(each, service)
        if (source := _source(each, state, tasks, ground.snapshot)) is not None
    }
    if not found:
        return state
    return state.changed(
        deployments=tuple(
            each.changed(shifts_from=found[each.id].id, color=found[each.id].color.other)
            if each.id in found
            else each
            for each in state.deployments
        )
    )


def _source(deployment: Deployment, state: State, tasks: Sequence[TaskView], snapshot: Snapshot) -> Deployment | None:
    """Return the newest deployment of those that alone can answer in the pool that was to be the new one's."""
    mine = [view for view in tasks if view.record.group == deployment.service and not view.is_leaving]
    if not _is_elsewhere(deployment, mine, snapshot):
        return None
    there = {view.record.deployment for view in mine if view.color is deployment.color} - {deployment.id}
    return max((each for each in state.deployments if each.id in there), key=lambda each: each.number, default=None)


def _is_elsewhere(deployment: Deployment, tasks: Sequence[TaskView], snapshot: Snapshot) -> bool:
    """Whether the traffic is in the pool of a deployment already, and nobody in the other one can answer it."""
    groups = {each.target_group for each in deployment.registrations}
    if not groups:
        return {view.color for view in tasks if view.is_healthy()} == {deployment.color}
    return any(
        _has_traffic(balancer, group, deployment.color) and seen_pools(balancer, group).has_only(deployment.color)
        for balancer in snapshot.balancers
        for group in groups
    )


def _has_traffic(balancer: ObservedBalancer, group: str, color: Color) -> bool:
    route = balancer.configuration.route(group) if balancer.configuration else None
    return route is not None and route.green != (0 if color is Color.GREEN else WHOLE)
