"""`ps`: tasks, as text and as JSON from the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.routing import TargetHealth
from reconciler.model.snapshot import Container, ContainerStatus
from reconciler.model.task import HealthStatus, TaskRecord
from reconciler.model.task_definition import HOLDER
from reconciler.render.tables import table
from reconciler.render.words import duration, timestamp


@dataclass(frozen=True, slots=True)
class ShownTask:
    """A task with what the engine and the load balancers show of it. `target` is None without a load balancer."""

    record: TaskRecord
    health: HealthStatus = HealthStatus.UNKNOWN
    containers: tuple[Container, ...] = ()
    target: TargetHealth | None = None
    target_reason: str = ""


def tasks_json(tasks: Sequence[ShownTask]) -> list[dict[str, Any]]:
    """Return each task with its containers (ECS DescribeTasks)."""
    return [task_json(each) for each in tasks]


def tasks_text(tasks: Sequence[ShownTask], now: float) -> str:
    """Return a table with a row for each task; a column for targets when there are any."""
    if not tasks:
        return "No tasks."
    has_targets = any(each.target is not None for each in tasks)
    header = _HEADER if has_targets else tuple(each for each in _HEADER if each != "TARGET")
    return table(header, [tuple(_cells(each, now)[name] for name in header) for each in tasks])


_HEADER = ("TASK", "GROUP", "REVISION", "STATUS", "HEALTH", "TARGET", "AGE", "PORTS", "REASON")


def task_json(task: ShownTask) -> dict[str, Any]:
    """Return a task with its containers; `target_health` is None for one that is no target."""
    record, containers = task.record, task.containers
    return {
        "id": record.id,
        "group": record.group,
        "task_definition": f"{record.family}:{record.revision}",
        "deployment": record.deployment,
        "last_status": record.last_status.value,
        "desired_status": record.desired_status.value,
        "health_status": task.health.value,
        "target_health": task.target.value if task.target else None,
        "target_reason": task.target_reason or None,
        "created_at": timestamp(record.created_at),
        "started_at": timestamp(record.running_at) if record.running_at else None,
        "protected_until": timestamp(record.protected_until) if record.protected_until else None,
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


def _cells(task: ShownTask, now: float) -> dict[str, str]:
    record = task.record
    published = sorted(
        {
            f"{each.host_ip}:{each.host_port}->{each.container_port}"
            for found in task.containers
            for each in found.ports
        }
    )
    return {
        "TASK": record.short_id,
        "GROUP": record.group,
        "REVISION": f"{record.family}:{record.revision}",
        "STATUS": record.last_status.value,
        "HEALTH": "-" if record.is_stopped or record.is_one_off else _health(task),
        "TARGET": "-" if record.is_stopped or task.target is None else task.target.value,
        "AGE": duration(max(0.0, now - record.created_at)),
        "PORTS": " ".join(published) or "-",
        "REASON": record.stopped_reason or paused_words(task) or _protection(record, now),
    }


def paused_words(task: ShownTask) -> str:
    """Say which containers somebody paused, and what lets them go on; nothing of a task without any."""
    paused = [each.id[:12] for each in task.containers if each.status is ContainerStatus.PAUSED]
    return f"paused by somebody: docker unpause {' '.join(paused)}" if paused else ""


def _protection(record: TaskRecord, now: float) -> str:
    until = record.protected_until
    is_protected = until is not None and until > now and not record.is_stopped
    return f"protected for {duration(until - now)}" if until is not None and is_protected else ""


def _health(task: ShownTask) -> str:
    is_proven = task.record.healthy_at is not None and task.health is HealthStatus.UNKNOWN
    return "healthy" if is_proven else task.health.value.lower()
