"""Carry out a request: record what somebody asks for beside the files. Pure; what follows from it is decided later.

Raises ReconcilerError, with a next step, for what cannot be. Sources: ECS ContinueServiceDeployment,
StopServiceDeployment (ROLLBACK or ABORT), UpdateService forceNewDeployment and desiredCount.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.errors import ReconcilerError
from reconciler.model.deployment import Deployment, HookStatus, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.routing import Maintenance
from reconciler.model.scaling import Autoscaling
from reconciler.model.schedule import Overlap
from reconciler.model.service import Service
from reconciler.model.stack import Stack
from reconciler.model.state import Revision, Scaled, State
from reconciler.planner.protection import protect
from reconciler.planner.suspension import suspend
from reconciler.planner.target import continued, is_given_up
from reconciler.planner.task_requests import start_tasks, stop_tasks
from reconciler.scheduler.history import deployment_is, desired_count_told, with_events
from reconciler.scheduler.opening import open_deployment
from reconciler.scheduler.runs import unfinished
from reconciler.scheduler.scaling.capacity import with_capacity
from reconciler.scheduler.schedules import ask_for_run


def carry_out(request: Request, state: State, now: float) -> State:
    """Return the State with what was asked for as its intent; raises ReconcilerError when that is not possible."""
    if state.target is None:
        raise ReconcilerError("nothing is applied yet: `reconciler apply` first")
    return _ACTS[request.kind](request, state, state.target, now)


def deployment_named(state: State, name: str) -> Deployment:
    """Return the deployment with that id, or the only one whose id begins so; raises ReconcilerError."""
    found = [each for each in state.deployments if name and each.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    what = "several deployments" if found else "no deployment"
    raise ReconcilerError(f'{what} with an id that begins with "{name}": see `reconciler deployment list`')


def _continue(request: Request, state: State, target: Stack, now: float) -> State:
    """Answer the pauses that a deployment waits at."""
    deployment = deployment_named(state, request.deployment)
    waits = [each for each in deployment.hooks if each.status is HookStatus.AWAITING_ACTION]
    if not waits or deployment.rollout_state is not RolloutState.IN_PROGRESS:
        raise ReconcilerError(f"deployment {deployment.id} does not wait for anybody")
    status = HookStatus.FAILED if request.rolls_back else HookStatus.SUCCEEDED
    answered = {"status": status, "ended_at": now, "reason": "answered by the user"}
    hooks = tuple(each.changed(**answered) if each in waits else each for each in deployment.hooks)
    return _with(state, deployment.changed(hooks=hooks, updated_at=now))


def _stop(request: Request, state: State, target: Stack, now: float) -> State:
    deployment = deployment_named(state, request.deployment)
    if deployment.rollout_state is not RolloutState.IN_PROGRESS or not deployment.is_primary:
        raise ReconcilerError(f"deployment {deployment.id} is not in progress: there is nothing to stop")
    return _stopped(deployment, state, now, rolls_back=request.rolls_back)


def _stopped(deployment: Deployment, state: State, now: float, *, rolls_back: bool) -> State:
    if rolls_back and not deployment.shifts_from and _previous(deployment, state) is None:
        detail = "stop it without --rollback, or apply another revision"
        raise ReconcilerError(f"no earlier deployment of {deployment.service} worked: {detail}")
    ended = {"rollout_state": RolloutState.FAILED, "reason": "stopped by the user", "updated_at": now}
    worked_at = None if rolls_back else deployment.completed_at
    stopped = deployment.changed(is_stopped=True, may_roll_back=rolls_back, completed_at=worked_at, **ended)
    told = deployment_is(deployment, f"(deployment {deployment.id}) was stopped by the user.")
    return with_events(_with(state, stopped), [told], now)


def _roll_back(request: Request, state: State, target: Stack, now: float) -> State:
    """Go back: from a deployment in progress at once, else by a new deployment of the earlier revision."""
    service = _service(request, target)
    primary = state.primary(service.address)
    if primary is None:
        raise ReconcilerError(f"{service.address} was never deployed")
    is_new = primary.rollout_state is RolloutState.IN_PROGRESS and primary.completed_at is None
    if request.revision is None and is_new and not primary.rolls_back:
        return _stopped(primary, state, now, rolls_back=True)
    revision = _revision(request, primary, state)
    return open_deployment(service, revision, state, now, **_as_registered(revision, service, state))


def _as_registered(revision: Revision, service: Service, state: State) -> dict[str, object]:
    """Return how the tasks of a revision were targets when it was deployed last: its ports may have been others."""
    same = (each for each in state.deployments if (each.family, each.revision) == (revision.family, revision.number))
    found = max((each for each in same if each.service == service.address), key=_number, default=None)
    return {} if found is None else {"registrations": found.registrations}


def _number(deployment: Deployment) -> int:
    return deployment.number


def _revision(request: Request, primary: Deployment, state: State) -> Revision:
    if request.revision is None:
        previous = _previous(primary, state)
        if previous is None:
            raise ReconcilerError(f"no earlier revision of {primary.service} ever worked")
        number = previous.revision
    else:
        number = request.revision
    revision = state.revision(primary.family, number)
    if revision is None:
        known = ", ".join(str(each.number) for each in state.revisions if each.family == primary.family)
        raise ReconcilerError(f"there is no revision {primary.family}:{number}; there are: {known}")
    if (revision.family, revision.number) == (primary.family, primary.revision):
        raise ReconcilerError(f"{primary.service} runs {revision} already; `reconciler restart` replaces its tasks")
    return revision


def _previous(deployment: Deployment, state: State) -> Deployment | None:
    """Return the newest deployment of another revision that worked, before this one."""
    own = (deployment.family, deployment.revision)
    found = (
        each
        for each in state.deployments
        if each.service == deployment.service and each.has_taken_over and (each.family, each.revision) != own
    )
    return max(found, key=lambda each: each.number, default=None)


def _restart(request: Request, state: State, target: Stack, now: float) -> State:
    """Replace every task by a new one of the same revision, within the deployment's bounds (ECS force new)."""
    service = _service(request, target)
    primary = state.primary(service.address)
    revision = state.revision(primary.family, primary.revision) if primary else None
    if revision is None:
        raise ReconcilerError(f"{service.address} was never deployed")
    return open_deployment(service, revision, state, now, replaces_before=now)


def _scale(request: Request, state: State, target: Stack, now: float) -> State:
    service = _service(request, target)
    autoscaling = target.autoscaling_of(service.address)
    if autoscaling is not None:
        return _scale_beside(autoscaling, request, state, now)
    before = next((each for each in state.scaled if each.service == service.address), None)
    declared = before.declared if before else service.desired_count
    count = declared if request.count is None else request.count
    others = tuple(each for each in state.scaled if each.service != service.address)
    mine = () if count == declared else (Scaled(service=service.address, count=count, declared=declared),)
    wanted = service.changed(desired_count=count)
    services = tuple(wanted if each.address == service.address else each for each in target.services)
    state = state.changed(scaled=(*others, *mine), target=target.changed(services=services))
    cause = "set by the user" if request.count is not None else "as declared"
    told = [desired_count_told(service.address, count, cause)] if count != service.desired_count else []
    return _resized(wanted, with_events(state, told, now), now)


def _scale_beside(autoscaling: Autoscaling, request: Request, state: State, now: float) -> State:
    """Set the count that autoscaling goes on from (ECS: as UpdateService does); outside of its bounds too."""
    if request.count is None:
        raise ReconcilerError(f"the count of {request.service} is no file's: {autoscaling.address} owns it")
    state = with_capacity(state, request.service, request.count)
    cause = f"set by the user; {autoscaling.address} goes on from there"
    state = with_events(state, [desired_count_told(request.service, request.count, cause)], now)
    service = state.target.service(request.service) if state.target is not None else None
    return state if service is None else _resized(service, state, now)


def _resized(service: Service, state: State, now: float) -> State:
    """Let the deployment of a service go on with its new count; one that failed is tried again from its beginning."""
    primary = state.primary(service.address)
    if primary is None:
        return state
    revision = state.revision(primary.family, primary.revision)
    if is_given_up(primary) and revision is not None:
        return open_deployment(service, revision, state, now)
    return _with(state, continued(primary, service, now, is_reopened=False))


def _maintain(request: Request, state: State, target: Stack, now: float) -> State:
    service = _service(request, target)
    groups = sorted({each.target_group for each in service.load_balancers})
    if not groups:
        raise ReconcilerError(f"{service.address} is behind no load balancer: nobody could be told")
    others = tuple(each for each in state.maintenance if each.target_group not in groups)
    message = request.message
    mine = () if message is None else tuple(Maintenance(target_group=each, message=message) for each in groups)
    everyone = tuple(sorted((*others, *mine), key=lambda each: each.target_group))
    told = "maintenance has ended." if message is None else f"maintenance has begun: {message}"
    return with_events(state.changed(maintenance=everyone), [(service.address, told)], now)


def _run_schedule(request: Request, state: State, target: Stack, now: float) -> State:
    """Start a run of a scheduled task beside its slots."""
    task = target.scheduled_task(request.service)
    if task is None:
        raise ReconcilerError(f"{request.service} is not in what was applied last")
    is_repeated = any(each.token == request.token for each in state.runs if each.token)
    running = () if is_repeated else unfinished(state, task.address)
    if running and task.overlap is Overlap.SKIP:
        hint = f'stop its tasks, or say overlap = "allow" or "replace" in {task.address}'
        raise ReconcilerError(f"run {running[0].id} is not over: wait for it, {hint}")
    return ask_for_run(task, request.token, state, now)


def _service(request: Request, target: Stack) -> Service:
    service = target.service(request.service)
    if service is None:
        raise ReconcilerError(f"{request.service} is not in what was applied last")
    return service


def _with(state: State, deployment: Deployment) -> State:
    found = tuple(deployment if each.id == deployment.id else each for each in state.deployments)
    return state.changed(deployments=found)


_ACTS: Mapping[RequestKind, Callable[[Request, State, Stack, float], State]] = {
    RequestKind.CONTINUE: _continue,
    RequestKind.STOP: _stop,
    RequestKind.ROLLBACK: _roll_back,
    RequestKind.RESTART: _restart,
    RequestKind.SCALE: _scale,
    RequestKind.MAINTENANCE: _maintain,
    RequestKind.PROTECT: lambda request, state, target, now: protect(request, state, now),
    RequestKind.RUN: lambda request, state, target, now: start_tasks(request, state, now),
    RequestKind.STOP_TASK: lambda request, state, target, now: stop_tasks(request, state, target, now),
    RequestKind.RUN_SCHEDULE: _run_schedule,
    RequestKind.SUSPEND: lambda request, state, target, now: suspend(request, state, now),
}
