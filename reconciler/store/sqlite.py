"""States in one SQLite file: durable, one writer at a time, a fencing token checked in every write.

Only what changed is written. The journal is DELETE with full synchronisation: safe with several readers on the
SQLite that Debian ships, and a commit costs under a millisecond. The file is 0600; a lost file is no disaster, since
what runs can be adopted from its labels.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import LockError, StaleError, StoreError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.store.entries import read_state, write_changes
from reconciler.store.mailbox import delete_requests, read_requests, write_request
from reconciler.store.schema import prepare
from reconciler.store.store import Holder, Lease, Posted


class SqliteLease:
    """The held lock of one stack."""

    def __init__(self, file: int, token: int) -> None:
        self._file: int | None = file
        self.token = token

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class SqliteStore:
    """A store in one folder: `state.db`, and one lock file for each stack."""

    def __init__(self, folder: Path, operation_user: str = "", now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._path = folder / "state.db"
        self._user = operation_user or os.environ.get("USER", "") or str(os.getuid())
        self._now = now
        self._connection: sqlite3.Connection | None = None
        self._saved: dict[str, State] = {}

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    def load(self, stack: str) -> State:
        if not self._path.exists():
            return State(stack_name=stack)
        with self._errors("read"):
            state = self._read(stack)
        self._saved[stack] = state
        return state

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        with self._errors("written"):
            before = self._saved.get(state.stack_name) or self._read(state.stack_name)
            saved = state.changed(serial=before.serial + 1)
            with self._transaction() as database:
                self._fence(database, saved, lease)
                write_changes(database, before, saved)
                delete_requests(database, saved.stack_name, answered)
        self._saved[state.stack_name] = saved
        return saved

    def acquire(self, stack: str, operation: str, timeout_seconds: float) -> SqliteLease:
        with self._errors("locked"):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self._folder / f"{stack}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._wait_for_lock(stack, file, timeout_seconds)
            with self._errors("locked"):
                return SqliteLease(file, self._next_token(stack, operation))
        except BaseException:
            os.close(file)
            raise

    def post(self, stack: str, request: Request) -> int:
        with self._errors("written"), self._transaction() as database:
            return write_request(database, stack, request, self._now())

    def posted(self, stack: str) -> tuple[Posted, ...]:
        if not self._path.exists():
            return ()
        with self._errors("read"):
            return read_requests(self._open(), stack, self._now())

    def withdraw(self, stack: str, number: int) -> bool:
        with self._errors("written"), self._transaction() as database:
            return delete_requests(database, stack, (number,)) == 1

    def holder(self, stack: str) -> Holder | None:
        """Return who holds the lock, or held it last."""
        if not self._path.exists():
            return None
        with self._errors("read"):
            row = self._open().execute("SELECT holder FROM stacks WHERE stack = ?", (stack,)).fetchone()
        return Holder.model_validate_json(row[0]) if row and row[0] else None

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _wait_for_lock(self, stack: str, file: int, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LockError(self._who_holds(stack)) from None
                time.sleep(min(0.1, max(0.0, deadline - time.monotonic())))
            else:
                return

    def _who_holds(self, stack: str) -> str:
        holder = self.holder(stack)
        if holder is None:
            return f'stack "{stack}" is locked by another process'
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(holder.since))
        return (
            f'stack "{stack}" is locked: {holder}, since {since}; that process is alive.\n'
            "Wait for it, or give --lock-timeout SECONDS to wait here."
        )

    def _next_token(self, stack: str, operation: str) -> int:
        holder = Holder(
            operation=operation, user=self._user, host=socket.gethostname(), pid=os.getpid(), since=self._now()
        )
        with self._transaction() as database:
            row = database.execute("SELECT token FROM stacks WHERE stack = ?", (stack,)).fetchone()
            token = (row[0] if row else 0) + 1
            database.execute(
                "INSERT INTO stacks VALUES (?, 0, '', '', '', ?, ?) "
                "ON CONFLICT (stack) DO UPDATE SET token = excluded.token, holder = excluded.holder",
                (stack, token, holder.model_dump_json()),
            )
        self._saved.pop(stack, None)
        return token

    def _read(self, stack: str) -> State:
        """Read a State whole: within one transaction, so that a save of another process comes before or after it."""
        database = self._open()
        database.execute("BEGIN")
        try:
            return read_state(database, stack)
        finally:
            database.execute("ROLLBACK")

    def _fence(self, database: sqlite3.Connection, state: State, lease: Lease) -> None:
        changed = database.execute(
            "UPDATE stacks SET serial = ?, owner = ?, digest_key = ?, doomed_volumes = ? "
            "WHERE stack = ? AND token = ?",
            (
                state.serial,
                state.owner,
                state.digest_key,
                " ".join(state.doomed_volumes),
                state.stack_name,
                lease.token,
            ),
        ).rowcount
        if changed != 1:
            raise StaleError(f'somebody else took over stack "{state.stack_name}"; nothing more is written here')

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            is_writable = self._is_writable()
            mode = "rw" if is_writable else "ro"
            address = f"{self._path.absolute().as_uri()}?mode={mode}"
            connection = sqlite3.connect(address, 5.0, isolation_level=None, check_same_thread=False, uri=True)
            try:
                prepare(connection, self._path, is_writable=is_writable)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _is_writable(self) -> bool:
        """Make the file if there is none. One that may only be read is read: `plan` and `status` need no more."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as problem:
            if problem.errno in (errno.EROFS, errno.EACCES) and self._path.exists():
                return False
            raise
        return True

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        database = self._open()
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as problem:
            hint = "check the disk and the folder's permissions"
            if isinstance(problem, sqlite3.DatabaseError) and not isinstance(problem, sqlite3.OperationalError):
                hint = "move the file away: the next plan adopts what runs from its labels"
            raise StoreError(f"the state in {self._path} could not be {verb}: {problem}; {hint}") from problem
