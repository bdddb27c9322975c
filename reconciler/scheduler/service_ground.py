"""What every service sees while it decides what to start and stop."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.snapshot import Snapshot
from reconciler.scheduler.placement import Capacity


@dataclass(frozen=True, slots=True)
class ServiceGround:
    """What the engine shows, and the room on it: `capacity` shrinks by what each service starts."""

    snapshot: Snapshot
    capacity: Capacity
    owner: str
    now: float
