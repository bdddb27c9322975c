"""Requests left for the process that holds a stack: in the state file, and in memory for tests."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import StaleError
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from reconciler.store.memory import MemoryStore
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import KEPT_SECONDS, Posted, Store
from tests.builders import NOW, state

SCALE = Request(kind=RequestKind.SCALE, service="service.web", count=5)
RESTART = Request(kind=RequestKind.RESTART, service="service.web")

FIRST_SCHEMA = """
CREATE TABLE stacks (
    stack TEXT PRIMARY KEY, serial INTEGER NOT NULL, owner TEXT NOT NULL, digest_key TEXT NOT NULL,
    doomed_volumes TEXT NOT NULL, token INTEGER NOT NULL, holder TEXT NOT NULL
);
CREATE TABLE entries (
    stack TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (stack, kind, id)
);
INSERT INTO stacks VALUES ('shop', 7, 'owner', 'key', '', 3, '');
PRAGMA user_version = 1;
"""


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=[SqliteStore, MemoryStore])
def store(request: pytest.FixtureRequest, tmp_path: Path, time: Time) -> Iterator[Store]:
    makes: dict[type, Callable[[], Store]] = {
        SqliteStore: lambda: SqliteStore(tmp_path, "ada", time),
        MemoryStore: lambda: MemoryStore(now=time),
    }
    yield makes[request.param]()


def test_requests_wait_in_their_order_for_the_stack_they_are_for(store: Store) -> None:
    assert store.posted("shop") == ()
    first, other, second = store.post("shop", SCALE), store.post("mall", RESTART), store.post("shop", RESTART)
    assert store.posted("shop") == (Posted(number=first, request=SCALE), Posted(number=second, request=RESTART))
    assert store.posted("mall") == (Posted(number=other, request=RESTART),)


def test_a_save_takes_the_requests_that_it_carries_out(store: Store) -> None:
    lease = store.acquire("shop", "apply", 0)
    first, second = store.post("shop", SCALE), store.post("shop", RESTART)
    store.save(state(), lease, answered=(first,))
    assert store.posted("shop") == (Posted(number=second, request=RESTART),)


def test_a_save_that_is_refused_takes_no_request(store: Store) -> None:
    old = store.acquire("shop", "apply", 0)
    old.release()
    store.acquire("shop", "apply", 0)
    number = store.post("shop", SCALE)
    with pytest.raises(StaleError):
        store.save(state(), old, answered=(number,))
    assert store.posted("shop") == (Posted(number=number, request=SCALE),)


def test_a_request_is_taken_back_unless_somebody_took_it(store: Store) -> None:
    number = store.post("shop", SCALE)
    assert [store.withdraw("mall", number), store.withdraw("shop", number), store.withdraw("shop", number)] == [
        False,
        True,
        False,
    ]
    assert store.posted("shop") == ()


def test_numbers_are_never_given_twice(store: Store) -> None:
    first = store.post("shop", SCALE)
    store.withdraw("shop", first)
    assert store.post("shop", SCALE) > first


def test_a_request_that_nobody_took_in_time_surprises_nobody(store: Store, time: Time) -> None:
    store.post("shop", SCALE)
    time.now += KEPT_SECONDS - 1
    recent = store.post("shop", RESTART)
    time.now += 1
    assert store.posted("shop") == (Posted(number=recent, request=RESTART),)


def test_what_nobody_took_does_not_stay_in_the_file(tmp_path: Path, time: Time) -> None:
    store = SqliteStore(tmp_path, "ada", time)
    store.post("shop", SCALE)
    time.now += KEPT_SECONDS
    store.post("shop", RESTART)
    assert sqlite3.connect(store.path).execute("SELECT count(*) FROM requests").fetchone() == (1,)


def test_another_process_sees_a_request_at_once(tmp_path: Path) -> None:
    holder, other = SqliteStore(tmp_path, "ada"), SqliteStore(tmp_path, "bob")
    lease = holder.acquire("shop", "apply", 0)
    holder.save(state(), lease)
    number = other.post("shop", SCALE)
    assert holder.posted("shop") == (Posted(number=number, request=SCALE),)
    holder.save(state(), lease, answered=(number,))
    assert other.posted("shop") == ()


def test_to_look_for_requests_writes_nothing_and_makes_no_file(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state", "ada")
    assert store.posted("shop") == ()
    assert not store.path.exists()
    store.post("shop", SCALE)
    before = store.path.read_bytes()
    store.posted("shop")
    assert store.path.read_bytes() == before


def test_a_file_of_the_first_version_is_brought_up_to_date_with_all_that_it_holds(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "state.db").executescript(FIRST_SCHEMA)
    store = SqliteStore(tmp_path, "ada")
    assert store.load("shop") == State(stack_name="shop", serial=7, owner="owner", digest_key="key")
    number = store.post("shop", SCALE)
    assert SqliteStore(tmp_path, "bob").posted("shop") == (Posted(number=number, request=SCALE),)


def test_a_file_of_the_first_version_that_may_only_be_read_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.db"
    sqlite3.connect(path).executescript(FIRST_SCHEMA)
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", isolation_level=None, uri=True)
    store = SqliteStore(tmp_path, "ada")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert store.load("shop").serial == 7
    assert reader.execute("PRAGMA user_version").fetchone() == (1,)
