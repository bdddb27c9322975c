"""New tasks of a service: as many as are wanted and fit on the engine."""

from __future__ import annotations

from reconciler.model.deployment import Deployment
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler import images
from reconciler.scheduler.service_ground import ServiceGround
from reconciler.scheduler.service_view import ServiceView
from reconciler.scheduler.tasks import task_id


def start(
    view: ServiceView, deployment: Deployment, definition: TaskDefinition, count: int, ground: ServiceGround
) -> tuple[tuple[TaskRecord, ...], str]:
    """Make records for new tasks while they fit. Returns them, and why no more of them fit."""
    records: list[TaskRecord] = []
    refused = ""
    first = _next_ordinal(view, deployment) if count else 0
    for ordinal in range(first, first + count):
        refused = ground.capacity.why_not(definition)
        if refused:
            refused = f"was unable to place a task because no engine met all of its requirements: {refused}"
            break
        ground.capacity.take(definition)
        records.append(
            TaskRecord(
                id=task_id(ground.owner, view.service.address, deployment.id, ordinal),
                group=view.service.address,
                service_name=view.service.name,
                family=deployment.family,
                revision=deployment.revision,
                deployment=deployment.id,
                ordinal=ordinal,
                created_at=ground.now,
            )
        )
    return tuple(records), refused


def keep_up(view: ServiceView, deployment: Deployment, ground: ServiceGround) -> tuple[TaskRecord, ...]:
    """Replace tasks that ended of the deployment that still has traffic, or may get it back (ECS keeps both up)."""
    source, definition = view.source, view.source_definition
    if source is None or definition is None or not deployment.is_shifting:
        return ()
    if source.retry_at is not None and ground.now < source.retry_at:
        return ()
    there = sum(each.color is source.color for each in (*view.fleet.replace, *view.fleet.leaving))
    missing = min(source.desired_count, view.desired) - there
    if missing <= 0 or images.unpinned(definition, source.images):
        return ()
    started, _ = start(view, source, definition, missing, ground)
    return started


def numbered(deployment: Deployment, started: tuple[TaskRecord, ...]) -> Deployment:
    """Return the deployment with the number that its next task gets."""
    return deployment.changed(next_ordinal=started[-1].ordinal + 1) if started else deployment


def _next_ordinal(view: ServiceView, deployment: Deployment) -> int:
    """Return the first number that no task of the deployment has, though an older State was restored."""
    used = (each.record.ordinal for each in view.tasks if each.record.deployment == deployment.id)
    return max(deployment.next_ordinal, max(used, default=0) + 1)
