"""Scheduled actions: set other bounds at their times, and bring the count within them.

One that was missed while nobody watched is carried out late, its last time only. One that would take tasks away waits
for the end of a deployment: nothing is scaled in meanwhile (ECS). A later one that does not have to wait comes after
it all the same: what it sets is what holds in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.model.beside import ScalingRecord
from reconciler.model.scaling import ScheduledAction
from reconciler.model.schedule import Schedule
from reconciler.model.timetable import next_after
from reconciler.scheduler.scaling.view import ScalingView

_FIRST_WINDOW = 60.0


@dataclass(frozen=True, slots=True)
class Done:
    """What came of the actions that were due: the record, the count, and each that was carried out.

    `waiting` names one that waits for a deployment.
    """

    record: ScalingRecord
    count: int
    carried_out: tuple[str, ...] = ()
    waiting: str = ""
    wake_at: float | None = None


def carry_out_due(view: ScalingView) -> Done:
    """Carry out the actions that are due, in the order of their times; while they are suspended, pass them over."""
    record = _known(view)
    done = Done(record, record.capacity)
    for at, action in sorted(_due(view, record), key=lambda each: (each[0], each[1].name)):
        record = _with_action(action, at, record)
        done = _carried_out(action, record, done, view)
    times = [
        each for action in view.autoscaling.scheduled_actions if (each := _next(action, done.record)) is not None
    ]
    return replace(done, wake_at=min((each for each in times if each > view.now), default=None))


def _known(view: ScalingView) -> ScalingRecord:
    """Return the record with all actions that are declared, and only these: a new one is due after now."""
    actions = {each.name: view.record.actions.get(each.name, view.now) for each in view.autoscaling.scheduled_actions}
    return view.record if actions == view.record.actions else view.record.changed(actions=actions)


def _due(view: ScalingView, record: ScalingRecord) -> Iterator[tuple[float, ScheduledAction]]:
    """Yield (its last time, action) of each that is due."""
    for action in view.autoscaling.scheduled_actions:
        at = last_due(action.schedule, record.actions[action.name], view.now)
        if at is not None:
            yield at, action


def last_due(schedule: Schedule, after: float, now: float) -> float | None:
    """Return the last time of a schedule that is later than `after` and not later than `now`.

    Months that nobody watched are not walked through: it is looked for backwards, in ever longer windows.
    """
    found, following = None, next_after(schedule, after, after)
    window = _FIRST_WINDOW
    while following is not None and following <= now and found is None:
        begin = max(after, now - window)
        found = _last_within(schedule, begin, now, after)
        window *= 2
    return found


def _last_within(schedule: Schedule, begin: float, now: float, anchor: float) -> float | None:
    found, following = None, next_after(schedule, begin, anchor)
    while following is not None and following <= now:
        found, following = following, next_after(schedule, following, anchor)
    return found


def _next(action: ScheduledAction, record: ScalingRecord) -> float | None:
    after = record.actions[action.name]
    return next_after(action.schedule, after, after)


def _with_action(action: ScheduledAction, at: float, record: ScalingRecord) -> ScalingRecord:
    """Return the record with an action as done, and with its bounds unless actions are suspended."""
    bounds = {"min_capacity": action.min_capacity, "max_capacity": action.max_capacity}
    given = {name: value for name, value in bounds.items() if value is not None and not record.suspended.scheduled}
    return record.changed(actions={**record.actions, action.name: at}, **given)


def _carried_out(action: ScheduledAction, record: ScalingRecord, done: Done, view: ScalingView) -> Done:
    """Return what is done with an action too, and with those that waited before it; `record` has all of them."""
    if record.suspended.scheduled:
        return replace(done, record=record)
    bounded = replace(view, record=record)
    count = min(max(done.count, bounded.min_capacity), bounded.max_capacity)
    if count < done.count and view.is_deploying:
        return replace(done, waiting=action.name)
    return Done(record, count, (*done.carried_out, action.name))
