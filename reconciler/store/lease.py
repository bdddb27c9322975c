"""A held lease: renewed by a thread of its own, lost when somebody else took the stack, judged by our own clock.

Timestamps never count: others take a stack over when they saw its row unchanged for a whole lease, by *their* clock
(as client-go's leader election does). So we believe in a lease for less than that after the last renewal, by ours.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import StaleError, StoreError
from reconciler.store.database import explained, is_damaged
from reconciler.store.lease_rows import is_still, release_row, renew_row
from reconciler.store.store import gone

LEASE_SECONDS = 30.0
"""After how long without a renewal a stack is taken from a holder that cannot be seen to be dead."""

BELIEVED = 2 / 3
"""The part of it for which a holder believes in its lease: clocks may differ in rate by a fifth (R10)."""

RENEWALS = 3
"""How often it is renewed in that time."""


def _own_clock() -> float:
    """Return seconds that also pass while the machine sleeps: others' do."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease lasts, and the clocks that it is judged by; tests have virtual ones.

    `own` judges our own lease, `observing` those of others. `sleep` is waited with for a stack to be free.
    """

    lease_seconds: float = LEASE_SECONDS
    own: Callable[[], float] = _own_clock
    observing: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Grip:
    """What a lease is held by: the row of the state file, and a locked file that says that we live."""

    path: Path
    stack: str
    token: int
    lock_path: Path
    lock_file: int


class SqliteLease:
    """The right to write one stack's State, until it is released or lost."""

    def __init__(self, grip: Grip, timing: Timing) -> None:
        self.token = grip.token
        self._grip = grip
        self._timing = timing
        self._renewed_at = timing.own()
        self._is_lost = False
        self._problem = ""
        self._over = threading.Event()
        self._alone = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=f"lease of {grip.stack}", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise StaleError unless the stack is still ours. It reads a row: a third of a millisecond.

        When that cannot be read we believe in the lease for a while, and then no more. Raises StoreError then, and
        at once when the file is gone or damaged; it may be put back.
        """
        if self._over.is_set():
            raise StaleError(f'stack "{self._grip.stack}" was given up here: nothing more is changed')
        if not self._grip.path.exists():
            raise gone(f"the state in {self._grip.path}")
        if self._is_believed:
            self._look()
        else:
            self.renew()
        if self._is_lost:
            raise StaleError(f'somebody else took over stack "{self._grip.stack}": nothing more is changed here')
        if not self._is_believed:
            raise StoreError(
                f'the lock of stack "{self._grip.stack}" could not be renewed ({self._problem}): nothing is changed '
                f"here before it can be; check the disk and the permissions of {self._grip.path.parent}"
            )

    def renew(self) -> None:
        """Show that we live, and learn whether the stack is still ours. Never raises: `check` tells."""
        with self._alone:
            if self._over.is_set() or self._is_lost:
                return
            began_at = self._timing.own()
            try:
                is_ours = renew_row(self._grip.path, self._grip.stack, self.token)
            except sqlite3.Error as problem:
                self._problem = str(problem)
                return
            self._is_lost = self._is_lost or not is_ours
            self._renewed_at = began_at

    def release(self) -> None:
        """Give the stack up; twice is fine.

        When that cannot be written, the file that nobody locks any more says it on this machine, and the missing
        renewals say it elsewhere.
        """
        with self._alone:
            if self._over.is_set():
                return
            self._over.set()
            with suppress(sqlite3.Error, OSError):
                release_row(self._grip.path, self._grip.stack, self.token)
                self._grip.lock_path.unlink(missing_ok=True)
            os.close(self._grip.lock_file)
        self._thread.join(timeout=1)

    def _look(self) -> None:
        try:
            self._is_lost = self._is_lost or not is_still(self._grip.path, self._grip.stack, self.token)
        except sqlite3.Error as problem:
            if is_damaged(problem):
                raise explained(self._grip.path, "read", problem) from problem

    @property
    def _is_believed(self) -> bool:
        return self._timing.own() - self._renewed_at < BELIEVED * self._timing.lease_seconds

    def _keep(self) -> None:
        while not (self._is_lost or self._over.wait(self._timing.lease_seconds / RENEWALS)):
            self.renew()
