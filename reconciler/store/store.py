"""The protocol of all stores: one State for each stack, one writer at a time."""

from __future__ import annotations

from typing import Protocol

from reconciler.model.noun import Noun
from reconciler.model.state import State


class Holder(Noun):
    """Who holds a stack, for people: `apply by ada on box (pid 4711) since ...`."""

    operation: str
    user: str
    host: str
    pid: int
    since: float

    def __str__(self) -> str:
        return f"{self.operation} by {self.user} on {self.host} (pid {self.pid})"


class Lease(Protocol):
    """The right to write one stack's State. `token` strictly increases from holder to holder."""

    token: int

    def release(self) -> None:
        """Give it up; twice is fine."""
        ...


class Store(Protocol):
    """Where States are kept."""

    def load(self, stack: str) -> State:
        """Return the recorded State; one with serial 0 when there is none."""
        ...

    def save(self, state: State, lease: Lease) -> State:
        """Record a State durably and return it with its new serial.

        Raises StaleError when the lease is not the newest any more, StoreError when it cannot be written: then the
        State on disk is the old one.
        """
        ...

    def acquire(self, stack: str, operation: str, timeout_seconds: float) -> Lease:
        """Become the one writer; raises LockError naming the holder after the timeout."""
        ...
