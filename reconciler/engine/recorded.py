"""What is recorded of a stack that is kept for ever: a state that was lost is not taken for one that is empty."""

from __future__ import annotations

from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.store.store import Store, gone


def pursued(state: State) -> Stack | None:
    """Return what a watch pursues: the recorded target; None when nothing is applied, or all of it was destroyed."""
    return None if state.target is None or state.target.is_empty else state.target


class Recorded:
    """Loads what is recorded of one stack, and remembers whether anything was applied."""

    def __init__(self, store: Store, stack_name: str) -> None:
        self._store = store
        self._stack_name = stack_name
        self._was_applied = False

    def load(self) -> State:
        """Return the State; raises StoreError while it cannot be read, or while what was applied is gone from it.

        What was destroyed is recorded as such: it is not gone.
        """
        state = self._store.load(self._stack_name)
        if state.serial:
            self._was_applied = pursued(state) is not None
        elif self._was_applied:
            raise gone(self._store.location)
        return state
