"""Tasks that belong to no service: they run to their end and are never restarted (ECS RunTask)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.deployment import Deployment
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import Step
from reconciler.model.task import StopCode
from reconciler.scheduler import images
from reconciler.scheduler.recorder import fail, stop
from reconciler.scheduler.task_view import TaskView


def fail_unobtainable(tasks: tuple[TaskView, ...], snapshot: Snapshot, now: float) -> tuple[TaskView, ...]:
    """Mark the one-off tasks whose image cannot be had: they failed to start."""
    return tuple(_fail_unobtainable(view, snapshot, now) if _is_waiting(view) else view for view in tasks)


def stop_all(tasks: tuple[TaskView, ...], now: float) -> tuple[TaskView, ...]:
    """Stop every one-off task: the stack is destroyed."""
    code, reason = StopCode.USER_INITIATED, "the stack is destroyed"
    return tuple(
        replace(view, record=stop(view.record, code, reason, now)) if view.record.is_one_off else view
        for view in tasks
    )


def are_left(stack: Stack, tasks: Iterable[TaskView]) -> bool:
    """Whether a stack that is destroyed has one-off tasks that have not stopped, or may not have."""
    return stack.is_empty and any(view.record.is_one_off and not view.record.is_stopped for view in tasks)


def pinned(state: State, tasks: Iterable[TaskView], snapshot: Snapshot) -> dict[str, Deployment]:
    """Return the deployments of waiting one-off tasks with the images that are there now, by id."""
    by_id = {each.id: each for each in state.deployments}
    return {
        deployment.id: images.pin(deployment, view.definition, snapshot, (view,))
        for view in tasks
        if _is_waiting(view) and (deployment := by_id.get(view.record.deployment)) is not None
    }


def fetch_steps(tasks: Iterable[TaskView], deployments: Mapping[str, Deployment]) -> list[Step]:
    """Return the images to pull or build for one-off tasks that have not started."""
    return [
        step
        for view in tasks
        if _is_waiting(view) and (deployment := deployments.get(view.record.deployment)) is not None
        for step in images.fetch_steps(view.record.group, view.definition, deployment.images)
    ]


def _is_waiting(view: TaskView) -> bool:
    return view.record.is_one_off and not view.is_leaving and view.observed is None


def _fail_unobtainable(view: TaskView, snapshot: Snapshot, now: float) -> TaskView:
    reasons = images.fetch_failures(view.definition, snapshot.outcomes) or images.never_pulled(
        view.definition, snapshot
    )
    if not reasons:
        return view
    return replace(view, record=fail(view.record, StopCode.TASK_FAILED_TO_START, reasons[0], now))
