"""Stopping and removing containers of a task, and what lives and dies with it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import STOP_MARGIN, Client
from reconciler.drivers.failure import CANNOT_STOP, StepFailedError
from reconciler.model.step import RemoveTask, StopContainer
from reconciler.model.task import ContainerResult
from reconciler.model.task_definition import HOLDER

DEFAULT_STOP_TIMEOUT = 30.0
"""ECS's, sent explicitly: Docker's own is 10 (D6)."""


def stop_container(client: Client, step: StopContainer) -> None:
    """Stop one container of a task; it stays, so that its end can be read."""
    found = client.find(f"/containers/{step.container_id}/json")
    if found is None:
        return
    if (found["Config"]["Labels"] or {}).get(labels.TASK) != step.task_id:
        raise StepFailedError(
            CANNOT_STOP, f"the container {step.container_id[:12]} is not this task's: left as it is"
        )
    _stop(client, step.container_id, step.timeout)


def remove_task(client: Client, step: RemoveTask) -> tuple[ContainerResult, ...]:
    """Remove all that the engine has of a task; returns how its containers ended.

    What to remove is read from the labels, so that a container the snapshot did not show yet goes too.
    """
    of_task = {"label": [labels.OWNER, f"{labels.TASK}={step.task_id}"]}
    rows = client.get("/containers/json", {"all": True, "filters": of_task})
    holders = [row for row in rows if row["Labels"].get(labels.CONTAINER) == HOLDER]
    members = [row for row in rows if row["Labels"].get(labels.CONTAINER) != HOLDER]
    ended = _all_at_once(client, step, members)
    for holder in holders:
        _delete(client, f"/containers/{holder['Id']}", {"force": True, "v": True})
    for volume in client.get("/volumes", {"filters": of_task}).get("Volumes") or ():
        _delete(client, f"/volumes/{volume['Name']}", {})
    return tuple(sorted(ended, key=lambda result: result.name))


def _all_at_once(client: Client, step: RemoveTask, rows: Iterable[Mapping[str, Any]]) -> list[ContainerResult]:
    todo = list(rows)
    if len(todo) < 2:
        return [_end(client, step, row) for row in todo]
    with ThreadPoolExecutor(max_workers=len(todo)) as pool:
        return list(pool.map(lambda row: _end(client, step, row), todo))


def _end(client: Client, step: RemoveTask, row: Mapping[str, Any]) -> ContainerResult:
    """Stop a container, read how it ended, remove it."""
    name, container_id = row["Labels"][labels.CONTAINER], row["Id"]
    if row["State"] in ("running", "paused", "restarting"):
        _stop(client, container_id, step.timeouts.get(name, DEFAULT_STOP_TIMEOUT))
    found = client.find(f"/containers/{container_id}/json")
    _delete(client, f"/containers/{container_id}", {"force": True, "v": True})
    if found is None or found["State"]["StartedAt"].startswith("0001-"):
        return ContainerResult(name=name)
    return ContainerResult(name=name, exit_code=found["State"]["ExitCode"], reason=_reason(found["State"]))


def _reason(state: Mapping[str, Any]) -> str:
    """ECS: OutOfMemoryError is the reason of a container that was killed for its memory."""
    if state["OOMKilled"]:
        return "OutOfMemoryError: the container was killed for its memory"
    return str(state["Error"])


def _stop(client: Client, container_id: str, timeout: float) -> None:
    seconds = math.ceil(timeout)
    try:
        client.post(f"/containers/{container_id}/stop", query={"t": seconds}, timeout=seconds + STOP_MARGIN)
    except ApiError as refusal:
        if refusal.status not in (304, 404):
            raise StepFailedError(CANNOT_STOP, refusal.message) from refusal


def _delete(client: Client, path: str, query: Mapping[str, Any]) -> None:
    try:
        client.call("DELETE", path, query)
    except ApiError as refusal:
        is_going = refusal.status == 409 and "already in progress" in refusal.message
        if refusal.status != 404 and not is_going:
            raise StepFailedError(CANNOT_STOP, refusal.message) from refusal
