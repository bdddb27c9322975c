"""What one look teaches: every way a task ends has a stop code and a reason (E1, E2, E4, D3)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.snapshot import ContainerHealth, ObservedTask, Snapshot
from reconciler.model.step import Outcome, RemoveTask, StartContainer
from reconciler.model.task import ContainerResult, DesiredStatus, StopCode, TaskRecord, TaskStatus
from reconciler.model.task_definition import HOLDER, TaskDefinition
from reconciler.scheduler.recorder import adopt, record_tasks
from reconciler.scheduler.roster import views
from reconciler.scheduler.task_view import TaskView
from tests.builders import (
    CHECK,
    NOW,
    container,
    definition,
    observed,
    record,
    running,
    shown,
    snapshot,
    stack,
    state,
    task,
)

PAIR = definition(container("app"), container("side", essential=False))
BATCH = task(group="family:web", service_name=None)


def recorded(
    before: TaskRecord,
    seen: ObservedTask | None,
    of: TaskDefinition | None = None,
    *,
    outcomes: tuple[Outcome, ...] = (),
    in_flight: frozenset[str] = frozenset(),
    minimum_healthy_time: float = 10,
) -> TaskRecord:
    shows = Snapshot(outcomes=outcomes, in_flight=in_flight)
    view = TaskView(before, of or definition(), seen)
    return record_tasks((view,), shows, {before.group: minimum_healthy_time}, NOW)[0].record


def start(name: str = "app", ok: bool = True, code: str = "", reason: str = "") -> Outcome:
    return Outcome(
        step=StartContainer(address="", task=task(), container=name, image=""), ok=ok, code=code, reason=reason
    )


def ended(before: TaskRecord, code: StopCode, reason: str, **fields: Any) -> TaskRecord:
    """What is recorded when nothing of the task runs any more."""
    values = {
        "desired_status": DesiredStatus.STOPPED,
        "last_status": TaskStatus.STOPPED,
        "stopping_at": NOW,
        "stopped_at": NOW,
        "stop_code": code,
        "stopped_reason": reason,
        "failed": True,
    }
    return before.changed(**{**values, **fields})


def test_a_task_is_provisioning_until_the_engine_shows_something_of_it() -> None:
    assert recorded(record(), None) == record()


def test_a_task_with_a_container_still_to_start_is_pending() -> None:
    seen = observed(shown(HOLDER), shown("app"))
    assert recorded(record(), seen, PAIR) == record(
        seen=True, started=("app", "holder"), last_status=TaskStatus.PENDING
    )


def test_a_task_is_running_once_all_its_containers_have_started() -> None:
    seen = observed(shown(HOLDER), shown("app"), shown("side", "exited"))
    assert recorded(record(), seen, PAIR, minimum_healthy_time=100) == record(
        seen=True, started=("app", "holder", "side"), last_status=TaskStatus.RUNNING, running_at=NOW
    )


def test_a_task_without_checks_is_healthy_some_time_after_its_start() -> None:
    young, grown = shown(started_at=NOW - 9.9), shown(started_at=NOW - 10)
    before = running(healthy=False)
    assert recorded(before, observed(young)) == before
    assert recorded(before, observed(grown)) == before.changed(healthy_at=NOW)


def test_a_task_with_checks_is_healthy_when_they_pass_and_not_before() -> None:
    checked = definition(container(health_check=CHECK))
    before = running(healthy=False)
    assert recorded(before, observed(shown(health=ContainerHealth.STARTING)), checked) == before
    seen = observed(shown(health=ContainerHealth.HEALTHY))
    assert recorded(before, seen, checked) == before.changed(healthy_at=NOW)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"exit_code": 1}, "essential container app exited with code 1"),
        ({"exit_code": 0}, "essential container app exited with code 0"),
        ({"exit_code": 137, "oom_killed": True}, "essential container app exited with code 137: out of memory"),
    ],
)
def test_an_essential_exit_stops_the_task(fields: Any, reason: str) -> None:
    before = running()
    result = ContainerResult(
        name="app", exit_code=fields["exit_code"], reason="OutOfMemoryError" if "oom_killed" in fields else ""
    )
    assert recorded(before, observed(shown("app", "exited", **fields))) == ended(
        before, StopCode.ESSENTIAL_CONTAINER_EXITED, reason, containers=(result,)
    )


def test_an_essential_exit_leaves_the_task_stopping_while_others_run() -> None:
    before = running(started=("app", "holder", "side"))
    seen = observed(shown(HOLDER), shown("app", "exited", exit_code=2), shown("side"))
    reason = "essential container app exited with code 2"
    assert recorded(before, seen, PAIR) == ended(
        before, StopCode.ESSENTIAL_CONTAINER_EXITED, reason, last_status=TaskStatus.STOPPING, stopped_at=None
    )


def test_an_exit_of_another_container_changes_nothing() -> None:
    before = running(started=("app", "holder", "side"))
    seen = observed(shown(HOLDER), shown("app"), shown("side", "exited", exit_code=1))
    assert recorded(before, seen, PAIR) == before


@pytest.mark.parametrize(("exit_code", "failed"), [(0, False), (4, True)])
def test_a_one_off_task_fails_only_with_another_exit_code_than_zero(exit_code: int, failed: bool) -> None:
    before = running(group="family:web", service_name=None)
    after = recorded(before, observed(shown("app", "exited", exit_code=exit_code), of=BATCH))
    assert (after.failed, after.stop_code, after.is_stopped) == (failed, StopCode.ESSENTIAL_CONTAINER_EXITED, True)


def test_a_failed_start_is_a_task_that_failed_to_start() -> None:
    failed = start(ok=False, code="CannotStartContainerError", reason="exec format error")
    reason = "CannotStartContainerError: container app: exec format error"
    assert recorded(record(), None, outcomes=(failed,)) == ended(record(), StopCode.TASK_FAILED_TO_START, reason)


def test_a_start_timeout_is_a_task_that_failed_to_start() -> None:
    found = definition(
        container("app", after={"db": "HEALTHY"}), container("db", start_timeout=5, health_check=CHECK)
    )
    seen = observed(shown(HOLDER), shown("db", health=ContainerHealth.STARTING))
    after = recorded(record(), seen, found)
    reason = "container db did not reach HEALTHY within its start_timeout of 5 s"
    assert (after.stop_code, after.stopped_reason) == (StopCode.TASK_FAILED_TO_START, reason)


def test_a_task_whose_containers_were_removed_by_hand_has_ended() -> None:
    reason = "its containers were removed from outside"
    assert recorded(running(), None) == ended(running(), StopCode.ESSENTIAL_CONTAINER_EXITED, reason)


def test_a_task_that_lost_one_essential_container_has_ended() -> None:
    before = running(started=("app", "side"))
    after = recorded(before, observed(shown("side")), PAIR)
    assert after.stopped_reason == "container app was removed from outside"
    assert after.last_status is TaskStatus.STOPPING


def test_a_task_that_lost_another_container_goes_on() -> None:
    before = running(started=("app", "holder", "side"))
    assert recorded(before, observed(shown(HOLDER), shown("app")), PAIR) == before


def test_a_task_whose_holder_exited_has_ended() -> None:
    before = running(started=("app", "holder", "side"))
    after = recorded(before, observed(shown(HOLDER, "exited"), shown("app"), shown("side")), PAIR)
    assert after.stopped_reason == "its network namespace ended: the holder exited"


def test_a_removed_task_has_stopped_with_what_the_removal_says_of_its_containers() -> None:
    before = running(desired_status=DesiredStatus.STOPPED, stop_code=StopCode.SERVICE_SCHEDULER_INITIATED)
    results = (ContainerResult(name="app", exit_code=143),)
    removal = Outcome(step=RemoveTask(address="", task_id=before.id, containers={}), containers=results)
    assert recorded(before, None, outcomes=(removal,)) == before.changed(
        last_status=TaskStatus.STOPPED, stopped_at=NOW, containers=results
    )


def test_nothing_is_concluded_from_absence_while_a_start_is_under_way() -> None:
    before = record(desired_status=DesiredStatus.STOPPED)
    assert recorded(before, None, in_flight=frozenset({f"start_container {before.id} app"})) == before


@pytest.mark.parametrize("seen", [None, observed(shown()), observed(shown("app", "exited"))])
def test_a_stopped_task_stays_as_it_is(seen: ObservedTask | None) -> None:
    before = ended(running(), StopCode.USER_INITIATED, "bye", stopped_at=NOW - 100)
    assert recorded(before, seen) == before


def test_who_stopped_a_task_first_is_kept() -> None:
    before = running(
        desired_status=DesiredStatus.STOPPED,
        stop_code=StopCode.USER_INITIATED,
        stopped_reason="by hand",
        stopping_at=1.0,
    )
    after = recorded(before, observed(shown("app", "exited", exit_code=143)))
    assert (after.stop_code, after.stopped_reason, after.failed) == (StopCode.USER_INITIATED, "by hand", False)


def test_unknown_tasks_are_adopted_with_their_revisions() -> None:
    found = task(3, revision=7, deployment="d9")
    adopted = adopt(state(revisions=()), snapshot(observed(of=found)), NOW)
    assert adopted.tasks == (record(3, revision=7, deployment="d9", seen=True, created_at=NOW - 60),)
    assert [str(each) for each in adopted.revisions] == ["web:7"]
    assert views(adopted, snapshot(observed(of=found)), stack())[0].definition == found.definition


def test_known_tasks_are_not_adopted_again() -> None:
    before = state(tasks=(running(),))
    assert adopt(before, snapshot(observed()), NOW) is before


def test_what_an_overridden_one_off_task_runs_is_not_adopted_as_its_revision() -> None:
    own = definition(container(command=("special",)), family="job")
    one_off = task(1, own, group="family:job", service_name=None, family="job", fingerprint="v1:of-the-plain-one")
    adopted = adopt(state(revisions=()), snapshot(observed(of=one_off)), NOW)
    assert adopted.revisions == ()
    assert adopted.tasks[0].definition == own


def test_a_task_is_not_stopped_while_a_start_of_it_is_under_way() -> None:
    """Restarted in place, and given up meanwhile: its container is about to run, and counts until it is stopped."""
    leaving = running(1, desired_status=DesiredStatus.STOPPED, stopping_at=NOW)
    view = TaskView(leaving, definition(), observed(shown(status="exited")))
    starting = snapshot(observed(shown(status="exited")), in_flight=frozenset({f"start_container {leaving.id} app"}))
    (found,) = record_tasks((view,), starting, {}, NOW)
    assert found.record.last_status is TaskStatus.RUNNING
    (ended,) = record_tasks((view,), snapshot(observed(shown(status="exited"))), {}, NOW)
    assert ended.record.last_status is TaskStatus.STOPPED
