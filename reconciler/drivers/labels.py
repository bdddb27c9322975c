"""Identity on the engine: the labels of our objects, and back.

What a Task is can be read from any of its containers, so that a lost State loses nothing that runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from reconciler.model.noun import canonical
from reconciler.model.routing import Color
from reconciler.model.task import Task
from reconciler.model.task_definition import TaskDefinition

PREFIX = "reconciler."
OWNER = PREFIX + "owner"
STACK = PREFIX + "stack"
DIGEST_KEY = PREFIX + "digest-key"
ADDRESS = PREFIX + "address"
GROUP = PREFIX + "group"
SERVICE = PREFIX + "service"
FAMILY = PREFIX + "family"
REVISION = PREFIX + "revision"
DEPLOYMENT = PREFIX + "deployment"
TASK = PREFIX + "task"
ORDINAL = PREFIX + "ordinal"
FINGERPRINT = PREFIX + "fingerprint"
DEFINITION = PREFIX + "definition"
SECRETS = PREFIX + "secret-digests"
POOL = PREFIX + "pool"
CONTAINER = PREFIX + "container"
CONTEXT = PREFIX + "context-digest"
BALANCER = PREFIX + "balancer"
"""Of a load balancer's container and of its volume: the balancer's name. They carry no TASK label."""
SETTINGS = PREFIX + "settings"
"""Of a load balancer's container: the fingerprint of the settings it was made with."""


def object_labels(stack: str, owner: str, address: str) -> dict[str, str]:
    """Return the labels of a network or volume of the stack."""
    return {OWNER: owner, STACK: stack, ADDRESS: address}


def container_labels(task: Task, container: str) -> dict[str, str]:
    """Return the labels of one container of a task."""
    return {
        OWNER: task.owner,
        STACK: task.stack,
        GROUP: task.group,
        SERVICE: task.service_name or "",
        FAMILY: task.family,
        REVISION: str(task.revision),
        DEPLOYMENT: task.deployment,
        TASK: task.id,
        ORDINAL: str(task.ordinal),
        FINGERPRINT: task.fingerprint,
        DEFINITION: canonical(task.definition),
        POOL: task.color.value,
        SECRETS: json.dumps(dict(task.secret_digests), sort_keys=True),
        CONTAINER: container,
    }


def task_from_labels(labels: Mapping[str, str]) -> Task | None:
    """Return the task that a container's labels tell of; None when they are not ours or not whole."""
    try:
        return Task(
            id=labels[TASK],
            stack=labels[STACK],
            owner=labels[OWNER],
            group=labels[GROUP],
            service_name=labels[SERVICE] or None,
            family=labels[FAMILY],
            revision=int(labels[REVISION]),
            deployment=labels[DEPLOYMENT],
            ordinal=int(labels[ORDINAL]),
            fingerprint=labels[FINGERPRINT],
            definition=_definition(labels[DEFINITION]),
            color=Color(labels.get(POOL, Color.BLUE)),  # those of before there were pools have none
            secret_digests=json.loads(labels[SECRETS]),
        )
    except (KeyError, ValueError):
        return None


@lru_cache(maxsize=1024)
def _definition(text: str) -> TaskDefinition:
    return TaskDefinition.model_validate_json(text)


def container_name(task: Task, container: str) -> str:
    """Return the deterministic name of a container: `shop-web-1a2b3c4d-app`. It is never changed."""
    return f"{task.stack}-{task.service_name or task.family}-{task.short_id}-{container}"


def private_volume_name(task: Task, volume: str) -> str:
    """Return the name of a volume that lives and dies with a task."""
    return f"{task.stack}-{task.service_name or task.family}-{task.short_id}-{volume}"


def balancer_container_name(stack: str, balancer: str, settings: str) -> str:
    """Return the name of a balancer's container: another for other settings, so that two can be there at once."""
    return f"{stack}-{balancer}-{settings.removeprefix('v1:')[:8]}"


def balancer_volume_name(stack: str, balancer: str) -> str:
    """Return the name of the volume that holds a balancer's configuration."""
    return f"{stack}-{balancer}-configuration"


def owner_volume_name(stack: str, owner: str) -> str:
    """Return the name of the small volume whose labels say who owns a stack."""
    return f"{stack}-owner-{owner[:8]}"
