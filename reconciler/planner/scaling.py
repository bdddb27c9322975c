"""Counts that `scale` set: they hold until the file says another count than it did then; and autoscaling's own."""

from __future__ import annotations

from collections import Counter

from reconciler.model.beside import ScalingRecord
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


def with_running_counts(stack: Stack, adopted: State) -> Stack:
    """Return the stack with autoscaled counts as tasks show them: the State is lost, and what it wanted with it.

    A deployment may have been under way: of the tasks of its two revisions, the more count.
    """
    bounds = {each.service: (each.min_capacity, each.max_capacity) for each in stack.autoscalings}
    counts = Counter((each.group, each.deployment) for each in adopted.tasks if not each.is_stopped)
    running = {group: max(counts[each] for each in counts if each[0] == group) for group, _ in counts}
    services = tuple(
        each.changed(desired_count=_within(running[each.address], *bounds[each.address]))
        if each.address in bounds and each.address in running
        else each
        for each in stack.services
    )
    return stack.changed(services=services)


def _within(count: int, low: int, high: int) -> int:
    return max(low, min(count, high))


def scaling_notes(stack: Stack, state: State) -> list[str]:
    """Say of each count that is not the file's who owns it."""
    by_hand = [
        f"{each.service}: desired_count = {each.count}, set by `reconciler scale`; the file's {each.declared} counts "
        "again once it is changed"
        for each in state.scaled
        if stack.autoscaling_of(each.service) is None
    ]
    return [*by_hand, *(_owned(stack, each) for each in state.scaling if _is_declared(stack, each))]


def _is_declared(stack: Stack, record: ScalingRecord) -> bool:
    return stack.autoscaling_of(record.service) is not None


def _owned(stack: Stack, record: ScalingRecord) -> str:
    """Say which count autoscaling wants, and within which bounds: those that a scheduled action set come first."""
    autoscaling = stack.autoscaling_of(record.service)
    assert autoscaling is not None
    is_same = record.declared == (autoscaling.min_capacity, autoscaling.max_capacity)
    low, high = (record.min_capacity, record.max_capacity) if is_same else (None, None)
    low = autoscaling.min_capacity if low is None else low
    high = autoscaling.max_capacity if high is None else high
    return f"{record.service}: desired_count = {record.capacity} (managed by {autoscaling.address}, {low}..{high})"
