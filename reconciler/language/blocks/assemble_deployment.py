"""The alarms and lifecycle hooks of a deployment, as the model has them."""

from __future__ import annotations

from typing import Any

from reconciler.language.blocks.content import by_label, content_of
from reconciler.language.blocks.decode import Decoded
from reconciler.model.service import LifecycleStage

_STAGES = tuple(LifecycleStage)


def deployment_parts(decoded: Decoded) -> dict[str, Any]:
    """Return `alarms` and `lifecycle_hooks`, sorted by name."""
    return {
        "alarms": [{**content_of(each), "name": each.label} for each in by_label(decoded.all("alarm"))],
        "lifecycle_hooks": [_hook(each) for each in by_label(decoded.all("lifecycle_hook"))],
    }


def _hook(decoded: Decoded) -> dict[str, Any]:
    stages = sorted(set(decoded.get("stages")), key=_STAGES.index)
    return {**content_of(decoded), "name": decoded.label, "stages": stages}
