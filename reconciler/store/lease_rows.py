"""The lease of a stack as a row of the state file: who holds it, under which token, and how often it was renewed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from reconciler.store.database import BUSY_SECONDS
from reconciler.store.store import Holder


class Row(NamedTuple):
    """The row as it was read. It is nobody's when the stack was given up, or never held."""

    token: int = 0
    renewed: int = 0
    holder: Holder | None = None

    @property
    def version(self) -> tuple[int, int]:
        """Return what is another whenever its holder showed that it lives."""
        return self.token, self.renewed


def read_row(database: sqlite3.Connection, stack: str) -> Row:
    """Read who holds a stack now."""
    query = "SELECT token, renewed, is_held, holder FROM stacks WHERE stack = ?"
    found = database.execute(query, (stack,)).fetchone()
    if found is None:
        return Row()
    token, renewed, is_held, holder = found
    return Row(token, renewed, Holder.model_validate_json(holder) if is_held else None)


def write_taken(database: sqlite3.Connection, stack: str, token: int, holder: Holder) -> None:
    """Write a new holder with its token."""
    database.execute(
        "INSERT INTO stacks (stack, serial, owner, digest_key, doomed_volumes, token, holder, renewed, is_held) "
        "VALUES (?, 0, '', '', '', ?, ?, 0, 1) ON CONFLICT (stack) DO UPDATE "
        "SET token = excluded.token, holder = excluded.holder, renewed = 0, is_held = 1",
        (stack, token, holder.model_dump_json()),
    )


def write_unlocked(database: sqlite3.Connection, stack: str, token: int) -> bool:
    """Take the stack from who holds it under that token: it gets a new one, so that nothing of theirs is accepted.

    False when it is theirs no longer.
    """
    statement = "UPDATE stacks SET token = token + 1, is_held = 0 WHERE stack = ? AND token = ? AND is_held = 1"
    return database.execute(statement, (stack, token)).rowcount == 1


def is_still(path: Path, stack: str, token: int) -> bool:
    """Say whether a stack still has this token. It has a connection of its own, as all that a lease does."""
    with closing(_connected(path, "ro")) as database:
        found: object = database.execute("SELECT token FROM stacks WHERE stack = ?", (stack,)).fetchone()
    return found == (token,)


def renew_row(path: Path, stack: str, token: int) -> bool:
    """Show that we live; False when the row is not ours any more.

    It has a connection of its own: the thread that renews must not get into a transaction of another one.
    """
    return _update(path, "UPDATE stacks SET renewed = renewed + 1 WHERE stack = ? AND token = ?", stack, token)


def release_row(path: Path, stack: str, token: int) -> bool:
    """Give the stack up, if it is still ours."""
    return _update(path, "UPDATE stacks SET is_held = 0 WHERE stack = ? AND token = ?", stack, token)


def _update(path: Path, statement: str, stack: str, token: int) -> bool:
    with closing(_connected(path, "rw")) as database:
        return database.execute(statement, (stack, token)).rowcount == 1


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", BUSY_SECONDS, isolation_level=None, uri=True)
