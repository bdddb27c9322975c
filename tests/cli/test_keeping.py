"""A watch whose state is taken away, damaged or filled up: it says so, does nothing, and goes on once that is mended.

There is no engine: what a watch does with one is told by the tests of the loop.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reconciler.cli.options import Given
from reconciler.cli.stopping import Stop
from reconciler.cli.tenure import Keeper, Manner
from reconciler.clock import SystemClock
from reconciler.observe.health import health
from reconciler.observe.observatory import Observatory
from reconciler.store.sqlite import SqliteStore
from tests.builders import declared, stack, state

from .conftest import NO_ENGINE, wait_until

SHOP = stack(declared("web", 2))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack's folder; something was applied, by a process that has ended."""
    monkeypatch.setenv("DOCKER_HOST", NO_ENGINE["DOCKER_HOST"])
    monkeypatch.setenv("RECONCILER_LEASE_SECONDS", "0.9")
    (tmp_path / "main.hcl").write_text('stack "shop" {}\n')
    record(tmp_path)
    return tmp_path


def record(folder: Path) -> None:
    """Apply, as far as the state shows."""
    with closing(SqliteStore(folder / "state", "ada")) as store:
        lease = store.acquire("shop", "apply", 0)
        store.save(state(SHOP, serial=0), lease)
        lease.release()


class Health:
    """What /healthz says."""

    def __init__(self, observatory: Observatory) -> None:
        self._observatory = observatory

    @property
    def now(self) -> tuple[str, str]:
        """The status and the reason."""
        found = health(self._observatory)[1]["stacks"].get("shop", {"status": "unknown", "reason": None})
        return found["status"], found["reason"] or ""

    def becomes(self, status: str, reason: str) -> None:
        def has_become() -> bool:
            found, why = self.now
            return found == status and reason in why

        wait_until(has_become)


@contextmanager
def keeping(folder: Path) -> Iterator[Health]:
    """Keep the stack on another thread, for as long as the context lasts."""
    observatory, stop = Observatory(SystemClock(), 25), Stop()
    given = Given(stack_folder=str(folder), state_folder=str(folder / "state"))
    thread = threading.Thread(target=Keeper(given, stop, observatory, Manner()).keep)
    thread.start()
    try:
        yield Health(observatory)
    finally:
        stop.ask(15)
        thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_state_that_is_taken_away_is_told_once_and_gone_on_with_when_it_is_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with keeping(folder) as watch:
        watch.becomes("ok", "nowhere/docker.sock")
        (folder / "state").rename(folder / "away")
        watch.becomes("failing", "is gone, and with it what was applied: put it back, or apply again")
        assert not (folder / "state").exists(), "who puts it back finds its place free"
        (folder / "away").rename(folder / "state")
        watch.becomes("ok", "nowhere/docker.sock")
    assert capsys.readouterr().err.count("is gone") == 1


def test_a_state_that_was_removed_is_gone_on_with_once_something_was_applied_again(folder: Path) -> None:
    with keeping(folder) as watch:
        watch.becomes("ok", "nowhere/docker.sock")
        shutil.rmtree(folder / "state")
        watch.becomes("failing", "is gone")
        record(folder)
        watch.becomes("ok", "nowhere/docker.sock")


def test_a_state_without_the_stack_in_the_place_of_ours_is_not_taken_for_nothing_applied(folder: Path) -> None:
    with keeping(folder) as watch:
        watch.becomes("ok", "nowhere/docker.sock")
        shutil.copy(folder / "state" / "state.db", folder / "good.db")
        with closing(sqlite3.connect(folder / "state" / "state.db")) as database, database:
            database.execute("DELETE FROM stacks")
        watch.becomes("failing", "is gone")
        (folder / "good.db").rename(folder / "state" / "state.db")
        watch.becomes("ok", "nowhere/docker.sock")


def test_a_state_that_was_destroyed_is_nothing_to_watch(folder: Path) -> None:
    with keeping(folder) as watch:
        with closing(SqliteStore(folder / "state", "ada")) as store:
            wait_until(lambda: store.holder("shop") is not None)
            token = store.standing("shop").token  # type: ignore[union-attr]
            store.unlock("shop", token)
            lease = store.acquire("shop", "destroy", 5)
            found = store.load("shop")
            store.save(found.changed(target=stack()), lease)
            lease.release()
        watch.becomes("standing by", "nothing is applied")
        shutil.rmtree(folder / "state")
        watch.becomes("standing by", "nothing is applied")


@pytest.mark.parametrize("garbage", [b"", b"this is not a database, it is a poem" * 100])
def test_a_file_that_is_no_state_is_told_and_gone_on_with_when_it_is_mended(folder: Path, garbage: bytes) -> None:
    path = folder / "state" / "state.db"
    with keeping(folder) as watch:
        watch.becomes("ok", "nowhere/docker.sock")
        good = path.read_bytes()
        path.write_bytes(garbage)
        watch.becomes("failing", "state.db")
        path.write_bytes(good)
        watch.becomes("ok", "nowhere/docker.sock")


def test_a_watch_that_begins_with_a_damaged_state_waits_until_it_is_mended(folder: Path) -> None:
    path = folder / "state" / "state.db"
    good = path.read_bytes()
    path.write_bytes(b"this is not a database, it is a poem" * 100)
    with keeping(folder) as watch:
        watch.becomes("failing", "move the file away: the next plan adopts what runs from its labels")
        path.write_bytes(good)
        watch.becomes("ok", "nowhere/docker.sock")


def test_a_stack_whose_folder_is_away_is_waited_for(folder: Path) -> None:
    stack_folder = folder / "shop"
    stack_folder.mkdir()
    (folder / "main.hcl").rename(stack_folder / "main.hcl")
    (folder / "state").rename(stack_folder / "state")
    with keeping(stack_folder) as watch:
        watch.becomes("ok", "nowhere/docker.sock")
        stack_folder.rename(folder / "before")
        watch.becomes("failing", "is gone")
        (folder / "before").rename(stack_folder)
        watch.becomes("ok", "nowhere/docker.sock")
