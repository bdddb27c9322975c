"""What counts as a failure, when a deployment failed, and how long tasks are held back (c2, c3, H4, I4, I5)."""

from __future__ import annotations

import pytest

from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.service import LifecycleStage, Threshold, failure_threshold
from reconciler.model.task import ContainerResult, StopCode, TaskRecord, TaskStatus
from reconciler.scheduler.back_off import delay
from reconciler.scheduler.deployments import count_outcomes, judge, leave, stalls_at, times_out_at, why_failed
from reconciler.scheduler.task_view import TaskView
from tests.builders import NOW, breaker, definition, deployment, observed, percents, running, service, shown


@pytest.mark.parametrize(("desired", "allowed"), [(1, 3), (5, 3), (10, 5), (25, 13), (400, 200), (800, 200)])
def test_half_of_the_tasks_may_fail_from_3_to_200(desired: int, allowed: int) -> None:
    assert failure_threshold(Threshold(), desired) == allowed


def test_a_threshold_may_be_a_count_or_a_share_without_bounds() -> None:
    assert failure_threshold(Threshold(type="COUNT", value=7), 1) == 7
    assert failure_threshold(Threshold(type="UNBOUNDED_PERCENT", value=50), 1) == 1
    assert failure_threshold(Threshold(type="UNBOUNDED_PERCENT", value=50), 1000) == 500


def ended(ordinal: int = 1, code: StopCode = StopCode.ESSENTIAL_CONTAINER_EXITED, **fields: object) -> TaskRecord:
    values = {
        "failed": True,
        "stop_code": code,
        "stopped_reason": f"reason {ordinal}",
        "last_status": TaskStatus.STOPPING,
    }
    return running(ordinal, **{**values, **fields})


def counted(after: list[TaskRecord], found: Deployment | None = None, **fields: object) -> Deployment:
    """Count when all of them were running and not yet healthy at the last look."""
    before = {each.id: each.changed(failed=False, healthy_at=None, last_status=TaskStatus.RUNNING) for each in after}
    before |= {each.id: each.changed(failed=False) for each in after if fields.get("was_healthy")}
    exited = observed(shown(status="exited", exit_code=fields.get("exit_code", 1)))
    earlier = fields.get("earlier", ())
    assert isinstance(earlier, tuple)
    tasks = (
        *(TaskView(each, definition(), exited) for each in after),
        *(TaskView(each, definition()) for each in earlier),
    )
    refused = fields.get("refused", ())
    assert isinstance(refused, tuple)
    return count_outcomes(found or deployment(), service(count=4), tasks, before, refused, NOW + 5)


def test_an_exit_before_the_task_was_ever_healthy_counts() -> None:
    found = counted([ended(healthy=False)])
    assert (found.failures, found.reason, found.consecutive_failures) == (1, "reason 1", 1)


def test_an_exit_of_a_task_that_was_healthy_does_not_count_for_the_breaker() -> None:
    found = counted([ended()], was_healthy=True)
    assert (found.failures, found.consecutive_failures) == (0, 1)


def killed_before(count: int, seconds_ago: float) -> tuple[TaskRecord, ...]:
    """Tasks that were healthy, were killed, and have stopped."""
    results = (ContainerResult(name="app", exit_code=137),)
    at = NOW + 5 - seconds_ago
    return tuple(
        ended(ordinal, last_status=TaskStatus.STOPPED, stopped_at=at, containers=results)
        for ordinal in range(100, 100 + count)
    )


def test_a_healthy_task_that_somebody_kills_is_no_crash_and_is_replaced_at_once() -> None:
    assert counted([ended()], was_healthy=True, exit_code=137) == deployment()
    assert counted([ended()], was_healthy=True, exit_code=137, earlier=killed_before(29, 60)) == deployment()


def test_more_than_thirty_kills_in_an_hour_are_taken_for_a_crash_loop() -> None:
    found = counted([ended()], was_healthy=True, exit_code=137, earlier=killed_before(30, 60))
    assert found.consecutive_failures == 1
    assert counted([ended()], was_healthy=True, exit_code=137, earlier=killed_before(30, 3601)) == deployment()


def test_a_task_that_was_killed_before_it_was_healthy_counts_as_any_other() -> None:
    assert counted([ended(healthy=False)], exit_code=137).consecutive_failures == 1


def test_failed_checks_count_though_the_task_was_healthy() -> None:
    assert counted([ended(code=StopCode.SERVICE_SCHEDULER_INITIATED)], was_healthy=True).failures == 1


def test_an_image_that_cannot_be_had_counts() -> None:
    found = counted([], refused=("CannotPullContainerError: no",))
    assert (found.failures, found.reason) == (1, "CannotPullContainerError: no")


def test_a_task_of_another_deployment_does_not_count() -> None:
    assert counted([ended(healthy=False, deployment="d0")]) == deployment()


def test_a_healthy_task_resets_the_count_unless_told_otherwise() -> None:
    before = {running().id: running(healthy=False)}
    healthy = (TaskView(running(), definition()),)
    two = deployment(failures=2)
    assert count_outcomes(two, service(), healthy, before, (), NOW + 5) == two.changed(
        failures=0, progress_at=NOW + 5
    )
    cumulative = service(configuration=percents(deployment_circuit_breaker=breaker(3, reset_on_healthy_task=False)))
    assert count_outcomes(two, cumulative, healthy, before, (), NOW + 5).failures == 2


def test_a_crash_is_no_progress_but_the_end_of_an_old_task_is() -> None:
    gone = {"last_status": TaskStatus.STOPPED, "deployment": "d0"}
    assert counted([ended(healthy=False, last_status=TaskStatus.STOPPED)]).progress_at == NOW
    assert counted([ended(healthy=False, **gone).changed(failed=False)]).progress_at == NOW + 5


def test_the_deployment_fails_at_the_threshold_with_the_last_reason() -> None:
    two, three = deployment(failures=2, reason="exit 1"), deployment(failures=3, reason="exit 1")
    settled = {"is_settled": False, "is_held": False, "now": NOW + 1}
    assert judge(two, service(), **settled) == two
    reason = "3 failures, the limit is 3; the last: exit 1"
    assert judge(three, service(), **settled) == three.changed(
        rollout_state=RolloutState.FAILED, reason=reason, updated_at=NOW + 1
    )


def test_without_a_breaker_only_time_fails_a_deployment() -> None:
    patient = service(configuration=percents(timeout=60, deployment_circuit_breaker=breaker(3, enable=False)))
    many = deployment(failures=99, reason="exit 1")
    assert why_failed(many, patient, NOW + 59) == ""
    assert why_failed(many, patient, NOW + 60) == "no progress for 60 s; the last failure: exit 1"


def test_the_time_that_a_service_waits_for_another_is_not_no_progress() -> None:
    held = judge(deployment(), service(), is_settled=False, is_held=True, now=NOW + 500)
    assert (held.is_held, times_out_at(held, service()), why_failed(held, service(), NOW + 9999)) == (True, None, "")
    freed = judge(held, service(), is_settled=False, is_held=False, now=NOW + 9999)
    assert (freed.rollout_state, times_out_at(freed, service())) == (RolloutState.IN_PROGRESS, NOW + 9999 + 600)


def test_a_settled_deployment_is_completed_and_its_count_is_forgotten() -> None:
    last = deployment(stage=LifecycleStage.CLEAN_UP)
    found = judge(last.changed(failures=2, reason="exit 1"), service(), is_settled=True, is_held=False, now=NOW + 1)
    assert found == last.changed(rollout_state=RolloutState.COMPLETED, updated_at=NOW + 1, completed_at=NOW + 1)
    scaled = found.changed(rollout_state=RolloutState.IN_PROGRESS)
    assert judge(scaled, service(), is_settled=True, is_held=False, now=NOW + 9).completed_at == NOW + 1


def test_a_settled_deployment_is_not_complete_before_its_last_stage() -> None:
    baking = deployment(stage=LifecycleStage.BAKE_TIME)
    assert judge(baking, service(), is_settled=True, is_held=False, now=NOW + 1) == baking


def test_a_deployment_that_ended_is_not_judged_again() -> None:
    failed = deployment(rollout_state=RolloutState.FAILED, failures=9)
    assert judge(failed, service(), is_settled=True, is_held=False, now=NOW) == failed


def test_a_completed_deployment_that_cannot_heal_is_not_waited_for() -> None:
    completed = deployment(rollout_state=RolloutState.COMPLETED)
    throttled = completed.changed(consecutive_failures=3, retry_at=NOW + 4)
    lost = (TaskView(running(healthy_at=NOW + 50), definition()),)
    assert stalls_at(deployment(), service(), (), NOW) is None
    assert stalls_at(throttled, service(), (), NOW + 1) == NOW + 1
    assert stalls_at(completed, service(), lost, NOW + 60) == NOW + 50 + 600


def test_a_deployment_whose_service_left_the_stack_has_ended() -> None:
    assert leave(deployment(), NOW + 1) == deployment(
        status=DeploymentStatus.ACTIVE,
        rollout_state=RolloutState.FAILED,
        reason="the service left the stack",
        updated_at=NOW + 1,
    )
    completed = deployment(rollout_state=RolloutState.COMPLETED)
    assert leave(completed, NOW + 1) == completed.changed(status=DeploymentStatus.ACTIVE)


def test_the_back_off_doubles_from_one_second_to_five_minutes_with_a_fifth_of_jitter() -> None:
    for failures in range(1, 60):
        base = min(2.0 ** (failures - 1), 300.0)
        found = [delay(failures, f"task {index}") for index in range(50)]
        assert all(base * 0.8 - 1e-9 <= each <= min(base * 1.2 + 1e-9, 300.0) for each in found)
    assert delay(0, "t") == 0
    assert delay(3, "t") == delay(3, "t")
    assert len({delay(3, f"task {index}") for index in range(50)}) > 10


def test_tasks_that_end_quickly_are_held_back_longer_each_time_and_calm_forgives() -> None:
    first = counted([ended(healthy=False)])
    assert first.retry_at is not None and 0.8 <= first.retry_at - (NOW + 5) <= 1.2
    second = counted([ended(2, healthy=False)], first)
    assert second.retry_at is not None and 1.6 <= second.retry_at - (NOW + 5) <= 2.4
    calm = counted([ended(3, healthy=False)], second.changed(retry_at=NOW - 600))
    assert calm.consecutive_failures == 1


def test_a_task_that_ran_for_a_minute_is_not_held_back() -> None:
    assert counted([ended(running_at=NOW - 55)], was_healthy=True).retry_at is None
