"""`status`: services, load balancers and what is waited for, as text and as JSON from the same values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.notification import EventKind
from reconciler.model.service import Service
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Event, State
from reconciler.model.task import DesiredStatus, TaskStatus
from reconciler.render.autoscaling import autoscaling_of, missing_lines
from reconciler.render.deployment_status import status_of
from reconciler.render.notifications import failing_lines, notifications_json
from reconciler.render.progress import waiting_words
from reconciler.render.safe import one_line
from reconciler.render.schedules import schedule_json, schedule_line
from reconciler.render.tables import table
from reconciler.render.tasks import ShownTask, paused_words
from reconciler.render.traffic import (
    is_behind,
    load_balancer_json,
    load_balancer_row,
    maintenance_of,
    share_json,
    shares_of,
    shares_text,
    target_counts,
    targets_text,
)
from reconciler.render.words import count, duration, timestamp

EVENTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """A stack as it is now. `stack` is what was applied last."""

    stack: Stack
    decision: Decision
    snapshot: Snapshot = field(default_factory=Snapshot)
    tasks: tuple[ShownTask, ...] = ()


def status_json(standing: Standing) -> dict[str, Any]:
    """Return load balancers, and services with counts, deployments and newest events (ECS DescribeServices)."""
    state, stack = standing.decision.state, standing.stack
    return {
        "stack": state.stack_name,
        "serial": state.serial,
        "steady": standing.decision.is_steady,
        "load_balancers": [load_balancer_json(each, standing.snapshot) for each in stack.load_balancers],
        "services": [_service(each, standing) for each in stack.services],
        "scheduled_tasks": [schedule_json(each, state) for each in stack.scheduled_tasks],
        "notifications": notifications_json(state),
    }


def status_text(standing: Standing, now: float) -> str:
    """Return the verdict, tables of load balancers and services, what is waited for, and the newest events."""
    shape, decision = status_json(standing), standing.decision
    parts = [_verdict(shape, decision)]
    if shape["load_balancers"]:
        rows = [load_balancer_row(each) for each in shape["load_balancers"]]
        parts += ["", table(("LOAD BALANCER", "STATE", "LISTENERS"), rows)]
    if shape["services"]:
        parts += ["", _services_table(shape)]
    scheduled = standing.stack.scheduled_tasks
    parts += (
        ["", "Scheduled:", *(f"  {schedule_line(each, decision.state, now)}" for each in scheduled)]
        if scheduled
        else []
    )
    remarks = [line for each in standing.stack.services for line in _remarks(each, standing)]
    remarks += _paused(standing.tasks)
    remarks += _protected(decision.state, now)
    remarks += [f"  {line}" for line in failing_lines(decision.state, now)]
    parts += ["", *remarks] if remarks else []
    waits = [f"  {each.address} {waiting_words(each.reason, each.until, now)}" for each in decision.waiting_for]
    parts += ["", "Waiting:", *waits] if waits else []
    events = [
        f"  {duration(max(0.0, now - each.at)):>6} ago  {each.address} {one_line(each.message)}"
        for each in _newest(decision.state.events)
    ]
    parts += ["", "Events:", *events] if events else []
    return "\n".join(parts)


def _service(service: Service, standing: Standing) -> dict[str, Any]:
    state = standing.decision.state
    primary = state.primary(service.address)
    waits = {each.address: each for each in reversed(standing.decision.waiting_for)}
    waiting = waits.get(service.address)
    mine = [each for each in standing.tasks if each.record.group == service.address and not each.record.is_stopped]
    scaled = next((each for each in state.scaled if each.service == service.address), None)
    return {
        "address": service.address,
        "name": service.name,
        "task_definition": _revision(primary),
        "desired_count": service.desired_count,
        "scaled": {"count": scaled.count, "declared": scaled.declared} if scaled else None,
        "autoscaling": autoscaling_of(service.address, state),
        **_counts(state, service.address),
        "targets": target_counts(each.target for each in mine) if is_behind(service, standing.stack) else None,
        "traffic": [share_json(each) for each in shares_of(service.load_balancers, standing.snapshot)],
        "maintenance": maintenance_of(service, state),
        "stage": _stage(primary),
        "waiting_for": waiting.reason if waiting else None,
        "next_attempt_at": timestamp(waiting.until) if waiting and waiting.until is not None else None,
        "deployments": [
            _deployment(each, state)
            for each in reversed(state.deployments)
            if each.service == service.address and each.status.value != "INACTIVE"
        ],
        "events": _events(state, service.address),
    }


def _services_table(shape: dict[str, Any]) -> str:
    """Return a row for each service; the targets have a column when there is a load balancer."""
    has_targets = any(each["targets"] is not None for each in shape["services"])
    header = [each for each in _HEADER if has_targets or each != "TARGETS"]
    cells = [_cells(each) for each in shape["services"]]
    return table(header, [[row[name] for name in header] for row in cells])


_HEADER = ("SERVICE", "REVISION", "DESIRED", "RUNNING", "PENDING", "HEALTHY", "TARGETS", "DEPLOYMENT")


def _remarks(service: Service, standing: Standing) -> Iterator[str]:
    """Yield what is out of the ordinary: a shift under way, a rollback, maintenance, a count that somebody set."""
    state = standing.decision.state
    primary = state.primary(service.address)
    split = [each for each in shares_of(service.load_balancers, standing.snapshot) if each.is_split]
    if primary is not None and (split or primary.is_shifting):
        stage = _stage(primary)
        words = [each for each in (stage, shares_text(split)) if each]
        yield f"  {service.address}: {', '.join(words)}"
    if primary is not None and primary.rolls_back:
        yield f"  {service.address}: deployment {primary.rolls_back} was rolled back to {_revision(primary)}"
    message = maintenance_of(service, state)
    if message is not None:
        yield f'  {service.address}: in maintenance, every request is answered with 503 and "{one_line(message)}"'
    yield from _counted(service, state)


def _counted(service: Service, state: State) -> Iterator[str]:
    """Say who owns a count that is not the file's: autoscaling, within which bounds, or who set it by hand."""
    shape = autoscaling_of(service.address, state)
    if shape is not None:
        bounds = f"{shape['min_capacity']}..{shape['max_capacity']}"
        resting = f", suspended: {', '.join(shape['suspended'])}" if shape["suspended"] else ""
        who = f"managed by {shape['address']} ({bounds}){resting}"
        yield f"  {service.address}: {shape['desired_count']} desired, {who}"
        yield from (f"  {service.address}: {line}" for line in missing_lines(shape))
        return
    for each in state.scaled:
        if each.service == service.address:
            file = f"the file says {each.declared}"
            yield f"  {service.address}: {each.count} desired, set by `reconciler scale`; {file}"


def _paused(tasks: Iterable[ShownTask]) -> list[str]:
    return [
        f"  {each.record.group}: task {each.record.short_id} is {words}"
        for each in tasks
        if (words := paused_words(each))
    ]


def _protected(state: State, now: float) -> list[str]:
    return [
        f"  {each.group}: task {each.short_id} is protected for {duration(each.protected_until - now)}"
        for each in state.tasks
        if each.protected_until is not None and each.protected_until > now and not each.is_stopped
    ]


def _stage(deployment: Deployment | None) -> str | None:
    if deployment is None or deployment.rollout_state is not RolloutState.IN_PROGRESS:
        return None
    return deployment.stage.value


def _verdict(shape: dict[str, Any], decision: Decision) -> str:
    name, services = shape["stack"], shape["services"]
    if not services and shape["scheduled_tasks"]:
        return f'Stack "{name}": {count(len(shape["scheduled_tasks"]), "scheduled task")}, no services.'
    if not services:
        return f'Stack "{name}": nothing is applied.'
    failed = len(decision.failed)
    steady = sum(each["address"] not in decision.unsettled for each in services)
    words = [f"{steady} of {len(services)} services steady"]
    words += [f"{failed} FAILED"] if failed else []
    return f'Stack "{name}": {", ".join(words)}.'


def _counts(state: State, address: str) -> dict[str, int]:
    records = [each for each in state.tasks if each.group == address and not each.is_stopped]
    wanted = [each for each in records if each.desired_status is DesiredStatus.RUNNING]
    running = [each for each in wanted if each.last_status is TaskStatus.RUNNING]
    return {
        "running_count": len(running),
        "pending_count": len(wanted) - len(running),
        "stopping_count": len(records) - len(wanted),
        "healthy_count": sum(each.healthy_at is not None for each in running),
    }


def _revision(deployment: Deployment | None) -> str | None:
    return f"{deployment.family}:{deployment.revision}" if deployment else None


def _deployment(deployment: Deployment, state: State) -> dict[str, Any]:
    return {
        "id": deployment.id,
        "status": deployment.status.value,
        "task_definition": _revision(deployment),
        "desired_count": deployment.desired_count,
        "failed_tasks": deployment.failures,
        "deployment_status": status_of(deployment, state).value,
        "strategy": deployment.strategy.value,
        "stage": deployment.stage.value,
        "pool": deployment.color.value,
        "rollout_state": deployment.rollout_state.value,
        "rollout_state_reason": deployment.reason or None,
        "created_at": timestamp(deployment.created_at),
        "updated_at": timestamp(deployment.updated_at),
    }


def _events(state: State, address: str) -> list[dict[str, Any]]:
    mine = _newest(each for each in state.events if each.address == address)
    return [{"created_at": timestamp(each.at), "message": each.message} for each in mine]


def _newest(events: Iterable[Event]) -> list[Event]:
    """Return the newest events, without those of single tasks: the `events` command has them all."""
    return [each for each in events if each.kind is not EventKind.TASK][-EVENTS_SHOWN:]


def _cells(service: dict[str, Any]) -> dict[str, str]:
    deployments = ", ".join(f"{each['status']} {each['rollout_state']}" for each in service["deployments"])
    return {
        "SERVICE": service["address"],
        "REVISION": service["task_definition"] or "-",
        "DESIRED": str(service["desired_count"]),
        "RUNNING": str(service["running_count"]),
        "PENDING": str(service["pending_count"]),
        "HEALTHY": str(service["healthy_count"]),
        "TARGETS": targets_text(service["targets"] or {}),
        "DEPLOYMENT": deployments or "-",
    }
