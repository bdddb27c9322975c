"""Record what is asked for beside the files, and leave it to whoever converges next."""

from __future__ import annotations

from reconciler.engine.session import Session
from reconciler.model.request import Request
from reconciler.planner.requests import carry_out
from reconciler.store.store import Lease


def note(session: Session, wanted: Request, stack_name: str, lease: Lease) -> None:
    """Record a request that needs nothing done; raises ReconcilerError when it cannot be."""
    state = carry_out(wanted, session.store.load(stack_name), session.clock.now())
    session.store.save(state, lease)
