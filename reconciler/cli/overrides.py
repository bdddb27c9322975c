"""What the options of `run` change of a task definition for one task."""

from __future__ import annotations

from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.overrides import LONGEST, length
from reconciler.model.schedule import ContainerOverride
from reconciler.model.task_definition import TaskDefinition


def given_override(
    definition: TaskDefinition,
    container: str,
    command: tuple[str, ...],
    environment: tuple[str, ...],
    *,
    cpu: int | None,
    memory: int | None,
) -> ContainerOverride:
    """Return what options change of one container: of the first essential one when none is named.

    Raises UsageError for what is too long or no pair, ReconcilerError for a container that is not there.
    """
    name = container or definition.essential[0].name
    known = [each.name for each in definition.containers]
    pairs = dict(_pair(text) for text in environment)
    override = ContainerOverride(name=name, command=command or None, environment=pairs, cpu=cpu, memory=memory)
    if length((override,)) > LONGEST:
        raise UsageError(f"the overrides are longer than {LONGEST} characters")
    if name not in known:
        raise ReconcilerError(f'{definition.family} has no container "{name}"; it has: {", ".join(known)}')
    return override


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f'--env wants NAME=VALUE, not "{text}"')
    return name, value
