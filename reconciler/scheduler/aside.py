"""What those that act beside the target see and return."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import Step


@dataclass(frozen=True, slots=True)
class AsideGround:
    """What all of them see. `stack` is the target, with its counts as they are scaled now."""

    stack: Stack
    snapshot: Snapshot
    now: float


@dataclass(frozen=True, slots=True)
class Attended:
    """What one of them wants: the State with it, steps, and when to look again.

    A State that is another object than the one it was given is saved, and looked at again soon: return the same
    object when nothing changed.
    """

    state: State
    steps: tuple[Step, ...] = ()
    wake_at: float | None = None
