"""What `run` changes of a task definition for one task (ECS TaskOverride)."""

from __future__ import annotations

import json

from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.task_definition import ContainerDefinition, TaskDefinition

LONGEST = 8192
"""Characters that all overrides may have together, as JSON (ECS)."""


def overridden(
    definition: TaskDefinition,
    container: str,
    command: tuple[str, ...],
    environment: tuple[str, ...],
    *,
    cpu: int | None,
    memory: int | None,
) -> TaskDefinition:
    """Return the definition with one container's command, variables, cpu or memory replaced."""
    pairs = dict(_pair(text) for text in environment)
    if len(json.dumps([command, pairs, cpu, memory])) > LONGEST:
        raise UsageError(f"the overrides are longer than {LONGEST} characters")
    name = container or definition.essential[0].name
    known = [each.name for each in definition.containers]
    if name not in known:
        raise ReconcilerError(f'{definition.family} has no container "{name}"; it has: {", ".join(known)}')
    containers = tuple(
        _changed(each, command, pairs, cpu, memory) if each.name == name else each for each in definition.containers
    )
    return definition.changed(containers=containers)


def _changed(
    container: ContainerDefinition,
    command: tuple[str, ...],
    pairs: dict[str, str],
    cpu: int | None,
    memory: int | None,
) -> ContainerDefinition:
    return container.changed(
        command=command or container.command,
        environment={**container.environment, **pairs},
        cpu=container.cpu if cpu is None else cpu,
        memory=container.memory if memory is None else memory,
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f'--env wants NAME=VALUE, not "{text}"')
    return name, value
