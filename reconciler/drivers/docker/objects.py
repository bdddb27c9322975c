"""Networks and volumes of a stack, and its owner volume. None is touched unless it carries our labels (P1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.failure import INITIALIZATION, StepFailedError
from reconciler.model.step import CreateNetwork, CreateOwner, CreateVolume, RemoveNetwork, RemoveOwner, RemoveVolume


def create_owner(client: Client, step: CreateOwner) -> None:
    """Make the owner volume."""
    tags = {labels.OWNER: step.owner, labels.STACK: step.stack, labels.DIGEST_KEY: step.digest_key}
    _create_volume(client, {"Name": labels.owner_volume_name(step.stack, step.owner), "Labels": tags})


def create_volume(client: Client, step: CreateVolume) -> None:
    """Make a shared volume."""
    volume = step.volume
    _create_volume(
        client,
        {
            "Name": volume.name,
            "Driver": volume.driver,
            "DriverOpts": dict(volume.driver_opts),
            "Labels": {**volume.labels, **labels.object_labels(step.stack, step.owner, volume.address)},
        },
    )


def create_network(client: Client, step: CreateNetwork) -> None:
    """Make a bridge network; containers find each other by name on it."""
    name = step.network.name
    body = {
        "Name": name,
        "Driver": "bridge",
        "CheckDuplicate": True,
        "Internal": step.network.internal,
        "Labels": labels.object_labels(step.stack, step.owner, step.network.address),
    }
    found = client.find(f"/networks/{name}")
    if found is None or found["Name"] != name:
        try:
            client.post("/networks/create", body)
            return
        except ApiError as refusal:
            if refusal.status != 409:
                raise StepFailedError(INITIALIZATION, _network_reason(name, refusal.message)) from refusal
            found = client.get(f"/networks/{name}")
    _check_owner(found, step.owner, f"network {name}")


def remove_owner(client: Client, step: RemoveOwner) -> None:
    """Remove the owner volume."""
    _remove(client, f"/volumes/{step.volume}", step.owner, f"volume {step.volume}")


def remove_volume(client: Client, step: RemoveVolume) -> None:
    """Remove a volume with what is in it."""
    _remove(client, f"/volumes/{step.name}", step.owner, f"volume {step.name}")


def remove_network(client: Client, step: RemoveNetwork) -> None:
    """Remove a network."""
    _remove(client, f"/networks/{step.name}", step.owner, f"network {step.name}")


def _create_volume(client: Client, body: Mapping[str, Any]) -> None:
    """An existing volume of that name is what the engine returns: its labels say whether it is ours."""
    try:
        made = client.post("/volumes/create", body)
    except ApiError as refusal:
        raise StepFailedError(INITIALIZATION, refusal.message) from refusal
    _check_owner(made, body["Labels"][labels.OWNER], f"volume {body['Name']}")


def _check_owner(found: Mapping[str, Any], owner: str, what: str) -> None:
    if (found.get("Labels") or {}).get(labels.OWNER) != owner:
        raise StepFailedError(INITIALIZATION, f"the {what} exists and is not this stack's: remove or rename it")


def _remove(client: Client, path: str, owner: str, what: str) -> None:
    found = client.find(path)
    if found is None:
        return
    if (found.get("Labels") or {}).get(labels.OWNER) != owner:
        raise StepFailedError(INITIALIZATION, f"the {what} is not ours: left as it is")
    try:
        client.call("DELETE", path)
    except ApiError as refusal:
        if refusal.status != 404:
            raise StepFailedError(INITIALIZATION, _removal_reason(refusal.message)) from refusal


def _removal_reason(message: str) -> str:
    """Docker 20.10 now and then goes on counting an endpoint of a container that is gone."""
    if "has active endpoints" in message:
        return f"{message}; if no container is on it (`docker network inspect`), only a restart of the engine helps"
    return message


def _network_reason(name: str, message: str) -> str:
    if "could not find an available" in message or "all predefined address pools" in message:
        return (
            f"no address range is left for the network {name}: remove unused networks (`docker network prune`) "
            "or widen default-address-pools in the engine's daemon.json"
        )
    return message
