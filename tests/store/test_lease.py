"""The lease of a stack: renewed, believed in, lost and unlocked (C6, R7-R9, I9)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reconciler.errors import StaleError
from reconciler.model.state import State
from reconciler.store import lease_rows
from reconciler.store.lease import Timing
from reconciler.store.memory import MemoryStore
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Store

from .sharing import LEASE, Seconds, another, lock_files, process, refusal

SECOND_SCHEMA = """
CREATE TABLE stacks (
    stack TEXT PRIMARY KEY, serial INTEGER NOT NULL, owner TEXT NOT NULL, digest_key TEXT NOT NULL,
    doomed_volumes TEXT NOT NULL, token INTEGER NOT NULL, holder TEXT NOT NULL
);
CREATE TABLE entries (
    stack TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (stack, kind, id)
);
CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT, stack TEXT NOT NULL, posted_at REAL NOT NULL, body TEXT NOT NULL
);
INSERT INTO stacks VALUES ('shop', 7, 'owner', 'key', '', 3,
    '{"operation": "apply", "user": "ada", "host": "box", "pid": 1, "since": 5.0}');
PRAGMA user_version = 2;
"""


@contextmanager
def writing(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let another process be in the middle of a write, whose end nobody waits for."""
    monkeypatch.setattr(lease_rows, "BUSY_SECONDS", 0.0)
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def test_a_holder_notices_at_once_that_its_stack_was_taken(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    lease.check()
    store.unlock("shop", lease.token)
    assert "somebody else took over" in refusal(lease.check)


def test_a_holder_that_cannot_ask_believes_in_its_lease_for_two_thirds_of_it(
    store: SqliteStore, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = store.acquire("shop", "apply", 0)
    with writing(store, monkeypatch):
        seconds.now += LEASE * 2 / 3 - 1
        lease.check()
        seconds.now += 2
        assert "could not be renewed" in refusal(lease.check)


def test_a_holder_that_was_stopped_for_long_goes_on_when_nobody_took_its_stack(
    store: SqliteStore, seconds: Seconds
) -> None:
    lease = store.acquire("shop", "apply", 0)
    seconds.now += 100 * LEASE
    lease.check()
    store.save(State(stack_name="shop"), lease)
    assert store.load("shop").serial == 1


def test_a_lease_that_cannot_be_renewed_is_believed_in_no_longer(
    store: SqliteStore, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = store.acquire("shop", "apply", 0)
    with writing(store, monkeypatch):
        seconds.now += LEASE
        told = refusal(lease.check)
    assert told == (
        'the lock of stack "shop" could not be renewed (database is locked): nothing is changed here before it can '
        f"be; check the disk and the permissions of {store.path.parent}"
    )
    lease.check()


def test_while_the_state_is_gone_nothing_is_done_and_it_is_not_made_anew(store: SqliteStore) -> None:
    lease = store.acquire("shop", "watch", 0)
    store.save(State(stack_name="shop"), lease)
    away = store.path.parent.rename(store.path.parent.with_name("away"))
    told = (
        f"the state in {store.path} is gone, and with it what was applied: put it back, or apply again, which adopts "
        "what runs from its labels"
    )
    assert refusal(lease.check) == told
    assert refusal(lambda: store.save(State(stack_name="shop"), lease)) == told
    assert refusal(lambda: store.stand_by("shop", "watch", lambda: True)) == told
    assert not store.path.parent.exists()
    away.rename(store.path.parent)
    lease.check()
    assert store.save(State(stack_name="shop"), lease).serial == 2


def test_under_a_damaged_state_nothing_is_done_before_it_is_mended(store: SqliteStore) -> None:
    lease = store.acquire("shop", "watch", 0)
    good = store.path.read_bytes()
    store.path.write_bytes(b"this is not a database, it is a poem" * 100)
    assert refusal(lease.check).endswith("move the file away: the next plan adopts what runs from its labels")
    store.path.write_bytes(good)
    lease.check()


def test_a_lease_of_a_state_file_that_was_replaced_is_lost(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    store.save(State(stack_name="shop"), lease)
    store.path.unlink()
    successor = another(store, seconds).acquire("shop", "apply", 0)
    assert successor.token == lease.token + 1, "the file of the first token is still held"
    with pytest.raises(StaleError):
        store.save(State(stack_name="shop"), lease)
    lease.renew()
    assert "somebody else took over" in refusal(lease.check)


def test_nothing_is_done_under_a_lease_that_was_given_up(store: SqliteStore) -> None:
    lease = store.acquire("shop", "apply", 0)
    lease.release()
    assert refusal(lease.check) == 'stack "shop" was given up here: nothing more is changed'


def test_to_release_a_lost_lease_frees_nothing_of_the_successors(store: SqliteStore, seconds: Seconds) -> None:
    lost = store.acquire("shop", "apply", 0)
    store.unlock("shop", lost.token)
    successor = another(store, seconds).acquire("shop", "watch", 0)
    lost.release()
    found = store.standing("shop")
    assert found is not None
    assert (found.holder.operation, found.token, lock_files(store)) == ("watch", 3, ["shop.3.lock"])
    successor.check()


def test_the_thread_that_renews_ends_with_the_lease(tmp_path: Path) -> None:
    before = threading.active_count()
    store = SqliteStore(tmp_path, "ada", timing=Timing(lease_seconds=0.03))
    lease = store.acquire("shop", "apply", 0)
    assert threading.active_count() == before + 1
    renewed = threading.Event()
    lease.renew = renewed.set  # type: ignore[method-assign]
    assert renewed.wait(5)
    lease.release()
    assert threading.active_count() == before


def test_a_lost_lease_ends_the_thread_that_renews(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, "ada", timing=Timing(lease_seconds=0.03))
    lease = store.acquire("shop", "apply", 0)
    store.unlock("shop", lease.token)
    lease._thread.join(5)
    assert not lease._thread.is_alive()
    assert "somebody else took over" in refusal(lease.check)


def test_to_unlock_refuses_whatever_the_former_holder_writes(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    assert store.unlock("shop", lease.token)
    assert (store.standing("shop"), store.unlock("shop", lease.token)) == (None, False)
    with pytest.raises(StaleError):
        store.save(State(stack_name="shop"), lease)
    assert another(store, seconds).acquire("shop", "apply", 0).token == lease.token + 2


def test_to_unlock_spares_whoever_took_the_stack_meanwhile(store: SqliteStore) -> None:
    first = store.acquire("shop", "apply", 0)
    first.release()
    second = store.acquire("shop", "apply", 0)
    assert not store.unlock("shop", first.token)
    second.check()
    store.save(State(stack_name="shop"), second)


def test_a_file_of_the_second_version_is_nobodys_and_goes_on_with_its_tokens(
    tmp_path: Path, seconds: Seconds
) -> None:
    sqlite3.connect(tmp_path / "state.db").executescript(SECOND_SCHEMA)
    store = process(tmp_path, "ada", seconds)
    assert (store.standing("shop"), store.load("shop").serial) == (None, 7)
    assert store.acquire("shop", "apply", 0).token == 4


@pytest.fixture(params=["sqlite", "memory"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return SqliteStore(tmp_path, "ada") if request.param == "sqlite" else MemoryStore()


def test_both_stores_have_the_same_rules(either: Store) -> None:
    assert (either.holder("shop"), either.is_watched("shop")) == (None, False)
    first = either.acquire("shop", "apply", 0)
    holder = either.holder("shop")
    assert holder is not None
    assert holder.operation == "apply"
    refusal(lambda: either.acquire("shop", "watch", 0))
    first.check()
    first.release()
    first.release()
    refusal(first.check)
    with either.watching("shop"):
        assert either.is_watched("shop")
    second = either.acquire("shop", "watch", 0)
    first.release()
    second.check()
    assert (second.token, either.is_watched("shop")) == (first.token + 1, False)
    second.release()
