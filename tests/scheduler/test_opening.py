"""Opening deployments and their rollbacks: pools, what is taken over from, what is gone back to (I6, I11, J9)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.routing import Color
from reconciler.model.service import DeploymentCircuitBreaker, Service
from reconciler.model.state import State
from reconciler.scheduler.opening import open_deployment, roll_back
from tests.builders import NOW, balanced, percents, stack
from tests.scheduler.balancing import REGISTRATION, balanced_state, blue_green, first, second

SHOP = stack(balanced("web", 2, configuration=blue_green()))
LIVE = first(status="PRIMARY", desired_count=2)


def web(**fields: Any) -> Service:
    return SHOP.services[0].changed(**fields)


def opened(*before: Deployment, service: Service | None = None, revision: int = 2, **fields: Any) -> Deployment:
    """Return the deployment of a revision that is opened beside those before."""
    state = balanced_state(SHOP, *before)
    found = state.revision("web", revision)
    assert found is not None
    return open_deployment(service or web(), found, state, NOW + 9, **fields).deployments[-1]


def summary(deployment: Deployment) -> tuple[str, str]:
    """Return the pool, and from whom traffic is shifted."""
    return deployment.color.value, deployment.shifts_from


def test_a_first_deployment_is_blue_and_shifts_nothing() -> None:
    assert summary(opened(revision=1)) == ("blue", "")


def test_a_new_revision_is_opened_in_the_pool_without_traffic() -> None:
    found = opened(LIVE)
    assert found == Deployment(
        id=found.id,
        service="service.web",
        number=2,
        family="web",
        revision=2,
        created_at=NOW + 9,
        updated_at=NOW + 9,
        progress_at=NOW + 9,
        stage_at=NOW + 9,
        desired_count=2,
        strategy="BLUE_GREEN",
        color="green",
        registrations=(REGISTRATION,),
        shifts_from="d1",
    )


def test_after_green_comes_blue() -> None:
    assert summary(opened(first(status="PRIMARY", desired_count=2, color="green"))) == ("blue", "d1")


def test_one_superseded_in_mid_shift_hands_its_pool_to_the_next() -> None:
    shifting = second("PRODUCTION_TRAFFIC_SHIFT")
    assert summary(opened(first(desired_count=2), shifting, revision=1, replaces_before=NOW)) == ("green", "d1")


def test_one_past_its_bake_is_what_the_next_takes_over_from() -> None:
    past = second("CLEAN_UP", desired_count=2)
    assert summary(opened(first(desired_count=2), past, revision=1)) == ("blue", "d2")


@pytest.mark.parametrize(
    ("before", "service"),
    [
        (LIVE, web(deployment_configuration=percents())),
        (first(status="PRIMARY", desired_count=0), web()),
        (LIVE, web(desired_count=0)),
    ],
    ids=["rolling", "nothing has traffic", "nobody is to get it"],
)
def test_what_is_not_shifted_stays_in_the_pool_that_has_the_traffic(before: Deployment, service: Service) -> None:
    assert summary(opened(before, service=service)) == ("blue", "")


def test_the_same_revision_is_not_shifted_unless_its_replacement_is_asked_for() -> None:
    assert summary(opened(LIVE, revision=1)) == ("blue", "")
    assert summary(opened(LIVE, revision=1, replaces_before=NOW)) == ("green", "d1")


def test_after_one_that_never_worked_there_is_nothing_to_shift_from() -> None:
    failed = second("SCALE_UP", id="d1", number=1, shifts_from="", rollout_state="FAILED", color="blue")
    assert summary(opened(failed)) == ("blue", "")


def test_the_one_before_is_superseded() -> None:
    state = balanced_state(SHOP, first(), second())
    revision = state.revision("web", 1)
    assert revision is not None
    states = [
        (each.status.value, each.rollout_state.value, each.reason)
        for each in open_deployment(web(), revision, state, NOW).deployments
    ]
    assert states == [
        ("ACTIVE", "COMPLETED", ""),
        ("ACTIVE", "FAILED", "superseded by a newer deployment"),
        ("PRIMARY", "IN_PROGRESS", ""),
    ]


FAILED = second("BAKE_TIME", rollout_state="FAILED", reason="alarm errors")


def undone(*deployments: Deployment, rollback: bool = True) -> State:
    breaker = DeploymentCircuitBreaker(rollback=rollback)
    wanted = stack(balanced("web", 2, configuration=blue_green(deployment_circuit_breaker=breaker)))
    return roll_back(wanted, balanced_state(wanted, *deployments), NOW + 9)


def is_left(*deployments: Deployment, rollback: bool = True) -> bool:
    return undone(*deployments, rollback=rollback).deployments == deployments


def test_a_failed_deployment_is_undone_by_one_in_the_pool_of_the_last_that_worked() -> None:
    found = undone(first(), FAILED)
    back = found.deployments[-1]
    assert back == Deployment(
        id=back.id,
        service="service.web",
        number=3,
        family="web",
        revision=1,
        created_at=NOW + 9,
        updated_at=NOW + 9,
        progress_at=NOW + 9,
        stage_at=NOW + 9,
        desired_count=2,
        images={"app:1": "sha256:app:1"},
        strategy="BLUE_GREEN",
        color=Color.BLUE,
        registrations=(REGISTRATION,),
        rolls_back="d2",
        stage="CLEAN_UP",
    )
    assert [(each.message, each.kind, each.name, each.subject) for each in found.events] == [
        ("(deployment d2) is rolled back to web:1.", "deployment", "", "d2"),
        (
            f"(deployment {back.id}) deployment of web:1 in progress.",
            "deployment",
            "SERVICE_DEPLOYMENT_IN_PROGRESS",
            back.id,
        ),
    ]


def test_what_is_gone_back_to_is_what_the_traffic_was_shifted_from() -> None:
    superseded = second("CLEAN_UP", rollout_state="FAILED", status="ACTIVE")
    failed = second(
        "BAKE_TIME", id="d3", number=3, revision=1, color="blue", shifts_from="d2", rollout_state="FAILED"
    )
    back = undone(first(), superseded, failed).deployments[-1]
    assert (back.revision, back.color, back.rolls_back) == (2, Color.GREEN, "d3")


def test_a_restart_that_was_shifted_goes_back_to_the_pool_it_came_from() -> None:
    back = undone(first(), FAILED.changed(revision=1)).deployments[-1]
    assert (back.revision, back.color, back.rolls_back) == (1, Color.BLUE, "d2")


def test_there_is_no_way_back_without_one_that_worked() -> None:
    assert is_left(FAILED.changed(shifts_from=""))


@pytest.mark.parametrize(
    "failed",
    [
        FAILED.changed(rollout_state=RolloutState.IN_PROGRESS),
        FAILED.changed(rolls_back="d0"),
        FAILED.changed(completed_at=NOW),
        FAILED.changed(revision=1, shifts_from=""),
        FAILED.changed(is_stopped=True, may_roll_back=False),
    ],
    ids=["in progress", "a rollback", "worked once", "same revision", "stopped without"],
)
def test_what_is_not_undone(failed: Deployment) -> None:
    assert is_left(first(), failed)


def test_without_rollback_only_what_the_user_stopped_is_undone() -> None:
    assert is_left(first(), FAILED, rollback=False)
    stopped = FAILED.changed(is_stopped=True)
    assert undone(first(), stopped, rollback=False).deployments[-1].rolls_back == "d2"


def test_an_older_failure_is_left_alone() -> None:
    assert is_left(second(rollout_state="FAILED", status="ACTIVE"), first(id="d3", number=3, status="PRIMARY"))
