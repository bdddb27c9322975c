"""The mailbox of the state file: what commands asked for while another process held the stack's lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from reconciler.model.request import Request
from reconciler.store.store import KEPT_SECONDS, Posted


def write_request(database: sqlite3.Connection, stack: str, request: Request, now: float) -> int:
    """Leave a request; returns its number."""
    database.execute("DELETE FROM requests WHERE posted_at <= ?", (now - KEPT_SECONDS,))
    row = (stack, now, request.model_dump_json(exclude_defaults=True))
    added = database.execute("INSERT INTO requests (stack, posted_at, body) VALUES (?, ?, ?)", row)
    assert added.lastrowid is not None
    return added.lastrowid


def read_requests(database: sqlite3.Connection, stack: str, now: float) -> tuple[Posted, ...]:
    """Return the requests that wait, oldest first, without writing."""
    query = "SELECT number, body FROM requests WHERE stack = ? AND posted_at > ? ORDER BY number"
    rows = database.execute(query, (stack, now - KEPT_SECONDS))
    return tuple(Posted(number=number, request=Request.model_validate_json(body)) for number, body in rows)


def delete_requests(database: sqlite3.Connection, stack: str, numbers: Iterable[int]) -> int:
    """Drop requests; returns how many of them were there."""
    rows = [(stack, number) for number in numbers]
    return database.executemany("DELETE FROM requests WHERE stack = ? AND number = ?", rows).rowcount if rows else 0
