"""`status` and `ps`: what runs, as text and as JSON from the same values."""

from __future__ import annotations

from typing import Any

from reconciler.model.decision import Decision
from reconciler.model.snapshot import Container
from reconciler.model.stack import Stack
from reconciler.model.state import Deployment, State
from reconciler.model.task import DesiredStatus, HealthStatus, TaskRecord, TaskStatus
from reconciler.model.task_definition import HOLDER
from reconciler.render.progress import waiting_words
from reconciler.render.safe import one_line
from reconciler.render.tables import table
from reconciler.render.words import duration, timestamp

EVENTS_SHOWN = 5


def status_json(stack: Stack, decision: Decision) -> dict[str, Any]:
    """Return services with counts, deployments and their newest events (ECS DescribeServices)."""
    state = decision.state
    waits = {each.address: each.reason for each in reversed(decision.waiting_for)}
    services = [
        {
            "address": service.address,
            "name": service.name,
            "task_definition": _revision(state.primary(service.address)),
            "desired_count": service.desired_count,
            **_counts(state, service.address),
            "waiting_for": waits.get(service.address),
            "deployments": [
                _deployment(each)
                for each in reversed(state.deployments)
                if each.service == service.address and each.status.value != "INACTIVE"
            ],
            "events": _events(state, service.address),
        }
        for service in stack.services
    ]
    return {"stack": state.stack_name, "serial": state.serial, "steady": decision.is_steady, "services": services}


def status_text(stack: Stack, decision: Decision, now: float) -> str:
    """Return the verdict, a table of services, what is waited for, and the newest events."""
    shape = status_json(stack, decision)
    parts = [_verdict(shape, decision)]
    if shape["services"]:
        rows = [_service_row(each) for each in shape["services"]]
        parts += ["", table(("SERVICE", "REVISION", "DESIRED", "RUNNING", "PENDING", "HEALTHY", "DEPLOYMENT"), rows)]
    waits = [f"  {each.address} {waiting_words(each.reason)}" for each in decision.waiting_for]
    parts += ["", "Waiting:", *waits] if waits else []
    events = [
        f"  {duration(max(0.0, now - each.at)):>6} ago  {each.address} {one_line(each.message)}"
        for each in decision.state.events[-EVENTS_SHOWN:]
    ]
    parts += ["", "Events:", *events] if events else []
    return "\n".join(parts)


def tasks_json(tasks: tuple[tuple[TaskRecord, HealthStatus, tuple[Container, ...]], ...]) -> list[dict[str, Any]]:
    """Return each task with its containers (ECS DescribeTasks)."""
    return [_task(record, health, containers) for record, health, containers in tasks]


def tasks_text(tasks: tuple[tuple[TaskRecord, HealthStatus, tuple[Container, ...]], ...], now: float) -> str:
    """Return a table with a row for each task."""
    if not tasks:
        return "No tasks."
    rows = [_task_row(record, health, containers, now) for record, health, containers in tasks]
    return table(("TASK", "GROUP", "REVISION", "STATUS", "HEALTH", "AGE", "PORTS", "REASON"), rows)


def _verdict(shape: dict[str, Any], decision: Decision) -> str:
    name, services = shape["stack"], shape["services"]
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


def _deployment(deployment: Deployment) -> dict[str, Any]:
    return {
        "id": deployment.id,
        "status": deployment.status.value,
        "task_definition": _revision(deployment),
        "desired_count": deployment.desired_count,
        "failed_tasks": deployment.failures,
        "rollout_state": deployment.rollout_state.value,
        "rollout_state_reason": deployment.reason or None,
        "created_at": timestamp(deployment.created_at),
        "updated_at": timestamp(deployment.updated_at),
    }


def _events(state: State, address: str) -> list[dict[str, Any]]:
    mine = [each for each in state.events if each.address == address][-EVENTS_SHOWN:]
    return [{"created_at": timestamp(each.at), "message": each.message} for each in mine]


def _service_row(service: dict[str, Any]) -> tuple[str, ...]:
    deployments = ", ".join(f"{each['status']} {each['rollout_state']}" for each in service["deployments"])
    counts = (service[name] for name in ("desired_count", "running_count", "pending_count", "healthy_count"))
    return (
        service["address"],
        service["task_definition"] or "-",
        *(str(each) for each in counts),
        deployments or "-",
    )


def _task(record: TaskRecord, health: HealthStatus, containers: tuple[Container, ...]) -> dict[str, Any]:
    return {
        "id": record.id,
        "group": record.group,
        "task_definition": f"{record.family}:{record.revision}",
        "deployment": record.deployment,
        "last_status": record.last_status.value,
        "desired_status": record.desired_status.value,
        "health_status": health.value,
        "created_at": timestamp(record.created_at),
        "started_at": timestamp(record.running_at) if record.running_at else None,
        "stopped_at": timestamp(record.stopped_at) if record.stopped_at else None,
        "stop_code": record.stop_code.value if record.stop_code else None,
        "stopped_reason": record.stopped_reason or None,
        "containers": [_container(each) for each in containers if each.name != HOLDER]
        or [each.model_dump(mode="json") for each in record.containers],
        "ports": [each.model_dump(mode="json") for container in containers for each in container.ports],
    }


def _container(container: Container) -> dict[str, Any]:
    return {
        "name": container.name,
        "id": container.id,
        "last_status": container.status.value,
        "health": container.health.value if container.health else None,
        "exit_code": container.exit_code if container.has_exited else None,
        "started_at": timestamp(container.started_at) if container.started_at else None,
        "image_id": container.image_id,
    }


def _task_row(
    record: TaskRecord, health: HealthStatus, containers: tuple[Container, ...], now: float
) -> tuple[str, ...]:
    published = sorted(
        {f"{each.host_ip}:{each.host_port}->{each.container_port}" for found in containers for each in found.ports}
    )
    healthy = "healthy" if record.healthy_at and health is HealthStatus.UNKNOWN else health.value.lower()
    return (
        record.short_id,
        record.group,
        f"{record.family}:{record.revision}",
        record.last_status.value,
        "-" if record.is_stopped or record.is_one_off else healthy,
        duration(max(0.0, now - record.created_at)),
        " ".join(published) or "-",
        record.stopped_reason or "",
    )
