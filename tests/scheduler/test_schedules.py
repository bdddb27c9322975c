"""Scheduled tasks: which slots are run, on a simulated engine and a virtual clock."""

from __future__ import annotations

from reconciler.drivers.simulated import Behaviour
from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.schedule import ContainerOverride, Overlap
from reconciler.model.task import TaskRecord
from reconciler.scheduler.aside import AsideGround
from reconciler.scheduler.schedules import RUNS_KEPT, run_due
from tests.builders import EMPTY, NOW, container, definition, snapshot, state
from tests.site import Site

from .scheduling import FIRST, MINUTE, REPORT, applied, recorded, runs, scheduled, scheduling, started, told


class TestSlots:
    def test_every_slot_is_run_once(self) -> None:
        site = applied(scheduled())
        site.watch(150)
        assert runs(site) == [("SUCCEEDED", at, 0, "") for at in (20.0, 80.0, 140.0)]

    def test_a_run_is_recorded_with_its_times_and_tasks(self) -> None:
        site = applied(scheduled(task_count=2))
        site.watch(30)
        (run,) = recorded(site).runs
        tasks = tuple(each.id for each in recorded(site).tasks)
        assert run.started_at is not None and run.ended_at is not None
        assert run == ScheduledRun(
            id="report-19700112T134700Z",
            schedule=REPORT,
            slot=FIRST,
            status=RunStatus.SUCCEEDED,
            started_at=run.started_at,
            ended_at=run.ended_at,
            exit_code=0,
            tasks=tasks,
        )
        assert len(tasks) == 2
        assert FIRST <= run.started_at < FIRST + 1
        assert run.started_at + 6 < run.ended_at < run.started_at + 7  # the pull takes 5 s, the task 1 s

    def test_tasks_are_one_off_tasks_of_the_scheduled_task(self) -> None:
        site = applied(scheduled(overrides=(ContainerOverride(name="app", command=("report",)),)))
        site.watch(30)
        (task,) = recorded(site).tasks
        expected = TaskRecord(
            **{
                **{name: getattr(task, name) for name in type(task).model_fields},
                "group": REPORT,
                "service_name": None,
                "family": "report",
                "revision": 1,
                "deployment": "report-19700112T134700Z",
                "started_by": "report-19700112T134700Z",
                "definition": definition(container(command=("report",)), family="report"),
            }
        )
        assert task == expected
        assert [(each.service, each.id, each.status.value) for each in recorded(site).deployments] == [
            (REPORT, "report-19700112T134700Z", "INACTIVE")
        ]

    def test_nothing_is_run_before_its_time_nor_of_the_past(self) -> None:
        site = applied(scheduled("at(1970-01-12T13:00:00)"))
        site.watch(100)
        assert runs(site) == []

    def test_what_is_told(self) -> None:
        site = applied(scheduled())
        site.watch(30)
        task = recorded(site).tasks[0].short_id
        assert told(site) == [
            f"(run report-19700112T134700Z) has started 1 tasks: (task {task}).",
            "(run report-19700112T134700Z) has succeeded.",
        ]

    def test_another_expression_begins_anew(self) -> None:
        site = applied(scheduled("30 * * * *"))
        site.apply(scheduling(scheduled("* * * * *")))
        site.watch(30)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]

    def test_history_is_bounded(self) -> None:
        site = applied(scheduled())
        site.looks = 100_000
        site.watch((RUNS_KEPT + 10) * MINUTE)
        assert len(recorded(site).runs) == RUNS_KEPT
        assert recorded(site).runs[-1].slot == FIRST + (RUNS_KEPT + 9) * MINUTE

    def test_the_last_run_that_worked_stays_however_many_failed_since(self) -> None:
        site = applied(scheduled())
        site.looks = 100_000
        site.watch(2 * MINUTE)
        site.engine.behave = lambda step: Behaviour(exits_after=1, exit_code=3)
        site.watch((RUNS_KEPT + 10) * MINUTE)
        found = recorded(site).runs
        assert [each.status.value for each in found] == ["SUCCEEDED"] + RUNS_KEPT * ["FAILED"]
        assert found[0].slot == FIRST + MINUTE


class TestMissed:
    def test_after_a_day_without_a_watch_nothing_is_run_but_one_miss_is_told(self) -> None:
        site = applied(scheduled("0 * * * *"))
        site.clock.advance_to(NOW + 86_400)
        site.watch(10)
        assert runs(site) == [
            ("MISSED", 83_600.0, None, "no watch could run 24 slots in time, of which this is the last")
        ]
        assert started(site) == []

    def test_the_newest_is_caught_up_within_its_window_and_the_others_are_one_miss(self) -> None:
        site = applied(scheduled("0 * * * *", catch_up_window=3600))
        site.clock.advance_to(NOW + 86_400)
        site.watch(10)
        assert runs(site) == [
            ("MISSED", 80_000.0, None, "no watch could run 23 slots in time, of which this is the last"),
            ("SUCCEEDED", 83_600.0, 0, ""),
        ]

    def test_a_slot_that_is_a_little_late_is_run(self) -> None:
        site = applied(scheduled("0 14 * * *"))
        site.clock.advance_to(NOW + 800 + 59)
        site.watch(10)
        assert runs(site) == [("SUCCEEDED", 800.0, 0, "")]

    def test_years_away_cost_little_and_are_no_burst(self) -> None:
        site = applied(scheduled(catch_up_window=86_400))
        site.clock.advance_to(NOW + 10 * 365 * 86_400)
        site.watch(9)
        assert [each.status.value for each in recorded(site).runs[:2]] == ["MISSED", "SUCCEEDED"]
        assert recorded(site).runs[0].reason.startswith("no watch could run 1000 slots")


class TestOverlap:
    def test_skip_leaves_out_what_is_due_while_one_runs(self) -> None:
        site = applied(scheduled(), seconds=90)
        site.watch(150)
        first = "report-19700112T134700Z"
        assert runs(site) == [
            ("SUCCEEDED", 20.0, 0, ""),
            ("SKIPPED", 80.0, None, f"run {first} is not over"),
            ("RUNNING", 140.0, None, ""),
        ]
        assert started(site) == [first, "report-19700112T134900Z"]

    def test_a_run_that_ended_while_nobody_watched_is_over_before_the_next_is_begun(self) -> None:
        site = applied(scheduled(), seconds=30)
        site.watch(30)
        site.clock.advance_to(NOW + 85)
        site.watch(50)
        assert runs(site)[:2] == [("SUCCEEDED", 20.0, 0, ""), ("SUCCEEDED", 80.0, 0, "")]

    def test_a_run_that_ended_while_nobody_watched_is_recorded_with_the_time_of_its_end(self) -> None:
        site = applied(scheduled(), seconds=30)
        site.watch(30)
        site.clock.advance_to(NOW + 600)
        site.watch(1)
        run = recorded(site).runs[0]
        assert run.started_at is not None and run.ended_at is not None
        assert run.started_at + 30 < run.ended_at < run.started_at + 40  # the pull takes 5 s

    def test_allow_lets_both_run(self) -> None:
        site = applied(scheduled(overlap=Overlap.ALLOW), seconds=90)
        site.watch(85)
        assert runs(site) == [("RUNNING", 20.0, None, ""), ("RUNNING", 80.0, None, "")]
        assert len(site.live) == 2

    def test_replace_stops_the_one_before_and_starts_once_it_has_stopped(self) -> None:
        site = applied(scheduled(overlap=Overlap.REPLACE), seconds=90)
        site.watch(85)
        assert runs(site) == [
            ("REPLACED", 20.0, 143, "replaced by run report-19700112T134800Z"),
            ("RUNNING", 80.0, None, ""),
        ]
        old, new = recorded(site).runs
        assert old.ended_at is not None and new.started_at is not None and new.started_at >= old.ended_at
        assert len(site.live) == 1

    def test_one_that_waits_for_another_lets_the_watch_sleep(self) -> None:
        site = Site()
        site.engine.behave = lambda step: (
            Behaviour(exits_after=1, exit_code=1) if "1347" in step.task.deployment else Behaviour(exits_after=600)
        )
        site.apply(scheduling(scheduled(overlap=Overlap.ALLOW, retries=9)))
        site.watch(100)
        site.apply(scheduling(scheduled("0 3 * * *", overlap=Overlap.REPLACE, retries=9)))
        looks = []
        site.observe = lambda decision, seen: looks.append(decision)
        site.watch(300)
        assert [status for status, *_ in runs(site)] == ["RETRYING", "RUNNING"]
        assert len(looks) < 40


def test_a_run_that_is_being_stopped_for_its_timeout_is_not_called_replaced() -> None:
    """It takes 0.3 s to stop, and the next slot is due 0.1 s after its timeout."""
    site = applied(scheduled(overlap=Overlap.REPLACE, timeout=59.9), seconds=600)
    site.watch(85)
    assert runs(site) == [("TIMED_OUT", 20.0, 143, "timeout of 59.9 s"), ("RUNNING", 80.0, None, "")]


def test_runs_that_wait_to_be_tried_again_do_not_wait_for_each_other() -> None:
    """Two at once come about when overlap was "allow" before."""
    wanted = scheduling(scheduled(overlap=Overlap.REPLACE, retries=5))
    waiting = tuple(
        ScheduledRun(
            id=f"report-19700112T13{minute}00Z",
            schedule=REPORT,
            slot=NOW - MINUTE,
            attempt=2,
            status=RunStatus.RETRYING,
            retry_at=NOW - 1,
            tasks=("ended",),
        )
        for minute in (44, 45)
    )
    attended = run_due(AsideGround(wanted, snapshot(), NOW), state(wanted, runs=waiting))
    assert [each.status for each in attended.state.runs] == [RunStatus.RUNNING, RunStatus.RETRYING]


def test_where_nothing_is_due_the_state_stays_the_same_object() -> None:
    site = applied(scheduled("0 3 * * *"))
    before = recorded(site)
    assert before.target is not None
    attended = run_due(AsideGround(before.target, snapshot(), NOW + 1), before)
    assert attended.state is before
    assert attended.wake_at == NOW + 47_600


def test_a_run_of_which_one_task_ended_long_before_the_other_is_judged_by_both() -> None:
    """The record of a task that stopped is kept for three hours, unless its run is not over."""
    site = applied(scheduled("0 14 * * *", task_count=2, timeout=6 * 3600))
    site.engine.behave = lambda step: Behaviour(exits_after=60 if step.task.ordinal == 1 else 5 * 3600)
    site.looks = 10_000
    site.watch(5.5 * 3600)
    assert runs(site) == [("SUCCEEDED", 800.0, 0, "")]


def test_a_run_that_is_due_when_the_stack_is_destroyed_is_over_with_it() -> None:
    """It is recorded, and nothing of it was started yet; that a start is under way cannot be ruled out at once."""
    site = applied(scheduled())
    site.watch(79.9)  # it ends with the look that records the slot
    site.apply(EMPTY)
    assert runs(site) == [("SUCCEEDED", 20.0, 0, ""), ("STOPPED", 80.0, None, "the stack is destroyed")]
