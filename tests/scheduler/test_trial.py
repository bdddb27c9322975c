"""A crash loop: who is tried, when the trial ends, and what it does not hold back (H4, I10)."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.service import Service
from reconciler.model.snapshot import Container, ContainerStatus
from reconciler.model.task import StopCode, TaskStatus
from reconciler.scheduler.deployments import count_outcomes
from reconciler.scheduler.rolling import Fleet
from reconciler.scheduler.task_view import TaskView
from reconciler.scheduler.trial import Trial, trial
from tests.builders import NOW, breaker, definition, deployment, observed, percents, record, running, service, view

LOOPS = deployment(rollout_state=RolloutState.COMPLETED, consecutive_failures=3, retry_at=NOW + 4)
TEN = service(count=10)


def unborn(ordinal: int) -> TaskView:
    return TaskView(record(ordinal), definition())


def test_two_failures_are_no_crash_loop() -> None:
    assert trial(LOOPS.changed(consecutive_failures=2), TEN, Fleet(), NOW + 5) is None


def test_one_task_is_tried_at_a_time() -> None:
    assert trial(LOOPS, TEN, Fleet(), NOW + 5) == Trial(room=1)
    young = view(1, created_at=NOW + 5, running_at=NOW + 6)
    assert trial(LOOPS, TEN, Fleet(keep=(young,)), NOW + 7) == Trial(room=0, until=NOW + 66)


def test_tasks_that_have_run_for_long_are_not_in_the_way() -> None:
    assert trial(LOOPS, TEN, Fleet(keep=(view(1, running_at=NOW - 60),)), NOW + 5) == Trial(room=1)


def test_a_retry_that_lasted_a_minute_ends_the_trial() -> None:
    lasted = view(1, created_at=NOW + 5, running_at=NOW + 6)
    assert trial(LOOPS, TEN, Fleet(keep=(lasted,)), NOW + 66) is None


def test_tasks_of_which_nothing_was_started_are_held_back_with_the_others() -> None:
    waiting = (unborn(2), unborn(3))
    assert trial(LOOPS, TEN, Fleet(keep=waiting), NOW + 1) == Trial(room=0, spare=waiting)
    assert trial(LOOPS, TEN, Fleet(keep=waiting), NOW + 5) == Trial(room=0, spare=(waiting[1],))


def test_a_deployment_is_tried_with_as_many_tasks_as_its_circuit_breaker_needs() -> None:
    opened = LOOPS.changed(rollout_state=RolloutState.IN_PROGRESS, failures=2)
    assert trial(opened, TEN, Fleet(), NOW + 5) == Trial(room=3)
    never = service(count=10, configuration=percents(deployment_circuit_breaker=breaker(5, enable=False)))
    assert trial(opened, never, Fleet(), NOW + 5) == Trial(room=1)


def counted(tasks: tuple[TaskView, ...], found: Deployment, wanted: Service = TEN) -> Deployment:
    before = {each.record.id: each.record.changed(failed=False, last_status=TaskStatus.RUNNING) for each in tasks}
    return count_outcomes(found, wanted, tasks, before, (), NOW + 5)


def ended(ordinal: int, exit_code: int, **fields: object) -> TaskView:
    values = {"failed": True, "stop_code": StopCode.ESSENTIAL_CONTAINER_EXITED, "last_status": TaskStatus.STOPPED}
    shown = Container(id=f"c{ordinal}", name="app", status=ContainerStatus.EXITED, exit_code=exit_code)
    return TaskView(running(ordinal, **{**values, **fields}), definition(), observed(shown))


STEADY = deployment(rollout_state=RolloutState.COMPLETED)


def test_tasks_that_end_together_are_a_crash_loop_at_once() -> None:
    assert counted(tuple(ended(each, 1) for each in range(4)), STEADY).consecutive_failures == 4
    assert counted(tuple(ended(each, 1) for each in range(20)), STEADY).consecutive_failures == 7


def test_tasks_that_somebody_kills_together_are_replaced_at_once_and_many_are_one_failure() -> None:
    killed = tuple(ended(each, 137) for each in range(100))
    assert counted(killed[:30], STEADY) == STEADY
    first = counted(killed[:60], STEADY)
    assert (first.consecutive_failures, first.retry_at) == (1, NOW + 5)
    assert counted(killed[60:], first) == first
    again = tuple(ended(each, 137, created_at=NOW + 5) for each in range(60))
    assert counted(again, first).consecutive_failures == 2


def test_a_task_that_runs_out_of_memory_was_not_killed_by_somebody() -> None:
    hungry = tuple(_out_of_memory(ended(each, 137)) for each in range(3))
    assert counted(hungry, STEADY).consecutive_failures == 3


def _out_of_memory(task: TaskView) -> TaskView:
    assert task.observed is not None
    containers = tuple(each.changed(oom_killed=True) for each in task.observed.containers)
    return replace(task, observed=task.observed.changed(containers=containers))
