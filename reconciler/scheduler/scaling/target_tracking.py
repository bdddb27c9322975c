"""Target tracking: keeps a metric near its target value.

Sources: AAS target tracking (3 periods of 60 s above the target scale out, 15 below a lower threshold scale in). AWS
publishes only that the count is proportional, rounded conservatively; ours is ceil(tasks x metric / target).
"""

from __future__ import annotations

import math
from dataclasses import replace

from reconciler.model.beside import PolicyRecord
from reconciler.model.scaling import TargetTracking
from reconciler.scheduler.scaling.opinion import NO_TASK_RUNS, Opinion, Wish, missing_data, number, periods
from reconciler.scheduler.scaling.periods import in_a_row
from reconciler.scheduler.scaling.view import ScalingView

LOW = 0.9
"""The low threshold, as a part of the target (AWS: "usually more than 10% lower")."""

_ROUNDED = 9
"""Decimals that count, so that 3 x 0.7 / 0.7 is 3 and not a little more."""


def tracking_opinion(policy: TargetTracking, record: PolicyRecord, view: ScalingView) -> Opinion:
    """Say what the policy wants, from the values of its periods."""
    value = record.values[-1] if record.values else None
    opinion = Opinion(
        record=record,
        base=view.base,
        value=value,
        has_vote=not policy.disable_scale_in,
        scale_out_cooldown=policy.scale_out_cooldown,
        scale_in_cooldown=policy.scale_in_cooldown,
    )
    if value is None:
        return replace(opinion, silence=missing_data(record))
    if view.capacity == 0:
        return _from_zero(opinion, value, view)
    if view.base == 0:
        return replace(opinion, silence=NO_TASK_RUNS)
    return _tracked(policy, opinion, value)


def _from_zero(opinion: Opinion, value: float, view: ScalingView) -> Opinion:
    """From no task at all, one period with something to do is enough for the smallest count there is (AAS)."""
    if value <= 0:
        return opinion
    count = max(1, view.min_capacity)
    cause = f"the metric was {number(value)} while no task ran"
    return replace(opinion, wish=Wish.OUT, count=count, formula=f"from 0: the minimum, {count}", cause=cause)


def _tracked(policy: TargetTracking, opinion: Opinion, value: float) -> Opinion:
    values, target = opinion.record.values, policy.target_value
    low = LOW * target
    is_high = in_a_row(values, policy.scale_out_periods, lambda each: each > target)
    is_low = in_a_row(values, policy.scale_in_periods, lambda each: each < low)
    if not is_high and (not is_low or policy.disable_scale_in):
        return opinion
    count = math.ceil(round(opinion.base * value / target, _ROUNDED))
    where = f"above {number(target)}" if is_high else f"below {number(low)}"
    held = periods(policy.scale_out_periods if is_high else policy.scale_in_periods)
    return replace(
        opinion,
        wish=Wish.OUT if is_high else Wish.IN,
        count=count,
        formula=f"ceil({opinion.base} running x {number(value)} / {number(target)}) = {count}",
        cause=f"{policy.metric or 'the query'} was {number(value)}, {where} {held}",
    )
