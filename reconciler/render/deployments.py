"""`deployment list` and `deployment show`: how deployments went, as text and as JSON from the same values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.decision import Waiting
from reconciler.model.deployment import AlarmReading, Deployment, HookRun, HookStatus, RolloutState
from reconciler.model.request import Request
from reconciler.model.service import DeploymentStrategy, LifecycleStage, Service
from reconciler.model.state import State
from reconciler.render.deployment_status import ServiceDeploymentStatus, monitor_of, status_of, undoing_of
from reconciler.render.progress import waiting_words
from reconciler.render.safe import one_line
from reconciler.render.tables import table
from reconciler.render.tasks import ShownTask, task_json, tasks_text
from reconciler.render.traffic import Share, share_json, share_text
from reconciler.render.words import duration, timestamp


@dataclass(frozen=True, slots=True)
class DeploymentDetail:
    """All that is told of one deployment. `service` is as applied last; None once it left the stack.

    `waits` is what its service waits for; `options` is what suggested commands need, such as ` --stack shop`.
    """

    deployment: Deployment
    state: State
    service: Service | None = None
    waiting: tuple[Request, ...] = ()
    shares: tuple[Share, ...] = ()
    tasks: tuple[ShownTask, ...] = ()
    waits: Waiting | None = None
    options: str = ""


def deployments_json(
    deployments: Iterable[Deployment], state: State, waiting: Sequence[Request]
) -> list[dict[str, Any]]:
    """Return each deployment (ECS DescribeServiceDeployments)."""
    return [_brief(each, state, waiting) for each in deployments]


def deployments_text(deployments: Sequence[Deployment], state: State, waiting: Sequence[Request], now: float) -> str:
    """Return a table with a row for each deployment."""
    if not deployments:
        return "No deployments."
    rows = [_row(each, state, waiting, now) for each in deployments]
    return table(("DEPLOYMENT", "SERVICE", "REVISION", "STRATEGY", "STATUS", "STARTED", "TOOK", "REASON"), rows)


def deployment_json(detail: DeploymentDetail) -> dict[str, Any]:
    """Return one deployment with its stages, hooks, alarms, shares, tasks, and what it waits for."""
    deployment = detail.deployment
    monitor, limit = monitor_of(deployment, detail.service)
    return {
        **_brief(deployment, detail.state, detail.waiting),
        "traffic": [share_json(each) for each in detail.shares],
        "lifecycle_stages": list(_stages(deployment)),
        "lifecycle_hooks": [_hook(each, deployment) for each in deployment.hooks],
        "alarms": [_alarm(each) for each in deployment.alarms],
        "circuit_breaker": {"status": monitor.value, "failure_count": deployment.failures, "threshold": limit},
        "waiting_for": detail.waits.reason if detail.waits else None,
        "waiting_until": timestamp(detail.waits.until) if detail.waits and detail.waits.until else None,
        "continue_command": continue_command(deployment, detail.options) or None,
        "tasks": [task_json(each) for each in detail.tasks],
    }


def deployment_text(detail: DeploymentDetail, now: float) -> str:
    """Return a deployment as a page: what it is, how it stands, its stages, and what to type when it pauses."""
    shape = deployment_json(detail)
    parts = [_head(shape), *_facts(shape, detail, now)]
    parts += ["", "Stages:", *_stage_lines(detail.deployment, now)]
    parts += _hook_lines(detail.deployment, now)
    parts += _alarm_lines(detail.deployment)
    parts += ["", "Tasks:", *_indented(tasks_text(detail.tasks, now))] if detail.tasks else []
    if shape["continue_command"]:
        parts += ["", "It pauses. To go on, or to roll back:", f"  {shape['continue_command']}"]
        parts += [f"  {shape['continue_command']} --rollback"]
    return "\n".join(parts)


def continue_command(deployment: Deployment, options: str = "") -> str:
    """Return the command that answers the pause of a deployment, or an empty text when it does not pause."""
    pauses = any(each.status is HookStatus.AWAITING_ACTION for each in deployment.hooks)
    if not pauses or deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return ""
    return f"reconciler deployment continue {deployment.id}{options}"


def _brief(deployment: Deployment, state: State, waiting: Sequence[Request]) -> dict[str, Any]:
    undoing = undoing_of(deployment, state)
    return {
        "id": deployment.id,
        "number": deployment.number,
        "service": deployment.service,
        "task_definition": f"{deployment.family}:{deployment.revision}",
        "status": status_of(deployment, state, waiting).value,
        "status_reason": deployment.reason or None,
        "primary": deployment.is_primary,
        "strategy": deployment.strategy.value,
        "stage": deployment.stage.value,
        "pool": deployment.color.value,
        "desired_count": deployment.desired_count,
        "failed_tasks": deployment.failures,
        "shifts_from": deployment.shifts_from or None,
        "rolls_back": deployment.rolls_back or None,
        "rolled_back_by": undoing.id if undoing else None,
        "created_at": timestamp(deployment.created_at),
        "updated_at": timestamp(deployment.updated_at),
        "finished_at": timestamp(ended_at) if (ended_at := _ended_at(deployment)) is not None else None,
    }


def _ended_at(deployment: Deployment) -> float | None:
    if deployment.rollout_state is RolloutState.IN_PROGRESS:
        return None
    return deployment.updated_at if deployment.completed_at is None else deployment.completed_at


def _row(deployment: Deployment, state: State, waiting: Sequence[Request], now: float) -> tuple[str, ...]:
    status = status_of(deployment, state, waiting)
    ended_at = _ended_at(deployment)
    note = f"rolls back {deployment.rolls_back}" if deployment.rolls_back else ""
    is_well = status in (ServiceDeploymentStatus.SUCCESSFUL, ServiceDeploymentStatus.PENDING)
    return (
        deployment.id,
        deployment.service,
        f"{deployment.family}:{deployment.revision}",
        deployment.strategy.value,
        status.value,
        f"{duration(max(0.0, now - deployment.created_at))} ago",
        duration(max(0.0, (now if ended_at is None else ended_at) - deployment.created_at)),
        "; ".join(each for each in (note, "" if is_well else deployment.reason) if each),
    )


def _stages(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """Yield the stages in order; those of a traffic shift come once for each step, which counts from 1."""
    passed = [(each.stage, each.shift, each.began_at) for each in deployment.stages]
    passed.append((deployment.stage, deployment.shift, deployment.stage_at))
    ends: list[float | None] = [began_at for _, _, began_at in passed[1:]]
    for (stage, shift, began_at), ended_at in zip(passed, [*ends, _ended_at(deployment)], strict=True):
        yield {
            "stage": stage.value,
            "step": shift + 1 if _is_step(deployment, stage) else None,
            "began_at": timestamp(began_at),
            "ended_at": timestamp(ended_at) if ended_at is not None else None,
            "seconds": round(max(0.0, ended_at - began_at), 1) if ended_at is not None else None,
        }


def _is_step(deployment: Deployment, stage: LifecycleStage) -> bool:
    """Whether a stage comes once for each step of the shift; blue/green has but one."""
    has_steps = deployment.strategy in (DeploymentStrategy.LINEAR, DeploymentStrategy.CANARY)
    return has_steps and bool(deployment.shifts_from) and stage in _STEPPED


_STEPPED = (LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT, LifecycleStage.PRODUCTION_TRAFFIC_SHIFT)


def _hook(run: HookRun, deployment: Deployment) -> dict[str, Any]:
    return {
        "name": run.name,
        "stage": run.stage.value,
        "step": run.shift + 1 if _is_step(deployment, run.stage) else None,
        "status": run.status.value,
        "reason": run.reason or None,
        "task": run.task_id or None,
        "started_at": timestamp(run.started_at),
        "ended_at": timestamp(run.ended_at) if run.ended_at is not None else None,
    }


def _alarm(reading: AlarmReading) -> dict[str, Any]:
    return {
        "name": reading.name,
        "last_value": reading.value,
        "breaches": reading.breaches,
        "ignored": reading.is_ignored,
        "sampled_at": timestamp(reading.sampled_at),
    }


def _head(shape: dict[str, Any]) -> str:
    reason = f": {one_line(shape['status_reason'])}" if shape["status_reason"] else ""
    what = f"Deployment {shape['id']} of {shape['service']}, revision {shape['task_definition']}"
    return f"{what}: {shape['status']}{reason}"


def _facts(shape: dict[str, Any], detail: DeploymentDetail, now: float) -> Iterator[str]:
    deployment = detail.deployment
    yield ""
    yield f"  strategy         {shape['strategy']}{_where(deployment)}"
    ended_at = _ended_at(deployment)
    took = duration(max(0.0, (now if ended_at is None else ended_at) - deployment.created_at))
    yield f"  started          {shape['created_at']}, {'so far' if ended_at is None else 'took'} {took}"
    yield from (f"  traffic          {_traffic(each, detail.shares)}" for each in detail.shares)
    breaker = shape["circuit_breaker"]
    yield f"  circuit breaker  {breaker['status']}{_failures(breaker)}"
    if deployment.rolls_back:
        yield f"  rolls back       {deployment.rolls_back}"
    if shape["rolled_back_by"]:
        yield f"  rolled back by   {shape['rolled_back_by']}"
    if detail.waits:
        words = waiting_words(detail.waits.reason, detail.waits.until, now)
        yield f"  now              it {words}"


def _where(deployment: Deployment) -> str:
    if deployment.shifts_from:
        return f", traffic from {deployment.color.other} to {deployment.color}"
    return f", in pool {deployment.color}" if deployment.registrations else ""


def _traffic(share: Share, all_of_them: Sequence[Share]) -> str:
    several = len({(each.load_balancer, each.target_group) for each in all_of_them}) > 1
    return f"{share_text(share)}{f' of {share.target_group} at {share.load_balancer}' if several else ''}"


def _failures(breaker: dict[str, Any]) -> str:
    if breaker["threshold"] is None:
        return f", failures {breaker['failure_count']}" if breaker["failure_count"] else ""
    return f", failures {breaker['failure_count']} of {breaker['threshold']}"


def _stage_lines(deployment: Deployment, now: float) -> Iterator[str]:
    for stage in _stages(deployment):
        step = f" (step {stage['step']})" if stage["step"] else ""
        is_there = stage["ended_at"] is None
        spent = duration(max(0.0, now - deployment.stage_at)) if is_there else duration(stage["seconds"])
        yield f"  {stage['began_at']}  {stage['stage'] + step:<40}  {spent}{' so far' if is_there else ''}"


def _hook_lines(deployment: Deployment, now: float) -> Iterator[str]:
    if not deployment.hooks:
        return
    yield from ("", "Lifecycle hooks:")
    for run in deployment.hooks:
        spent = duration(max(0.0, (now if run.ended_at is None else run.ended_at) - run.started_at))
        step = f" (step {run.shift + 1})" if _is_step(deployment, run.stage) else ""
        reason = f"  {one_line(run.reason)}" if run.reason else ""
        yield f"  {run.name}  {run.stage}{step}  {run.status}  {spent}{reason}"


def _alarm_lines(deployment: Deployment) -> Iterator[str]:
    if not deployment.alarms:
        return
    yield from ("", "Alarms:")
    for reading in deployment.alarms:
        value = "no value yet" if reading.value is None else f"last value {reading.value:g}"
        ignored = ", ignored: it fired before the deployment" if reading.is_ignored else ""
        breaches = f", above its limit {reading.breaches} times in a row" if reading.breaches else ""
        yield f"  {reading.name}  {value}{breaches}{ignored}"


def _indented(text: str) -> Iterator[str]:
    return (f"  {line}" for line in text.splitlines())
