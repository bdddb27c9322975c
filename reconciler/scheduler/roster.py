"""Every recorded task with what the engine and the load balancers show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.deployment import Deployment
from reconciler.model.routing import Color
from reconciler.model.service import TargetRegistration
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import TaskRecord
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler.targets import traffic_of
from reconciler.scheduler.task_view import TaskView


def views(state: State, snapshot: Snapshot, stack: Stack) -> tuple[TaskView, ...]:
    """Return every recorded task with what the engine and the load balancers show of it."""
    observed = {each.task.id: each for each in snapshot.tasks}
    definitions = {(each.family, each.number): each.definition for each in state.revisions}
    found = (_view(record, observed.get(record.id), definitions) for record in state.tasks)
    deployments = {each.id: each for each in state.deployments}
    declared = {each.address: each.load_balancers for each in stack.services}
    return tuple(_as_target(view, deployments, declared, stack, snapshot) for view in found)


def _view(
    record: TaskRecord, observed: ObservedTask | None, definitions: Mapping[tuple[str, int], TaskDefinition]
) -> TaskView:
    definition = record.definition or definitions.get((record.family, record.revision))
    if definition is None:
        definition = observed.task.definition if observed else TaskDefinition(family=record.family, containers=())
    return TaskView(record, definition, observed)


def _as_target(
    view: TaskView,
    deployments: Mapping[str, Deployment],
    declared: Mapping[str, tuple[TargetRegistration, ...]],
    stack: Stack,
    snapshot: Snapshot,
) -> TaskView:
    """Add its pool, and what the load balancers say. The pool is that of its deployment, or what its labels say."""
    record = view.record
    deployment = None if record.is_one_off else deployments.get(record.deployment)
    registrations = deployment.registrations if deployment else declared.get(record.group, ())
    color = deployment.color if deployment else view.observed.task.color if view.observed else Color.BLUE
    is_balanced = bool(registrations or snapshot.balancers)
    traffic = traffic_of(record.id, registrations, stack, snapshot.balancers) if is_balanced else None
    is_plain = traffic is None and color is view.color
    return view if is_plain else replace(view, traffic=traffic, color=color)
