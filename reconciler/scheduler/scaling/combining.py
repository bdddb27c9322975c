"""From the opinions of all policies to one count, or to the reason why there is no other one.

Sources: AAS: out if any policy wants it, in only if all agree, the largest count wins; nothing is scaled in while a
deployment is in progress; cool-downs; a count outside the bounds comes back with the next activity that leads there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.beside import PolicyRecord
from reconciler.scheduler.scaling.opinion import Opinion, Wish
from reconciler.scheduler.scaling.view import ScalingView


@dataclass(frozen=True, slots=True)
class Verdict:
    """The count that is wanted now, by whom; or `reason` says why it stays. `records` are those of the policies."""

    opinion: Opinion
    count: int
    reason: str = ""
    records: tuple[PolicyRecord, ...] = ()


def combine(view: ScalingView, opinions: Sequence[Opinion]) -> Verdict | None:
    """Return what follows from the opinions; None when nobody who has a new value wants anything.

    Nothing is scaled in before all have spoken of the moment: answers come one after the other.
    """
    fresh = [each for each in opinions if each.is_fresh]
    outs = [each for each in fresh if each.wish is Wish.OUT]
    if outs:
        return _out(view, outs)
    if any(each.wish is Wish.IN and (each.is_fresh or each.is_timely) for each in opinions):
        return None if any(each.is_awaited for each in opinions) else _in(view, opinions)
    silent = next((each for each in fresh if each.silence), None)
    return Verdict(silent, view.capacity, silent.silence) if silent else None


def _out(view: ScalingView, outs: Sequence[Opinion]) -> Verdict:
    counts = {each.policy: _larger(each, view) for each in outs}
    leader = max(outs, key=lambda each: (counts[each.policy] or 0, each.count))
    wanted = max((count for count in counts.values() if count is not None), default=None)
    count = view.capacity if wanted is None else min(max(wanted, view.min_capacity), view.max_capacity)
    reasons = (
        (view.record.suspended.scale_out, "DynamicScalingOutSuspended: scale-out is suspended"),
        (view.capacity >= view.max_capacity, f"AlreadyAtMaxCapacity: max_capacity is {view.max_capacity}"),
        (wanted is None, "ScaleOutCooldown: the cool-down lasts, and this one is no larger than the one before"),
        (count <= view.capacity, f"AlreadyAtDesiredCapacity: the count is {view.capacity} already"),
    )
    reason = next((words for applies, words in reasons if applies), "")
    if reason:
        return Verdict(leader, view.capacity, reason)
    return Verdict(leader, count, records=tuple(_raised(each, view, count) for each in outs))


def _larger(opinion: Opinion, view: ScalingView) -> int | None:
    """Return what is left of a count within the cool-down: only a larger increase goes on, less what was added.

    Added were 2; 3 are due, counted from the same tasks: one more is added.
    """
    if not _is_within(opinion.record.raised_at, opinion.scale_out_cooldown, view.now):
        return opinion.count
    increase, added = opinion.count - opinion.base, opinion.record.added
    return min(opinion.count, view.capacity + increase - added) if increase > added else None


def _raised(opinion: Opinion, view: ScalingView, count: int) -> PolicyRecord:
    """Begin a cool-down; what was added within the one before counts on, or the same alarm would add it again."""
    goes_on = _is_within(opinion.record.raised_at, opinion.scale_out_cooldown, view.now)
    added = count - view.capacity + (opinion.record.added if goes_on else 0)
    return opinion.record.changed(raised_at=view.now, added=added)


def _in(view: ScalingView, opinions: Sequence[Opinion]) -> Verdict:
    ins = [each for each in opinions if each.wish is Wish.IN]
    leader = max(ins, key=lambda each: (each.count, each.is_fresh))
    count = max(min(leader.count, view.max_capacity), view.min_capacity)
    dissent = next((each.policy for each in opinions if _disagrees(each)), "")
    cooling = any(_is_cooling(each, opinions, view) for each in ins)
    reasons = (
        (view.record.suspended.scale_in, "DynamicScalingInSuspended: scale-in is suspended"),
        (view.capacity <= view.min_capacity, f"AlreadyAtMinCapacity: min_capacity is {view.min_capacity}"),
        (bool(dissent), f"NotAllPoliciesAgree: policy {dissent} does not want to scale in"),
        (view.is_deploying, "DeploymentInProgress: nothing is scaled in meanwhile"),
        (cooling, "ScaleInCooldown: the cool-down lasts"),
        (count >= view.capacity, f"AlreadyAtDesiredCapacity: the count is {view.capacity} already"),
    )
    reason = next((words for applies, words in reasons if applies), "")
    if reason:
        return Verdict(leader, view.capacity, reason)
    return Verdict(leader, count, records=tuple(each.record.changed(lowered_at=view.now) for each in ins))


def _disagrees(opinion: Opinion) -> bool:
    return opinion.wish is Wish.OUT or (opinion.wish is Wish.STAY and opinion.has_vote)


def _is_cooling(opinion: Opinion, opinions: Sequence[Opinion], view: ScalingView) -> bool:
    """Whether a scale-in came just before. A scale-out, of whichever policy, ends that cool-down."""
    lowered_at = opinion.record.lowered_at
    if lowered_at is None or not _is_within(lowered_at, opinion.scale_in_cooldown, view.now):
        return False
    return not any(each.record.raised_at is not None and each.record.raised_at > lowered_at for each in opinions)


def _is_within(since: float | None, seconds: float, now: float) -> bool:
    """Whether less than that many seconds have passed. A time that lies ahead is of a clock that was wrong."""
    return since is not None and 0 <= now - since < seconds
