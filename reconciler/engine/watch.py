"""`watch`: keeps a stack as it was applied last, for as long as it holds the stack's lease.

It gives nothing up. While the engine is out of reach what runs is unknown: nothing is started or stopped, and it asks
again. Sources: the ECS service scheduler; the ECS agent's pauses between tries (2 s to 200 s, x 1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from reconciler.engine.converge import World, converge
from reconciler.errors import (
    EngineError,
    HandedOverError,
    PartialError,
    StaleError,
    StoppedBySignalError,
    StoreError,
)
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.store.store import Lease

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 2.0, 200.0, 1.5


class Ending(StrEnum):
    """Why a watch let go of its stack."""

    HANDED_OVER = "handed over"
    """Somebody asked for it."""
    LOST = "lost"
    """Somebody took it: we were taken for dead."""
    STOPPED = "stopped"
    """A signal."""
    NOTHING_APPLIED = "nothing applied"


def pursued(state: State) -> Stack | None:
    """Return what a watch pursues: the recorded target; None when nothing is applied, or all of it was destroyed."""
    return None if state.target is None or state.target.is_empty else state.target


class Watch:
    """Watches one stack.

    `folder` is where the stack's files are: paths in it are relative to that. `tell` gets a line for people when the
    engine or the store goes out of reach and when it is back, `out_of_reach` what was the matter, at every try.
    """

    def __init__(
        self,
        world: World,
        folder: str,
        tell: Callable[[str], None],
        out_of_reach: Callable[[str], None] = lambda trouble: None,
    ) -> None:
        self._world = replace(world, observe=self._seen, is_patient=True)
        self._observe = world.observe
        self._folder = folder
        self._tell = tell
        self._out_of_reach = out_of_reach
        self._trouble = ""
        self._pause = FIRST_PAUSE

    def keep(self, stack_name: str, lease: Lease) -> Ending:
        """Pursue the recorded target until the lease is asked for or lost, or a signal comes."""
        while not self._world.is_interrupted():
            try:
                state = self._world.store.load(stack_name)
                target = pursued(state)
                if target is None:
                    return Ending.NOTHING_APPLIED
                converge(self._world, target.changed(folder=self._folder), state, lease, _never)
            except HandedOverError:
                return Ending.HANDED_OVER
            except StaleError:
                return Ending.LOST
            except StoppedBySignalError:
                return Ending.STOPPED
            except (EngineError, PartialError, StoreError) as problem:
                self._note_trouble(str(problem))
                self._rest()
        return Ending.STOPPED

    def _seen(self, decision: Decision, snapshot: Snapshot) -> None:
        if self._trouble:
            self._tell("it answers again: what runs is known, and kept as it was applied")
        self._trouble, self._pause = "", FIRST_PAUSE
        self._observe(decision, snapshot)

    def _note_trouble(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._tell(f"{trouble}\nWhat runs is unknown: nothing is started or stopped until this is over.")
        self._trouble = trouble
        self._out_of_reach(trouble)

    def _rest(self) -> None:
        """Wait before the next try; a wake, as from the engine's events that are there again, ends it."""
        self._world.performer.wait(self._world.clock.now() + self._pause)
        self._pause = min(self._pause * GROWTH, LONGEST_PAUSE)


def _never(decision: Decision) -> bool:
    return False
