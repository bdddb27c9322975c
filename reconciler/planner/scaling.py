"""Counts that `scale` set: they hold until the file says another count than it did then."""

from __future__ import annotations

from reconciler.model.stack import Stack
from reconciler.model.state import State


def keep_scaled(stack: Stack, state: State) -> tuple[Stack, State]:
    """Return the stack with the counts that were set by hand, and the State without those the file has taken back."""
    declared = {each.address: each.desired_count for each in stack.services}
    kept = {each.service: each for each in state.scaled if declared.get(each.service) == each.declared}
    if len(kept) != len(state.scaled):
        state = state.changed(scaled=tuple(kept.values()))
    if not kept:
        return stack, state
    services = tuple(
        each.changed(desired_count=kept[each.address].count) if each.address in kept else each
        for each in stack.services
    )
    return stack.changed(services=services), state


def scaling_notes(state: State) -> list[str]:
    """Say of each such count who owns it."""
    return [
        f"{each.service}: desired_count = {each.count}, set by `reconciler scale`; the file's {each.declared} counts "
        "again once it is changed"
        for each in state.scaled
    ]
