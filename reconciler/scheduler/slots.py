"""Which slots of a schedule are due: at most the newest one is run, and what is too old is missed, never a burst.

Sources: Kubernetes CronJob (startingDeadlineSeconds), systemd timers (Persistent).
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.beside import ScheduleRecord
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.model.timetable import next_after

GRACE_SECONDS = 60.0
"""A watch that looks in time is never later than this: an older slot is one that nobody was there for."""

MOST_COUNTED = 1000
"""So many missed slots are counted at most."""


@dataclass(frozen=True, slots=True)
class Slots:
    """`run` is the slot to run now, `missed` the newest of those that are not run, None when there is none.

    All slots up to `done_up_to` are dealt with then; the next one comes at `next_at`.
    """

    done_up_to: float
    next_at: float | None
    run: float | None = None
    missed: float | None = None
    missed_count: int = 0


def slots_due(task: ScheduledTask, record: ScheduleRecord, now: float) -> Slots:
    """Return what is due of a schedule since its last look."""
    schedule, done, anchor = task.schedule, record.done_up_to, record.anchor
    first = next_after(schedule, done, anchor)
    if first is None or first > now:
        return Slots(done, first)
    newest = _newest(schedule, done, now, anchor) or first
    is_run = now - newest <= max(task.catch_up_window, GRACE_SECONDS)
    missed = newest if not is_run else _newest(schedule, done, newest - 1, anchor) if first < newest else None
    return Slots(
        done_up_to=newest,
        next_at=next_after(schedule, newest, anchor),
        run=newest if is_run else None,
        missed=missed,
        missed_count=0 if missed is None else _count(schedule, done, missed, anchor),
    )


def _newest(schedule: Schedule, after: float, until: float, anchor: float) -> float | None:
    """Return the last slot in (after, until]. It looks back further and further: there may be years in between."""
    back = GRACE_SECONDS
    while True:
        begin = max(after, until - back)
        slot = next_after(schedule, begin, anchor)
        if slot is not None and slot <= until:
            return _last(schedule, slot, until, anchor)
        if begin <= after:
            return None
        back *= 2


def _last(schedule: Schedule, slot: float, until: float, anchor: float) -> float:
    while (following := next_after(schedule, slot, anchor)) is not None and following <= until:
        slot = following
    return slot


def _count(schedule: Schedule, after: float, until: float, anchor: float) -> int:
    """Return how many slots there are in (after, until], MOST_COUNTED at most."""
    count = 0
    while count < MOST_COUNTED and (slot := next_after(schedule, after, anchor)) is not None and slot <= until:
        count, after = count + 1, slot
    return count
