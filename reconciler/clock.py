"""The only reader of real time.

`now` is seconds since the epoch at the start of the process plus monotonic time since then, so that a jump of the
wall clock changes no duration that we measure.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> float:
        """Return seconds since the epoch; it never goes back."""
        ...


class SystemClock:
    """The real clock."""

    def __init__(self) -> None:
        self._epoch = time.time() - time.monotonic()

    def now(self) -> float:
        return self._epoch + time.monotonic()
