"""Which images are present, remembered until something happened to images or 25 seconds have passed."""

from __future__ import annotations

from typing import Any

from reconciler.clock import Clock
from reconciler.drivers import labels
from reconciler.drivers.docker.client import Client
from reconciler.drivers.docker.images import quoted
from reconciler.model.snapshot import ObservedImage

KEPT_SECONDS = 25.0


class ImageCache:
    """Looks images up. Only present ones are remembered: an absent one may appear at any moment."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, ObservedImage]] = {}

    def forget(self) -> None:
        """Look all of them up anew at the next look. From any thread."""
        self._known = {}

    def look(self, references: tuple[str, ...]) -> tuple[ObservedImage, ...]:
        """Return the images of `references` that are present, sorted by reference."""
        known, now = self._known, self._clock.now()
        found = []
        for reference in sorted(set(references)):
            seen_at, image = known.get(reference, (0.0, None))
            if image is None or now - seen_at > KEPT_SECONDS:
                image = self._inspect(reference)
                if image is not None:
                    known[reference] = (now, image)
            if image is not None:
                found.append(image)
        return tuple(found)

    def _inspect(self, reference: str) -> ObservedImage | None:
        found = self._client.find(f"/images/{quoted(reference)}/json")
        return None if found is None else read_image(reference, found)


def read_image(reference: str, found: dict[str, Any]) -> ObservedImage:
    """Read an image's inspect. `digest` is the registry's for this repository, empty when it came from none."""
    config = found.get("Config") or {}
    test = (config.get("Healthcheck") or {}).get("Test") or []
    return ObservedImage(
        reference=reference,
        id=found["Id"],
        digest=_digest(found.get("RepoDigests") or []),
        context_digest=(config.get("Labels") or {}).get(labels.CONTEXT, ""),
        has_health_check=bool(test) and test != ["NONE"],
    )


def _digest(repository_digests: list[str]) -> str:
    return next((each.partition("@")[2] for each in sorted(repository_digests)), "")
