"""Secrets as files: put into memory that the holder keeps mounted, before the container that reads them exists.

A tmpfs volume has its content only while a running container has it mounted, so the files go into the running
holder, and the container then sees them read-only at /run/secrets. They are in no label, variable or layer.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.mounts import SECRETS_FOLDER
from reconciler.drivers.failure import INITIALIZATION, StepFailedError
from reconciler.drivers.secrets import SecretUnavailableError
from reconciler.model.container_definition import ContainerDefinition
from reconciler.model.step import StartContainer
from reconciler.model.task_definition import HOLDER

SecretValue = Callable[[str], str]
"""Reads a secret by its address; raises SecretUnavailableError."""


def secret_values(container: ContainerDefinition, secret_value: SecretValue) -> dict[str, str]:
    """Return a container's secrets by file or variable name, read now."""
    try:
        return {name: secret_value(address) for name, address in container.secrets.items()}
    except SecretUnavailableError as problem:
        raise StepFailedError(INITIALIZATION, str(problem)) from problem


def place_secrets(client: Client, step: StartContainer, values: Mapping[str, str]) -> None:
    """Put the secrets of a container that is about to be created into the holder's memory."""
    holder = labels.container_name(step.task, HOLDER)
    found = client.find(f"/containers/{holder}/json")
    if found is None or not found["State"]["Running"]:
        raise StepFailedError(INITIALIZATION, f"the holder {holder}, which keeps the secrets, is not running")
    user = step.task.definition.container(step.container).user
    archive = secrets_archive(values, _image_user(client, step.image) if user is None else user)
    try:
        client.call("PUT", f"/containers/{holder}/archive", {"path": f"{SECRETS_FOLDER}/{step.container}"}, archive)
    except ApiError as refusal:
        raise StepFailedError(INITIALIZATION, f"cannot hand over the secrets: {refusal.message}") from refusal


def secrets_archive(values: Mapping[str, str], user: str) -> bytes:
    """Return the files as a tar: 0400 for a numeric `user` (or root), 0444 for a name.

    Who a name is only the image's own /etc/passwd says, so that the file can be nobody's in particular.
    """
    name, _, group = user.partition(":")
    is_known = name in ("", "root") or name.isdigit()
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file_name, value in sorted(values.items()):
            entry = tarfile.TarInfo(file_name)
            entry.size = len(value.encode())
            entry.mode = 0o400 if is_known else 0o444
            entry.uid = int(name) if name.isdigit() else 0
            entry.gid = int(group) if group.isdigit() else 0
            tar.addfile(entry, io.BytesIO(value.encode()))
    return content.getvalue()


def _image_user(client: Client, image: str) -> str:
    found = client.find(f"/images/{image}/json")
    return str((found or {}).get("Config", {}).get("User") or "")
