"""The connection to the state file: opened at its first use, transactions, and errors with a next step."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import StoreError
from reconciler.store.schema import prepare
from reconciler.store.store import gone

BUSY_SECONDS = 5.0
"""How long the end of another process's write is waited for."""


class Database:
    """One process's connection to one file. A file that was put in the place of ours is opened anew.

    One that is gone is not made anew: whoever puts it back must find its place free.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._file = 0
        self._was_there = False

    @property
    def exists(self) -> bool:
        """Whether anything was ever recorded."""
        return self.path.exists()

    def open(self) -> sqlite3.Connection:
        """Return the connection; raises what `errors` turns into a StoreError, or that the file is gone."""
        if self._connection is not None and self._file != self._inode():
            self.close()
        if self._connection is None:
            self._connection = self._opened()
            self._file = self._inode()
            self._was_there = True
        return self._connection

    def close(self) -> None:
        """Close the file. A later use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing, with nobody else writing meanwhile."""
        database = self.open()
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """See one moment only: a write of another process comes before or after it."""
        database = self.open()
        database.execute("BEGIN")
        try:
            yield database
        finally:
            database.execute("ROLLBACK")

    @contextmanager
    def errors(self, verb: str) -> Iterator[None]:
        """Turn what goes wrong with the file into a StoreError that says what to do."""
        try:
            yield
        except (sqlite3.Error, OSError, ValueError) as problem:
            if _is_readonly(problem):
                self.close()  # it was opened for reading only: once that is mended it is opened for writing
            raise explained(self.path, verb, problem) from problem

    def _opened(self) -> sqlite3.Connection:
        is_writable = self._is_writable()
        mode = "rw" if is_writable else "ro"
        address = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
        try:
            prepare(connection, self.path, is_writable=is_writable)
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_writable(self) -> bool:
        """Make the file if there is none. One that may only be read is read: `plan` and `status` need no more.

        A file that is there is not opened here: to close it again would take SQLite's locks from the other
        connections of this process, as POSIX has it.
        """
        if self._was_there and not self.exists:
            raise gone(f"the state in {self.path}")
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            return os.access(self.path, os.W_OK)
        except OSError as problem:
            if problem.errno in (errno.EROFS, errno.EACCES) and self.path.exists():
                return False
            raise
        return True

    def _inode(self) -> int:
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return 0


def explained(path: Path, verb: str, problem: Exception) -> StoreError:
    """Return what went wrong with a state file, with what to do about it."""
    hint = "check the disk and the folder's permissions"
    if is_damaged(problem):
        hint = "move the file away: the next plan adopts what runs from its labels"
    elif is_busy(problem):
        hint = "another process does not end its write: is one that uses this state stopped?"
    return StoreError(f"the state in {path} could not be {verb}: {problem}; {hint}")


def is_damaged(problem: Exception) -> bool:
    """Whether the file is no state file, or one that was damaged."""
    return isinstance(problem, sqlite3.DatabaseError) and not isinstance(problem, sqlite3.OperationalError)


def _is_readonly(problem: Exception) -> bool:
    return isinstance(problem, sqlite3.OperationalError) and problem.sqlite_errorcode == sqlite3.SQLITE_READONLY


def is_busy(problem: Exception) -> bool:
    """Whether another process is writing, and has been for as long as SQLite waits."""
    return isinstance(problem, sqlite3.OperationalError) and problem.sqlite_errorcode == sqlite3.SQLITE_BUSY
