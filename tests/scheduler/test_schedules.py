"""Scheduled tasks: runs of slots, and what ends them, on a simulated engine and a virtual clock."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.errors import ReconcilerError
from reconciler.model.beside import RunStatus, ScheduledRun
from reconciler.model.request import Request, RequestKind
from reconciler.model.schedule import ContainerOverride, Overlap, Schedule, ScheduledTask
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import TaskRecord
from reconciler.planner.requests import carry_out
from reconciler.scheduler.aside import AsideGround
from reconciler.scheduler.schedules import RUNS_KEPT, run_due
from tests.builders import NOW, Site, container, definition, snapshot, stack, state

MINUTE = 60.0
FIRST = NOW + 20
"""The first whole minute after NOW: 13:47."""
REPORT = "scheduled_task.report"


def scheduled(expression: str = "* * * * *", **fields: Any) -> ScheduledTask:
    schedule = Schedule(expression=expression, timezone=fields.pop("timezone", "UTC"))
    values: dict[str, Any] = {"address": REPORT, "name": "report", "task_definition": "task_definition.report"}
    return ScheduledTask(**{**values, "schedule": schedule, **fields})


def scheduling(*tasks: ScheduledTask, image: str = "app:1") -> Stack:
    found = definition(container(image=image), family="report")
    return stack().changed(definitions={"task_definition.report": found}, scheduled_tasks=tasks)


def taking(seconds: float, code: int = 0) -> Any:
    return lambda step: Behaviour(exits_after=seconds, exit_code=code)


def applied(task: ScheduledTask, seconds: float = 1.0, code: int = 0) -> Site:
    site = Site()
    site.engine.behave = taking(seconds, code)
    site.apply(scheduling(task))
    return site


def recorded(site: Site) -> State:
    return site.store.load("shop")


def runs(site: Site) -> list[tuple[str, float, int | None, str]]:
    """Return what is recorded of every run: its status, its slot after NOW, the exit code, and the reason."""
    return [(each.status.value, each.slot - NOW, each.exit_code, each.reason) for each in recorded(site).runs]


def told(site: Site) -> list[str]:
    return [each.message for each in recorded(site).events if each.name.startswith("SCHEDULED_RUN")]


def started(site: Site) -> list[str]:
    """Return the deployments of all tasks that were started, one for each task."""
    return sorted(each.deployment for each in recorded(site).tasks if each.is_one_off)


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


class TestOverdue:
    """A process may end between the record of a run and its start."""

    def away(self, seconds: float, **fields: Any) -> tuple[Site, list[float]]:
        """A watch ends when it is about to start the run of 13:47; the next comes that much later."""
        site = applied(scheduled("47 13 * * *", **fields), seconds=5)
        lease = site.store.acquire("shop", "watch", 0)
        site.clock.advance_to(FIRST)
        before = recorded(site)
        assert before.target is not None
        site.store.save(run_due(AsideGround(before.target, snapshot(), FIRST), before).state, lease)
        lease.release()
        starts: list[float] = []
        site.clock.advance_to(FIRST + seconds)

        def behave(step: Any) -> Behaviour:
            starts.append(site.clock.now() - FIRST)
            return Behaviour(exits_after=5)

        site.engine.behave = behave
        site.watch(60)
        return site, starts

    def test_a_run_that_was_recorded_and_not_started_is_missed_when_its_time_is_over(self) -> None:
        site, starts = self.away(9 * 3600, timeout=600, retries=2)
        assert starts == []
        assert runs(site) == [("MISSED", 20.0, None, "no watch could start it in time")]
        assert told(site)[-1] == "(run report-19700112T134700Z) was missed: no watch could start it in time."

    def test_it_is_started_while_its_time_is_not_over(self) -> None:
        site, starts = self.away(30, timeout=600)
        assert (len(starts), runs(site)) == (1, [("SUCCEEDED", 20.0, 0, "")])

    def test_within_its_window_it_is_caught_up_and_has_all_of_its_time(self) -> None:
        site, starts = self.away(3600, timeout=600, catch_up_window=7200)
        assert (len(starts), runs(site)) == (1, [("SUCCEEDED", 20.0, 0, "")])

    def test_one_that_ended_meanwhile_is_judged_by_how_it_ended(self) -> None:
        site = applied(scheduled("47 13 * * *", timeout=600), seconds=5)
        site.watch(28)
        site.clock.advance_to(NOW + 9 * 3600)
        site.watch(60)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]

    def test_one_that_was_to_be_tried_again_long_ago_has_failed(self) -> None:
        site = applied(scheduled("47 13 * * *", retries=9, timeout=600), code=2)
        site.watch(120)
        assert runs(site)[0][0] == "RETRYING"
        attempts = len(recorded(site).deployments)
        site.clock.advance_to(NOW + 9 * 3600)
        site.watch(60)
        reason = "essential container app exited with code 2; no watch could try it again in time"
        assert runs(site) == [("FAILED", 20.0, 2, reason)]
        assert len(recorded(site).deployments) == attempts


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


class TestFailures:
    def test_a_run_that_fails_is_recorded_with_its_code(self) -> None:
        site = applied(scheduled("47 13 * * *"), code=3)
        site.watch(60)
        assert runs(site) == [("FAILED", 20.0, 3, "essential container app exited with code 3")]

    def test_it_is_tried_again_after_a_back_off(self) -> None:
        site = applied(scheduled("47 13 * * *", retries=2), code=3)
        site.watch(60)
        assert runs(site) == [("FAILED", 20.0, 3, "essential container app exited with code 3")]
        name = "report-19700112T134700Z"
        assert started(site) == [name, f"{name}-2", f"{name}-3"]
        assert recorded(site).runs[0].attempt == 3

    def test_one_that_succeeds_at_the_second_attempt_has_succeeded(self) -> None:
        site = Site()
        site.engine.behave = lambda step: Behaviour(
            exits_after=1, exit_code=0 if step.task.deployment.endswith("-2") else 7
        )
        site.apply(scheduling(scheduled("47 13 * * *", retries=5)))
        site.watch(60)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]
        assert len(started(site)) == 2

    def test_its_timeout_stops_it(self) -> None:
        site = applied(scheduled("47 13 * * *", timeout=10), seconds=90)
        site.watch(60)
        assert runs(site) == [("TIMED_OUT", 20.0, 143, "timeout of 10 s")]
        assert [each.stopped_reason for each in recorded(site).tasks] == ["timeout of 10 s"]

    def test_a_timeout_is_an_attempt_that_failed(self) -> None:
        site = applied(scheduled("47 13 * * *", timeout=10, retries=1), seconds=90)
        site.watch(60)
        assert (runs(site)[0][0], len(started(site))) == ("TIMED_OUT", 2)

    def test_a_task_that_cannot_start_is_a_failed_run(self) -> None:
        site = Site()
        site.engine.behave = lambda step: Behaviour(start_failure="no such file: report")
        site.apply(scheduling(scheduled("47 13 * * *")))
        site.watch(60)
        assert [(status, reason.partition(":")[0]) for status, _, _, reason in runs(site)] == [
            ("FAILED", "CannotStartContainerError")
        ]

    def test_an_image_that_cannot_be_had_is_a_failed_run(self) -> None:
        site = Site()
        site.apply(scheduling(scheduled("47 13 * * *"), image="none:1"))
        site.engine.obtainable = lambda reference: False
        site.watch(60)
        assert [(status, reason.partition(":")[0]) for status, _, _, reason in runs(site)] == [
            ("FAILED", "CannotPullContainerError")
        ]


class TestRevisions:
    def test_a_new_revision_lets_a_running_job_finish(self) -> None:
        site = applied(scheduled("47 13 * * *"), seconds=90)
        site.watch(30)
        site.apply(scheduling(scheduled("47 13 * * *"), image="app:2"))
        site.watch(120)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]

    def test_the_next_run_is_of_the_new_revision(self) -> None:
        site = applied(scheduled())
        site.watch(30)
        site.apply(scheduling(scheduled(), image="app:2"))
        site.watch(60)
        assert [(each.family, each.revision) for each in recorded(site).tasks] == [("report", 1), ("report", 2)]

    def test_a_job_whose_block_is_gone_finishes_and_none_follows(self) -> None:
        site = applied(scheduled(), seconds=90)
        site.watch(30)
        site.apply(scheduling())
        site.watch(180)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]

    def test_it_is_still_bound_by_its_timeout(self) -> None:
        site = applied(scheduled(timeout=60), seconds=90)
        site.watch(30)
        site.apply(scheduling())
        site.watch(180)
        assert runs(site) == [("TIMED_OUT", 20.0, 143, "timeout of 60 s")]

    def test_it_is_not_tried_again(self) -> None:
        site = applied(scheduled(retries=3), seconds=30, code=2)
        site.watch(30)
        site.apply(scheduling())
        site.watch(180)
        assert runs(site) == [("FAILED", 20.0, 2, "essential container app exited with code 2")]

    def test_one_that_waits_to_be_tried_again_is_over(self) -> None:
        site = applied(scheduled(retries=9), code=2)
        site.watch(120)
        assert runs(site)[0][0] == "RETRYING"
        site.apply(scheduling())
        site.watch(10)
        reason = "essential container app exited with code 2; its block is gone"
        assert runs(site)[0] == ("FAILED", 20.0, 2, reason)

    def test_a_destroy_stops_it(self) -> None:
        site = applied(scheduled(), seconds=90)
        site.watch(30)
        site.apply(stack())
        assert runs(site) == [("STOPPED", 20.0, 143, "the stack is destroyed")]
        assert site.live == ()


class TestByHand:
    def test_a_run_by_hand_is_beside_the_slots(self) -> None:
        site = applied(scheduled("0 3 * * *"))
        ask(site)
        site.watch(10)
        (run,) = recorded(site).runs
        assert (run.id, run.slot, run.is_manual, run.status) == (
            "report-19700112T134640.100Z",
            NOW + 0.1,
            True,
            RunStatus.SUCCEEDED,
        )

    def test_it_is_refused_while_another_runs_that_it_may_not_overlap(self) -> None:
        site = applied(scheduled(), seconds=90)
        site.watch(30)
        with pytest.raises(ReconcilerError) as refusal:
            ask(site)
        assert str(refusal.value) == (
            "run report-19700112T134700Z is not over: wait for it, stop its tasks, "
            'or say overlap = "allow" or "replace" in scheduled_task.report'
        )

    def test_it_replaces_another_where_that_is_declared(self) -> None:
        site = applied(scheduled("47 13 * * *", overlap=Overlap.REPLACE), seconds=90)
        site.watch(30)
        ask(site)
        site.watch(30)
        assert [status for status, *_ in runs(site)] == ["REPLACED", "RUNNING"]
        assert len(site.live) == 1

    def test_what_was_not_applied_is_refused(self) -> None:
        site = applied(scheduled())
        request = Request(kind=RequestKind.RUN_SCHEDULE, service="scheduled_task.none")
        with pytest.raises(ReconcilerError, match=r"^scheduled_task\.none is not in what was applied last$"):
            carry_out(request, recorded(site), site.clock.now())


def ask(site: Site) -> None:
    state = carry_out(Request(kind=RequestKind.RUN_SCHEDULE, service=REPORT), recorded(site), site.clock.now())
    put(site, state)


def put(site: Site, state: State) -> None:
    """Let this be what is recorded."""
    lease = site.store.acquire("shop", "test", 0)
    site.store.save(state.changed(serial=recorded(site).serial), lease)
    lease.release()


class TestOnlyOnce:
    """SAFETY: no slot is run twice."""

    def test_an_older_state_finds_the_run_by_its_labels(self) -> None:
        site = applied(scheduled(catch_up_window=3600), seconds=30)
        older = recorded(site)
        site.watch(25)
        put(site, older)
        site.watch(60)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, ""), ("RUNNING", 80.0, None, "")]
        assert started(site) == ["report-19700112T134700Z", "report-19700112T134800Z"]

    def test_an_older_state_finds_what_has_ended_too(self) -> None:
        site = applied(scheduled("47 13 * * *", catch_up_window=3600))
        older = recorded(site)
        site.watch(60)
        put(site, older)
        site.watch(60)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]
        assert started(site) == ["report-19700112T134700Z"]

    def test_an_older_state_takes_the_attempt_that_is_under_way(self) -> None:
        site = Site()
        site.engine.behave = lambda step: Behaviour(
            exits_after=40 if step.task.deployment.endswith("-2") else 1, exit_code=5
        )
        site.apply(scheduling(scheduled("47 13 * * *", retries=1)))
        site.watch(22)
        older = recorded(site)
        assert len(older.runs) == 1
        site.watch(20)
        put(site, older)
        site.watch(100)
        name = "report-19700112T134700Z"
        assert runs(site) == [("FAILED", 20.0, 5, "essential container app exited with code 5")]
        assert started(site) == [name, f"{name}-2"]

    def test_a_lost_state_adopts_what_runs(self) -> None:
        site = applied(scheduled("47 13 * * *"), seconds=90)
        site.watch(30)
        site.store = type(site.store)()
        site.apply(scheduling(scheduled("47 13 * * *")))
        site.watch(120)
        assert [each[:3] for each in runs(site)] == [("SUCCEEDED", 20.0, 0)]

    def test_a_clock_that_was_set_back_runs_no_slot_again(self) -> None:
        site = applied(scheduled("0 * * * *"))
        site.looks = 100_000
        site.watch(3 * 3600)
        before = runs(site)
        state = recorded(site)
        site.clock = type(site.clock)(NOW + 3600)
        site.engine.clock = site.clock
        put(site, state)
        site.watch(2 * 3600)
        assert runs(site) == before

    def test_a_clock_that_was_years_ahead_is_forgotten(self) -> None:
        site = applied(scheduled())
        far = NOW + 10 * 365 * 86_400
        state = recorded(site)
        ahead = tuple(each.changed(done_up_to=far, anchor=far) for each in state.schedules)
        put(site, state.changed(schedules=ahead))
        site.watch(30)
        assert runs(site) == [("SUCCEEDED", 20.0, 0, "")]


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
