"""Says so when nobody watches a stack, for then nothing comes of what only a watch does."""

from __future__ import annotations

from reconciler.cli.output import tell
from reconciler.cli.workplace import Workplace


def tell_unwatched(place: Workplace, what_then: str) -> None:
    """Tell what follows from it that nobody on this machine watches the stack; nothing when somebody does."""
    if not place.store.is_watched(place.stack.name):
        tell(f"Nobody watches this stack: {what_then}.")
