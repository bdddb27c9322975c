"""Live progress of an apply: one row a service on a terminal, one line a change otherwise, and a heartbeat."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Protocol

from reconciler.cli.output import say_meanwhile, tell
from reconciler.clock import Clock
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.render import json_lines
from reconciler.render.progress import ServiceRow, address_width, heartbeat, row_text, rows

if TYPE_CHECKING:
    from rich.text import Text

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
        self._began = self._told_at = clock.now()
        self._shown: dict[str, ServiceRow] = {}
        self._last: Decision | None = None
        self._speaking = threading.Lock()
        self._ended = threading.Event()

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        with self._speaking:
            self._last = decision
            all_rows = rows(decision, snapshot)
            width = address_width(all_rows)
            changed = [row for row in all_rows if self._shown.get(row.address) != row]
            news = [row for row in changed if row.address in self._shown or not row.is_steady]
            self._shown |= {row.address: row for row in changed}
            for row in news:
                now = self._clock.now()
                self._say(row_text(row, now - self._began, width, now))

    def __enter__(self) -> PlainProgress:
        run = copy_context().run  # it speaks where we do
        threading.Thread(target=run, args=(self._beat,), name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, *details: object) -> None:
        self._ended.set()

    def _beat(self) -> None:
        while not self._ended.wait(1.0):
            with self._speaking:
                now = self._clock.now()
                if self._last is not None and now - self._told_at >= HEARTBEAT_SECONDS:
                    self._say(heartbeat(self._last, now - self._began))

    def _say(self, text: str) -> None:
        self._told_at = self._clock.now()
        tell(text)


class LiveProgress:
    """A table that is redrawn in place, and stays as it was last. A service that is done keeps its time."""

    def __init__(self, clock: Clock) -> None:
        from rich.console import Console
        from rich.live import Live

        self._clock = clock
        self._began = clock.now()
        self._rows: tuple[ServiceRow, ...] = ()
        self._done_at: dict[str, float] = {}
        self._live = Live(
            console=Console(stderr=True, no_color=True), get_renderable=self._table, refresh_per_second=4
        )

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        self._rows = rows(decision, snapshot)
        for row in self._rows:
            if row.is_steady:
                self._done_at.setdefault(row.address, self._clock.now())
            else:
                self._done_at.pop(row.address, None)

    def __enter__(self) -> LiveProgress:
        self._live.__enter__()
        return self

    def __exit__(self, *details: object) -> None:
        self._live.__exit__(None, None, None)

    def _table(self) -> Text:
        from rich.text import Text

        now = self._clock.now()
        width = address_width(self._rows)
        lines = [row_text(row, self._done_at.get(row.address, now) - self._began, width, now) for row in self._rows]
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


class JsonProgress:
    """A line of JSON for each change of a service."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._shown: dict[str, ServiceRow] = {}

    def observe(self, decision: Decision, snapshot: Snapshot) -> None:
        now = self._clock.now()
        for row in rows(decision, snapshot):
            before, self._shown[row.address] = self._shown.get(row.address), row
            if before != row and not (before is None and row.is_steady):
                say_meanwhile(json_lines.progress_lines(before, row, now - self._began, now))


@contextmanager
def progress(mode: str, clock: Clock) -> Iterator[Progress]:
    """Choose how to show progress: `auto`, `tty`, `plain`, `quiet`, or `json` on standard output."""
    if mode == "auto":
        is_terminal = sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        mode = "tty" if is_terminal else "plain"
    if mode == "tty":
        with LiveProgress(clock) as live:
            yield live
    elif mode == "plain":
        with PlainProgress(clock) as plain:
            yield plain
    else:
        yield JsonProgress(clock) if mode == "json" else QuietProgress()
