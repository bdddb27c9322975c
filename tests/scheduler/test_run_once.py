"""No slot of a schedule is run twice, nor when its time is over, whoever decides and whatever was lost."""

from __future__ import annotations

from typing import Any

from reconciler.drivers.simulated import Behaviour
from reconciler.scheduler.aside import AsideGround
from reconciler.scheduler.schedules import run_due
from tests.builders import NOW, snapshot
from tests.site import Site

from .scheduling import FIRST, applied, put, recorded, runs, scheduled, scheduling, started, told


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
