"""The command on a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 30


class Terminal:
    """A process whose standard streams are one terminal; `shown` is everything that it printed so far."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *words: str) -> None:
        ours, theirs = pty.openpty()
        self._ours = ours
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=folder,
            env={**environment, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        """Type text."""
        os.write(self._ours, text.encode())

    def expect(self, text: str) -> None:
        """Read until the terminal shows this."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < deadline, f"{text!r} never came: {self.shown}"
            assert self._read(), f"it ended without {text!r}: {self.shown}"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Read to the end; returns the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(PATIENCE)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        try:
            found = os.read(self._ours, 65536) if ready else b""
        except OSError:  # Linux's way to say that the other end is closed
            found = b""
        self.shown += found.decode(errors="replace").replace("\r\n", "\n")
        return bool(found)
