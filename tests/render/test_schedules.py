"""Scheduled tasks and their runs as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from reconciler.model.beside import RunStatus, ScheduledRun, ScheduleRecord
from reconciler.model.decision import Decision
from reconciler.model.schedule import Schedule, ScheduledTask
from reconciler.model.state import State
from reconciler.render.schedules import (
    Clock,
    history_json,
    history_text,
    run_json,
    schedule_json,
    schedules_json,
    schedules_text,
)
from reconciler.render.status import Standing, status_json, status_text
from tests.builders import NOW, stack, state

REPORT = ScheduledTask(
    address="scheduled_task.report",
    name="report",
    task_definition="task_definition.report",
    schedule=Schedule(expression="cron(0 3 * * ? *)", timezone="Europe/Berlin"),
)
ONCE = ScheduledTask(
    address="scheduled_task.once",
    name="once",
    task_definition="task_definition.report",
    schedule=Schedule(expression="at(1970-01-01T03:00:00)"),
)
CLOCK = Clock(NOW, lambda at: datetime.fromtimestamp(at, ZoneInfo("Asia/Tokyo")))
"""NOW is 1970-01-12 13:46:40 UTC."""

FAILED = ScheduledRun(
    id="report-19700112T020000Z",
    schedule=REPORT.address,
    slot=NOW - 42_400,
    status=RunStatus.FAILED,
    started_at=NOW - 42_399,
    ended_at=NOW - 42_300,
    exit_code=3,
    reason="essential container app exited with code 3",
    tasks=("t1",),
)
MISSED = FAILED.changed(
    id="report-19700111T020000Z",
    slot=FAILED.slot - 86_400,
    status=RunStatus.MISSED,
    started_at=None,
    ended_at=NOW - 50_000,
    exit_code=None,
    reason="nobody watched",
    tasks=(),
)
RETRYING = FAILED.changed(status=RunStatus.RETRYING, ended_at=None, attempt=2, retry_at=NOW + 8)
STOPPING = FAILED.changed(status=RunStatus.TIMED_OUT, ended_at=None, exit_code=None, reason="timeout of 60 s")


def recorded(*runs: ScheduledRun) -> State:
    records = tuple(
        ScheduleRecord(
            schedule=each.address,
            expression=each.schedule.expression,
            timezone=each.schedule.timezone,
            anchor=NOW - 90_000,
            done_up_to=NOW - 42_400,
        )
        for each in (REPORT, ONCE)
    )
    declared = stack().changed(scheduled_tasks=(ONCE, REPORT))
    return state(declared, deployments=(), schedules=records, runs=runs)


def test_the_list_shows_the_last_run_and_the_next_three_in_both_zones() -> None:
    assert schedules_text((ONCE, REPORT), recorded(MISSED, FAILED), CLOCK).splitlines() == [
        "SCHEDULED TASK         SCHEDULE                 ZONE           LAST RUN                    MISSED",
        "scheduled_task.once    at(1970-01-01T03:00:00)  UTC            -                           0",
        "scheduled_task.report  cron(0 3 * * ? *)        Europe/Berlin  FAILED (exit 3) 11h45m ago  1",
        "",
        "NEXT RUN OF            IN      IN ITS ZONE               HERE",
        "scheduled_task.report  12h13m  Tue 1970-01-13 03:00 CET  Tue 1970-01-13 11:00 JST",
        "scheduled_task.report  36h13m  Wed 1970-01-14 03:00 CET  Wed 1970-01-14 11:00 JST",
        "scheduled_task.report  3d      Thu 1970-01-15 03:00 CET  Thu 1970-01-15 11:00 JST",
    ]
    assert schedules_text((), recorded(), CLOCK) == "No scheduled tasks."


def test_the_list_as_json() -> None:
    (shape,) = schedules_json((REPORT,), recorded(MISSED, FAILED), CLOCK)
    assert shape == {
        "address": "scheduled_task.report",
        "name": "report",
        "schedule": "cron(0 3 * * ? *)",
        "timezone": "Europe/Berlin",
        "task_definition": "task_definition.report",
        "overlap": "skip",
        "next_runs": [
            {
                "at": f"1970-01-{day}T02:00:00Z",
                "zone_time": f"1970-01-{day}T03:00:00+01:00",
                "local_time": f"1970-01-{day}T11:00:00+09:00",
            }
            for day in (13, 14, 15)
        ],
        "running": [],
        "last_run": run_json(FAILED),
        "missed": 1,
        "skipped": 0,
    }


def test_a_run_as_json() -> None:
    assert run_json(FAILED) == {
        "id": "report-19700112T020000Z",
        "schedule": "scheduled_task.report",
        "status": "FAILED",
        "due_at": "1970-01-12T02:00:00Z",
        "started_at": "1970-01-12T02:00:01Z",
        "ended_at": "1970-01-12T02:01:40Z",
        "seconds": 99.0,
        "exit_code": 3,
        "attempt": 1,
        "retry_at": None,
        "reason": "essential container app exited with code 3",
        "manual": False,
        "tasks": ["t1"],
    }


def test_the_history_shows_times_codes_reasons_and_the_next_run() -> None:
    assert history_text((FAILED, MISSED), (REPORT, ONCE), recorded(), CLOCK).splitlines() == [
        "RUN                      STATUS  DUE                   STARTED               ENDED                 "
        "TOOK   EXIT  REASON",
        "report-19700112T020000Z  FAILED  1970-01-12T02:00:00Z  1970-01-12T02:00:01Z  1970-01-12T02:01:40Z  "
        "1m39s  3     essential container app exited with code 3",
        "report-19700111T020000Z  MISSED  1970-01-11T02:00:00Z  -                     1970-01-11T23:53:20Z  "
        "-      -     nobody watched",
        "",
        "Next run of scheduled_task.report: Tue 1970-01-13 11:00 JST, in 12h13m.",
        "Next run of scheduled_task.once: nothing more comes.",
    ]


def test_what_goes_on_is_told_by_what_it_waits_for() -> None:
    rows = history_text((RETRYING, STOPPING), (), recorded(), CLOCK).splitlines()[1:3]
    assert [row.split()[1] for row in rows] == ["RETRYING", "STOPPING"]
    assert rows[0].endswith("attempt 2 in 8s: essential container app exited with code 3")
    assert rows[1].endswith("-     timeout of 60 s")


def test_the_history_as_json() -> None:
    assert history_json((FAILED,), (REPORT, ONCE), recorded(), NOW) == {
        "runs": [run_json(FAILED)],
        "next_runs": {"scheduled_task.report": "1970-01-13T02:00:00Z", "scheduled_task.once": None},
    }
    assert history_text((), (), recorded(), CLOCK) == "No runs.\n"


def test_status_has_a_line_for_each_schedule() -> None:
    found = recorded(FAILED)
    assert found.target is not None
    standing = Standing(found.target, Decision(state=found, is_steady=True))
    assert status_text(standing, NOW) == (
        'Stack "shop": 2 scheduled tasks, no services.\n'
        "\n"
        "Scheduled:\n"
        "  scheduled_task.once: nothing more comes\n"
        "  scheduled_task.report: next in 12h13m (1970-01-13T02:00:00Z), last FAILED (exit 3) 11h45m ago"
    )
    assert status_json(standing)["scheduled_tasks"] == [schedule_json(each, found) for each in (ONCE, REPORT)]
    assert schedule_json(REPORT, found) == {
        "address": "scheduled_task.report",
        "next_run_at": "1970-01-13T02:00:00Z",
        "running": [],
        "last_run": run_json(FAILED),
    }


def test_a_run_that_goes_on_is_shown_rather_than_the_one_that_was_skipped_for_it() -> None:
    running = FAILED.changed(status=RunStatus.RUNNING, ended_at=None, exit_code=None, reason="")
    skipped = MISSED.changed(slot=NOW - 60, ended_at=NOW - 60, status=RunStatus.SKIPPED, reason="the one before runs")
    found = recorded(FAILED.changed(slot=NOW - 90_000), running, skipped)
    assert found.target is not None
    words = "RUNNING since 1970-01-12T02:00:01Z (11h46m)"
    assert schedules_text((REPORT,), found, CLOCK).splitlines()[1].split("Europe/Berlin  ")[1] == f"{words}  0"
    assert status_text(Standing(found.target, Decision(state=found)), NOW).splitlines()[-1] == (
        f"  scheduled_task.report: next in 12h13m (1970-01-13T02:00:00Z), {words}"
    )
    shape = schedule_json(REPORT, found)
    assert (shape["running"], shape["last_run"]) == ([running.id], run_json(skipped))


def test_times_here_are_those_of_the_clock_that_is_given() -> None:
    utc = Clock(NOW, lambda at: datetime.fromtimestamp(at, UTC))
    assert "Tue 1970-01-13 02:00 UTC, in 12h13m" in history_text((), (REPORT,), recorded(), utc)
