"""What acceptance runs and benchmarks ask of the engine, beside the program: lists, inspects, and cleaning up."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.endpoint import find_endpoint

ENGINE_LOCK = Path(tempfile.gettempdir()) / f"reconciler-engine-tests-{os.getuid()}.lock"
"""The lock of scripts/one_engine_test.py: who holds it is alone with the engine."""

COMPOSE_PROJECT = "com.docker.compose.project"
BYSTANDER = "bystander-of"
"""The label of objects that a test made beside a stack, as if somebody else had."""

_NAMES_OF_STACKS = (labels.STACK, COMPOSE_PROJECT, BYSTANDER)

LEFT_BEHIND_SECONDS = 1800.0
"""A run of ours that is older than this is dead: what it left may go."""

_GONE = (404, 409)

PHANTOM = "has active endpoints"
"""What Docker 20.10 says of a network with no containers, after some were killed while others started.

Only a restart of the engine removes such a network: one of ours that stays is no reason to fail.
"""


class Things(NamedTuple):
    """Containers, networks and volumes, as the engine lists them."""

    containers: tuple[Mapping[str, Any], ...]
    networks: tuple[Mapping[str, Any], ...]
    volumes: tuple[Mapping[str, Any], ...]


def connect() -> Client:
    """Return a client for the engine that the command itself would use."""
    return Client(find_endpoint(None, None, os.environ))


def fresh_name(prefix: str) -> str:
    """Return the name of a stack that nobody else has; it tells when it was made."""
    return f"{prefix}-{int(time.time()):x}-{os.urandom(2).hex()}"


def labelled(client: Client, label: str, value: str | None = None) -> Things:
    """Return everything that carries a label."""
    query = {"filters": {"label": [label if value is None else f"{label}={value}"]}}
    return Things(
        tuple(client.get("/containers/json", {"all": True, **query})),
        tuple(client.get("/networks", query)),
        tuple(client.get("/volumes", query)["Volumes"] or ()),
    )


def owner_of(client: Client, stack: str) -> str:
    """Return the owner's id of a stack that was applied, as its owner volume says; empty when there is none."""
    found = {
        each["Labels"][labels.OWNER]
        for each in labelled(client, labels.STACK, stack).volumes
        if labels.DIGEST_KEY in each["Labels"]
    }
    return found.pop() if len(found) == 1 else ""


def clean(client: Client, name: str) -> None:
    """Remove everything of one stack or Compose project, whoever owns it."""
    _remove(client, [labelled(client, label, name) for label in _NAMES_OF_STACKS])


def clean_leftovers(client: Client, prefix: str, older_than: float = LEFT_BEHIND_SECONDS) -> None:
    """Remove what earlier runs under `prefix` left, when those are older than so many seconds."""
    for label in _NAMES_OF_STACKS:
        for things in labelled(client, label):
            for name in {each["Labels"][label] for each in things}:
                if name.startswith(prefix + "-") and _age(name) > older_than:
                    clean(client, name)


@contextmanager
def alone_with_the_engine() -> Iterator[None]:
    """Hold the lock that engine tests hold too; waits for it."""
    with ENGINE_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _age(name: str) -> float:
    try:
        return time.time() - int(name.split("-")[-2], 16)
    except (ValueError, IndexError):
        return 0.0


def _remove(client: Client, found: Iterable[Things]) -> None:
    """Containers first: they hold the rest."""
    every = list(found)
    with ThreadPoolExecutor(max_workers=4) as pool:
        paths = [f"/containers/{each['Id']}" for things in every for each in things.containers]
        list(pool.map(lambda path: _delete(client, path, {"force": True, "v": True}), paths))
    for things in every:
        for network in things.networks:
            _delete(client, f"/networks/{network['Id']}", {})
        for volume in things.volumes:
            _delete(client, f"/volumes/{volume['Name']}", {"force": True})


def _delete(client: Client, path: str, query: Mapping[str, Any]) -> None:
    try:
        client.call("DELETE", path, query)
    except ApiError as refusal:
        if refusal.status not in _GONE and PHANTOM not in refusal.message:
            raise
