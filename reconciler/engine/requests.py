"""What is asked for beside the files: recorded, and pursued until it is known what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reconciler.engine.converge import Converged, World, converge
from reconciler.engine.last_events import send_last
from reconciler.engine.session import Session
from reconciler.model.decision import Decision
from reconciler.model.request import Request
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.planner.requests import carry_out
from reconciler.store.store import Lease


def note(session: Session, wanted: Sequence[Request], stack_name: str, lease: Lease) -> State:
    """Record requests; returns what is recorded. Raises ReconcilerError when one cannot be: then none of them is."""
    state = session.store.load(stack_name)
    for each in wanted:
        state = carry_out(each, state, session.clock.now())
    return session.store.save(state, lease)


def request(
    session: Session,
    world: World,
    wanted: Sequence[Request],
    stack: Stack,
    lease: Lease,
    is_known: Callable[[Decision], bool] = lambda decision: False,
) -> Converged:
    """Record what is asked for, and converge until each service is steady or failed; raises as `note`.

    It ends sooner once `is_known` says so: what becomes of other services is not waited for. What is pursued is what
    was applied last; of `stack` only the name and the folder count.
    """
    state = note(session, wanted, stack.name, lease)
    pursued = _pursued(state, stack)
    ended = converge(world, pursued, state, lease, lambda decision: decision.is_over or is_known(decision))
    return send_last(world, pursued, ended, lease)


def run_schedule(
    session: Session, world: World, wanted: Request, stack: Stack, lease: Lease, is_done: Callable[[State], bool]
) -> Converged:
    """Start the run of a scheduled task that is asked for, unless that was done already, and pursue it until done."""
    state = note(session, (wanted,), stack.name, lease)
    return converge(world, _pursued(state, stack), state, lease, lambda decision: is_done(decision.state))


def _pursued(state: State, stack: Stack) -> Stack:
    assert state.target is not None  # else the request would have been refused
    return state.target.changed(folder=stack.folder)
