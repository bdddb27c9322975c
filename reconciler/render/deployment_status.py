"""What a deployment is called for people: ECS's status words of a service deployment, from what is recorded.

A deployment and its undoing are two records of ours; ECS tells them as one. Source: ECS ServiceDeployment.status.
FAILED is one that nobody undoes; SUPERSEDED (ours) is one that a newer deployment took over from half-way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.service import LifecycleStage, Service, failure_threshold
from reconciler.model.state import State

_SUPERSEDED = "superseded by a newer deployment"


class ServiceDeploymentStatus(StrEnum):
    """How a deployment stands, its undoing included."""

    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCESSFUL = "SUCCESSFUL"
    STOP_REQUESTED = "STOP_REQUESTED"
    STOPPED = "STOPPED"
    ROLLBACK_REQUESTED = "ROLLBACK_REQUESTED"
    ROLLBACK_IN_PROGRESS = "ROLLBACK_IN_PROGRESS"
    ROLLBACK_SUCCESSFUL = "ROLLBACK_SUCCESSFUL"
    ROLLBACK_FAILED = "ROLLBACK_FAILED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"


class MonitorState(StrEnum):
    """What the circuit breaker does (ECS ServiceDeploymentCircuitBreaker.status)."""

    DISABLED = "DISABLED"
    MONITORING = "MONITORING"
    MONITORING_COMPLETE = "MONITORING_COMPLETE"
    TRIGGERED = "TRIGGERED"


_S = ServiceDeploymentStatus
_UNDONE: Mapping[RolloutState, ServiceDeploymentStatus] = {
    RolloutState.IN_PROGRESS: _S.ROLLBACK_IN_PROGRESS,
    RolloutState.COMPLETED: _S.ROLLBACK_SUCCESSFUL,
    RolloutState.FAILED: _S.ROLLBACK_FAILED,
}


def status_of(deployment: Deployment, state: State, waiting: Iterable[Request] = ()) -> ServiceDeploymentStatus:
    """Return how a deployment stands. `waiting` are requests that nobody has taken yet."""
    if deployment.rollout_state is RolloutState.COMPLETED:
        return _S.SUCCESSFUL
    if deployment.rollout_state is RolloutState.IN_PROGRESS:
        return _in_progress(deployment, waiting)
    undoing = undoing_of(deployment, state)
    if undoing is not None:
        return _UNDONE[undoing.rollout_state]
    if deployment.is_stopped:
        return _S.ROLLBACK_REQUESTED if deployment.may_roll_back and deployment.is_primary else _S.STOPPED
    return _S.SUPERSEDED if deployment.reason == _SUPERSEDED else _S.FAILED


def undoing_of(deployment: Deployment, state: State) -> Deployment | None:
    """Return the deployment that undoes this one, if there is one."""
    return next((each for each in state.deployments if each.rolls_back == deployment.id), None)


def monitor_of(deployment: Deployment, service: Service | None) -> tuple[MonitorState, int | None]:
    """Return what the circuit breaker does for a deployment, and how many failures it takes.

    `service` is None for one that left the stack: what its breaker was told is no longer known.
    """
    if service is None:
        return MonitorState.MONITORING_COMPLETE, None
    breaker = service.deployment_configuration.deployment_circuit_breaker
    if not breaker.enable:
        return MonitorState.DISABLED, None
    limit = failure_threshold(breaker.threshold, service.desired_count)
    if deployment.rollout_state is RolloutState.IN_PROGRESS:
        return MonitorState.MONITORING, limit
    is_tripped = deployment.rollout_state is RolloutState.FAILED and deployment.failures >= limit
    return (MonitorState.TRIGGERED if is_tripped else MonitorState.MONITORING_COMPLETE), limit


def _in_progress(deployment: Deployment, waiting: Iterable[Request]) -> ServiceDeploymentStatus:
    for each in waiting:
        if each.kind is RequestKind.STOP and each.deployment == deployment.id:
            return _S.ROLLBACK_REQUESTED if each.rolls_back else _S.STOP_REQUESTED
    is_new = deployment.stage is LifecycleStage.RECONCILE_SERVICE and deployment.next_ordinal == 1
    return _S.PENDING if is_new and not deployment.stages else _S.IN_PROGRESS
