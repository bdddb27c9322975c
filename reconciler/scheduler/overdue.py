"""Runs that were to start while nobody watched: what is too late for its schedule is missed, as a slot would be.

What is due is recorded before it starts, so a process may end in between. Whoever comes next looks at that first:
`decide` starts what is recorded, however long ago it was due.
"""

from __future__ import annotations

from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.schedule import ScheduledTask
from reconciler.model.snapshot import ContainerStatus, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import StopCode, TaskRecord
from reconciler.scheduler.recorder import stop
from reconciler.scheduler.slots import GRACE_SECONDS

MISSED = "no watch could start it in time"


def without_overdue(stack: Stack, state: State, snapshot: Snapshot, now: float) -> State:
    """Return the State in which no attempt starts whose time was over while nobody watched; the same one mostly.

    One that is not older than its `catch_up_window` has all of its time from now on; any other is missed.
    """
    for run in state.runs:
        if run.status is RunStatus.RUNNING and run.stops_at is not None and now - run.stops_at > GRACE_SECONDS:
            state = _judged(run, stack.scheduled_task(run.schedule), state, snapshot, now)
    return state


def _judged(run: ScheduledRun, task: ScheduledTask | None, state: State, snapshot: Snapshot, now: float) -> State:
    tasks = [each for each in state.tasks if each.id in run.tasks]
    if not tasks or any(_has_begun(each, snapshot) for each in tasks):
        return state
    if task is not None and now - min(each.created_at for each in tasks) <= task.catch_up_window:
        return _with(run.changed(stops_at=now + task.timeout), state)
    code, mine = StopCode.SERVICE_SCHEDULER_INITIATED, set(run.tasks)
    state = state.changed(
        tasks=tuple(stop(each, code, MISSED, now) if each.id in mine else each for each in state.tasks)
    )
    return _with(run.changed(status=RunStatus.MISSED, reason=MISSED, stops_at=None), state)


def _has_begun(record: TaskRecord, snapshot: Snapshot) -> bool:
    if record.started or record.is_stopped or record.running_at is not None:
        return True
    seen = next((each for each in snapshot.tasks if each.task.id == record.id), None)
    return seen is not None and any(each.status is not ContainerStatus.CREATED for each in seen.containers)


def _with(run: ScheduledRun, state: State) -> State:
    return state.changed(runs=tuple(run if each.id == run.id else each for each in state.runs))
