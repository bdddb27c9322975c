"""Lets the watch that has a stack do what is asked for, and follows what is recorded until it is done.

So that to run a task, or to stop one, never keeps a stack from its watch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.cli.locking import free_lease, released
from reconciler.cli.workplace import Workplace
from reconciler.errors import LockError, ReconcilerError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.store.store import Lease

PATIENCE_SECONDS = 35.0
"""How long a watch is waited for to take a request over: longer than a lease, so that one that hangs is followed."""

POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody else is asked to do, when it is done, and how to do it here if they cannot any more.

    `act` may find it half done.
    """

    operation: str
    request: Request
    is_done: Callable[[State], bool]
    act: Callable[[Lease], object]


def delegate(place: Workplace, errand: Errand) -> State:
    """Have it done by whoever has the stack; returns the State in which it is.

    Raises ReconcilerError when it is refused, LockError when nobody took it over: it is withdrawn then.
    """
    before, number = place.store.load(place.stack.name), place.store.post(place.stack.name, errand.request)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while True:
            if not _waits(place, number):
                state = place.store.load(place.stack.name)
                raise_refusals((errand.request,), before, state)
                if errand.is_done(state):
                    return state
            elif time.monotonic() >= deadline:
                raise LockError(f"the watch took nothing over within {PATIENCE_SECONDS:g} s: {_NEXT_STEP}")
            if (lease := free_lease(place, errand.operation)) is not None:
                return _do_here(place, errand, number, lease)
            time.sleep(POLL_SECONDS)
    finally:
        place.store.withdraw(place.stack.name, number)


def raise_refusals(requests: tuple[Request, ...], before: State, after: State) -> None:
    """Raise ReconcilerError when events since then say that one of these requests was refused."""
    last = max((each.number for each in before.events), default=0)
    services = {each.service for each in requests}
    refused = [
        each.message.partition(" was refused: ")[2]
        for each in after.events
        if each.number > last and each.address in services and " was refused: " in each.message
    ]
    if refused:
        raise ReconcilerError("\n".join(refused))


def _do_here(place: Workplace, errand: Errand, number: int, lease: Lease) -> State:
    with released(lease):
        place.store.withdraw(place.stack.name, number)
        errand.act(lease)
    return place.store.load(place.stack.name)


def _waits(place: Workplace, number: int) -> bool:
    return any(each.number == number for each in place.store.posted(place.stack.name))


_NEXT_STEP = "the request is withdrawn. Is it stopped, or busy? See: reconciler lock status"
