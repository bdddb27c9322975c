"""Tasks as they are shown: what the engine and the load balancers say, for the renderers."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.engine.present import TaskNow
from reconciler.render.tasks import ShownTask


def shown_tasks(tasks: Iterable[TaskNow]) -> tuple[ShownTask, ...]:
    """Return tasks as the renderers take them."""
    return tuple(_shown(each) for each in tasks)


def _shown(task: TaskNow) -> ShownTask:
    containers = task.observed.containers if task.observed else ()
    if task.traffic is None:
        return ShownTask(task.record, task.health, containers)
    return ShownTask(task.record, task.health, containers, task.traffic.health, task.traffic.reason)
