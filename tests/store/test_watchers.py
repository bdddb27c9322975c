"""Watches of a stack are seen while they live, whether they hold it or not."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack

from reconciler.store.processes import this_process
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Holder
from tests.builders import NOW

from .sharing import Seconds, another
from .test_sqlite import in_a_child


def test_a_watch_is_seen_again_after_its_files_were_removed(store: SqliteStore) -> None:
    with store.watching("shop"):
        for each in store.path.parent.glob("shop.*.watch"):
            each.unlink()
        assert not store.is_watched("shop")
        lease = store.stand_by("shop", "watch", lambda: False)
        assert [each.pid for each in store.watchers("shop")] == [os.getpid()]
        lease.release()
    assert not store.is_watched("shop")


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
