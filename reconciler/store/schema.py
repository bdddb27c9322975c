"""The tables of the state file, and how an older file becomes one of today.

Every version is a migration: a new file goes through all of them, an older one through those it lacks. A migration
that was released never changes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

from reconciler.errors import StoreError

_MIGRATIONS = (
    (
        """CREATE TABLE stacks (
            stack TEXT PRIMARY KEY, serial INTEGER NOT NULL, owner TEXT NOT NULL, digest_key TEXT NOT NULL,
            doomed_volumes TEXT NOT NULL, token INTEGER NOT NULL, holder TEXT NOT NULL
        )""",
        """CREATE TABLE entries (
            stack TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (stack, kind, id)
        )""",
    ),
    (
        """CREATE TABLE requests (
            number INTEGER PRIMARY KEY AUTOINCREMENT, stack TEXT NOT NULL, posted_at REAL NOT NULL, body TEXT NOT NULL
        )""",
    ),
    (
        "ALTER TABLE stacks ADD COLUMN renewed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE stacks ADD COLUMN is_held INTEGER NOT NULL DEFAULT 0",
    ),
)
SCHEMA_VERSION = len(_MIGRATIONS)


def prepare(connection: sqlite3.Connection, path: Path, *, is_writable: bool) -> None:
    """Set a connection up and bring its file to today's tables; raises StoreError for a newer file's.

    A file that may only be read stays as it is: a State is read from any version.
    """
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    version = version_of(connection)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the state in {path} was written by a newer reconciler (schema {version}); upgrade this one"
        )
    if version < SCHEMA_VERSION and is_writable:
        _migrate(connection)


def version_of(connection: sqlite3.Connection) -> int:
    """Return how many migrations a file has been through."""
    return cast(int, connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection) -> None:
    """Run what is missing, all or nothing. The version is read again: another process may have been first."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in _MIGRATIONS[version_of(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
