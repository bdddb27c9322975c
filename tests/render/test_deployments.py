"""Deployments as people read them: ECS's status words, the list, and the page of one."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.decision import Waiting
from reconciler.model.deployment import (
    AlarmReading,
    Deployment,
    DeploymentStatus,
    HookRun,
    HookStatus,
    RolloutState,
    StagePassed,
)
from reconciler.model.request import Request, RequestKind
from reconciler.model.routing import Color
from reconciler.model.service import DeploymentStrategy, LifecycleStage
from reconciler.model.state import State
from reconciler.render.deployment_status import MonitorState, monitor_of, status_of
from reconciler.render.deployments import (
    DeploymentDetail,
    deployment_json,
    deployment_text,
    deployments_json,
    deployments_text,
)
from reconciler.render.tasks import ShownTask
from reconciler.render.traffic import Share
from reconciler.render.words import timestamp
from tests.builders import NOW, balanced, breaker, deployment, percents, running, service, state

OLDER = {"status": DeploymentStatus.ACTIVE}
ENDED = {"rollout_state": RolloutState.FAILED, "reason": "stopped by the user", "is_stopped": True}
S = LifecycleStage


def undone(rollout_state: str) -> State:
    """A deployment that failed, and the one that undoes it."""
    failed = deployment(id="d2", rollout_state=RolloutState.FAILED, **OLDER)
    back = deployment(id="d3", rolls_back="d2", rollout_state=RolloutState(rollout_state))
    return state(deployments=(failed, back))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "PENDING"),
        ({"next_ordinal": 2}, "IN_PROGRESS"),
        ({"stage": S.SCALE_UP}, "IN_PROGRESS"),
        ({"rollout_state": RolloutState.COMPLETED}, "SUCCESSFUL"),
        ({"rollout_state": RolloutState.FAILED, "reason": "3 failures"}, "FAILED"),
        ({**ENDED, "may_roll_back": False}, "STOPPED"),
        (ENDED, "ROLLBACK_REQUESTED"),
        (
            {"rollout_state": RolloutState.FAILED, "reason": "superseded by a newer deployment", **OLDER},
            "SUPERSEDED",
        ),
    ],
)
def test_a_deployment_stands_as_ecs_calls_it(fields: dict[str, Any], word: str) -> None:
    found = deployment(**fields)
    assert status_of(found, state(deployments=(found,))) == word


@pytest.mark.parametrize(
    ("undoing", "word"),
    [
        ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS"),
        ("COMPLETED", "ROLLBACK_SUCCESSFUL"),
        ("FAILED", "ROLLBACK_FAILED"),
    ],
)
def test_one_that_is_undone_stands_as_its_undoing_does(undoing: str, word: str) -> None:
    recorded = undone(undoing)
    assert status_of(recorded.deployments[0], recorded) == word


@pytest.mark.parametrize(("rolls_back", "word"), [(False, "STOP_REQUESTED"), (True, "ROLLBACK_REQUESTED")])
def test_a_request_to_stop_that_nobody_took_yet_is_told(rolls_back: bool, word: str) -> None:
    request = Request(kind=RequestKind.STOP, deployment="d1", rolls_back=rolls_back)
    assert status_of(deployment(), state(), (request,)) == word
    assert status_of(deployment(), state(), (request.changed(deployment="d0"),)) == "PENDING"


def test_the_circuit_breaker_says_what_it_does() -> None:
    watched = service(configuration=percents(deployment_circuit_breaker=breaker(2)))
    off = service(configuration=percents(deployment_circuit_breaker=breaker(2, enable=False)))
    failed = deployment(rollout_state=RolloutState.FAILED)
    cases = (
        (deployment(), watched),
        (failed.changed(failures=2), watched),
        (failed.changed(failures=1), watched),
        (deployment(rollout_state=RolloutState.COMPLETED), watched),
        (deployment(), off),
        (deployment(), None),
    )
    assert [monitor_of(*each) for each in cases] == [
        (MonitorState.MONITORING, 2),
        (MonitorState.TRIGGERED, 2),
        (MonitorState.MONITORING_COMPLETE, 2),
        (MonitorState.MONITORING_COMPLETE, 2),
        (MonitorState.DISABLED, None),
        (MonitorState.MONITORING_COMPLETE, None),
    ]


def canary() -> Deployment:
    """Half-way through a canary: it pauses at its second step."""
    passed = (
        (S.RECONCILE_SERVICE, 0, 0),
        (S.SCALE_UP, 0, 1),
        (S.PRE_PRODUCTION_TRAFFIC_SHIFT, 0, 8),
        (S.PRODUCTION_TRAFFIC_SHIFT, 0, 9),
    )
    return deployment(
        id="d2",
        number=2,
        revision=2,
        strategy=DeploymentStrategy.CANARY,
        color=Color.GREEN,
        shifts_from="d1",
        failures=1,
        next_ordinal=2,
        stages=tuple(StagePassed(stage=stage, shift=shift, began_at=NOW + at) for stage, shift, at in passed),
        stage=S.PRE_PRODUCTION_TRAFFIC_SHIFT,
        shift=1,
        stage_at=NOW + 70,
        hooks=(
            HookRun(
                name="smoke",
                stage=S.PRE_PRODUCTION_TRAFFIC_SHIFT,
                status=HookStatus.SUCCEEDED,
                started_at=NOW + 8,
                ended_at=NOW + 9,
            ),
            HookRun(
                name="approval",
                stage=S.PRE_PRODUCTION_TRAFFIC_SHIFT,
                shift=1,
                status=HookStatus.AWAITING_ACTION,
                started_at=NOW + 70,
            ),
        ),
        alarms=(
            AlarmReading(name="errors", sampled_at=NOW + 80, value=2.5, breaches=1),
            AlarmReading(name="slow", sampled_at=NOW + 80, is_ignored=True),
        ),
    )


def detail() -> DeploymentDetail:
    shop, _ = balanced(configuration=percents(deployment_circuit_breaker=breaker(3)))
    return DeploymentDetail(
        deployment=canary(),
        state=state(deployments=(deployment(**OLDER), canary())),
        service=shop,
        shares=(Share("load_balancer.edge", "target_group.web", 50, 1000, is_tested=True),),
        tasks=(ShownTask(running(1, deployment="d2", revision=2)),),
        waits=Waiting(address="service.web", reason="an answer", until=NOW + 200),
        options=" --stack shop",
    )


def test_the_page_of_a_deployment_shows_all_of_it_and_the_command_that_lets_it_go_on() -> None:
    assert (
        deployment_text(detail(), NOW + 90)
        == f"""\
Deployment d2 of service.web, revision web:2: IN_PROGRESS

  strategy         CANARY, traffic from blue to green
  started          {timestamp(NOW)}, so far 1m30s
  traffic          blue 95 %, green 5 %, test traffic green
  circuit breaker  MONITORING, failures 1 of 3
  now              it waits for an answer, 1m50s left

Stages:
  {timestamp(NOW)}  RECONCILE_SERVICE                         1s
  {timestamp(NOW + 1)}  SCALE_UP                                  7s
  {timestamp(NOW + 8)}  PRE_PRODUCTION_TRAFFIC_SHIFT (step 1)     1s
  {timestamp(NOW + 9)}  PRODUCTION_TRAFFIC_SHIFT (step 1)         1m01s
  {timestamp(NOW + 70)}  PRE_PRODUCTION_TRAFFIC_SHIFT (step 2)     20s so far

Lifecycle hooks:
  smoke  PRE_PRODUCTION_TRAFFIC_SHIFT (step 1)  SUCCEEDED  1s
  approval  PRE_PRODUCTION_TRAFFIC_SHIFT (step 2)  AWAITING_ACTION  20s

Alarms:
  errors  last value 2.5, above its limit 1 times in a row
  slow  no value yet, ignored: it fired before the deployment

Tasks:
  TASK      GROUP        REVISION  STATUS   HEALTH   AGE    PORTS  REASON
  00000000  service.web  web:2     RUNNING  healthy  1m30s  -

It pauses. To go on, or to roll back:
  reconciler deployment continue d2 --stack shop
  reconciler deployment continue d2 --stack shop --rollback"""
    )


def test_the_same_as_json() -> None:
    shape = deployment_json(detail())
    assert (shape["status"], shape["stage"], shape["pool"]) == (
        "IN_PROGRESS",
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "green",
    )
    assert [(each["stage"], each["step"], each["seconds"]) for each in shape["lifecycle_stages"]] == [
        ("RECONCILE_SERVICE", None, 1.0),
        ("SCALE_UP", None, 7.0),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", 1, 1.0),
        ("PRODUCTION_TRAFFIC_SHIFT", 1, 61.0),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", 2, None),
    ]
    assert shape["traffic"] == [
        {
            "load_balancer": "load_balancer.edge",
            "target_group": "target_group.web",
            "blue_percent": 95.0,
            "green_percent": 5.0,
            "test_green_percent": 100.0,
        }
    ]
    assert [(each["name"], each["status"], each["step"]) for each in shape["lifecycle_hooks"]] == [
        ("smoke", "SUCCEEDED", 1),
        ("approval", "AWAITING_ACTION", 2),
    ]
    assert [(each["name"], each["last_value"], each["ignored"]) for each in shape["alarms"]] == [
        ("errors", 2.5, False),
        ("slow", None, True),
    ]
    assert shape["circuit_breaker"] == {"status": "MONITORING", "failure_count": 1, "threshold": 3}
    assert shape["continue_command"] == "reconciler deployment continue d2 --stack shop"


def test_an_ended_deployment_waits_for_nobody() -> None:
    over = canary().changed(rollout_state=RolloutState.FAILED, reason="alarm errors", updated_at=NOW + 75)
    shape = deployment_json(DeploymentDetail(over, state(deployments=(over,))))
    assert (shape["continue_command"], shape["status"], shape["finished_at"]) == (
        None,
        "FAILED",
        timestamp(NOW + 75),
    )
    assert shape["lifecycle_stages"][-1]["seconds"] == 5.0


def test_the_list_has_a_row_for_each_deployment() -> None:
    recorded = undone("COMPLETED")
    recorded = recorded.changed(
        deployments=(
            recorded.deployments[0].changed(reason="3 failures, the limit is 3", updated_at=NOW + 40),
            recorded.deployments[1].changed(created_at=NOW + 40, completed_at=NOW + 42),
        )
    )
    assert (
        deployments_text(tuple(reversed(recorded.deployments)), recorded, (), NOW + 60)
        == """\
DEPLOYMENT  SERVICE      REVISION  STRATEGY  STATUS               STARTED    TOOK  REASON
d3          service.web  web:1     ROLLING   SUCCESSFUL           20s ago    2s    rolls back d2
d2          service.web  web:1     ROLLING   ROLLBACK_SUCCESSFUL  1m00s ago  40s   3 failures, the limit is 3"""
    )
    assert [each["rolled_back_by"] for each in deployments_json(recorded.deployments, recorded, ())] == ["d3", None]
    assert deployments_text((), recorded, (), NOW) == "No deployments."
