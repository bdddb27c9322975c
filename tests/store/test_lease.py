"""The lease of a stack: renewed, believed in, lost, taken over, and handed round (C6, R7-R9, I9)."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from reconciler.errors import LockError, StaleError, StoppedBySignalError
from reconciler.model.state import State
from reconciler.store import database
from reconciler.store.lease import Timing
from reconciler.store.memory import MemoryStore
from reconciler.store.processes import this_process
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Holder, Life, Store
from tests.builders import NOW

from .test_sqlite import in_a_child

LEASE = 30.0

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


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def store(tmp_path: Path, seconds: Seconds) -> Iterator[SqliteStore]:
    found = process(tmp_path, "ada", seconds)
    yield found
    found.close()


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
    with pytest.raises((LockError, StaleError)) as refused:
        act()
    return str(refused.value)


def test_a_lease_that_was_given_up_is_taken_at_once_with_a_higher_token(store: SqliteStore, seconds: Seconds) -> None:
    first = store.acquire("shop", "apply", 0)
    first.release()
    second = another(store, seconds).acquire("shop", "destroy", 0)
    assert (first.token, second.token, lock_files(store)) == (1, 2, ["shop.2.lock"])
    second.release()
    assert (store.standing("shop"), lock_files(store)) == (None, [])


def test_a_holder_that_lives_here_is_not_followed_while_it_renews(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    seconds.meanwhile = lease.renew
    told = refusal(lambda: another(store, seconds).acquire("shop", "apply", 10 * LEASE))
    assert told.startswith('stack "shop" is locked: apply by ada on ')
    lease.check()


def test_a_holder_that_does_not_renew_is_followed_after_a_lease_of_our_own_time(
    store: SqliteStore, seconds: Seconds
) -> None:
    lease = store.acquire("shop", "apply", 0)
    began = seconds.now
    successor = another(store, seconds).acquire("shop", "watch", 2 * LEASE)
    assert LEASE <= seconds.now - began < LEASE + 1
    assert successor.token == lease.token + 1
    assert refusal(lease.check) == 'somebody else took over stack "shop": nothing more is changed here'


def test_one_renewal_begins_the_waiting_anew(store: SqliteStore, seconds: Seconds) -> None:
    lease, began, renewed = store.acquire("shop", "apply", 0), seconds.now, []

    def renew_once() -> None:
        if not renewed and seconds.now > began + LEASE - 1:
            lease.renew()
            renewed.append(seconds.now)

    seconds.meanwhile = renew_once
    another(store, seconds).acquire("shop", "watch", 3 * LEASE)
    assert LEASE <= seconds.now - renewed[0] < LEASE + 1


def test_what_was_seen_counts_from_one_try_to_the_next(store: SqliteStore, seconds: Seconds) -> None:
    store.acquire("shop", "apply", 0)
    other = another(store, seconds)
    refusal(lambda: other.acquire("shop", "watch", 0))
    seconds.now += LEASE
    assert other.acquire("shop", "watch", 0).token == 2


def test_times_that_are_written_down_do_not_count(store: SqliteStore, seconds: Seconds) -> None:
    """The clock of the wall may jump as it likes: a holder of long ago is waited for as long as one of now."""
    store.acquire("shop", "apply", 0)
    later = SqliteStore(
        store.path.parent,
        "bob",
        lambda: NOW + 1e9,
        Timing(LEASE, own=seconds, observing=seconds, sleep=seconds.sleep),
    )
    refusal(lambda: later.acquire("shop", "watch", LEASE - 1))


def test_a_holder_notices_at_once_that_its_stack_was_taken(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    lease.check()
    store.unlock("shop", lease.token)
    assert "somebody else took over" in refusal(lease.check)


def test_a_holder_that_cannot_ask_believes_in_its_lease_for_two_thirds_of_it(
    store: SqliteStore, seconds: Seconds
) -> None:
    lease = store.acquire("shop", "apply", 0)
    store.path.rename(store.path.with_name("elsewhere.db"))
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


def test_a_lease_that_cannot_be_renewed_is_believed_in_no_longer(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    hidden = store.path.rename(store.path.with_name("elsewhere.db"))
    seconds.now += LEASE
    told = refusal(lease.check)
    assert told == (
        'the lock of stack "shop" could not be renewed (unable to open database file): nothing more is changed here'
    )
    hidden.rename(store.path)
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


def test_a_holder_elsewhere_is_waited_for_though_nothing_here_is_locked(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    os.close(lease._grip.lock_file)
    elsewhere(store)
    told = refusal(lambda: another(store, seconds).acquire("shop", "apply", LEASE - 1))
    assert told.splitlines()[0].endswith("; whether that process lives shows on far only.")
    assert "reconciler force-unlock" in told
    assert another(store, seconds).acquire("shop", "apply", LEASE + 1).token == 2


def test_a_holder_that_was_killed_here_is_followed_at_once(store: SqliteStore, seconds: Seconds) -> None:
    pid = held_by_a_child(store)
    found = store.standing("shop")
    assert found is not None
    assert (found.life, found.holder.pid, store.holder("shop")) == (Life.ALIVE, pid, found.holder)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert store.holder("shop") is None
    before = seconds.now
    assert store.acquire("shop", "apply", 0).token == 2
    assert (seconds.now, lock_files(store)) == (before, ["shop.2.lock"])


def test_a_holder_that_is_stopped_is_told_as_such_and_followed_after_a_lease(
    store: SqliteStore, seconds: Seconds
) -> None:
    pid = held_by_a_child(store)
    os.kill(pid, signal.SIGSTOP)
    os.waitpid(pid, os.WUNTRACED)
    told = refusal(lambda: store.acquire("shop", "apply", LEASE - 1))
    assert told.splitlines()[0].endswith("; that process is alive but stopped.")
    assert f"kill -CONT {pid}" in told
    assert store.acquire("shop", "apply", LEASE + 1).token == 2
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_a_holder_that_is_stopped_in_the_middle_of_a_write_is_named_and_waited_for(
    store: SqliteStore, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own lock is the kernel's: nobody can take over before that process goes on, or is killed."""

    def write(pipe: int) -> None:
        mine = SqliteStore(store.path.parent, "bob")
        mine.acquire("shop", "watch", 0)
        mine._database.open().execute("BEGIN EXCLUSIVE")
        os.write(pipe, b"held")
        os.kill(os.getpid(), signal.SIGSTOP)

    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    pid, pipe = in_a_child(write)
    assert os.read(pipe, 4) == b"held"
    os.waitpid(pid, os.WUNTRACED)
    told = refusal(lambda: store.acquire("shop", "apply", 3 * LEASE))
    assert told == (
        f'stack "shop" is locked: another process is writing {store.path} all the time.\n'
        f"watch by bob on {os.uname().nodename} (pid {pid}) is stopped: kill -CONT {pid}"
    )
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert store.acquire("shop", "apply", 0).token == 2


def held_by_a_child(store: SqliteStore) -> int:
    """Let another process hold the stack; returns its pid."""

    def hold(pipe: int) -> None:
        SqliteStore(store.path.parent, "bob").acquire("shop", "apply", 0)
        os.write(pipe, b"held")
        signal.pause()

    pid, pipe = in_a_child(hold)
    assert os.read(pipe, 4) == b"held"
    return pid


def test_a_process_that_was_given_the_number_of_a_dead_one_is_not_taken_for_it(store: SqliteStore) -> None:
    """The lock on the holder's file says who lives, not its number."""
    lease = store.acquire("shop", "apply", 0)
    os.close(lease._grip.lock_file)
    found = store.standing("shop")
    assert found is not None
    assert (found.holder.pid, found.life) == (os.getpid(), Life.DEAD)


def test_whoever_waits_can_be_interrupted(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "apply", 0)
    seconds.meanwhile = lease.renew
    began = seconds.now
    other = another(store, seconds)
    with pytest.raises(StoppedBySignalError, match='interrupted while waiting for stack "shop"'):
        other.acquire("shop", "apply", 1000, lambda: seconds.now > began + 3)
    with pytest.raises(StoppedBySignalError, match='interrupted while standing by for stack "shop"'):
        other.stand_by("shop", "watch", lambda: seconds.now > began + 6)
    assert seconds.now < began + 7


def test_a_watch_is_seen_again_after_its_files_were_removed(store: SqliteStore) -> None:
    with store.watching("shop"):
        for each in store.path.parent.glob("shop.*.watch"):
            each.unlink()
        assert not store.is_watched("shop")
        lease = store.stand_by("shop", "watch", lambda: False)
        assert [each.pid for each in store.watchers("shop")] == [os.getpid()]
        lease.release()
    assert not store.is_watched("shop")


def test_who_stands_by_lets_others_have_what_was_given_up(store: SqliteStore, seconds: Seconds) -> None:
    lease = store.acquire("shop", "watch", 0)
    began, taken = seconds.now, []

    def go_on() -> None:
        if not taken and seconds.now > began + 5:
            lease.release()
        if not taken and seconds.now > began + 5.5:
            taken.append(another(store, seconds, "cem").acquire("shop", "apply", 0))
        if taken and seconds.now > began + 20:
            taken[0].release()

    seconds.meanwhile = go_on
    standing_by = another(store, seconds).stand_by("shop", "watch", lambda: False)
    assert ([each.token for each in taken], standing_by.token) == ([2], 3)
    assert 1.0 <= seconds.now - (began + 20) < 1.5


def test_who_stands_by_follows_a_dead_one_at_once(store: SqliteStore, seconds: Seconds) -> None:
    pid = held_by_a_child(store)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    before = seconds.now
    assert store.stand_by("shop", "watch", lambda: False).token == 2
    assert seconds.now == before


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


def test_watches_are_seen_while_they_live_whether_they_hold_the_stack_or_not(
    store: SqliteStore, seconds: Seconds
) -> None:
    assert (store.watchers("shop"), store.is_watched("shop")) == ((), False)
    other = another(store, seconds)
    us = this_process("watch", "ada", NOW)
    with ExitStack() as life:
        life.enter_context(store.watching("shop"))
        life.enter_context(other.watching("shop"))
        assert sorted(other.watchers("shop"), key=by_user) == [us, us.changed(user="bob")]
        assert (other.is_watched("shop"), other.is_watched("mall")) == (True, False)
    assert (store.is_watched("shop"), list(store.path.parent.glob("*.watch"))) == (False, [])


def by_user(holder: Holder) -> str:
    return holder.user


def test_a_watch_that_was_killed_is_not_taken_for_a_living_one(store: SqliteStore, seconds: Seconds) -> None:
    def watch(pipe: int) -> None:
        with SqliteStore(store.path.parent, "bob").watching("shop"):
            os.write(pipe, b"on")
            signal.pause()

    pid, pipe = in_a_child(watch)
    assert (os.read(pipe, 2), store.is_watched("shop")) == (b"on", True)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert not store.is_watched("shop")
    with store.watching("shop"):
        assert len(list(store.path.parent.glob("*.watch"))) == 1, "what it left is removed"


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
