"""Notifications."""

from __future__ import annotations

from reconciler.model.state import State
from reconciler.scheduler.aside import AsideGround, Attended


def notify(ground: AsideGround, state: State) -> Attended:
    return Attended(state)
