"""Scheduled tasks by the command, on the real engine: listed, run by hand with and without a watch, and on time."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .conftest import Place, ended, wait_until

pytestmark = pytest.mark.engine

JOBS = """\
stack "NAME" {}

variable "command" {
  type    = string
  default = "echo begun; exit 0"
}

task_definition "report" {
  container "app" {
    image        = "reconciler-test/busybox:1"
    memory       = 16
    stop_timeout = "1s"
    command      = ["sh", "-c", var.command]
  }
}

scheduled_task "report" {
  task_definition = task_definition.report
  schedule        = "cron(0 3 * * ? *)"
  timezone        = "Europe/Berlin"
  timeout         = "1m"
}

scheduled_task "often" {
  task_definition = task_definition.report
  schedule        = "* * * * *"
  overlap         = "allow"
}
"""


@contextmanager
def watching(place: Place) -> Iterator[None]:
    """Watch the stack while the context lasts."""
    watch = place.start("watch")
    try:
        wait_until(lambda: "watch by" in place.run("lock", "status").out)
        yield
    finally:
        ended(watch, signal.SIGTERM)


def test_schedules_are_listed_with_their_next_runs_and_how_the_last_went(place: Place) -> None:
    place.write(JOBS)
    applied = place.apply()
    assert "Nobody on this machine watches the stack: " in applied.err
    listed = place.run("schedule", "list", TZ="UTC")
    assert listed.err.strip() == "Nobody watches this stack: they run while `reconciler watch` does."
    lines = listed.out.splitlines()
    assert re.split(r"  +", lines[0]) == ["SCHEDULED TASK", "SCHEDULE", "ZONE", "LAST RUN", "MISSED"]
    assert re.split(r"  +", lines[2]) == ["scheduled_task.report", "cron(0 3 * * ? *)", "Europe/Berlin", "-", "0"]
    assert re.split(r"  +", lines[4]) == ["NEXT RUN OF", "IN", "IN ITS ZONE", "HERE"]
    upcoming = [line for line in lines[5:] if line.startswith("scheduled_task.report")]
    assert len(upcoming) == 3
    assert all(re.search(r" 03:00 CES?T  +\w+ [\d-]+ 0[12]:00 UTC$", line) for line in upcoming)
    shown = {each["address"]: each for each in place.run("schedule", "list", "--json").value}
    assert len(shown["scheduled_task.report"]["next_runs"]) == 3
    assert "scheduled_task.report: next in " in place.run("status").out


def test_a_run_by_hand_without_a_watch_ends_with_the_code_of_its_container(place: Place) -> None:
    place.write(JOBS)
    place.apply("--var", "command=echo wrong; exit 7")
    ran = place.run("schedule", "run", "report", "--wait")
    assert ran.code == 7
    name = ran.out.strip()
    assert re.fullmatch(r"report-\d{8}T\d{6}\.\d{3}Z", name)
    assert ran.err.strip() == f"{name} FAILED: essential container app exited with code 7"
    (run,) = place.run("schedule", "history", "report", "--json").value["runs"]
    assert (run["id"], run["status"], run["exit_code"], run["manual"]) == (name, "FAILED", 7, True)
    assert "wrong" in place.run("logs", "report").out
    assert name in place.run("schedule", "history").out


def test_a_run_by_hand_beside_a_watch_is_left_to_it(place: Place) -> None:
    place.write(JOBS)
    place.apply("--var", "command=sleep 8")
    with watching(place):
        begun = place.run("schedule", "run", "report", "--json")
        assert (begun.code, begun.value["status"], begun.value["manual"]) == (0, "RUNNING", True)
        refused = place.run("schedule", "run", "report")
        assert (refused.code, refused.out) == (1, "")
        assert f"run {begun.value['id']} is not over: wait for it" in refused.err
        assert [each["group"] for each in place.tasks() if each["group"] == "scheduled_task.report"]
        wait_until(lambda: statuses(place, "report") == ["SUCCEEDED"])
        waited = place.run("schedule", "run", "report", "--wait")
        assert (waited.code, waited.err) == (0, "")
    assert statuses(place, "report") == ["SUCCEEDED", "SUCCEEDED"]


def test_what_is_due_is_run_by_the_watch_and_a_destroy_stops_it(place: Place) -> None:
    place.write(JOBS)
    place.apply("--var", "command=sleep 600")
    with watching(place):
        wait_until(lambda: statuses(place, "often") == ["RUNNING"], 75)
        (run,) = place.run("schedule", "history", "often", "--json").value["runs"]
        assert re.fullmatch(r"often-\d{8}T\d{4}00Z", run["id"])
        assert len(run["tasks"]) == 1
        destroyed = place.run("destroy", "--auto-approve")
        assert destroyed.code == 0, destroyed.err
    assert place.tasks() == []


def test_a_plan_warns_of_a_time_that_is_past_beside_its_result(place: Place) -> None:
    place.write(JOBS.replace('"* * * * *"', '"at(2020-01-01T00:00:00)"'))
    summary = "scheduled_task.often is never due: no time of at(2020-01-01T00:00:00), in UTC, is still to come"
    planned = place.run("plan")
    assert (planned.code, planned.err.split("   [")[0]) == (0, f"Warning: {summary}")
    assert "main.hcl:" in planned.err
    assert summary in place.run("plan", "--json").errors


def test_a_name_that_was_not_applied_is_refused(place: Place) -> None:
    place.write(JOBS)
    place.apply()
    refused = place.run("schedule", "run", "none")
    assert refused.code == 1
    assert (
        'no scheduled task "none" was applied; there are: scheduled_task.often, scheduled_task.report' in refused.err
    )


def statuses(place: Place, name: str) -> list[str]:
    return [each["status"] for each in place.run("schedule", "history", name, "--json").value["runs"]]
