"""Holds the leases of the stacks that one `watch` process keeps, each on a thread of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from reconciler.cli.event_log import EventLog
from reconciler.cli.options import Given
from reconciler.cli.stopping import Stop
from reconciler.cli.systemd import Systemd
from reconciler.cli.workplace import open_applied, open_store
from reconciler.engine.recorded import Recorded, pursued
from reconciler.engine.watch import Ending, Watch
from reconciler.errors import ReconcilerError, StoppedBySignalError, StoreError
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.observe.observatory import Observatory, StackObserver
from reconciler.store.sqlite import SqliteStore
from reconciler.store.store import Lease

LOOK_AGAIN_SECONDS = 1.0
"""How often it is looked whether something was applied, and whether a store that failed works again."""

JITTER = 0.2
"""A relist comes up to that share earlier or later, so that many watches do not look all at once."""

END_SECONDS = 8.8
"""So long after it is time to stop a keeper is waited for: one that asks an engine that never answers is left.

Steps in hand have 8 seconds, and all of it is over within 10: to end the pages of --listen takes another half.
"""

LISTEN_SECONDS = 0.25
"""How often it is looked whether it is time to stop: no signal ends a wait for threads."""

STUCK_SECONDS = 300.0
"""A keeper that holds a stack and has not looked for so long is stuck: the watchdog is told no more."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How stacks are kept, as the command line says."""

    parallelism: int | None = None
    log_as_json: bool = False


class Keeper:
    """Keeps one stack: stands by for its lease, holds it, gives it up when asked, and stands by again."""

    def __init__(self, given: Given, stop: Stop, observatory: Observatory, manner: Manner) -> None:
        self._given = given
        self._stop = stop
        self._observatory = observatory
        self._manner = manner
        self._told = ""
        self._awaited_since: float | None = None
        self._observer = StackObserver("", observatory.clock)
        self._log = EventLog("", observatory.clock)
        self.name = ""
        self.is_ready = False
        """Whether it does what it is there for: it looked, it stands by, or there is nothing to watch yet."""

    def keep(self) -> None:
        """Keep the stack until it is time to stop."""
        self.name, store = open_store(self._given)
        self._observer = self._observatory.of(self.name)
        self._log = EventLog(self.name, self._observatory.clock, as_json=self._manner.log_as_json)
        recorded = Recorded(store, self.name)
        with closing(store), store.watching(self.name), suppress(StoppedBySignalError):
            while not self._stop.is_asked:
                self._keep_once(store, recorded)

    @property
    def is_stuck(self) -> bool:
        """Whether no look was taken for so long that something must be wrong with us."""
        since = self._awaited_since
        return since is not None and time.monotonic() - since > STUCK_SECONDS

    def _keep_once(self, store: SqliteStore, recorded: Recorded) -> None:
        """Hold the stack once. A store that does not work is waited for, and a folder that is away."""
        try:
            if pursued(recorded.load()) is None:
                self._rest("nothing is applied: waiting for `reconciler apply`")
                return
            lease = self._stand_by(store)
            try:
                ending = self._hold(lease)
            finally:
                self._awaited_since = None
                lease.release()
            self._tell(_ENDINGS[ending])
        except StoppedBySignalError:
            raise
        except ReconcilerError as problem:
            self._rest(str(problem), note=lambda why: self._observer.out_of_reach(why, needs_mending=True))

    def _stand_by(self, store: SqliteStore) -> Lease:
        """Wait for the lease; raises StoppedBySignalError when it is time to stop."""
        return store.stand_by(self.name, "watch", lambda: self._is_over(store))

    def _is_over(self, store: SqliteStore) -> bool:
        """Whether it is time to stop. Until then we stand by, and say for whom."""
        holder = store.holder(self.name)
        if holder is not None:
            self._rest(f"stands by: {holder} has the stack", seconds=0)
        return self._stop.is_asked

    def _hold(self, lease: Lease) -> Ending:
        """Keep the stack as it is recorded now: what was applied may be another than when we began to stand by."""
        place = open_applied(self._given, self._stop)
        try:
            self._tell(f"watches it (lease {lease.token})")
            self._observer.holds(lease.token)
            self._awaited_since = time.monotonic()
            with place.world(self._observe, self._manner.parallelism) as world:
                world = replace(world, jitter=_jitter, passed=self._observer.passed)
                watch = Watch(world, str(place.folder), self._tell, self._out_of_reach)
                return watch.keep(self.name, lease)
        finally:
            place.close()

    def _observe(self, decision: Decision, snapshot: Snapshot) -> None:
        self.is_ready = True
        self._awaited_since = time.monotonic()
        self._observer.observe(decision, snapshot)
        self._log.observe(decision)

    def _out_of_reach(self, problem: ReconcilerError) -> None:
        """We are not stuck: we cannot look, or not record."""
        self.is_ready = True
        self._awaited_since = time.monotonic()
        self._observer.out_of_reach(str(problem), needs_mending=isinstance(problem, StoreError))

    def _rest(self, why: str, seconds: float = LOOK_AGAIN_SECONDS, note: Callable[[str], None] | None = None) -> None:
        if why != self._told:
            self._tell(why)
        (note or self._observer.stands_by)(why)
        self.is_ready = True
        self._stop.wait(seconds)

    def _tell(self, text: str) -> None:
        self._told = text
        self._log.tell(text)


def keep_all(keepers: Sequence[Keeper], beside: Sequence[Callable[[], None]], stop: Stop, systemd: Systemd) -> None:
    """Keep all of them until it is time to stop; raises what one of them raised, once all have ended.

    What goes on `beside` them runs on threads of its own, and ends when it is time to stop. A thread that hangs is
    left behind, for the end of the process to end: whoever comes next sees that the lease is free.
    """
    tick = min(systemd.watchdog_seconds / 3, 5.0) if systemd.watchdog_seconds else 5.0
    is_told, alive_at = False, 0.0
    pool = ThreadPoolExecutor(len(keepers) + len(beside), thread_name_prefix="watch")
    running = {pool.submit(each) for each in (*(each.keep for each in keepers), *beside)}
    try:
        while not stop.is_asked and not any(each.done() for each in running):
            if not is_told and all(each.is_ready for each in keepers):
                is_told = True
                systemd.ready(f"watches {', '.join(each.name for each in keepers)}")
            if time.monotonic() >= alive_at and not any(each.is_stuck for each in keepers):
                systemd.alive()
                alive_at = time.monotonic() + tick
            wait(running, timeout=min(tick, LISTEN_SECONDS), return_when=FIRST_EXCEPTION)
    finally:
        systemd.stopping()
        stop.ask(stop.number)
        pool.shutdown(wait=False)
    for each in wait(running, timeout=stop.left(END_SECONDS)).done:
        each.result()


def _jitter() -> float:
    return random.uniform(1 - JITTER, 1 + JITTER)


_ENDINGS = {
    Ending.HANDED_OVER: "makes way for whoever asked for the stack, and stands by",
    Ending.LOST: "another process took the stack over while this one did not answer, or another state is in its "
    "place: stands by",
    Ending.STOPPED: "stopped; tasks go on running, and nobody watches them",
    Ending.NOTHING_APPLIED: "nothing is left of what was applied",
}
