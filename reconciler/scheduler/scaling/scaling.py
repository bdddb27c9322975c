"""Autoscaling."""

from __future__ import annotations

from reconciler.model.state import State
from reconciler.scheduler.aside import AsideGround, Attended


def scale(ground: AsideGround, state: State) -> Attended:
    return Attended(state)
