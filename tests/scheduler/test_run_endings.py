"""Runs of scheduled tasks: how they fail, what a new revision and the end of their block do, and runs by hand."""

from __future__ import annotations

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.errors import ReconcilerError
from reconciler.model.beside import RunStatus
from reconciler.model.request import Request, RequestKind
from reconciler.model.schedule import Overlap
from reconciler.planner.requests import carry_out
from tests.builders import NOW, stack
from tests.site import Site

from .scheduling import applied, ask, recorded, runs, scheduled, scheduling, started


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
