"""Record what is asked for beside the files, and leave it to whoever converges next."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.engine.session import Session
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.planner.requests import carry_out
from reconciler.store.store import Lease


def note(session: Session, wanted: Sequence[Request], stack_name: str, lease: Lease) -> State:
    """Record requests; returns what is recorded. Raises ReconcilerError when one cannot be: then none of them is."""
    state = session.store.load(stack_name)
    for each in wanted:
        state = carry_out(each, state, session.clock.now())
    return session.store.save(state, lease)
