"""Says what became of a request: it is under way, got where it was to get, failed, or something newer took its place.

Pure, and the same whoever carries a request out. Only what is recorded counts, and for counts and load balancers
what a look shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.address import block_type
from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from reconciler.render.deployment_status import ServiceDeploymentStatus as Status
from reconciler.render.deployment_status import status_of


class Verdict(StrEnum):
    """What became of it."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a verdict is made from: the State right after the request was recorded, the State now, and a decision."""

    taken: State
    state: State
    decision: Decision


def judge(request: Request, seen: Seen) -> Verdict:
    """Say what became of a request that was recorded."""
    if seen.state.target is None or seen.state.target.service(request.service) is None:
        return Verdict.SUPERSEDED
    return _JUDGES[request.kind](request, seen)


def newest(state: State, service: str) -> Deployment | None:
    """Return the deployment of a service that people mean: the one that is undone, else the newest."""
    primary = state.primary(service)
    undone = state.deployment(primary.rolls_back) if primary and primary.rolls_back else None
    return undone or primary


def _deployed(request: Request, seen: Seen) -> Verdict:
    """Judge a restart or a rollback by the deployment that it opened, or that it undid.

    One that gave way to a newer one of the same revision is none the worse for that: the newer one counts then.
    """
    ours = newest(seen.taken, request.service)
    if ours is None:
        return Verdict.FAILED
    is_undone = request.kind is RequestKind.ROLLBACK and ours.is_stopped
    found = _followed(ours, seen.state)
    if found is None:
        return Verdict.SUPERSEDED
    verdict = _status_verdict(found, seen.state, is_back_wanted=is_undone)
    return Verdict.FAILED if verdict is Verdict.DONE and _is_hopeless(request.service, seen) else verdict


def _followed(ours: Deployment, state: State) -> Deployment | None:
    """Return the deployment that counts now; None when one of another revision came between."""
    mine = state.deployment(ours.id)
    if mine is not None and status_of(mine, state) is not Status.SUPERSEDED:
        return mine
    last = newest(state, ours.service)
    is_same = last is not None and (last.family, last.revision) == (ours.family, ours.revision)
    return last if is_same else None


def _answered(request: Request, seen: Seen) -> Verdict:
    """Judge the answer to a pause, or a stop that undoes, by the deployment that it is about."""
    found = seen.state.deployment(request.deployment)
    if found is None:
        return Verdict.SUPERSEDED
    return _status_verdict(found, seen.state, is_back_wanted=request.rolls_back)


def _stopped(request: Request, seen: Seen) -> Verdict:
    return _answered(request, seen) if request.rolls_back else Verdict.DONE


def _scaled(request: Request, seen: Seen) -> Verdict:
    primary, target = seen.state.primary(request.service), seen.state.target
    service = target.service(request.service) if target else None
    is_ours = request.count is None or (service is not None and service.desired_count == request.count)
    if not is_ours and target is not None and target.autoscaling_of(request.service) is None:
        return Verdict.SUPERSEDED
    if _is_hopeless(request.service, seen):
        return Verdict.FAILED
    is_open = primary is not None and primary.rollout_state is RolloutState.IN_PROGRESS
    return Verdict.PENDING if is_open or request.service in seen.decision.unsettled else Verdict.DONE


def _maintained(request: Request, seen: Seen) -> Verdict:
    is_told = not any(block_type(each.address) == "load_balancer" for each in seen.decision.steps)
    return Verdict.DONE if is_told else Verdict.PENDING


def _is_hopeless(service: str, seen: Seen) -> bool:
    """Whether a service is given up. One that was rolled back runs what worked, and counts as failed all the same."""
    primary = seen.state.primary(service)
    is_back = primary is not None and primary.rolls_back and primary.rollout_state is not RolloutState.FAILED
    return service in seen.decision.failed and not is_back


def _status_verdict(deployment: Deployment, state: State, *, is_back_wanted: bool) -> Verdict:
    status = status_of(deployment, state)
    return (_BACK if is_back_wanted else _FORWARD)[status]


_FORWARD: Mapping[Status, Verdict] = {
    Status.PENDING: Verdict.PENDING,
    Status.IN_PROGRESS: Verdict.PENDING,
    Status.STOP_REQUESTED: Verdict.PENDING,
    Status.ROLLBACK_REQUESTED: Verdict.PENDING,
    Status.ROLLBACK_IN_PROGRESS: Verdict.PENDING,
    Status.SUCCESSFUL: Verdict.DONE,
    Status.STOPPED: Verdict.FAILED,
    Status.FAILED: Verdict.FAILED,
    Status.ROLLBACK_SUCCESSFUL: Verdict.FAILED,
    Status.ROLLBACK_FAILED: Verdict.FAILED,
    Status.SUPERSEDED: Verdict.SUPERSEDED,
}
"""What a deployment's status means for who wanted it to go on."""

_BACK: Mapping[Status, Verdict] = {
    **_FORWARD,
    Status.SUCCESSFUL: Verdict.FAILED,
    Status.ROLLBACK_SUCCESSFUL: Verdict.DONE,
    Status.STOPPED: Verdict.SUPERSEDED,
}
"""The same for who wanted it to be undone."""

_JUDGES: Mapping[RequestKind, Callable[[Request, Seen], Verdict]] = {
    RequestKind.RESTART: _deployed,
    RequestKind.ROLLBACK: _deployed,
    RequestKind.CONTINUE: _answered,
    RequestKind.STOP: _stopped,
    RequestKind.SCALE: _scaled,
    RequestKind.MAINTENANCE: _maintained,
}
