"""Scheduled tasks: slots that are due become runs, once each, and runs are pursued to their end.

What is due is recorded, with the tasks that it takes, before anything starts: a State is saved by one holder of the
lease at a time, so two watches, a crash, or both make one run of a slot. Where the State itself was lost, or is an
older one, the engine's labels tell which slots have run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from reconciler.model.beside import RunStatus, ScheduledRun, ScheduleRecord
from reconciler.model.schedule import Overlap, ScheduledTask
from reconciler.model.state import State
from reconciler.model.task import TaskRecord
from reconciler.scheduler.aside import AsideGround, Attended
from reconciler.scheduler.run_ids import Attempt, attempt_of, run_id
from reconciler.scheduler.runs import pursue_run, record_run, stop_run, unfinished, wakes_at
from reconciler.scheduler.slots import Slots, slots_due

RUNS_KEPT = 50
"""Runs kept for each schedule."""

FORGOTTEN_SECONDS = 86_400.0
"""How long the runs of a schedule that left the stack are kept."""


def run_due(ground: AsideGround, state: State) -> Attended:
    """Begin the runs that are due, and pursue those that are not over."""
    declared = {each.address: each for each in ground.stack.scheduled_tasks}
    if not (declared or state.runs):
        return Attended(state)
    state = _pursued(declared, ground, _adopted(declared.values(), state))  # what this look shows ended is over now
    times: list[float | None] = []
    for record in state.schedules:
        task = declared.get(record.schedule)
        if task is not None:
            slots = slots_due(task, record, ground.now)
            state = _with_slots(task, record, slots, ground, state)
            times.append(slots.next_at)
    state = _pursued(declared, ground, state)
    times += [wakes_at(each) for each in state.runs if each.ended_at is None]
    return Attended(_pruned(state, ground), wake_at=min((each for each in times if each is not None), default=None))


def _pursued(declared: Mapping[str, ScheduledTask], ground: AsideGround, state: State) -> State:
    for run in [each for each in state.runs if each.ended_at is None]:
        state = pursue_run(run, declared.get(run.schedule), ground, state)
    return state


def ask_for_run(task: ScheduledTask, token: str, state: State, now: float) -> State:
    """Record a run by hand, beside the slots, unless the token has one. Those that it replaces are stopped."""
    if token and any(each.token == token for each in state.runs):
        return state
    known = {each.id for each in state.runs}
    slot = round(now, 3)
    while (name := run_id(task.name, slot, is_manual=True)) in known:
        slot = round(slot + 0.001, 3)
    run = ScheduledRun(id=name, schedule=task.address, slot=slot, is_manual=True, token=token)
    return _recorded(task, run, state, now)


def _with_slots(
    task: ScheduledTask, record: ScheduleRecord, slots: Slots, ground: AsideGround, state: State
) -> State:
    if slots.done_up_to == record.done_up_to:
        return state
    now = ground.now
    done = record.changed(done_up_to=slots.done_up_to)
    state = state.changed(schedules=tuple(done if each is record else each for each in state.schedules))
    known = {each.slot for each in state.runs if each.schedule == task.address and not each.is_manual}
    if slots.missed is not None and slots.missed not in known:
        state = _missed(task, slots.missed, slots.missed_count, state, now)
    if slots.run is not None and slots.run not in known:
        run = ScheduledRun(id=run_id(task.name, slots.run), schedule=task.address, slot=slots.run)
        state = _recorded(task, run, state, now)
    return state


def _missed(task: ScheduledTask, slot: float, count: int, state: State, now: float) -> State:
    of_several = f"no watch could run {count} slots in time, of which this is the last"
    reason = "no watch could run it in time" if count == 1 else of_several
    run = ScheduledRun(
        id=run_id(task.name, slot),
        schedule=task.address,
        slot=slot,
        status=RunStatus.MISSED,
        ended_at=now,
        reason=reason,
    )
    return record_run(run, f"(run {run.id}) was missed: {reason}.", state, now)


def _recorded(task: ScheduledTask, run: ScheduledRun, state: State, now: float) -> State:
    """Record a run, and what becomes of it when another one is not over yet."""
    others = unfinished(state, task.address)
    if others and task.overlap is Overlap.SKIP:
        reason = f"run {others[0].id} is not over"
        skipped = run.changed(status=RunStatus.SKIPPED, ended_at=now, reason=reason)
        return record_run(skipped, f"(run {run.id}) was skipped: {reason}.", state, now)
    if task.overlap is Overlap.REPLACE:
        for other in others:
            if other.status in (RunStatus.RUNNING, RunStatus.RETRYING):
                state = stop_run(other, RunStatus.REPLACED, f"replaced by run {run.id}", state, now)
    return record_run(run, "", state, now)


def _adopted(declared: Iterable[ScheduledTask], state: State) -> State:
    """Record the runs that only labels tell of, and their slots as dealt with."""
    by_address = {each.address: each for each in declared}
    strays = [each for each in state.tasks if each.is_one_off and not each.started_by and each.group in by_address]
    if not strays:
        return state
    found = [(attempt_of(each.deployment), each) for each in strays]
    told = [(attempt, each) for attempt, each in found if attempt is not None]
    told.sort(key=lambda pair: (pair[0].run, pair[0].number, pair[1].ordinal))
    for name, pairs in groupby(told, key=lambda pair: pair[0].run):
        attempts = list(pairs)
        task = by_address[attempts[0][1].group]
        if all(each.id != name for each in state.runs):
            state = state.changed(runs=(*state.runs, _run_of(attempts, task)))
    owners = {each.id: attempt.run for attempt, each in told}
    return _dealt_with(told, state).changed(
        tasks=tuple(
            each.changed(started_by=owners.get(each.id, each.deployment)) if each in strays else each
            for each in state.tasks
        )
    )


def _run_of(attempts: list[tuple[Attempt, TaskRecord]], task: ScheduledTask) -> ScheduledRun:
    """Return the run that these tasks are of; the last attempt is what goes on, or is judged."""
    last = attempts[-1][0]
    tasks = [each for attempt, each in attempts if attempt.number == last.number]
    began = min(each.created_at for each in tasks)
    return ScheduledRun(
        id=last.run,
        schedule=task.address,
        slot=last.slot,
        attempt=last.number,
        started_at=min(each.created_at for _, each in attempts),
        stops_at=began + task.timeout,
        tasks=tuple(each.id for each in tasks),
        is_manual=last.is_manual,
    )


def _dealt_with(told: list[tuple[Attempt, TaskRecord]], state: State) -> State:
    """Return the State in which the slots of such runs are no longer due."""
    newest: dict[str, float] = {}
    for attempt, each in told:
        if not attempt.is_manual:
            newest[each.group] = max(newest.get(each.group, 0.0), attempt.slot)
    schedules = tuple(
        each.changed(done_up_to=max(each.done_up_to, newest.get(each.schedule, 0.0))) for each in state.schedules
    )
    return state if schedules == state.schedules else state.changed(schedules=schedules)


def _pruned(state: State, ground: AsideGround) -> State:
    """Drop the oldest runs of each schedule, and those of schedules that left long ago.

    The last one that worked stays, however many failed since: an alert asks how long ago that was.
    """
    declared = {each.address for each in ground.stack.scheduled_tasks}
    kept: list[ScheduledRun] = []
    counts: dict[str, int] = {}
    worked: set[str] = set()
    for run in reversed(state.runs):
        is_last_success = run.status is RunStatus.SUCCEEDED and run.schedule not in worked
        worked |= {run.schedule} if is_last_success else set()
        counts[run.schedule] = counts.get(run.schedule, 0) + 1
        is_old = run.ended_at is not None and ground.now - run.ended_at > FORGOTTEN_SECONDS
        is_one_of_many = counts[run.schedule] > RUNS_KEPT and not is_last_success
        is_spare = is_one_of_many or (is_old and run.schedule not in declared)
        if run.ended_at is None or not is_spare:
            kept.append(run)
    return state if len(kept) == len(state.runs) else state.changed(runs=tuple(reversed(kept)))
