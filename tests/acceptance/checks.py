"""What must be true of the engine after an apply: no orphans, no doubles, and what runs is what is declared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.model.task_definition import HOLDER

from .declared import CONTAINERS, PRIVATE_VOLUMES, SHARED_VOLUME, Declared, DeclaredStack
from .engine import Things, labelled, owner_of

Task = Mapping[str, Mapping[str, Any]]
"""One task's containers by name, as the list call shows them."""

_LIVE = "running"


def problems(client: Client, stack: DeclaredStack) -> tuple[str, ...]:
    """Return what is wrong on the engine, in words; empty when everything is as declared.

    An orphan is a container, network or volume of this owner that belongs to no declared task; a double is a task
    more than the desired count. One ended task of each declared service may stay: the program keeps the newest
    failed one, so that its logs can be read.
    """
    owner = owner_of(client, stack.name)
    if not owner:
        return (f"stack {stack.name} has not exactly one owner volume",)
    things = labelled(client, labels.OWNER, owner)
    tasks = tasks_by_service(things)
    return (
        *_orphaned_tasks(stack, tasks),
        *(found for name, each in stack.services.items() for found in _of_service(client, name, each, tasks[name])),
        *_orphaned_networks(stack, things),
        *_orphaned_volumes(stack, things, tasks),
    )


def task_ids(client: Client, stack: DeclaredStack) -> frozenset[str]:
    """Return the ids of all tasks that the engine shows of a stack."""
    rows = labelled(client, labels.OWNER, owner_of(client, stack.name)).containers
    return frozenset(row["Labels"][labels.TASK] for row in rows)


def tasks_by_service(things: Things) -> dict[str, list[Task]]:
    """Return the tasks of each service."""
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for row in things.containers:
        found[row["Labels"][labels.SERVICE], row["Labels"][labels.TASK]][row["Labels"][labels.CONTAINER]] = row
    services: dict[str, list[Task]] = defaultdict(list)
    for (service, _), task in sorted(found.items()):
        services[service].append(task)
    return services


def _orphaned_tasks(stack: DeclaredStack, tasks: Mapping[str, list[Task]]) -> Iterator[str]:
    for name, found in tasks.items():
        if name not in stack.services:
            yield f"orphan: {len(found)} tasks of service {name}, which is not declared"


def _of_service(client: Client, name: str, declared: Declared, tasks: list[Task]) -> Iterator[str]:
    live = [task for task in tasks if _is_live(task)]
    if len(live) > declared.desired_count:
        yield f"double: service {name} has {len(live)} tasks, {declared.desired_count} are desired"
    if len(live) < declared.desired_count:
        yield f"missing: service {name} has {len(live)} tasks, {declared.desired_count} are desired"
    if len(tasks) - len(live) > 1:
        yield f"orphan: service {name} has {len(tasks) - len(live)} ended tasks"
    image = client.get(f"/images/{declared.image}/json")["Id"]
    for task in live:
        if frozenset(task) != CONTAINERS[name]:
            yield f"half a task: {name} has the containers {sorted(task)}"
        for container, row in task.items():
            if row["State"] != _LIVE:
                yield f"{row['Names'][0]} is {row['State']}"
            if container != HOLDER:
                yield from _of_container(client, row, declared, image)


def _is_live(task: Task) -> bool:
    return any(row["State"] == _LIVE for row in task.values())


def _of_container(client: Client, row: Mapping[str, Any], declared: Declared, image: str) -> Iterator[str]:
    if row["ImageID"] != image:
        yield f"{row['Names'][0]} does not run {declared.image}"
    environment = client.get(f"/containers/{row['Id']}/json")["Config"]["Env"]
    if declared.environment not in environment:
        yield f"{row['Names'][0]} does not have {declared.environment}: {environment}"


def _orphaned_networks(stack: DeclaredStack, things: Things) -> Iterator[str]:
    found = Counter(network["Name"] for network in things.networks)
    if found != Counter([stack.name]):
        yield f"networks: {dict(found)}, wanted is one of the name {stack.name}"


def _orphaned_volumes(stack: DeclaredStack, things: Things, tasks: Mapping[str, list[Task]]) -> Iterator[str]:
    present = {row["Labels"][labels.TASK] for found in tasks.values() for task in found for row in task.values()}
    private = [each for each in things.volumes if labels.TASK in each["Labels"]]
    for volume in private:
        if volume["Labels"][labels.TASK] not in present:
            yield f"orphan: volume {volume['Name']} of a task that is gone"
    wanted = sum(PRIVATE_VOLUMES.get(name, 0) * len(tasks[name]) for name in stack.services)
    if len(private) > wanted:
        yield f"orphan: {len(private)} volumes are private to tasks, wanted are {wanted}"
    shared = [each for each in things.volumes if each["Labels"].get(labels.ADDRESS) == f"volume.{SHARED_VOLUME}"]
    others = len(things.volumes) - len(private) - len(shared)
    if len(shared) != 1 or others != 1:
        yield f"volumes: {len(shared)} are the shared one and {others} the owner's; wanted is one of each"
