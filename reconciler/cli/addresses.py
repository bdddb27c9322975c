"""What people type for a task: `service.web`, `service.web/TASK`, `service.web/TASK/CONTAINER`, `web`, or an id."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.engine.present import TaskNow
from reconciler.errors import ReconcilerError
from reconciler.model.address import short_name
from reconciler.model.snapshot import Container
from reconciler.model.task_definition import HOLDER


def matching_tasks(tasks: Iterable[TaskNow], address: str) -> tuple[TaskNow, ...]:
    """Return the tasks that an address means; raises with the known groups when there is none."""
    found = tuple(tasks)
    group, _, rest = address.partition("/")
    task = rest.partition("/")[0]
    matches = tuple(each for each in found if _is_group(each, group) and each.record.id.startswith(task))
    matches = matches or tuple(each for each in found if not rest and each.record.id.startswith(group))
    if not matches:
        known = sorted({each.record.group for each in found})
        raise ReconcilerError(f'no task matches "{address}"; there are tasks of: {", ".join(known) or "nothing"}')
    return matches


def one_task(tasks: Iterable[TaskNow], address: str) -> TaskNow:
    """Return the task that an address means: the only one, else a healthy one that runs."""
    matches = matching_tasks(tasks, address)
    running = [each for each in matches if each.record.last_status.value == "RUNNING"]
    ranked = sorted(running, key=lambda each: (each.record.healthy_at is None, each.record.id))
    if not ranked:
        raise ReconcilerError(f'no task of "{address}" is running; see: reconciler ps --all')
    return ranked[0]


def named_container(address: str) -> str:
    """Return the container in `service.web/TASK/CONTAINER`, or an empty text."""
    parts = address.split("/")
    return parts[2] if len(parts) > 2 else ""


def containers_of(task: TaskNow, name: str) -> tuple[Container, ...]:
    """Return a task's containers, or the one of that name."""
    present = tuple(each for each in (task.observed.containers if task.observed else ()) if each.name != HOLDER)
    if not name:
        return present
    found = tuple(each for each in present if each.name == name)
    if not found:
        names = ", ".join(each.name for each in present)
        raise ReconcilerError(
            f'task {task.record.short_id} has no container "{name}"; it has: {names or "none left"}'
        )
    return found


def first_essential(task: TaskNow, name: str) -> Container:
    """Return the named container, or the first essential one that runs."""
    containers = [each for each in containers_of(task, name) if each.is_live]
    essential = {each.name for each in (task.definition.essential if task.definition else ())}
    ranked = sorted(containers, key=lambda each: (each.name not in essential, each.name))
    if not ranked:
        raise ReconcilerError(f"no container of task {task.record.short_id} is running")
    return ranked[0]


def _is_group(task: TaskNow, text: str) -> bool:
    group = task.record.group
    if group.startswith("family:"):
        return text in (group, group.removeprefix("family:"), f"task_definition.{task.record.family}")
    return text in (group, short_name(group), task.record.service_name)
