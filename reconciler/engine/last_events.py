"""The last events of an apply that no watch follows: somebody waits for them, so they are sent before it ends."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from reconciler.engine.converge import Converged, World, converge
from reconciler.errors import ReconcilerError
from reconciler.model.stack import Stack
from reconciler.scheduler.notices import is_all_sent
from reconciler.store.store import Lease

LAST_SECONDS = 3.0
"""How long an apply waits for them at most; what is left is sent by the next one, or by a watch."""


def send_last(world: World, stack: Stack, ended: Converged, lease: Lease) -> Converged:
    """Go on until every event is sent that has not failed before; returns where the apply ended, as recorded now.

    A destroy is followed by nobody: a watch has nothing left to pursue.
    What ended is over, whatever becomes of its events: a signal or an engine out of reach only ends the wait.
    """
    is_followed = world.store.is_watched(ended.state.stack_name) and not stack.is_empty
    if is_followed or is_all_sent(stack, ended.state):
        return ended
    until = world.clock.now() + LAST_SECONDS
    hurried = replace(
        world, observe=_nobody, settings=replace(world.settings, relist=min(LAST_SECONDS, world.settings.relist))
    )
    with suppress(ReconcilerError):
        converge(
            hurried,
            stack,
            ended.state,
            lease,
            lambda decision: is_all_sent(stack, decision.state) or world.clock.now() >= until,
        )
    return replace(ended, state=world.store.load(ended.state.stack_name))


def _nobody(*_: object) -> None:
    """The progress of the apply has been shown."""
