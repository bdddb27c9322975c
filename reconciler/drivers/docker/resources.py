"""What of its task's cpu and memory each container may use, in the words of Docker's HostConfig.

A task's ceiling holds for its containers together, but Docker limits single containers (it has no group of them
that works on every engine). So the ceiling is dealt out: each container gets what it declares, and what is left
goes in equal shares to those that declare nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.snapshot import EngineFacts
from reconciler.model.task_definition import HOLDER, TaskDefinition

MIB = 1024 * 1024
LEAST_SHARES = 2
"""ECS: cpu 0, 1 and none are two shares."""
LEAST_MEMORY = 6 * MIB
"""Docker takes no smaller limit."""
LEAST_NANO_CPUS = 10_000_000
NANO = 1_000_000_000


def dealt_out(ceiling: int, declared: Sequence[int | None], floors: Sequence[int]) -> tuple[int, ...]:
    """Return each one's part of `ceiling`: what it declares, or else its floor and an equal share of what is left.

    When everybody declares something, everybody shares what is left. The sum is the ceiling, to the last unit,
    unless more is declared than there is.

    >>> dealt_out(1000, [400, None, None], [0, 0, 0])
    (400, 300, 300)
    >>> dealt_out(1001, [400, 200], [0, 0])
    (601, 400)
    """
    parts = [floor if own is None else own for own, floor in zip(declared, floors, strict=True)]
    takers = [index for index, own in enumerate(declared) if own is None] or list(range(len(parts)))
    rest = max(0, ceiling - sum(parts))
    for place, index in enumerate(takers):
        parts[index] += rest // len(takers) + (1 if place < rest % len(takers) else 0)
    return tuple(parts)


def host_resources(definition: TaskDefinition, name: str, engine: EngineFacts) -> dict[str, Any]:
    """Return Memory, MemoryReservation, CpuShares, NanoCpus ... of a container; keys that say nothing are left out.

    Raises ValueError when a setting needs another one that is not there.
    """
    if name == HOLDER:
        return {"CpuShares": LEAST_SHARES}
    container = definition.container(name)
    settings: dict[str, Any] = {"CpuShares": max(LEAST_SHARES, container.cpu or 0)}
    if memory := _memory(definition, container):
        settings["Memory"] = memory
    if container.memory_reservation:
        settings["MemoryReservation"] = container.memory_reservation * MIB
    if definition.cpu:
        settings["NanoCpus"] = _nano_cpus(definition, container, engine)
    return settings | _swap(container, settings)


def _memory(definition: TaskDefinition, container: ContainerDefinition) -> int:
    if container.memory:
        return container.memory * MIB
    if not definition.memory:
        return 0
    declared = [each.memory * MIB if each.memory else None for each in definition.containers]
    floors = [(each.memory_reservation or 0) * MIB for each in definition.containers]
    parts = dealt_out(definition.memory * MIB, declared, floors)
    return max(LEAST_MEMORY, parts[definition.containers.index(container)])


def _nano_cpus(definition: TaskDefinition, container: ContainerDefinition, engine: EngineFacts) -> int:
    """A ceiling above what the engine has is none, and Docker refuses it: such a part is cut to the engine's."""
    declared = [_nano(each.cpu) if each.cpu else None for each in definition.containers]
    parts = dealt_out(_nano(definition.cpu or 0), declared, [0] * len(declared))
    wanted = max(LEAST_NANO_CPUS, parts[definition.containers.index(container)])
    return min(wanted, _nano(engine.cpu))


def _nano(units: int) -> int:
    return units * NANO // 1024


def _swap(container: ContainerDefinition, settings: Mapping[str, Any]) -> dict[str, int]:
    """ECS: max_swap is swap beside the memory, 0 is none; swappiness says nothing without max_swap."""
    linux = container.linux_parameters
    if linux.max_swap is None:
        return {}
    if "Memory" not in settings:
        raise ValueError("linux_parameters.max_swap needs a memory limit of the container or the task")
    swap = {"MemorySwap": settings["Memory"] + linux.max_swap * MIB}
    return swap if linux.swappiness is None else swap | {"MemorySwappiness": linux.swappiness}
