"""`watch`: keeps a stack as it was applied last, for as long as it holds the stack's lease.

It gives nothing up. While the engine is out of reach what runs is unknown, and while the state cannot be written
nothing could be recorded: nothing is started or stopped, and it tries again. Sources: the ECS service scheduler; the
ECS agent's pauses between tries (2 s to 200 s, x 1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from reconciler.engine.converge import World, converge
from reconciler.engine.recorded import Recorded, pursued
from reconciler.errors import (
    EngineError,
    HandedOverError,
    PartialError,
    ReconcilerError,
    StaleError,
    StoppedBySignalError,
    StoreError,
)
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.store.store import Lease

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 2.0, 200.0, 1.5

LONGEST_STORE_PAUSE = 10.0
"""A state that is mended tells nobody, as an engine does that is back; to try costs no more than a look."""


class Ending(StrEnum):
    """Why a watch let go of its stack."""

    HANDED_OVER = "handed over"
    """Somebody asked for it."""
    LOST = "lost"
    """Somebody took it: we were taken for dead."""
    STOPPED = "stopped"
    """A signal."""
    NOTHING_APPLIED = "nothing applied"


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
        out_of_reach: Callable[[ReconcilerError], None] = lambda trouble: None,
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
        recorded = Recorded(self._world.store, stack_name)
        while not self._world.is_interrupted():
            try:
                state = recorded.load()
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
                self._note_trouble(problem)
                self._rest(LONGEST_STORE_PAUSE if isinstance(problem, StoreError) else LONGEST_PAUSE)
        return Ending.STOPPED

    def _seen(self, decision: Decision, snapshot: Snapshot) -> None:
        if self._trouble:
            self._tell("it answers again: what runs is known, and kept as it was applied")
        self._trouble, self._pause = "", FIRST_PAUSE
        self._observe(decision, snapshot)

    def _note_trouble(self, problem: ReconcilerError) -> None:
        if str(problem) != self._trouble:
            why = _NOT_RECORDED if isinstance(problem, StoreError) else _UNKNOWN
            self._tell(f"{problem}\n{why}: nothing is started or stopped until this is over.")
        self._trouble = str(problem)
        self._out_of_reach(problem)

    def _rest(self, longest: float) -> None:
        """Wait before the next try; a wake, as from the engine's events that are there again, ends it."""
        self._pause = min(self._pause, longest)
        self._world.performer.wait(self._world.clock.now() + self._pause)
        self._pause = self._pause * GROWTH


def _never(decision: Decision) -> bool:
    return False


_UNKNOWN = "What runs is unknown"
_NOT_RECORDED = "What would be done could not be recorded"
