"""To run tasks and to stop one, as requests: asked twice, it is done once (M1, M3)."""

from __future__ import annotations

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus, StopCode, TaskRecord
from reconciler.planner.requests import carry_out
from reconciler.planner.task_requests import UNRECORDED, start_tasks, tasks_of
from tests.builders import (
    NOW,
    OWNER,
    container,
    declared,
    definition,
    deployment,
    run_request,
    running,
    stack,
    state,
    stop_request,
)

JOB = definition(container(image="job:1"), family="job")
OVERRIDDEN = definition(container(image="job:1", command=("other",)), family="job")
DONE = deployment(rollout_state=RolloutState.COMPLETED, completed_at=NOW, desired_count=2)
SHOP = state(stack(declared("web", 2)), deployments=(DONE,), tasks=(running(1), running(2)))


def refusal(request: Request, found: State = SHOP) -> str:
    with pytest.raises(ReconcilerError) as refused:
        carry_out(request, found, NOW + 9)
    return str(refused.value)


def test_a_run_is_recorded_as_one_off_tasks_that_know_who_asked_for_them() -> None:
    found = carry_out(run_request(JOB, OVERRIDDEN, 2, "t1"), SHOP, NOW + 9)
    started = found.tasks[2:]
    assert [
        (each.group, each.service_name, each.family, each.ordinal, each.started_by, each.definition, each.created_at)
        for each in started
    ] == [("family:job", None, "job", ordinal, "t1", OVERRIDDEN, NOW + 9) for ordinal in (1, 2)]
    assert tasks_of("t1", found) == tuple(each.id for each in started)
    assert found.tasks[:2] == SHOP.tasks


def test_a_run_that_is_asked_for_twice_is_one_run() -> None:
    once = carry_out(run_request(JOB, token="t1"), SHOP, NOW + 9)
    assert carry_out(run_request(JOB, token="t1"), once, NOW + 10) is once
    other = carry_out(run_request(JOB, token="t2"), once, NOW + 10)
    assert (len(tasks_of("t1", other)), len(tasks_of("t2", other))) == (1, 1)


def test_tasks_can_be_run_before_anything_is_applied_by_whoever_has_the_stack() -> None:
    nothing = State(stack_name="shop", owner=OWNER)
    assert len(start_tasks(run_request(JOB), nothing, NOW).tasks) == 1
    assert refusal(run_request(JOB), nothing) == "nothing is applied yet: `reconciler apply` first"


@pytest.mark.parametrize("lacking", ["definition", "token"])
def test_a_run_without_its_definition_or_token_is_refused(lacking: str) -> None:
    wanted = run_request(JOB).changed(**{lacking: None if lacking == "definition" else ""})
    assert refusal(wanted) == "a task definition and a token are needed to run tasks"


def test_a_stop_marks_the_task_and_opens_its_deployment_again() -> None:
    found = carry_out(stop_request(SHOP.tasks[0].id, "too hot"), SHOP, NOW + 9)
    stopped, other = found.tasks
    assert _fate(stopped) == (DesiredStatus.STOPPED, StopCode.USER_INITIATED, "too hot", False)
    assert other == SHOP.tasks[1]
    assert found.deployments == (_reopened(DONE),)


def test_a_stop_that_is_asked_for_twice_keeps_the_first_reason() -> None:
    once = carry_out(stop_request(SHOP.tasks[0].id, "too hot"), SHOP, NOW + 9)
    assert carry_out(stop_request(SHOP.tasks[0].id, "too cold"), once, NOW + 10) is once


def test_a_task_that_is_not_recorded_cannot_be_stopped() -> None:
    assert refusal(Request(kind=RequestKind.STOP_TASK, tasks=("nobody",))) == UNRECORDED


def _fate(task: TaskRecord) -> tuple[DesiredStatus, StopCode | None, str, bool]:
    return task.desired_status, task.stop_code, task.stopped_reason, task.failed


def _reopened(before: Deployment) -> Deployment:
    return before.changed(
        rollout_state=RolloutState.IN_PROGRESS, stage="CLEAN_UP", progress_at=NOW + 9, updated_at=NOW + 9
    )
