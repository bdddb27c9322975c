"""Scheduled tasks and their runs, as text and as JSON from the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.schedule import ScheduledTask
from reconciler.model.state import State
from reconciler.model.timetable import next_after
from reconciler.render.tables import table
from reconciler.render.words import duration, timestamp

NEXT_SHOWN = 3
"""So many of the next runs are shown."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The present time, in seconds since the epoch, and what a clock here shows at some time."""

    now: float
    local: Callable[[float], datetime]


def schedules_json(tasks: Iterable[ScheduledTask], state: State, clock: Clock) -> list[dict[str, Any]]:
    """Return each scheduled task with its next runs, its last one, and how many were missed of those kept."""
    return [_schedule(each, state, clock) for each in tasks]


def schedules_text(tasks: Sequence[ScheduledTask], state: State, clock: Clock) -> str:
    """Return a table of the scheduled tasks, and one of their next runs, in each one's zone and here."""
    if not tasks:
        return "No scheduled tasks."
    shapes = schedules_json(tasks, state, clock)
    rows = [
        (
            each["address"],
            each["schedule"],
            each["timezone"],
            _latest_words(each["address"], state, clock.now),
            _missed(each),
        )
        for each in shapes
    ]
    due = [
        (shape["address"], _in(at, clock.now), _shown(at, ZoneInfo(shape["timezone"])), _text(clock.local(at)))
        for shape, task in zip(shapes, tasks, strict=True)
        for at in next_runs(task, state, clock.now)
    ]
    parts = [table(("SCHEDULED TASK", "SCHEDULE", "ZONE", "LAST RUN", "MISSED"), rows)]
    parts += ["", table(("NEXT RUN OF", "IN", "IN ITS ZONE", "HERE"), due)] if due else ["", "No next runs."]
    return "\n".join(parts)


def history_json(runs: Iterable[ScheduledRun], tasks: Iterable[ScheduledTask], state: State, now: float) -> Any:
    """Return runs, the newest first, and when each schedule is due next."""
    upcoming = {each.address: next(iter(next_runs(each, state, now)), None) for each in tasks}
    return {
        "runs": [run_json(each) for each in runs],
        "next_runs": {address: None if at is None else timestamp(at) for address, at in upcoming.items()},
    }


def history_text(runs: Sequence[ScheduledRun], tasks: Sequence[ScheduledTask], state: State, clock: Clock) -> str:
    """Return a row for each run, the newest first, and a line for each schedule's next one."""
    rows = [_row(each, clock.now) for each in runs]
    header = ("RUN", "STATUS", "DUE", "STARTED", "ENDED", "TOOK", "EXIT", "REASON")
    parts = [table(header, rows) if rows else "No runs."]
    for each in tasks:
        at = next(iter(next_runs(each, state, clock.now)), None)
        when = "nothing more comes" if at is None else f"{_text(clock.local(at))}, in {_in(at, clock.now)}"
        parts += [f"Next run of {each.address}: {when}."]
    return "\n".join([*parts[:1], "", *parts[1:]])


def run_json(run: ScheduledRun) -> dict[str, Any]:
    """Return one run."""
    return {
        "id": run.id,
        "schedule": run.schedule,
        "status": run.status.value,
        "due_at": timestamp(run.slot),
        "started_at": _timestamp(run.started_at),
        "ended_at": _timestamp(run.ended_at),
        "seconds": None if _took(run) is None else round(_took(run) or 0.0, 3),
        "exit_code": run.exit_code,
        "attempt": run.attempt,
        "retry_at": _timestamp(run.retry_at),
        "reason": run.reason or None,
        "manual": run.is_manual,
        "tasks": list(run.tasks),
    }


def next_runs(task: ScheduledTask, state: State, now: float) -> tuple[float, ...]:
    """Return when a scheduled task is due next, three times at most."""
    record = next((each for each in state.schedules if each.schedule == task.address), None)
    after, anchor = (now, now) if record is None else (max(now, record.done_up_to), record.anchor)
    found: list[float] = []
    while len(found) < NEXT_SHOWN and (at := next_after(task.schedule, after, anchor)) is not None:
        found.append(at)
        after = at
    return tuple(found)


def schedule_json(task: ScheduledTask, state: State) -> dict[str, Any]:
    """Return a scheduled task in brief. Its next run is overdue when nobody was there to begin it."""
    record = next((each for each in state.schedules if each.schedule == task.address), None)
    upcoming = None if record is None else next_after(task.schedule, record.done_up_to, record.anchor)
    runs = [each for each in state.runs if each.schedule == task.address]
    return {
        "address": task.address,
        "next_run_at": _timestamp(upcoming),
        "running": [each.id for each in runs if each.ended_at is None],
        "last_run": run_json(runs[-1]) if runs else None,
    }


def schedule_line(task: ScheduledTask, state: State, now: float) -> str:
    """Return a scheduled task in one line: its next run, and the one that goes on, or how the last one went."""
    upcoming = next_runs(task, state, now)
    when = f"next in {_in(upcoming[0], now)} ({timestamp(upcoming[0])})" if upcoming else "nothing more comes"
    run = _latest(task.address, state)
    latest = (
        "" if run is None else f", {_run_words(run, now) if run.ended_at is None else f'last {_run_words(run, now)}'}"
    )
    return f"{task.address}: {when}{latest}"


def _schedule(task: ScheduledTask, state: State, clock: Clock) -> dict[str, Any]:
    runs = [each for each in state.runs if each.schedule == task.address]
    zone = ZoneInfo(task.schedule.timezone)
    return {
        "address": task.address,
        "name": task.name,
        "schedule": task.schedule.expression,
        "timezone": task.schedule.timezone,
        "task_definition": task.task_definition,
        "overlap": task.overlap.value,
        "next_runs": [
            {
                "at": timestamp(at),
                "zone_time": datetime.fromtimestamp(at, zone).isoformat(),
                "local_time": clock.local(at).isoformat(),
            }
            for at in next_runs(task, state, clock.now)
        ],
        "running": [each.id for each in runs if each.ended_at is None],
        "last_run": run_json(runs[-1]) if runs else None,
        "missed": sum(each.status is RunStatus.MISSED for each in runs),
        "skipped": sum(each.status is RunStatus.SKIPPED for each in runs),
    }


def _row(run: ScheduledRun, now: float) -> tuple[str, ...]:
    took = _took(run) if run.ended_at is not None or run.started_at is None else now - run.started_at
    return (
        run.id,
        _status(run),
        timestamp(run.slot),
        _timestamp(run.started_at) or "-",
        _timestamp(run.ended_at) or "-",
        "-" if took is None else duration(max(took, 0.0)),
        "-" if run.exit_code is None else str(run.exit_code),
        _why(run, now) or "-",
    )


def _why(run: ScheduledRun, now: float) -> str:
    if run.retry_at is None:
        return run.reason
    return f"attempt {run.attempt} in {_in(run.retry_at, now)}: {run.reason}"


def _status(run: ScheduledRun) -> str:
    """Return a run's status; one that is being stopped says so."""
    is_stopping = run.ended_at is None and run.status in (RunStatus.TIMED_OUT, RunStatus.REPLACED)
    return "STOPPING" if is_stopping else run.status.value


def _latest(schedule: str, state: State) -> ScheduledRun | None:
    """Return the newest run that is not over, else the newest: one that was skipped says less than what it met."""
    runs = [each for each in reversed(state.runs) if each.schedule == schedule]
    return next((each for each in runs if each.ended_at is None), runs[0] if runs else None)


def _latest_words(schedule: str, state: State, now: float) -> str:
    run = _latest(schedule, state)
    return "-" if run is None else _run_words(run, now)


def _run_words(run: ScheduledRun, now: float) -> str:
    """Return `RUNNING since TIME (1h5m)`, or how a run ended: `FAILED (exit 3) 5m ago`."""
    since = run.started_at or run.slot
    if run.ended_at is None:
        return f"{_status(run)} since {timestamp(since)} ({duration(max(now - since, 0.0))})"
    code = f" (exit {run.exit_code})" if run.exit_code else ""
    return f"{_status(run)}{code} {duration(max(now - run.ended_at, 0.0))} ago"


def _missed(shape: dict[str, Any]) -> str:
    return str(shape["missed"])


def _took(run: ScheduledRun) -> float | None:
    return None if run.started_at is None or run.ended_at is None else run.ended_at - run.started_at


def _timestamp(at: float | None) -> str | None:
    return None if at is None else timestamp(at)


def _in(at: float, now: float) -> str:
    """Return how long it is until then, also in days."""
    seconds = max(at - now, 0.0)
    return f"{seconds / 86_400:.0f}d" if seconds >= 2 * 86_400 else duration(seconds)


def _shown(at: float, zone: ZoneInfo) -> str:
    return _text(datetime.fromtimestamp(at, zone))


def _text(at: datetime) -> str:
    return at.strftime("%a %Y-%m-%d %H:%M:%S %Z").replace(":00 ", " ", 1) if at.second == 0 else f"{at:%a %F %T %Z}"
