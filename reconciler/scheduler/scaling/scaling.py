"""Autoscaling: measures, and sets the counts of services between their bounds (AWS Application Auto Scaling).

A look that is due takes samples; when a period of a policy ends with one, what all policies want is combined to one
count. What is recorded here is what the next decision pursues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.beside import PolicyRecord, ScalingActivity, ScalingRecord
from reconciler.model.scaling import Autoscaling, TargetTracking
from reconciler.model.state import State
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.scaling.activities import with_activity
from reconciler.scheduler.scaling.capacity import with_capacity
from reconciler.scheduler.scaling.combining import Verdict, combine
from reconciler.scheduler.scaling.opinion import Opinion
from reconciler.scheduler.scaling.sampling import Sampling, sample
from reconciler.scheduler.scaling.scheduled_actions import Done, carry_out_due
from reconciler.scheduler.scaling.step_scaling import step_opinion
from reconciler.scheduler.scaling.target_tracking import tracking_opinion
from reconciler.scheduler.scaling.view import Policy, ScalingView, view_of


def scale(ground: AsideGround, state: State) -> Attended:
    """Bring every autoscaling of the target up to now: actions that are due, samples, decisions."""
    attended = Attended(state)
    for autoscaling in ground.stack.autoscalings:
        attended = _scale(autoscaling, ground, attended)
    return attended


def _scale(autoscaling: Autoscaling, ground: AsideGround, attended: Attended) -> Attended:
    view = view_of(autoscaling, ground, attended.state)
    if view is None:
        return attended
    done = carry_out_due(view)
    view = _acted(view, done)
    sampling = sample(view)
    view = _recorded(view, sampling.record)
    if sampling.ended:
        view = _decided(view, sampling)
    times = [each for each in (attended.wake_at, done.wake_at, sampling.wake_at) if each is not None]
    return Attended(view.state, (*attended.steps, *sampling.steps), min(times, default=None))


def _acted(view: ScalingView, done: Done) -> ScalingView:
    """Record what scheduled actions did."""
    before = view.capacity
    acted = _recorded(view, done.record)
    acted = _counted(acted, done.count)
    state = acted.state
    for name in done.carried_out:
        bounds = f"min_capacity = {acted.min_capacity}, max_capacity = {acted.max_capacity}"
        told = _activity(acted, name, before).changed(formula=bounds)
        state = with_activity(state, told, f"scheduled action {name} set {bounds}.")
        before = acted.capacity
    if done.waiting:
        reason = "DeploymentInProgress: nothing is scaled in meanwhile"
        state = with_activity(state, _activity(acted, done.waiting, before).changed(not_scaled_reason=reason))
    return replace(acted, state=state)


def _decided(view: ScalingView, sampling: Sampling) -> ScalingView:
    """Decide on the count, now that periods ended."""
    verdict = combine(view, _opinions(view, sampling))
    if verdict is None:
        return view
    before, opinion = view.capacity, verdict.opinion
    view = _counted(_with_policies(view, verdict), verdict.count)
    told = _activity(view, opinion.policy, before).changed(
        value=opinion.value, formula=opinion.formula, not_scaled_reason=verdict.reason
    )
    cause = f"policy {opinion.policy}: {opinion.cause}; {opinion.formula}."
    return replace(view, state=with_activity(view.state, told, cause))


def _opinions(view: ScalingView, sampling: Sampling) -> tuple[Opinion, ...]:
    records = {each.name: each for each in view.record.policies}
    return tuple(
        replace(
            _opinion(each, records[each.name], view),
            is_fresh=each.name in sampling.ended,
            is_timely=each.name in sampling.ending - sampling.awaited,
            is_awaited=each.name in sampling.awaited,
        )
        for each in view.policies
        if each.name in records
    )


def _opinion(policy: Policy, record: PolicyRecord, view: ScalingView) -> Opinion:
    if isinstance(policy, TargetTracking):
        return tracking_opinion(policy, record, view)
    return step_opinion(policy, record, view)


def _with_policies(view: ScalingView, verdict: Verdict) -> ScalingView:
    changed: Mapping[str, PolicyRecord] = {each.name: each for each in verdict.records}
    policies = tuple(changed.get(each.name, each) for each in view.record.policies)
    return _recorded(view, view.record.changed(policies=policies)) if changed else view


def _recorded(view: ScalingView, record: ScalingRecord) -> ScalingView:
    """Return the view with a record that is in the State too."""
    if record is view.record:
        return view
    scaling = tuple(record if each.autoscaling == record.autoscaling else each for each in view.state.scaling)
    return replace(view, record=record, state=view.state.changed(scaling=scaling))


def _counted(view: ScalingView, count: int) -> ScalingView:
    """Return the view with another count in effect."""
    if count == view.capacity:
        return view
    state = with_capacity(view.state, view.service.address, count)
    return replace(view, record=view.record.changed(capacity=count), state=state)


def _activity(view: ScalingView, policy: str, before: int) -> ScalingActivity:
    return ScalingActivity(
        number=0,
        autoscaling=view.autoscaling.address,
        service=view.service.address,
        at=view.now,
        policy=policy,
        before=before,
        after=view.capacity,
    )
