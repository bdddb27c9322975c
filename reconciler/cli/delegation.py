"""Lets whoever holds a stack do what is asked for, and follows what is recorded until it is done.

So that what is asked beside the files never keeps a stack from its watch, and is waited for all the same.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.cli.locking import free_lease, patience, released
from reconciler.cli.workplace import Workplace
from reconciler.engine.requests import note
from reconciler.errors import LockError, ReconcilerError, StoppedBySignalError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.store.store import Lease

POLL_SECONDS = 0.25
INTERRUPTED = 130
REFUSED = " was refused: "


@dataclass(frozen=True, slots=True)
class Errand:
    """What somebody else is asked to do, when it is done, and how to do it here if they cannot any more.

    `is_done` is asked again and again with what is recorded, once all is taken over; without it nothing is waited for
    after that. `act` gets the requests that nobody took, and may find the others half done.
    """

    operation: str
    requests: tuple[Request, ...]
    act: Callable[[Lease, tuple[Request, ...]], object]
    is_done: Callable[[State], bool] | None = None


def delegate(place: Workplace, errand: Errand) -> State:
    """Have it done by whoever holds the stack; returns the State in which it is.

    Raises ReconcilerError when it is refused, LockError when nobody took it over: it is withdrawn then.
    StoppedBySignalError says what becomes of it when we are interrupted.
    """
    marked = tuple(each if each.token else each.changed(token=secrets.token_hex(8)) for each in errand.requests)
    numbers = tuple(place.store.post(place.stack.name, each) for each in marked)
    posted = dict(zip(numbers, marked, strict=True))
    try:
        ended = _followed(place, errand, posted)
    except BaseException as problem:
        is_left = bool(_withdrawn(place, posted))
        if isinstance(problem, KeyboardInterrupt | StoppedBySignalError):
            raise _interrupted(place, errand.operation, problem, is_withdrawn=is_left) from None
        raise
    return ended if isinstance(ended, State) else _do_here(place, errand, posted, ended)


def have_noted(place: Workplace, operation: str, requests: tuple[Request, ...]) -> State:
    """Have requests recorded, by whoever holds the stack or here, and wait for nothing more; raises as `delegate`."""
    return delegate(
        place, Errand(operation, requests, lambda lease, left: note(place.session, left, place.stack.name, lease))
    )


def raise_refusals(requests: Sequence[Request], state: State) -> None:
    """Raise ReconcilerError when the events say that one of these requests was refused."""
    tokens = {each.token for each in requests}
    refused = [
        each.message.partition(REFUSED)[2]
        for each in state.events
        if each.subject in tokens and REFUSED in each.message
    ]
    if refused:
        raise ReconcilerError("\n".join(refused))


def _followed(place: Workplace, errand: Errand, posted: Mapping[int, Request]) -> State | Lease:
    """Wait until it is done; returns the lease instead when nobody is left to do it."""
    seconds = patience(place)
    deadline = time.monotonic() + seconds
    while True:
        if not _waits(place, posted):
            state = place.store.load(place.stack.name)
            raise_refusals(tuple(posted.values()), state)
            if errand.is_done is None or errand.is_done(state):
                return state
        elif time.monotonic() >= deadline:
            raise LockError(f"{_nobody(place)} within {seconds:g} s: {_NEXT_STEP}")
        if not _is_expected_back(place) and (lease := free_lease(place, errand.operation)) is not None:
            return lease
        time.sleep(POLL_SECONDS)


def _do_here(place: Workplace, errand: Errand, posted: Mapping[int, Request], lease: Lease) -> State:
    with released(lease):
        errand.act(lease, _withdrawn(place, posted))
    return place.store.load(place.stack.name)


def _waits(place: Workplace, posted: Mapping[int, Request]) -> bool:
    return any(each.number in posted for each in place.store.posted(place.stack.name))


def _withdrawn(place: Workplace, posted: Mapping[int, Request]) -> tuple[Request, ...]:
    """Take back what nobody took, and return it."""
    return tuple(each for number, each in posted.items() if place.store.withdraw(place.stack.name, number))


def _is_expected_back(place: Workplace) -> bool:
    """Whether the stack is free for a moment only: a watch that made way for an apply has it again after that."""
    name = place.stack.name
    return place.store.standing(name) is None and place.store.is_watched(name)


def _nobody(place: Workplace) -> str:
    holder = place.store.holder(place.stack.name)
    return f"the {holder.operation} took nothing over" if holder is not None else "nobody took it over"


def _interrupted(
    place: Workplace, operation: str, problem: BaseException, *, is_withdrawn: bool
) -> StoppedBySignalError:
    """Say what becomes of what was asked for; a second signal has nothing to stop any more."""
    became = (
        "the request is withdrawn, nothing was changed."
        if is_withdrawn
        else f"nobody waits for it any more, and whoever holds the stack goes on with it. "
        f"To look: reconciler status{place.given.options}"
    )
    ended = StoppedBySignalError(f"{operation} was interrupted: {became}")
    ended.exit_code = problem.exit_code if isinstance(problem, StoppedBySignalError) else INTERRUPTED
    return ended


_NEXT_STEP = "the request is withdrawn. Is it stopped, or busy? See: reconciler lock status"
