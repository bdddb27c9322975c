"""States in one SQLite file: durable, one writer at a time, a fencing token checked in every write.

Only what changed is written. The journal is DELETE with full synchronisation: safe with several readers on the
SQLite that Debian ships, and a commit costs under a millisecond. The file is 0600; a lost file is no disaster, since
what runs can be adopted from its labels.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from reconciler.errors import StaleError
from reconciler.model.request import Request
from reconciler.model.state import Event, State
from reconciler.store.database import Database
from reconciler.store.entries import read_events, read_state, write_changes
from reconciler.store.lease import SqliteLease, Timing
from reconciler.store.locks import Locks, never
from reconciler.store.mailbox import delete_requests, read_requests, write_request
from reconciler.store.store import Holder, Lease, Life, Posted, Standing


class SqliteStore:
    """A store in one folder: `state.db`, and a locked file for each process that holds or watches a stack."""

    def __init__(
        self,
        folder: Path,
        operation_user: str = "",
        now: Callable[[], float] = time.time,
        timing: Timing | None = None,
    ) -> None:
        self._database = Database(folder / "state.db")
        user = operation_user or os.environ.get("USER", "") or str(os.getuid())
        timing = timing or Timing()
        self.lease_seconds = timing.lease_seconds
        self._locks = Locks(self._database, user, now, timing)
        self._now = now
        self._saved: dict[str, State] = {}

    @property
    def path(self) -> Path:
        """The database file."""
        return self._database.path

    @property
    def location(self) -> str:
        return f"the state in {self.path}"

    def load(self, stack: str) -> State:
        if not self._database.exists:
            return State(stack_name=stack)
        with self._database.errors("read"):
            state = self._read(stack)
        self._saved[stack] = state
        return state

    def events(self, stack: str, first: int = 0) -> tuple[Event, ...]:
        """Return the events of a stack from a number on. Cheap, and it makes no file."""
        if not self._database.exists:
            return ()
        with self._database.errors("read"):
            return read_events(self._database.open(), stack, first)

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        with self._database.errors("written"):
            before = self._saved.get(state.stack_name) or self._read(state.stack_name)
            saved = state.changed(serial=before.serial + 1)
            with self._database.transaction() as database:
                self._fence(database, before, saved, lease)
                write_changes(database, before, saved)
                delete_requests(database, saved.stack_name, answered)
        self._saved[state.stack_name] = saved
        return saved

    def acquire(
        self, stack: str, operation: str, timeout_seconds: float, is_interrupted: Callable[[], bool] = never
    ) -> SqliteLease:
        lease = self._locks.acquire(stack, operation, timeout_seconds, is_interrupted)
        self._saved.pop(stack, None)
        return lease

    def stand_by(self, stack: str, operation: str, is_interrupted: Callable[[], bool]) -> SqliteLease:
        """Wait for ever to become the one writer, and let everybody else come first.

        Raises StoppedBySignalError when it was interrupted.
        """
        lease = self._locks.stand_by(stack, operation, is_interrupted)
        self._saved.pop(stack, None)
        return lease

    def post(self, stack: str, request: Request) -> int:
        with self._database.errors("written"), self._database.transaction() as database:
            return write_request(database, stack, request, self._now())

    def posted(self, stack: str) -> tuple[Posted, ...]:
        if not self._database.exists:
            return ()
        with self._database.errors("read"):
            return read_requests(self._database.open(), stack, self._now())

    def withdraw(self, stack: str, number: int) -> bool:
        with self._database.errors("written"), self._database.transaction() as database:
            return delete_requests(database, stack, (number,)) == 1

    def holder(self, stack: str) -> Holder | None:
        found = self.standing(stack)
        return found.holder if found is not None and found.life is not Life.DEAD else None

    def standing(self, stack: str) -> Standing | None:
        """Return who holds a stack, and whether that process lives; None when it was given up."""
        return self._locks.standing(stack)

    def unlock(self, stack: str, token: int) -> bool:
        """Take the stack from whoever holds it under that token: nothing of theirs is accepted any more.

        False when it is theirs no longer.
        """
        return self._locks.unlock(stack, token)

    def watching(self, stack: str) -> AbstractContextManager[None]:
        return self._locks.watching(stack)

    def watchers(self, stack: str) -> tuple[Holder, ...]:
        """Return the watches of a stack that live on this machine, those that stand by too."""
        return self._locks.watchers(stack)

    def is_watched(self, stack: str) -> bool:
        return bool(self.watchers(stack))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _read(self, stack: str) -> State:
        with self._database.reading() as database:
            return read_state(database, stack)

    def _fence(self, database: sqlite3.Connection, before: State, state: State, lease: Lease) -> None:
        """Write the stack's row; raises StaleError when it is not ours any more, or not as we knew it.

        An older copy of the file may have been put in its place: what we would write is what changed since another.
        """
        changed = database.execute(
            "UPDATE stacks SET serial = ?, owner = ?, digest_key = ?, doomed_volumes = ? "
            "WHERE stack = ? AND token = ? AND serial = ?",
            (
                state.serial,
                state.owner,
                state.digest_key,
                " ".join(state.doomed_volumes),
                state.stack_name,
                lease.token,
                before.serial,
            ),
        ).rowcount
        if changed != 1:
            self._saved.pop(state.stack_name, None)
            raise StaleError(f'somebody else took over stack "{state.stack_name}"; nothing more is written here')
