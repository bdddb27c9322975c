"""SIGINT and SIGTERM: the first lets the steps in hand end, a second one stops at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from reconciler.errors import StoppedBySignalError

STOPPING = b"\nStopping: the steps in hand are finished first, for 8 seconds at most. Once more stops at once.\n"
SHOW_CURSOR = b"\x1b[?25h"
WATCH = "watch"

_earlier: list[int] = []
"""Signals that came before a Stop took them."""


def stop_at_once(number: int, frame: FrameType | None) -> NoReturn:
    """Take a signal while nothing is under way yet.

    A watch ends well by SIGTERM, whenever it comes. Python drops what is raised amid a callback, as of a module that
    is being imported: so it is noted as well.
    """
    _earlier.append(number)
    problem = StoppedBySignalError("stopped by a signal; nothing was changed")
    problem.exit_code = 0 if number == signal.SIGTERM and _verb() == WATCH else 128 + number
    raise problem


def _verb() -> str:
    """Return which command was typed: nothing is parsed yet."""
    words = iter(sys.argv[1:])
    for word in words:
        if word == "--color":
            next(words, "")
        elif not word.startswith("-"):
            return word
    return ""


class Stop:
    """Whether a signal asked us to stop, and which. Whoever waits is woken."""

    def __init__(self) -> None:
        self.number = 0
        self._asked_at: float | None = None
        self._asked = threading.Event()
        self._wakes: list[Callable[[], None]] = []

    @property
    def is_asked(self) -> bool:
        """Whether it is time to stop."""
        return self._asked.is_set()

    @property
    def event(self) -> threading.Event:
        """What is set when it is time to stop, for libraries that ask one."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait that long, or until it is time to stop; says whether it is."""
        return self._asked.wait(seconds)

    def left(self, seconds: float) -> float:
        """Return how much is left of so long a time since it became time to stop; all of it until then."""
        return seconds if self._asked_at is None else max(0.0, self._asked_at + seconds - time.monotonic())

    def ask(self, number: int) -> None:
        """Ask everybody to stop."""
        self.number = number
        self._asked_at = time.monotonic() if self._asked_at is None else self._asked_at
        self._asked.set()
        for wake in tuple(self._wakes):
            wake()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Call `wake` when it is time to stop, until the context ends."""
        self._wakes.append(wake)
        try:
            yield
        finally:
            self._wakes.remove(wake)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as a wish to stop. Only the main thread can."""

        def note(number: int, frame: FrameType | None) -> None:
            if self.is_asked:
                os.write(sys.stderr.fileno(), SHOW_CURSOR if sys.stderr.isatty() else b"")
                os._exit(128 + number)
            os.write(sys.stderr.fileno(), STOPPING)
            self.ask(number)

        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
        if _earlier:
            self.ask(_earlier[0])
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
