"""What `plan` shows: the difference between declared and observed, for people and scripts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from reconciler.model.lifecycle import Move
from reconciler.model.noun import Noun


class Action(StrEnum):
    """What happens to an address (Terraform's words)."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NO_OP = "no-op"


class Effect(StrEnum):
    """What a changed attribute leads to."""

    NEW_REVISION = "forces new revision"
    REPLACEMENT = "forces replacement"
    IN_PLACE = "in-place"


class AttributeChange(Noun):
    """One attribute: old -> new. A side that is absent is None; `sensitive` hides both.

    `place` is `file:line` of the new value.
    """

    path: str
    old: Any = None
    new: Any = None
    effect: Effect = Effect.IN_PLACE
    sensitive: bool = False
    place: str = ""


class Change(Noun):
    """What happens to one address, and why. `label` adds what people want beside it (`revision 4`)."""

    address: str
    action: Action
    reason: str = ""
    label: str = ""
    attributes: tuple[AttributeChange, ...] = ()
    unchanged: int = 0
    place: str = ""


class DriftEntry(Noun):
    """Something on the engine that is not as recorded; `attribute` is empty when the object itself is gone."""

    address: str
    task: str = ""
    attribute: str = ""
    declared: str = ""
    observed: str = ""
    reason: str = ""


class OutputChange(Noun):
    """An output that will change. Unknown values are known after apply."""

    name: str
    action: Action
    old: Any = None
    new: Any = None
    known: bool = True
    sensitive: bool = False


class Rollout(Noun):
    """The preview of one service: phases such as `start 2`, in order, and what it costs.

    `minimum_healthy` and `peak` are counts of tasks during the rollout; times are seconds. `downtime` is how long no
    task was healthy though some were before; None when there was none. `outcome` is empty when it gets steady, else
    what it would wait for in the end.
    """

    address: str
    desired_count: int = 0
    minimum_healthy_percent: int = 100
    maximum_percent: int = 200
    phases: tuple[str, ...] = ()
    peak: int = 0
    minimum_healthy: int = 0
    duration: float | None = None
    downtime: float | None = None
    outcome: str = ""
    strategy: str = "ROLLING"
    stages: tuple[str, ...] = ()
    """The lifecycle stages in which something happens, in order, in words."""


class Plan(Noun):
    """All of it. Empty means: `decide` has no steps and the target is reached."""

    stack: str
    serial: int
    changes: tuple[Change, ...] = ()
    drift: tuple[DriftEntry, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    moves: tuple[Move, ...] = ()
    forgotten: tuple[str, ...] = ()
    """Addresses that are no longer managed: what runs of them is left as it is."""
    rollouts: tuple[Rollout, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.changes or self.outputs or self.moves or self.forgotten)

    def count(self, *actions: Action) -> int:
        """Return how many changes have one of these actions."""
        return sum(change.action in actions for change in self.changes)
