"""Virtual time."""

from __future__ import annotations


class VirtualClock:
    """Time that only moves when it is told to."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance_to(self, at: float) -> None:
        """Move on to a time; it never goes back."""
        self._now = max(self._now, at)
