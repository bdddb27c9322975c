"""Watches of one stack, each behind a proxy of its own: so it is known who asked the engine for what, and when."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from random import Random

from reconciler.drivers import labels
from reconciler.drivers.docker.api_errors import ApiError
from reconciler.store.sqlite import SqliteStore

from .checks import problems
from .engine import connect, labelled
from .proxy import Recording, recording
from .site import Site, site
from .watched import Watched, await_that, watch

COUNTS = {"web": 2, "worker": 3, "plain": 2}
MOST = {"app": 4, "worker": 3, "plain": 4}
"""Container -> how many tasks of its service may run at once: its count, by the maximum percent of tests' stack."""

STEADY_WITHIN_SECONDS = 60.0
EVERY_SECONDS = 0.05
_GONE = (404, 409)


@dataclass(frozen=True, eq=False)
class Rival:
    """A watch, and what it asked of the engine."""

    watched: Watched
    record: Recording

    @property
    def pid(self) -> int:
        """Its process."""
        return self.watched.process.pid


@dataclass
class Watches:
    """A stack that is applied, and its watches. `crowds` are moments at which too many tasks ran."""

    place: Site
    store: SqliteStore
    rivals: tuple[Rival, ...]
    crowds: list[str]

    @property
    def holder(self) -> Rival | None:
        """The one that has the stack; None when nobody has it, or a command."""
        found = self.store.holder(self.place.declared.name)
        return next((each for each in self.rivals if found is not None and each.pid == found.pid), None)

    @property
    def is_being_written(self) -> bool:
        """Whether somebody is in the middle of a read or a write of the state file, for longer than one takes."""
        with closing(sqlite3.connect(self.store.path, 1.0, isolation_level=None)) as database:
            try:
                database.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                return True
        return False

    def kill_tasks(self, random: Random) -> None:
        """Kill one to three containers, as `docker kill` does."""
        client, name = self.place.client, self.place.declared.name
        rows = labelled(client, labels.STACK, name).containers
        live = sorted(each["Id"] for each in rows if each["State"] == "running" and _container(each) in MOST)
        for container in random.sample(live, min(random.randint(1, 3), len(live))):
            try:
                client.post(f"/containers/{container}/kill")
            except ApiError as refusal:
                if refusal.status not in _GONE:
                    raise

    def await_steady(self) -> None:
        """Wait until what runs is what is declared."""
        is_so = lambda: not problems(self.place.client, self.place.declared)  # noqa: E731
        await_that(is_so, STEADY_WITHIN_SECONDS, "what runs is as declared")


@contextmanager
def watches(count: int, times: Mapping[str, str]) -> Iterator[Watches]:
    """Apply a stack and start so many watches of it; `times` are settings of theirs."""
    with site() as place, ExitStack() as life:
        place.declare(place.declared.with_counts(**COUNTS))
        place.command.apply()
        store = SqliteStore(place.command.state)
        life.callback(store.close)
        crowds: list[str] = []
        life.enter_context(_counting(place, crowds))
        found = Watches(place, store, (), crowds)
        for _ in range(count):
            record = life.enter_context(recording())
            watched = life.enter_context(watch(place.through(record.address), environment=times))
            life.callback(_end, watched)
            found.rivals = (*found.rivals, Rival(watched, record))
        yield found


def _end(watched: Watched) -> None:
    """Let a watch finish what it does: what is started meanwhile would be left over."""
    if watched.process.poll() is None:
        watched.stop()


@contextmanager
def _counting(place: Site, crowds: list[str]) -> Iterator[None]:
    """Count what runs all the time, beside everything else."""
    over, client = threading.Event(), connect()

    def count() -> None:
        while not over.wait(EVERY_SECONDS):
            rows = labelled(client, labels.STACK, place.declared.name).containers
            live = Counter(_container(each) for each in rows if each["State"] == "running")
            crowds.extend(f"{live[each]} of {each} ran at once" for each, most in MOST.items() if live[each] > most)

    thread = threading.Thread(target=count, name="crowds")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        client.close()


def _container(row: Mapping[str, Mapping[str, str]]) -> str:
    return row["Labels"].get(labels.CONTAINER, "")
