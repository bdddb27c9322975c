"""Steps beside the target: to measure, to notify, to clean up. No plan shows them, and nothing waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from reconciler.model.noun import Noun, Seconds
from reconciler.model.service import Prometheus
from reconciler.model.step_base import BaseStep, Lane


class SampleUsage(BaseStep):
    """Read what the containers of a service's tasks have used so far. The outcome carries `usage`.

    A container that is gone meanwhile is left out.
    """

    kind: Literal["sample_usage"] = "sample_usage"
    containers: Mapping[str, str]
    """Container id -> task id."""

    @property
    def key(self) -> str:
        return f"sample_usage {self.address}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class ProbeMetric(BaseStep):
    """Ask Prometheus for a policy's metric. The outcome carries the value; not ok means that there is none."""

    kind: Literal["probe_metric"] = "probe_metric"
    policy: str
    prometheus: Prometheus
    timeout: Seconds = 10

    @property
    def key(self) -> str:
        return f"probe_metric {self.address}/{self.policy}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class Notify(BaseStep):
    """Send one event to a URL or a command. `body` is JSON; whoever gets it may get it twice.

    `url_from` is the address of the secret that holds the URL.
    """

    kind: Literal["notify"] = "notify"
    event: int
    url: str = ""
    url_from: str = ""
    command: tuple[str, ...] = ()
    body: str
    timeout: Seconds = 10
    folder: str = "."

    @property
    def key(self) -> str:
        return f"notify {self.address}"

    @property
    def lane(self) -> Lane:
        return Lane.HOOK


class ListImages(BaseStep):
    """See which images the engine has. The outcome carries `images`."""

    kind: Literal["list_images"] = "list_images"

    @property
    def key(self) -> str:
        return "list_images"


class RemoveImage(BaseStep):
    """Remove an image that nothing uses any more. One that is used, or gone, is left alone: that is no failure."""

    kind: Literal["remove_image"] = "remove_image"
    image_id: str
    references: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"remove_image {self.image_id}"

    @property
    def lane(self) -> Lane:
        return Lane.STOP


Aside = SampleUsage | ProbeMetric | Notify | ListImages | RemoveImage
"""Steps beside the target: no plan shows them, and nothing waits for them."""

ASIDES = ("sample_usage ", "probe_metric ", "notify ", "list_images", "remove_image ")
"""How the keys of such steps begin."""


class StoredImage(Noun):
    """An image that the engine has. `references` are its names."""

    id: str
    references: tuple[str, ...] = ()
    created_at: float = 0.0
    used_by: int = 0
    """How many containers there are of it, of anybody."""
