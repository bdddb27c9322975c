"""Step scaling: the further a metric is from the threshold, the more tasks come or go.

Source: AAS step scaling policies: bounds of steps, adjustment types, how a percentage is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from reconciler.model.beside import PolicyRecord
from reconciler.model.scaling import AdjustmentType, StepAdjustment, StepScaling
from reconciler.scheduler.scaling.opinion import NO_TASK_RUNS, Opinion, Wish, missing_data, number, periods
from reconciler.scheduler.scaling.periods import in_a_row
from reconciler.scheduler.scaling.view import ScalingView


def step_opinion(policy: StepScaling, record: PolicyRecord, view: ScalingView) -> Opinion:
    """Say what the policy wants. It has a vote on scale-ins when one of its steps takes tasks away."""
    value = record.values[-1] if record.values else None
    is_relative = policy.adjustment_type is not AdjustmentType.EXACT_CAPACITY
    opinion = Opinion(
        record=record,
        base=view.base,
        value=value,
        has_vote=is_relative and any(each.adjustment < 0 for each in policy.steps),
        scale_out_cooldown=policy.cooldown,
        scale_in_cooldown=policy.cooldown,
    )
    if value is None:
        return replace(opinion, silence=missing_data(record))
    step = step_of(policy, value)
    if step is None or not in_a_row(record.values, policy.evaluation_periods, lambda each: _covers(policy, each)):
        return opinion
    cause = f"{policy.metric or 'the query'} was {number(value)}, in breach {periods(policy.evaluation_periods)}"
    return _adjusted(policy, step, replace(opinion, cause=cause), view)


def step_of(policy: StepScaling, value: float) -> StepAdjustment | None:
    """Return the step that covers a value of the metric.

    From the threshold on upwards a lower bound is included and an upper one is not, below it is the other way round.
    """
    difference = value - policy.threshold
    return next((each for each in policy.steps if _is_within(each, difference)), None)


def _is_within(step: StepAdjustment, difference: float) -> bool:
    lower = -math.inf if step.lower_bound is None else step.lower_bound
    upper = math.inf if step.upper_bound is None else step.upper_bound
    if difference >= 0:
        return lower <= difference < upper
    return lower < difference <= upper


def _covers(policy: StepScaling, value: float) -> bool:
    return step_of(policy, value) is not None


def _adjusted(policy: StepScaling, step: StepAdjustment, opinion: Opinion, view: ScalingView) -> Opinion:
    if view.capacity == 0:
        return _from_zero(policy, step, opinion, view) if step.adjustment > 0 else opinion
    if view.base == 0:
        return replace(opinion, silence=NO_TASK_RUNS)
    adjusted = _ADJUST[policy.adjustment_type](policy, step.adjustment, opinion.base)
    count, is_exact = max(0, adjusted.wanted), policy.adjustment_type is AdjustmentType.EXACT_CAPACITY
    change = count - (view.capacity if is_exact else opinion.base)
    wish = Wish.OUT if change > 0 else Wish.IN if change < 0 else Wish.STAY
    base = view.capacity - opinion.record.added if is_exact else opinion.base
    return replace(opinion, wish=wish, count=count, base=base, formula=adjusted.formula)


def _from_zero(policy: StepScaling, step: StepAdjustment, opinion: Opinion, view: ScalingView) -> Opinion:
    """From no task at all the smallest count there is comes first (AAS); an exact one is meant as it says."""
    is_exact = policy.adjustment_type is AdjustmentType.EXACT_CAPACITY
    count = step.adjustment if is_exact else max(1, view.min_capacity)
    formula = f"exactly {count}" if is_exact else f"from 0: the minimum, {count}"
    return replace(opinion, wish=Wish.OUT, count=count, formula=formula)


class _Adjusted(NamedTuple):
    wanted: int
    formula: str


def _by_number(policy: StepScaling, adjustment: int, base: int) -> _Adjusted:
    return _Adjusted(base + adjustment, f"{base} running {_signed(adjustment)} = {base + adjustment}")


def _by_percent(policy: StepScaling, adjustment: int, base: int) -> _Adjusted:
    """Round as AAS does, then change by the minimum at least: 25% of 4 with a minimum of 2 is 2."""
    change = rounded(base * adjustment / 100)
    least = policy.minimum_adjustment_magnitude
    if change and abs(change) < least:
        change = least if change > 0 else -least
    formula = f"{adjustment}% of {base} running, at least {max(1, least)}: {base} {_signed(change)} = {base + change}"
    return _Adjusted(base + change, formula)


def rounded(change: float) -> int:
    """Round a change towards 0, but never to 0: 12.7 is 12, 0.67 is 1, -0.58 is -1, -6.67 is -6 (AAS)."""
    if 0 < abs(change) < 1:
        return 1 if change > 0 else -1
    return math.trunc(change)


def _exactly(policy: StepScaling, adjustment: int, base: int) -> _Adjusted:
    return _Adjusted(adjustment, f"exactly {adjustment}")


_ADJUST: Mapping[AdjustmentType, Callable[[StepScaling, int, int], _Adjusted]] = {
    AdjustmentType.CHANGE_IN_CAPACITY: _by_number,
    AdjustmentType.PERCENT_CHANGE_IN_CAPACITY: _by_percent,
    AdjustmentType.EXACT_CAPACITY: _exactly,
}


def _signed(change: int) -> str:
    return f"+ {change}" if change >= 0 else f"- {-change}"
