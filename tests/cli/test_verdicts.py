"""What became of a request, for every status that its deployment can have in the end."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.cli.verdicts import Seen, Verdict, judge
from reconciler.model.balancer_step import RemoveBalancer
from reconciler.model.decision import Decision
from reconciler.model.deployment import Deployment, DeploymentStatus, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State
from tests.builders import NOW, balanced, declared, deployment, stack, state

P, D, F, S = Verdict.PENDING, Verdict.DONE, Verdict.FAILED, Verdict.SUPERSEDED
COMPLETED: dict[str, Any] = {"rollout_state": RolloutState.COMPLETED, "completed_at": NOW + 9}
FAILED: dict[str, Any] = {"rollout_state": RolloutState.FAILED}
ACTIVE: dict[str, Any] = {"status": DeploymentStatus.ACTIVE}
TARGET = stack(declared("web", 2))
SUPERSEDED = "superseded by a newer deployment"


def recorded(*deployments: Deployment) -> State:
    return state(TARGET, deployments=deployments)


def second(**fields: Any) -> Deployment:
    """The deployment that the request opened, or is about."""
    return deployment(**{"id": "d2", "number": 2, **fields})


def undoing(**fields: Any) -> Deployment:
    return deployment(**{"id": "d3", "number": 3, "rolls_back": "d2", **fields})


def newer(**fields: Any) -> Deployment:
    return deployment(**{"id": "d3", "number": 3, **fields})


ENDINGS = {
    "in progress": recorded(second()),
    "completed": recorded(second(**COMPLETED)),
    "failed": recorded(second(**FAILED)),
    "stopped": recorded(second(is_stopped=True, may_roll_back=False, **FAILED)),
    "is to be undone": recorded(second(is_stopped=True, **FAILED)),
    "is being undone": recorded(second(**ACTIVE, **FAILED), undoing()),
    "undone": recorded(second(**ACTIVE, **FAILED), undoing(**COMPLETED)),
    "undone in vain": recorded(second(**ACTIVE, **FAILED), undoing(**FAILED)),
    "another revision came": recorded(second(reason=SUPERSEDED, **ACTIVE, **FAILED), newer(revision=3)),
    "the same revision came": recorded(second(reason=SUPERSEDED, **ACTIVE, **FAILED), newer()),
    "the same revision is done": recorded(second(reason=SUPERSEDED, **ACTIVE, **FAILED), newer(**COMPLETED)),
}


@pytest.mark.parametrize(
    ("ending", "restart", "go_on", "go_back"),
    [
        ("in progress", P, P, P),
        ("completed", D, D, F),
        ("failed", F, F, F),
        ("stopped", F, F, S),
        ("is to be undone", P, P, P),
        ("is being undone", P, P, P),
        ("undone", F, F, D),
        ("undone in vain", F, F, F),
        ("another revision came", S, S, S),
        ("the same revision came", P, S, S),
        ("the same revision is done", D, S, S),
    ],
)
def test_what_the_end_of_a_deployment_means_depends_on_what_was_asked(
    ending: str, restart: Verdict, go_on: Verdict, go_back: Verdict
) -> None:
    seen = Seen(recorded(second()), ENDINGS[ending], Decision(state=ENDINGS[ending]))
    asked = {"service": "service.web", "deployment": "d2"}
    found = (
        judge(Request(kind=RequestKind.RESTART, service="service.web"), seen),
        judge(Request(kind=RequestKind.CONTINUE, **asked), seen),
        judge(Request(kind=RequestKind.STOP, rolls_back=True, **asked), seen),
    )
    assert found == (restart, go_on, go_back)
    assert judge(Request(kind=RequestKind.CONTINUE, rolls_back=True, **asked), seen) is go_back
    assert judge(Request(kind=RequestKind.STOP, **asked), seen) is D


@pytest.mark.parametrize(("ending", "verdict"), [("is being undone", P), ("undone", D), ("undone in vain", F)])
def test_a_rollback_of_what_was_in_progress_is_done_when_that_is_undone(ending: str, verdict: Verdict) -> None:
    taken = recorded(second(is_stopped=True, **FAILED))
    ended = recorded(*(each.changed(is_stopped=each.id == "d2") for each in ENDINGS[ending].deployments))
    seen = Seen(taken, ended, Decision(state=ended))
    assert judge(Request(kind=RequestKind.ROLLBACK, service="service.web"), seen) is verdict


@pytest.mark.parametrize(
    ("count", "fields", "shown", "verdict"),
    [
        (2, COMPLETED, {}, D),
        (2, {}, {}, P),
        (2, COMPLETED, {"unsettled": ("service.web",)}, P),
        (2, FAILED, {"failed": ("service.web",)}, F),
        (2, {"rolls_back": "d1", **COMPLETED}, {"failed": ("service.web",)}, D),
        (3, COMPLETED, {}, S),
        (None, COMPLETED, {}, D),
    ],
)
def test_a_count_is_reached_when_a_look_shows_its_tasks(
    count: int | None, fields: dict[str, Any], shown: dict[str, Any], verdict: Verdict
) -> None:
    ended = recorded(second(**fields))
    seen = Seen(ended, ended, Decision(state=ended, **shown))
    assert judge(Request(kind=RequestKind.SCALE, service="service.web", count=count), seen) is verdict


@pytest.mark.parametrize("kind", ["restart", "rollback", "continue", "stop", "scale", "maintenance"])
def test_nothing_is_left_to_judge_of_a_service_that_left_the_stack(kind: str) -> None:
    gone = state(stack(balanced("api")), deployments=())
    seen = Seen(recorded(second()), gone, Decision(state=gone))
    assert judge(Request(kind=RequestKind(kind), service="service.web", deployment="d2"), seen) is S


def test_a_restart_that_completed_and_does_not_keep_up_has_failed() -> None:
    ended = recorded(second(**COMPLETED))
    seen = Seen(recorded(second()), ended, Decision(state=ended, failed=("service.web",)))
    assert judge(Request(kind=RequestKind.RESTART, service="service.web"), seen) is F


@pytest.mark.parametrize(("address", "verdict"), [("load_balancer.edge", P), ("service.api", D)])
def test_maintenance_is_there_once_no_load_balancer_is_to_be_told_anything(address: str, verdict: Verdict) -> None:
    step = RemoveBalancer(address=address, reason="", owner="", stack="shop", name="edge")
    now = recorded(second(**COMPLETED))
    seen = Seen(now, now, Decision(state=now, steps=(step,)))
    assert judge(Request(kind=RequestKind.MAINTENANCE, service="service.web"), seen) is verdict
