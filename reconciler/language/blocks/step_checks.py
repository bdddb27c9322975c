"""What the table cannot say about step scaling: ranges that fit together, and counts that there are.

Source: AWS Application Auto Scaling (StepAdjustment).
"""

from __future__ import annotations

from itertools import chain, pairwise

from reconciler.language.blocks.assemble_beside import step_bounds
from reconciler.language.blocks.decode import Decoded
from reconciler.language.blocks.findings import Finding, Findings, as_far_as_sure
from reconciler.model.scaling import AdjustmentType


def check_steps(policy: Decoded) -> Findings:
    """Yield what is wrong with the steps of a policy."""
    for step in policy.some("step"):
        yield from _range(step)
        yield from _count(step, policy)
    yield from _ranges(policy)
    yield from _magnitude(policy)


@as_far_as_sure
def _range(step: Decoded) -> Findings:
    lower, upper = step_bounds(step)
    if not step.has("lower_bound") and not step.has("upper_bound"):
        detail = "Set lower_bound = 0 for what is above the threshold, or upper_bound = 0 for what is below."
        yield Finding(step, step.place, "a step has neither lower_bound nor upper_bound", detail, "E0264")
    elif lower >= upper:
        detail = "Raise upper_bound, or lower lower_bound."
        summary = f"lower_bound = {lower:g} is not below upper_bound = {upper:g}"
        yield Finding(step, step.where("upper_bound"), summary, detail, "E0264")


@as_far_as_sure
def _ranges(policy: Decoded) -> Findings:
    """A metric anywhere beyond the threshold is in one range, and in no other (AAS StepAdjustment)."""
    steps = sorted(policy.all("step"), key=step_bounds)
    if not all(each.has("lower_bound") or each.has("upper_bound") for each in steps):
        return  # such a step is told about, and whatever is done about it, the ranges are others then
    endless = list(_endless(steps))
    yield from endless or _outermost(steps[0], steps[-1])
    if not endless:
        yield from chain.from_iterable(_neighbours(*both) for both in pairwise(steps))


def _endless(steps: list[Decoded]) -> Findings:
    """Only the outermost steps may go on for ever."""
    inner = [(step, "lower_bound", "lowest") for step in steps[1:]]
    inner += [(step, "upper_bound", "highest") for step in steps[:-1]]
    for step, name, which in inner:
        if name not in step.values:
            summary = f"a step without {name} is not the {which} one"
            yield Finding(step, step.place, summary, f"Add {name}: where the next step is.", "E0264")


def _outermost(lowest: Decoded, highest: Decoded) -> Findings:
    if step_bounds(lowest)[0] < 0 and "lower_bound" in lowest.values:
        detail = "Leave out the lower_bound of the lowest step: below it nothing would be done."
        summary = "steps below the threshold have no lowest one"
        yield Finding(lowest, lowest.where("lower_bound"), summary, detail, "E0264")
    if step_bounds(highest)[1] > 0 and "upper_bound" in highest.values:
        detail = "Leave out the upper_bound of the highest step: above it nothing would be done."
        summary = "steps above the threshold have no highest one"
        yield Finding(highest, highest.where("upper_bound"), summary, detail, "E0264")


def _neighbours(step: Decoded, following: Decoded) -> Findings:
    (_, end), (start, _) = step_bounds(step), step_bounds(following)
    if end == start:
        return
    detail = f"Let it begin where the one on line {step.place[0]} ends: lower_bound = {end:g}."
    does = f"leaves a gap behind {end:g}" if end < start else f"overlaps with one that ends at {end:g}"
    summary = f"the step that begins at {start:g} {does}"
    yield Finding(following, following.where("lower_bound"), summary, detail, "E0264")


@as_far_as_sure
def _count(step: Decoded, policy: Decoded) -> Findings:
    if policy.get("adjustment_type") == AdjustmentType.EXACT_CAPACITY and step.get("adjustment") < 0:
        detail = "With ExactCapacity the adjustment is the count itself: set 0 or more."
        summary = f"there are no {step.get('adjustment')} tasks"
        yield Finding(step, step.where("adjustment"), summary, detail, "E0264")


@as_far_as_sure
def _magnitude(policy: Decoded) -> Findings:
    kind = policy.get("adjustment_type")
    if "minimum_adjustment_magnitude" in policy.places and kind != AdjustmentType.PERCENT_CHANGE_IN_CAPACITY:
        detail = 'Remove it, or set adjustment_type = "PercentChangeInCapacity".'
        place = policy.where("minimum_adjustment_magnitude")
        yield Finding(policy, place, f"{kind} has no minimum_adjustment_magnitude", detail, "E0264")
