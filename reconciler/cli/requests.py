"""Carries requests out, or has whoever holds the stack do it, and waits until their outcome is known.

Words, exit codes and progress are the same either way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.cli.course import Course
from reconciler.cli.delegation import Errand, delegate, have_noted
from reconciler.cli.locking import released, watch_that_holds
from reconciler.cli.options import How
from reconciler.cli.output import tell
from reconciler.cli.progress import progress
from reconciler.cli.unwatched import tell_unwatched
from reconciler.cli.workplace import Workplace
from reconciler.errors import LockError
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.store.store import WATCH, Lease


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks for, of services whose addresses are in the requests. `operation` is the verb."""

    operation: str
    requests: tuple[Request, ...]
    how: How = field(default_factory=How)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it. `took` says how long it was waited for; empty when it was only recorded."""

    state: State
    took: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it is done, not only recorded."""
        return bool(self.took)


def ask(place: Workplace, asked: Asked) -> Answered:
    """Carry requests out, or hand them over to whoever holds the stack and follow them.

    Raises DeploymentFailedError when a service that they are about does not get where they want it, or something
    newer took its place, LockError when nobody took them over (they are withdrawn then), ReconcilerError when they
    are refused.
    """
    if not asked.how.waits:
        return _left(place, asked)
    lease = _lease(place, asked)
    with progress(asked.how.progress_mode, place.clock) as shown:
        course = Course(place, asked.requests, shown.observe)
        if lease is None:
            delegate(place, Errand(asked.operation, asked.requests, course.act, course.is_over))
        else:
            with released(lease):
                course.act(lease, asked.requests)
    took = course.conclude(asked.operation)
    return Answered(place.store.load(place.stack.name), took)


def _left(place: Workplace, asked: Asked) -> Answered:
    """Record the requests, or have them recorded, and leave the rest to whoever holds the stack."""
    state = have_noted(place, asked.operation, asked.requests)
    if place.store.holder(place.stack.name) is None:
        tell_unwatched(place, f"the next `reconciler apply{place.given.options}` does it, or a `reconciler watch`")
    return Answered(state)


def _lease(place: Workplace, asked: Asked) -> Lease | None:
    """Take the stack; None, and told, when somebody else has it and is to do it."""
    seconds = 0.0 if watch_that_holds(place) else asked.how.lock_timeout
    try:
        return place.store.acquire(place.stack.name, asked.operation, seconds)
    except LockError:
        holder = place.store.holder(place.stack.name)
    if holder is not None:
        has = "watched" if holder.operation == WATCH else f"held by {holder.operation}"
        who = f"{holder.user} on {holder.host} (pid {holder.pid})"
        tell(f'Stack "{place.stack.name}" is {has} by {who}: this {asked.operation} is handed over to it.')
    return None
