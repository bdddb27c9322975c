"""What is recorded anew when a target is recorded: of its autoscalings, scheduled tasks and notifications."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.beside import NotificationRecord, PolicyRecord, ScalingRecord, ScheduleRecord
from reconciler.model.scaling import Autoscaling, StepScaling, TargetTracking
from reconciler.model.schedule import ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.state import State


def begin_beside(stack: Stack, state: State, now: float) -> State:
    """Return the State with a record of each of them: what is known of the same ones is kept, what left is dropped.

    A count that nothing owned yet begins as it is, and whoever set it by hand owns it no more; a schedule that is
    new, or another one, is due after now.
    """
    last = next((each.number for each in reversed(state.events) if each.at < now), 0)  # it is told of this apply
    sent = {each.notification: each for each in state.notified}
    return state.changed(
        scaled=tuple(each for each in state.scaled if stack.autoscaling_of(each.service) is None),
        scaling=tuple(_scaling(each, stack, state) for each in stack.autoscalings),
        activities=tuple(each for each in state.activities if each.autoscaling in stack.addresses),
        schedules=tuple(_schedule(each, state, now) for each in stack.scheduled_tasks),
        notified=tuple(
            sent.get(each.address) or NotificationRecord(notification=each.address, sent=last)
            for each in stack.receivers
        ),
    )


def _scaling(autoscaling: Autoscaling, stack: Stack, state: State) -> ScalingRecord:
    declared = (autoscaling.min_capacity, autoscaling.max_capacity)
    known = next((each for each in state.scaling if each.autoscaling == autoscaling.address), None)
    if known is None or known.service != autoscaling.service:
        service = stack.service(autoscaling.service)
        count = service.desired_count if service is not None else autoscaling.min_capacity
        return ScalingRecord(
            autoscaling=autoscaling.address, service=autoscaling.service, capacity=count, declared=declared
        )
    known = known.changed(
        policies=tuple(_measured(known, autoscaling, state)), actions=_done_actions(known, autoscaling, state)
    )
    if known.declared == declared:
        return known
    return known.changed(declared=declared, min_capacity=None, max_capacity=None)


def _measured(known: ScalingRecord, autoscaling: Autoscaling, state: State) -> Iterator[PolicyRecord]:
    """Yield what is known of the policies that are still there; values only when they still mean the same."""
    before = state.target.autoscaling_of(autoscaling.service) if state.target is not None else None
    sources = _sources(autoscaling)
    earlier = _sources(before) if before is not None else {}
    for record in known.policies:
        if record.name in sources:
            is_same = earlier.get(record.name) == sources[record.name]
            yield record if is_same else record.changed(samples=(), values=())


def _done_actions(known: ScalingRecord, autoscaling: Autoscaling, state: State) -> dict[str, float]:
    """Return up to when scheduled actions are done: one that has another schedule now begins anew."""
    before = state.target.autoscaling_of(autoscaling.service) if state.target is not None else None
    earlier = {each.name: each.schedule for each in before.scheduled_actions} if before is not None else {}
    same = {each.name for each in autoscaling.scheduled_actions if earlier.get(each.name) == each.schedule}
    return {name: at for name, at in known.actions.items() if name in same}


def _sources(autoscaling: Autoscaling) -> dict[str, object]:
    """Return by policy what its values are."""
    policies: tuple[TargetTracking | StepScaling, ...] = (*autoscaling.target_trackings, *autoscaling.step_scalings)
    return {each.name: (each.metric, each.prometheus, each.period) for each in policies}


def _schedule(task: ScheduledTask, state: State, now: float) -> ScheduleRecord:
    expression, timezone = task.schedule.expression, task.schedule.timezone
    known = next((each for each in state.schedules if each.schedule == task.address), None)
    if known is not None and (known.expression, known.timezone) == (expression, timezone):
        return known
    return ScheduleRecord(schedule=task.address, expression=expression, timezone=timezone, anchor=now, done_up_to=now)
