"""What people type for a task: `service.web`, `service.web/TASK`, `service.web/TASK/CONTAINER`, `web`, or an id.

A block with count or for_each means all its copies, a module all that is in it. Quotes of keys may be missing:
a shell takes them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reconciler.engine.present import TaskNow
from reconciler.errors import ReconcilerError
from reconciler.model.address import is_within, short_name
from reconciler.model.snapshot import Container
from reconciler.model.task_definition import HOLDER


def matching_tasks(tasks: Iterable[TaskNow], address: str) -> tuple[TaskNow, ...]:
    """Return the tasks that an address means; raises with the known groups when there is none."""
    found = tuple(tasks)
    group, task, _ = _parts(address)
    of_group = [each for each in found if _is_group(each, group)] or [each for each in found if _is_in(each, group)]
    matches = tuple(each for each in of_group if each.record.id.startswith(task))
    matches = matches or tuple(each for each in found if not task and each.record.id.startswith(group))
    if not matches:
        known = sorted({each.record.group for each in found})
        raise ReconcilerError(f'no task matches "{address}"; there are tasks of: {", ".join(known) or "nothing"}')
    return matches


def one_task(tasks: Iterable[TaskNow], address: str) -> TaskNow:
    """Return the task that an address means: the only one, else a healthy one that runs, all being of one service."""
    matches = matching_tasks(tasks, address)
    groups = sorted({each.record.group for each in matches})
    if len(groups) > 1:
        raise ReconcilerError(f'"{address}" means tasks of several: {", ".join(groups)}; give one of these addresses')
    running = [each for each in matches if each.record.last_status.value == "RUNNING"]
    ranked = sorted(running, key=lambda each: (each.record.healthy_at is None, each.record.id))
    if not ranked:
        raise ReconcilerError(f'no task of "{address}" is running; see: reconciler ps --all')
    return ranked[0]


def named_container(address: str) -> str:
    """Return the container in `service.web/TASK/CONTAINER`, or an empty text."""
    return _parts(address)[2]


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
    return text in (group, task.record.service_name)


def _is_in(task: TaskNow, text: str) -> bool:
    """Say whether a task is of that module, of a copy of that block, or of a service called so in its module."""
    group = task.record.group
    if group.startswith("family:"):
        return False
    return any(is_within(each.replace('"', ""), text.replace('"', "")) for each in (group, short_name(group)))


def _parts(address: str) -> tuple[str, str, str]:
    """Return group, task and container, the last two empty where they are not named. A key may hold a slash.

    >>> _parts('service.web["a/b"]/7f3c')
    ('service.web["a/b"]', '7f3c', '')
    """
    group, task, container, *_ = (*_PART.findall(address), "", "", "")
    return group, task, container


_PART = re.compile(r'(?:[^/"]|"(?:[^"\\]|\\.)*"|")+')
