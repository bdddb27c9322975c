"""Takes a stack's lease for a verb. A watch that has it is asked for it, and makes way; others are waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.cli.output import tell
from reconciler.cli.workplace import Workplace
from reconciler.errors import LockError
from reconciler.model.request import Request, RequestKind
from reconciler.store.store import WATCH, Holder, Lease

BEYOND_LEASE_SECONDS = 5.0
"""So much longer than a lease lasts is a holder waited for, so that one that hangs is followed."""

POLL_SECONDS = 0.5


@contextmanager
def locked(place: Workplace, operation: str, lock_timeout: float) -> Iterator[Lease]:
    """Hold the stack's lease; raises LockError naming who has it.

    Of a watch the stack is asked for, whatever the timeout; it stands by, and goes on when the lease is released.
    """
    lease = _asked_for(place, operation) if watch_that_holds(place) else _waited_for(place, operation, lock_timeout)
    with released(lease):
        yield lease


@contextmanager
def released(lease: Lease) -> Iterator[None]:
    """Release a lease at the end."""
    try:
        yield
    finally:
        lease.release()


def patience(place: Workplace) -> float:
    """Return how many seconds a holder is waited for to make way, or to take a request over."""
    return place.store.lease_seconds + BEYOND_LEASE_SECONDS


def watch_that_holds(place: Workplace) -> Holder | None:
    """Return the watch that has the stack; None when nobody has it, or somebody else."""
    holder = place.store.holder(place.stack.name)
    return holder if holder is not None and holder.operation == WATCH else None


def free_lease(place: Workplace, operation: str) -> Lease | None:
    """Take the lease if nobody has it."""
    try:
        return _waited_for(place, operation, 0)
    except LockError:
        return None


def _waited_for(place: Workplace, operation: str, seconds: float) -> Lease:
    return place.store.acquire(place.stack.name, operation, seconds, place.is_stopping)


def _asked_for(place: Workplace, operation: str) -> Lease:
    """Ask for the stack until we have it. Another one that asks too may be first: it is waited for."""
    name, seconds, number = place.stack.name, patience(place), None
    deadline = time.monotonic() + seconds
    try:
        while True:
            watch = watch_that_holds(place)
            if watch is not None and not _waits(place, number):
                who = f"{watch.user} on {watch.host} (pid {watch.pid})"
                tell(f'Stack "{name}" is watched by {who}: it makes way for this {operation}.')
                number = place.store.post(name, Request(kind=RequestKind.HAND_OVER))
            try:
                return _waited_for(place, operation, POLL_SECONDS)
            except LockError as held:
                if time.monotonic() >= deadline:
                    raise LockError(f"{held}\nIt did not make way within {seconds:g} s.") from None
    finally:
        if number is not None:
            place.store.withdraw(name, number)


def _waits(place: Workplace, number: int | None) -> bool:
    """Whether a request of ours waits to be taken."""
    return any(each.number == number for each in place.store.posted(place.stack.name))
