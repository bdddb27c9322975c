"""Schedules of which nothing comes any more: the files are right, and yet what they say will never happen.

Pure: whether a time is past is only known where the time is, so `plan` warns and `validate` cannot. Codes are E065x.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.schedule import Schedule
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.timetable import next_after
from reconciler.planner.places import place

DETAIL = "Give it a later time, or remove the block."


def never_due(stack: Stack, state: State, now: float) -> tuple[Diagnostic, ...]:
    """Return a warning for each schedule that has no slot after `now` (seconds since the epoch).

    One that was applied before its last slot has done what it is there for, and is passed over.
    """
    return tuple(
        warning("E0650", f"{path} is never due: {_words(schedule)}", DETAIL, place(stack, f"{path}.schedule"))
        for path, schedule in _schedules(stack)
        if next_after(schedule, now, now) is None and not _was_due(path, schedule, state)
    )


def _schedules(stack: Stack) -> Iterator[tuple[str, Schedule]]:
    """Yield the address of each block that has a schedule, and that."""
    for task in stack.scheduled_tasks:
        yield task.address, task.schedule
    for autoscaling in stack.autoscalings:
        for action in autoscaling.scheduled_actions:
            yield f"{autoscaling.address}.scheduled_action.{action.name}", action.schedule


def _was_due(path: str, schedule: Schedule, state: State) -> bool:
    """Whether a slot has come since this schedule was applied, as far as that is recorded."""
    if state.target is None or dict(_schedules(state.target)).get(path) != schedule:
        return False
    since = _watched_since(path, state)
    return since is not None and next_after(schedule, since - 1, since) is not None


def _watched_since(path: str, state: State) -> float | None:
    """Return since when slots count. Of a scheduled action that is its last slot once one was carried out."""
    address, _, action = path.partition(".scheduled_action.")
    if action:
        found = (each.actions.get(action) for each in state.scaling if each.autoscaling == address)
    else:
        found = (each.anchor for each in state.schedules if each.schedule == address)
    return next(found, None)


def _words(schedule: Schedule) -> str:
    return f"no time of {schedule.expression}, in {schedule.timezone}, is still to come"
