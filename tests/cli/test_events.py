"""`events`: what is recorded, followed while others write it, without any engine."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.model.notification import EventKind
from reconciler.model.state import State
from reconciler.scheduler.history import Told, with_events
from reconciler.store.sqlite import SqliteStore

from .conftest import NO_ENGINE, WEB, Place, ended, wait_until


@pytest.fixture
def shop(place: Place) -> Place:
    """A stack with a service `web`, and the engine out of reach."""
    place.write(WEB)
    (place.folder / "state").mkdir()
    place.environment.update(NO_ENGINE)
    return place


def record(shop: Place, *told: Told | tuple[str, str], at: float | None = None) -> State:
    """Record events as whoever holds the stack would."""
    store = SqliteStore(shop.folder / "state")
    lease = store.acquire(shop.name, "apply", 5)
    try:
        return store.save(with_events(store.load(shop.name), told, time.time() if at is None else at), lease)
    finally:
        lease.release()
        store.close()


def started(number: int, address: str = "service.web") -> tuple[str, str]:
    return address, f"has started {number} tasks"


def messages(text: str) -> list[str]:
    return [line.rpartition("  ")[2] for line in text.splitlines()]


def test_events_are_printed_oldest_first_with_their_times(shop: Place) -> None:
    record(shop, started(1), Told("service.db", "is gone", EventKind.TASK), at=1_000_000)
    assert shop.run("events").out.splitlines() == [
        "1970-01-12T13:46:40Z  service.web  has started 1 tasks",
        "1970-01-12T13:46:40Z  service.db  is gone",
    ]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("web",), ["old", "new"]),
        (("service.web",), ["old", "new"]),
        (("db",), ["task of db"]),
        (("--since", "10m"), ["new", "task of db"]),
        (("--kind", "task"), ["task of db"]),
        (("--kind", "task", "--kind", "service"), ["old", "new", "task of db"]),
        (("web", "--kind", "task"), []),
    ],
)
def test_only_what_is_asked_for_is_printed(shop: Place, words: tuple[str, ...], shown: list[str]) -> None:
    record(shop, ("service.web", "old"), at=time.time() - 3600)
    record(shop, ("service.web", "new"), Told("service.db", "task of db", EventKind.TASK))
    assert messages(shop.run("events", *words).out) == shown


def test_a_name_that_nothing_has_is_refused_but_not_one_that_is_declared(shop: Place) -> None:
    found = shop.run("events", "wbe")
    assert (found.code, found.err) == (1, 'Error: nothing that is declared, and no event, is called "wbe"\n')
    assert (shop.run("events", "web").code, shop.run("events", "web").out) == (0, "")
    assert not (shop.folder / "state" / "state.db").exists(), "to look makes no file"


def test_json_is_a_stream_that_begins_with_the_version(shop: Place) -> None:
    record(shop, started(1))
    lines = shop.run("events", "--json").lines
    assert [each["type"] for each in lines] == ["version", "event"]
    assert (lines[1]["detail-type"], lines[1]["resources"]) == ("ECS Service Action", ["service.web"])
    assert shop.run("events", "db", "--json").lines[-1]["type"] == "diagnostic"


class Following:
    """A running `events -f`, whose output goes to a file."""

    def __init__(self, shop: Place, *words: str) -> None:
        self.path = shop.folder.parent / "followed"
        with self.path.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reconciler", "events", "-f", *words],
                cwd=shop.folder,
                env=shop.environment,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
            )

    @property
    def messages(self) -> list[str]:
        return messages(self.path.read_text())

    def shows(self, *expected: str) -> None:
        wait_until(lambda: self.messages == list(expected))


def test_following_shows_what_is_recorded_meanwhile_and_ends_with_130(shop: Place) -> None:
    record(shop, started(1))
    following = Following(shop)
    following.shows("has started 1 tasks")
    record(shop, started(2), started(3))
    record(shop, started(4))
    following.shows(*(f"has started {number} tasks" for number in (1, 2, 3, 4)))
    assert ended(following.process, signal.SIGINT).code == 130


@pytest.mark.parametrize("anew", [1, 3], ids=["fewer_than_there_were", "more_than_there_were"])
def test_following_goes_on_when_the_state_is_lost_and_recorded_anew(shop: Place, anew: int) -> None:
    record(shop, started(1), started(2))
    following = Following(shop)
    following.shows("has started 1 tasks", "has started 2 tasks")
    _lose(shop.folder / "state")
    record(shop, *(started(3 + number) for number in range(anew)))
    following.shows(*(f"has started {number} tasks" for number in range(1, 3 + anew)))
    record(shop, started(90), started(91), started(92))
    following.shows(*(f"has started {number} tasks" for number in (*range(1, 3 + anew), 90, 91, 92)))
    assert ended(following.process, signal.SIGINT).code == 130


def _lose(folder: Path) -> None:
    for each in folder.iterdir():
        each.unlink()


def test_following_ends_when_nobody_reads_it_though_nothing_happens(shop: Place) -> None:
    record(shop, started(1))
    following = shop.start("events", "-f")
    assert following.stdout is not None
    assert "has started 1 tasks" in following.stdout.readline()
    following.stdout.close()
    assert following.wait(timeout=10) == 141
