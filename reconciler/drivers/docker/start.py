"""Starting a container of a task: create it unless it is there, give it its secrets, start it.

Safe to repeat at any point: a container of that name is adopted when its labels say that it is the one meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.drivers import labels
from reconciler.drivers.docker import mounts, payload, ports
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import CREATE_TIMEOUT, START_TIMEOUT, Client
from reconciler.drivers.docker.images import HolderImage
from reconciler.drivers.docker.secret_files import SecretValue, place_secrets, secret_values
from reconciler.drivers.failure import (
    CANNOT_CREATE,
    CANNOT_PULL,
    CANNOT_START,
    INITIALIZATION,
    StepFailedError,
)
from reconciler.model.snapshot import EngineFacts
from reconciler.model.step import StartContainer
from reconciler.model.task_definition import HOLDER


class _Present(NamedTuple):
    """The container of a step."""

    id: str
    has_exited: bool


class Starter:
    """Performs StartContainer. `facts` tells what the engine is, `secret_value` reads a secret by its address."""

    def __init__(self, client: Client, facts: Callable[[], EngineFacts], secret_value: SecretValue) -> None:
        self._client = client
        self._facts = facts
        self._secret_value = secret_value
        self._holder_image = HolderImage(client)

    def start(self, step: StartContainer) -> str:
        """Start the container and return its id; raises StepFailedError."""
        step = step.changed(folder=str(Path(step.folder).absolute()))
        for attempt in range(ports.ATTEMPTS):
            present = self._existing(step) or self._created(step, attempt)
            if present.has_exited and not step.may_restart:
                return present.id
            try:
                self._client.post(f"/containers/{present.id}/start", timeout=START_TIMEOUT)
                return present.id
            except ApiError as refusal:
                if not ports.is_worth_another_try(refusal.message, payload.published(step)):
                    raise StepFailedError(CANNOT_START, refusal.message) from refusal
                self._client.call("DELETE", f"/containers/{present.id}", {"force": True, "v": True})
        raise StepFailedError(CANNOT_START, f"no free host port found in {ports.ATTEMPTS} tries")

    def _existing(self, step: StartContainer) -> _Present | None:
        """Return the container when it is there already, on all its networks.

        Of one that is being started the engine tells nothing before that is over.
        """
        name = labels.container_name(step.task, step.container)
        found = self._client.find(f"/containers/{name}/json")
        if found is None:
            return None
        if not _is_meant(step, found["Config"]["Labels"] or {}):
            raise StepFailedError(CANNOT_CREATE, f"the name {name} is taken by a container that is not this task's")
        if payload.is_on_networks(step):
            there = found["NetworkSettings"]["Networks"] or {}
            self._connect(step, found["Id"], [each for each in step.networks if each not in there])
        return _Present(str(found["Id"]), has_exited=found["State"]["Status"] == "exited")

    def _created(self, step: StartContainer, attempt: int) -> _Present:
        self._check_shared_volumes(step)
        body = self._body(step, attempt)
        if step.container == HOLDER:
            self._holder_image.ensure(self._facts().architecture)
        try:
            created = self._client.post(
                "/containers/create",
                body,
                {"name": labels.container_name(step.task, step.container)},
                timeout=CREATE_TIMEOUT,
            )
        except ApiError as refusal:
            if refusal.status == 409 and (existing := self._existing(step)):
                return existing
            self._holder_image.forget()
            code = CANNOT_PULL if "no such image" in refusal.message.lower() else CANNOT_CREATE
            raise StepFailedError(code, refusal.message) from refusal
        if payload.is_on_networks(step):
            self._connect(step, created["Id"], step.networks[1:])
        return _Present(str(created["Id"]), has_exited=False)

    def _body(self, step: StartContainer, attempt: int) -> dict[str, Any]:
        secrets: Mapping[str, str] = {}
        if step.container != HOLDER:
            container = step.task.definition.container(step.container)
            secrets = secret_values(container, self._secret_value)
            if mounts.has_file_secrets(container):
                place_secrets(self._client, step, secrets)
                secrets = {}
        try:
            return payload.create_payload(step, self._facts(), secrets, attempt)
        except ValueError as problem:
            raise StepFailedError(CANNOT_CREATE, str(problem)) from problem

    def _check_shared_volumes(self, step: StartContainer) -> None:
        """ECS (no autoprovision): a shared volume that is not there fails the task instead of being made empty."""
        for name in mounts.shared_volumes(step):
            if self._client.find(f"/volumes/{name}") is None:
                raise StepFailedError(INITIALIZATION, f"the volume {name} is not there")

    def _connect(self, step: StartContainer, container_id: str, networks: tuple[str, ...] | list[str]) -> None:
        body = {"Container": container_id, "EndpointConfig": payload.endpoint(step)}
        for network in networks:
            try:
                self._client.post(f"/networks/{network}/connect", body)
            except ApiError as refusal:
                if "already exists in network" not in refusal.message:
                    raise StepFailedError(CANNOT_CREATE, refusal.message) from refusal


def _is_meant(step: StartContainer, found: Mapping[str, str]) -> bool:
    wanted = {labels.OWNER: step.task.owner, labels.TASK: step.task.id, labels.CONTAINER: step.container}
    return all(found.get(label) == value for label, value in wanted.items())
