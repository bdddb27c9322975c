"""The protocol of all stores: one State for each stack, one writer at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from reconciler.errors import StoreError
from reconciler.model.noun import Noun
from reconciler.model.request import Request
from reconciler.model.state import State

KEPT_SECONDS = 300.0
"""A request that nobody took for so long is dropped: one to scale of an hour ago must not surprise anybody."""


WATCH = "watch"
"""The operation of a holder that keeps a stack for ever, and makes way for whoever asks for it."""


def gone(location: str) -> StoreError:
    """Return what is said when something was recorded once, and is no longer."""
    return StoreError(
        f"{location} is gone, and with it what was applied: put it back, or apply again, which adopts what runs "
        "from its labels"
    )


class Holder(Noun):
    """Who holds a stack, for people: `apply by ada on box (pid 4711) since ...`.

    `boot` is another after each start of the machine, `started` when the process was started, in ticks since then:
    a number that is given again is no mistake then.
    """

    operation: str
    user: str
    host: str
    pid: int
    since: float
    boot: str = ""
    started: str = ""

    def __str__(self) -> str:
        return f"{self.operation} by {self.user} on {self.host} (pid {self.pid})"


class Life(StrEnum):
    """Whether a holder lives, as far as this machine can see."""

    ALIVE = "alive"
    PAUSED = "paused"
    DEAD = "dead"
    UNKNOWN = "unknown"


class Standing(Noun):
    """Who holds a stack, under which token, and whether that process lives."""

    holder: Holder
    token: int
    life: Life


class Posted(Noun):
    """A request that waits for whoever holds the stack."""

    number: int
    request: Request


class Lease(Protocol):
    """The right to write one stack's State. `token` strictly increases from holder to holder."""

    token: int

    def check(self) -> None:
        """Raise StaleError unless the stack is still ours: what is asked before anything is changed.

        Raises StoreError while nobody can tell.
        """
        ...

    def release(self) -> None:
        """Give it up; twice is fine."""
        ...


class Store(Protocol):
    """Where States are kept."""

    @property
    def location(self) -> str:
        """Return where that is, for people: `the state in state/state.db`."""
        ...

    def load(self, stack: str) -> State:
        """Return the recorded State; one with serial 0 when there is none."""
        ...

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        """Record a State durably and return it with its new serial. `answered` are the requests that it carries out.

        Raises StaleError when the lease is not the newest any more, StoreError when it cannot be written: then the
        State on disk is the old one.
        """
        ...

    def acquire(
        self, stack: str, operation: str, timeout_seconds: float, is_interrupted: Callable[[], bool] = ...
    ) -> Lease:
        """Become the one writer; raises LockError naming the holder after the timeout.

        Raises StoppedBySignalError when it was interrupted meanwhile.
        """
        ...

    def holder(self, stack: str) -> Holder | None:
        """Return who holds the stack; None when nobody does who lives."""
        ...

    def watching(self, stack: str) -> AbstractContextManager[None]:
        """Let everybody see that a watch of this stack lives, whether it holds the stack or stands by."""
        ...

    def is_watched(self, stack: str) -> bool:
        """Say whether a watch of this stack lives."""
        ...

    def post(self, stack: str, request: Request) -> int:
        """Leave a request for whoever holds the stack, and return its number. It is dropped when nobody takes it."""
        ...

    def posted(self, stack: str) -> tuple[Posted, ...]:
        """Return the requests that wait, oldest first. It writes and locks nothing, and is cheap."""
        ...

    def withdraw(self, stack: str, number: int) -> bool:
        """Take a request back; False when it waits no longer."""
        ...
