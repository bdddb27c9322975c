"""Live progress of an apply: one row a service on a terminal, one line a change otherwise, and a heartbeat."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from reconciler.cli.output import tell
from reconciler.clock import Clock
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.render.progress import ServiceRow, heartbeat, row_text, rows

HEARTBEAT_SECONDS = 30.0


class Progress(Protocol):
    """Takes in every decision."""

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        """Show where things are."""
        ...


class QuietProgress:
    """Says nothing."""

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        """Nothing."""


class PlainProgress:
    """One line for each change of a service, and one when nothing was said for a while."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._told_at = self._began
        self._shown: dict[str, ServiceRow] = {}

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        now = self._clock.now()
        for row in rows(decision):
            if self._shown.get(row.address) != row:
                self._shown[row.address] = row
                self._told_at = now
                tell(row_text(row, now - self._began))
        if now - self._told_at >= HEARTBEAT_SECONDS:
            self._told_at = now
            tell(heartbeat(decision, now - self._began))


class LiveProgress:
    """A table that is redrawn in place."""

    def __init__(self, clock: Clock) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        self._clock = clock
        self._began = clock.now()
        self._text = Text
        self._live = Live(console=Console(stderr=True), refresh_per_second=8, transient=True)

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        now = self._clock.now()
        lines = [row_text(row, now - self._began) for row in rows(decision)]
        self._live.update(self._text("\n".join(lines)))

    def __enter__(self) -> LiveProgress:
        self._live.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._live.__exit__(None, None, None)


@contextmanager
def progress(mode: str, clock: Clock) -> Iterator[Progress]:
    """Choose how to show progress: `auto`, `tty`, `plain` or `quiet`."""
    if mode == "auto":
        mode = "tty" if sys.stderr.isatty() else "plain"
    if mode == "tty":
        with LiveProgress(clock) as live:
            yield live
    else:
        yield QuietProgress() if mode == "quiet" else PlainProgress(clock)
