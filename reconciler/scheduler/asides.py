"""What goes on beside the target: counts are scaled, scheduled tasks run, people are told, leftovers are removed.

Asked after every decision of whoever converges, and of nobody else: a plan or a status only look. Each of them is
pure, reads what is recorded and seen, and returns the State with what it wants; the next decision pursues that.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import Step
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.clean_up import clean_up
from reconciler.scheduler.notices import notify
from reconciler.scheduler.scaling.scaling import scale
from reconciler.scheduler.schedules import run_due

SOON_SECONDS = 0.01
"""What they recorded is pursued by the next look, which nothing else may bring about."""


def attend(stack: Stack, decision: Decision, snapshot: Snapshot, now: float) -> Decision:
    """Return the decision with what goes on beside its target.

    A time that has passed is none to look again at: what is still waited for then comes with something else.
    """
    ground = AsideGround(stack, snapshot, now)
    state, steps = decision.state, list[Step]()
    times = [] if decision.wake_at is None else [decision.wake_at]
    for act in _ACTS:
        attended = act(ground, state)
        state = attended.state
        steps += [each for each in attended.steps if each.key not in snapshot.in_flight]
        times += [] if attended.wake_at is None or attended.wake_at <= now else [attended.wake_at]
    if state is not decision.state:
        times.append(now + SOON_SECONDS)
    return decision.changed(state=state, asides=tuple(steps), wake_at=min(times, default=None))


_ACTS: tuple[Callable[[AsideGround, State], Attended], ...] = (scale, run_due, notify, clean_up)
