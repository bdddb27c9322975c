"""What a run changes of a task definition for its own tasks (ECS TaskOverride)."""

from __future__ import annotations

import json

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.schedule import ContainerOverride
from reconciler.model.task_definition import TaskDefinition

LONGEST = 8192
"""Characters that all overrides may have together, as JSON (ECS)."""


def overridden(definition: TaskDefinition, overrides: tuple[ContainerOverride, ...]) -> TaskDefinition:
    """Return the definition with the command, variables, cpu or memory of some containers replaced.

    Variables are added to those of the container, by name. An override of a container that is not there does nothing.
    """
    if not overrides:
        return definition
    by_name = {each.name: each for each in overrides}
    containers = tuple(
        _changed(each, by_name[each.name]) if each.name in by_name else each for each in definition.containers
    )
    return definition.changed(containers=containers)


def length(overrides: tuple[ContainerOverride, ...]) -> int:
    """Return how many characters overrides have together, as JSON without what is not overridden."""
    said = [each.model_dump(mode="json", exclude_none=True) for each in overrides]
    return len(json.dumps(said)) if said else 0


def _changed(container: ContainerDefinition, override: ContainerOverride) -> ContainerDefinition:
    return container.changed(
        command=override.command or container.command,
        environment={**container.environment, **override.environment},
        cpu=container.cpu if override.cpu is None else override.cpu,
        memory=container.memory if override.memory is None else override.memory,
    )
