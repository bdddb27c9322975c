"""Carries requests out, or hands them over to the process that holds the lock and waits until it has them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.cli.delegation import raise_refusals
from reconciler.cli.failures import failure_of
from reconciler.cli.locking import free_lease, released, watch_that_holds
from reconciler.cli.output import tell
from reconciler.cli.progress import progress
from reconciler.cli.workplace import Workplace
from reconciler.engine.converge import Converged
from reconciler.engine.session import request as carry_out
from reconciler.errors import DeploymentFailedError, LockError
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from reconciler.render.failures import failure_text
from reconciler.render.words import duration
from reconciler.store.store import Lease

PATIENCE_SECONDS = 30.0
"""How long the process that holds the lock is waited for to take a request over."""

POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command asks for, of services whose addresses are in the requests. `operation` is the verb."""

    operation: str
    requests: tuple[Request, ...]
    lock_timeout: float = 0.0
    progress_mode: str = "auto"


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it. `is_handed_over`: another process carries it out, and `state` is as it was then."""

    state: State
    is_handed_over: bool = False
    took: str = ""


def ask(place: Workplace, asked: Asked) -> Answered:
    """Carry requests out, or hand them over to whoever holds the lock.

    Raises DeploymentFailedError when a service that they are about does not get where they want it, LockError when
    nobody took them over (they are withdrawn then), ReconcilerError when they are refused.
    """
    seconds = 0.0 if watch_that_holds(place) else asked.lock_timeout
    try:
        lease = place.store.acquire(place.stack.name, asked.operation, seconds)
    except LockError as held:
        return _hand_over(place, asked, held)
    with released(lease):
        return _carry_out(place, asked, lease)


def _carry_out(place: Workplace, asked: Asked, lease: Lease) -> Answered:
    began = place.clock.now()
    with progress(asked.progress_mode, place.clock) as shown, place.world(shown.observe) as world:
        converged = carry_out(place.session, world, asked.requests, place.stack, lease)
    took = duration(place.clock.now() - began)
    wanting = {each.service for each in asked.requests if not is_as_asked(each, converged.state)}
    failed = [each for each in sorted(wanting) if has_failed(each, asked.requests, converged)]
    if failed:
        _tell_failures(place, converged, failed)
        raise DeploymentFailedError(f"the deployment of {', '.join(failed)} failed after {took}")
    return Answered(converged.state, took=took)


def has_failed(service: str, requests: Sequence[Request], converged: Converged) -> bool:
    """Whether it failed; a restart that was rolled back did too, though what is declared runs."""
    primary = converged.state.primary(service)
    is_restart = any(each.kind is RequestKind.RESTART and each.service == service for each in requests)
    return service in converged.decision.failed or bool(is_restart and primary and primary.rolls_back)


def _tell_failures(place: Workplace, converged: Converged, failed: Sequence[str]) -> None:
    for address in failed:
        tell("\n" + failure_text(failure_of(place.driver, converged, address), place.given.options) + "\n")


def _hand_over(place: Workplace, asked: Asked, held: LockError) -> Answered:
    """Leave the requests for whoever holds the lock; carry them out here once it is free."""
    before = place.store.load(place.stack.name)
    numbers = [place.store.post(place.stack.name, each) for each in asked.requests]
    tell(f"{str(held).splitlines()[0].rstrip('.;')}\nThe request is handed over to it.")
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while _waiting(place, numbers):
            if time.monotonic() >= deadline and any(_withdraw(place, numbers)):
                patience = f"{PATIENCE_SECONDS:g} s"
                raise LockError(f"{held}\nIt took nothing over within {patience}: the request is withdrawn.")
            lease = free_lease(place, asked.operation)
            if lease is not None:
                return _carry_out_after_all(place, asked, numbers, lease, before)
            time.sleep(POLL_SECONDS)
    except BaseException:
        _withdraw(place, numbers)
        raise
    return _taken_over(place, asked, before)


def _waiting(place: Workplace, numbers: Sequence[int]) -> set[int]:
    """Return which of the requests nobody has taken yet."""
    return {each.number for each in place.store.posted(place.stack.name)}.intersection(numbers)


def _carry_out_after_all(
    place: Workplace, asked: Asked, numbers: Sequence[int], lease: Lease, before: State
) -> Answered:
    """Carry out, now that the lock is free, what its last holder did not take."""
    with released(lease):
        left = _withdraw(place, numbers)
        requests = tuple(each for each, is_left in zip(asked.requests, left, strict=True) if is_left)
        if requests:
            return _carry_out(place, replace(asked, requests=requests), lease)
    return _taken_over(place, asked, before)


def _withdraw(place: Workplace, numbers: Sequence[int]) -> list[bool]:
    return [place.store.withdraw(place.stack.name, each) for each in numbers]


def _taken_over(place: Workplace, asked: Asked, before: State) -> Answered:
    """Read from the events what became of it; raises ReconcilerError when it was refused."""
    state = place.store.load(place.stack.name)
    raise_refusals(asked.requests, before, state)
    return Answered(state, is_handed_over=True)


def is_as_asked(request: Request, state: State) -> bool:
    """Say whether a service is as it was asked to be, though what was applied last is not what runs of it."""
    primary = state.primary(request.service)
    if request.kind is RequestKind.MAINTENANCE or primary is None:
        return request.kind is RequestKind.MAINTENANCE
    if request.kind is RequestKind.STOP and not request.rolls_back:
        return primary.is_stopped
    is_back = bool(primary.rolls_back) and primary.rollout_state is RolloutState.COMPLETED
    return is_back and (request.kind is not RequestKind.CONTINUE or request.rolls_back)


def newest(state: State, service: str) -> Deployment | None:
    """Return the deployment of a service that people mean: the one that is undone, else the newest."""
    primary = state.primary(service)
    undone = state.deployment(primary.rolls_back) if primary and primary.rolls_back else None
    return undone or primary
