"""The images that an engine has: listed with who uses them, and removed when nobody does."""

from __future__ import annotations

from collections import Counter

from reconciler.drivers.docker.api_errors import ApiError
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.images import quoted
from reconciler.model.step import RemoveImage, StoredImage

_NO_NAME = "<none>:<none>"
_LEFT_ALONE = (404, 409)
"""It is gone, or somebody uses it."""


def image_ids(client: Client) -> frozenset[str]:
    """Return the ids of all images."""
    return frozenset(each["Id"] for each in client.get("/images/json"))


def list_images(client: Client) -> tuple[StoredImage, ...]:
    """Return all images; `used_by` counts the containers of each that there are, running or not, of anybody."""
    used = Counter(each["ImageID"] for each in client.get("/containers/json", {"all": True}))
    return tuple(
        StoredImage(
            id=each["Id"],
            references=tuple(sorted(set(each.get("RepoTags") or ()) - {_NO_NAME})),
            created_at=float(each.get("Created") or 0),
            used_by=used[each["Id"]],
        )
        for each in sorted(client.get("/images/json"), key=lambda each: str(each["Id"]))
    )


def remove_image(client: Client, step: RemoveImage) -> None:
    """Take an image's names away that still mean it; the engine removes it with the last one. Never by force.

    One that a container is of, or of an image made from it, is left as it is.
    """
    if client.get("/containers/json", {"all": True, "filters": {"ancestor": [step.image_id]}}):
        return
    for reference in step.references:
        found = client.find(f"/images/{quoted(reference)}/json")
        if found is not None and found["Id"] == step.image_id:
            _delete(client, reference)
    if not step.references:
        _delete(client, step.image_id)


def _delete(client: Client, name: str) -> None:
    try:
        client.call("DELETE", f"/images/{quoted(name)}")
    except ApiError as refusal:
        if refusal.status not in _LEFT_ALONE:
            raise
