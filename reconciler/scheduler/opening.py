"""Opening deployments: which pool they get, what they take over from, and what becomes of the one before.

Sources: ECS CreateServiceDeployment; a rollback goes to the last deployment that completed.
"""

from __future__ import annotations

import hashlib
from typing import Any

from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.notification import EventName
from reconciler.model.routing import Color
from reconciler.model.service import DeploymentStrategy, LifecycleStage, Service
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, State
from reconciler.scheduler.history import deployment_is, with_events


def new_deployment(group: str, revision: Revision, state: State, desired_count: int, now: float) -> Deployment:
    """Return the next deployment of a service or of a group of one-off tasks."""
    number = max((each.number for each in state.deployments if each.service == group), default=0) + 1
    return Deployment(
        id=_deployment_id(state, group, number, now),
        service=group,
        number=number,
        family=revision.family,
        revision=revision.number,
        created_at=now,
        updated_at=now,
        progress_at=now,
        stage_at=now,
        desired_count=desired_count,
    )


def open_deployment(service: Service, revision: Revision, state: State, now: float, **fields: Any) -> State:
    """Open a deployment of a revision to a service, in place of the one that is its primary now.

    Its tasks go to the pool that has no traffic when that is to be shifted, else to the one that has it.
    """
    primary = state.primary(service.address)
    live = state.last_completed(service.address) if primary is not None else None
    strategy = service.deployment_configuration.strategy
    is_new = live is not None and (live.family, live.revision) != (revision.family, revision.number)
    has_traffic = live is not None and live.desired_count > 0 and service.desired_count > 0
    is_asked = strategy is not DeploymentStrategy.ROLLING and (is_new or "replaces_before" in fields)
    is_shifted = is_asked and has_traffic
    base = live or primary
    color = base.color if base is not None else Color.BLUE
    fresh = new_deployment(service.address, revision, state, service.desired_count, now).changed(
        **{
            "strategy": strategy,
            "registrations": service.load_balancers,
            "color": color.other if live is not None and is_shifted else color,
            "shifts_from": live.id if live is not None and is_shifted else "",
            "is_proven": live is not None and not is_new and not is_shifted,
            **fields,
        }
    )
    return _opened(fresh, state, now)


def _opened(fresh: Deployment, state: State, now: float) -> State:
    """Return the State with a new primary deployment, and tell of it."""
    before = state.primary(fresh.service)
    told = [
        deployment_is(each, f"(deployment {each.id}) was superseded by a newer deployment.")
        for each in (before,)
        if each is not None and each.rollout_state is RolloutState.IN_PROGRESS
    ]
    begun = f"(deployment {fresh.id}) deployment of {fresh.family}:{fresh.revision} in progress."
    told.append(deployment_is(fresh, begun, EventName.DEPLOYMENT_IN_PROGRESS))
    older = (_superseded(each, fresh.service, now) for each in state.deployments)
    return with_events(state.changed(deployments=(*older, fresh)), told, now)


def roll_back(stack: Stack, state: State, now: float) -> State:
    """Open the rollback of every deployment that failed and may be undone; the same State when there is none."""
    for failed in state.deployments:
        if not failed.is_primary or failed.rollout_state is not RolloutState.FAILED:
            continue
        service = stack.service(failed.service)
        back = _goes_back_to(failed, service, state)
        if service is None or back is None:
            continue
        revision = state.revision(back.family, back.revision)
        if revision is None:
            continue
        fresh = new_deployment(service.address, revision, state, service.desired_count, now).changed(
            strategy=failed.strategy,
            registrations=back.registrations,
            color=back.color,
            images=back.images,
            rolls_back=failed.id,
            stage=LifecycleStage.CLEAN_UP,
        )
        told = deployment_is(failed, f"(deployment {failed.id}) is rolled back to {revision}.")
        state = _opened(fresh, with_events(state, [told], now), now)
    return state


def _goes_back_to(failed: Deployment, service: Service | None, state: State) -> Deployment | None:
    """Return the deployment that a failed one is to be undone for, if it is: the one that had the traffic.

    That one may not count as completed: its last tasks of before were still to go when it was superseded.
    """
    if service is None or failed.rolls_back or failed.completed_at is not None or not failed.may_roll_back:
        return None
    back = state.deployment(failed.shifts_from) or state.last_completed(failed.service)
    if back is None or (_is_same_revision(back, failed) and not failed.shifts_from):
        return None
    is_wanted = service.deployment_configuration.deployment_circuit_breaker.rollback or failed.is_stopped
    return back if is_wanted else None


def _is_same_revision(one: Deployment, other: Deployment) -> bool:
    return (one.family, one.revision) == (other.family, other.revision)


def _superseded(deployment: Deployment, service: str, now: float) -> Deployment:
    """Return a deployment that is its service's primary no longer. That it worked is not forgotten."""
    if deployment.service != service or not deployment.is_primary:
        return deployment
    worked_at = now if deployment.has_taken_over and deployment.completed_at is None else deployment.completed_at
    state = deployment.rollout_state
    if state is RolloutState.IN_PROGRESS:
        state = RolloutState.FAILED
    reason = deployment.reason or ("superseded by a newer deployment" if state is RolloutState.FAILED else "")
    ended = {"rollout_state": state, "reason": reason, "completed_at": worked_at, "updated_at": now}
    return deployment.changed(status=DeploymentStatus.ACTIVE, **ended)


def _deployment_id(state: State, service: str, number: int, now: float) -> str:
    """Return an id that no earlier deployment had, also not one of a state that was lost: the time is part of it."""
    return hashlib.sha256(f"{state.owner}|{service}|{number}|{now!r}".encode()).hexdigest()[:12]
