"""What every step has: an address, a reason for people, a key, and a lane."""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.noun import Noun


class Lane(StrEnum):
    """What a step costs the engine: starts are few at a time, waits are many, the rest is quick."""

    START = "start"
    STOP = "stop"
    FETCH = "fetch"
    HOOK = "hook"
    QUICK = "quick"


class BaseStep(Noun):
    """What all steps have: the address they serve and a reason for people. Code never branches on the reason."""

    address: str
    reason: str = ""

    @property
    def lane(self) -> Lane:
        """Which of the performer's lanes the step takes."""
        return Lane.QUICK
