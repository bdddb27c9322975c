"""Who gets a stack, and when: followed, waited for, told of, and stood by for (C6, R7-R9, I9)."""

from __future__ import annotations

import os
import signal

import pytest

from reconciler.errors import StoppedBySignalError
from reconciler.store import database
from reconciler.store.lease import Timing
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Life
from tests.builders import NOW

from .sharing import LEASE, Seconds, another, elsewhere, held_by_a_child, lock_files, refusal
from .test_sqlite import in_a_child


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
