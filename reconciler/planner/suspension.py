"""Carry out what is asked of an autoscaling: which of its ways to act rest (AAS SuspendedState)."""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.model.beside import Suspended
from reconciler.model.notification import EventKind
from reconciler.model.request import Request
from reconciler.model.state import State
from reconciler.scheduler.history import Told, with_events


def suspend(request: Request, state: State, now: float) -> State:
    """Let rest what the request says, and nothing else; raises ReconcilerError when nothing scales the service."""
    record = state.scaling_of(request.service)
    if record is None or request.suspended is None:
        raise ReconcilerError(f"{request.service} has no autoscaling in what was applied last")
    changed = record.changed(suspended=request.suspended)
    scaling = tuple(changed if each is record else each for each in state.scaling)
    told = Told(request.service, _told(request.suspended), EventKind.SCALING)
    return with_events(state.changed(scaling=scaling), [told], now)


def _told(suspended: Suspended) -> str:
    parts = (
        (suspended.scale_in, "scale-in"),
        (suspended.scale_out, "scale-out"),
        (suspended.scheduled, "scheduled actions"),
    )
    resting = ", ".join(name for rests, name in parts if rests)
    return f"autoscaling: suspended now: {resting}." if resting else "autoscaling: nothing is suspended."
