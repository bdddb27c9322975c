"""Commands on the machine that we run on, each in a session of its own so that none outlives us unseen."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

OUTPUT_SHOWN = 300
"""Characters of a command's last words that a reason tells."""


class Ended(NamedTuple):
    """How a command ended: its exit code (None when its time ran out, or it could not begin) and its last words."""

    code: int | None
    words: str


class Commands:
    """Runs commands. `close` ends those that still run."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def run(
        self, command: Sequence[str], folder: str, environment: Mapping[str, str], timeout: float, text: str = ""
    ) -> Ended:
        """Run a command in `folder` for at most `timeout` seconds, with `text` as its standard input.

        Its output is kept together. One that does not read what it is given is no failure.
        """
        try:
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.PIPE if text else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as problem:
            return Ended(None, f"{command[0]}: {problem.strerror}")
        with self._lock:
            self._running.add(process)
        try:
            output, _ = process.communicate(text.encode() or None, timeout)
            return Ended(process.returncode, _last_words(output))
        except subprocess.TimeoutExpired:
            _end(process)
            return Ended(None, f"it did not end within {timeout:g} s")
        finally:
            with self._lock:
                self._running.discard(process)

    def close(self) -> None:
        """End what still runs: whoever comes next runs it again."""
        with self._lock:
            running = tuple(self._running)
        for process in running:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired, ValueError):
        process.communicate(timeout=1)


def _last_words(output: bytes) -> str:
    return " ".join(output.decode(errors="replace").split())[-OUTPUT_SHOWN:]
