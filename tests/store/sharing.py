"""Processes that share one state file, by a clock that a test moves on."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.errors import LockError, StaleError, StoreError
from reconciler.store.lease import Timing
from reconciler.store.sqlite import SqliteStore
from tests.builders import NOW

from .test_sqlite import in_a_child

LEASE = 30.0


class Seconds:
    """A monotonic clock: `sleep` moves it on, and then whatever else happens meanwhile happens."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.01)
        self.meanwhile()


def process(folder: Path, user: str, seconds: Seconds) -> SqliteStore:
    """Return the view that one process has of the store, by the same clock."""
    timing = Timing(LEASE, own=seconds, observing=seconds, sleep=seconds.sleep)
    return SqliteStore(folder, user, lambda: NOW, timing)


def another(store: SqliteStore, seconds: Seconds, user: str = "bob") -> SqliteStore:
    return process(store.path.parent, user, seconds)


def elsewhere(store: SqliteStore) -> None:
    """Let the holder be on another machine, as far as its row says."""
    connection = sqlite3.connect(store.path)
    with connection:
        connection.execute(
            "UPDATE stacks SET holder = json_set(holder, '$.host', 'far', '$.boot', 'another', '$.pid', 1)"
        )
    connection.close()


def lock_files(store: SqliteStore) -> list[str]:
    return sorted(path.name for path in store.path.parent.glob("*.lock"))


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises((LockError, StaleError, StoreError)) as refused:
        act()
    return str(refused.value)


def held_by_a_child(store: SqliteStore) -> int:
    """Let another process hold the stack; returns its pid."""

    def hold(pipe: int) -> None:
        SqliteStore(store.path.parent, "bob").acquire("shop", "apply", 0)
        os.write(pipe, b"held")
        signal.pause()

    pid, pipe = in_a_child(hold)
    assert os.read(pipe, 4) == b"held"
    return pid
