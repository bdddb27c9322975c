"""What is asked for beside the files: each kind of request, and the words of each refusal (I9, K14)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.beside import ScalingRecord
from reconciler.model.deployment import Deployment, HookRun, HookStatus, RolloutState
from reconciler.model.request import Request
from reconciler.model.routing import Maintenance
from reconciler.model.scaling import Autoscaling
from reconciler.model.service import LifecycleStage
from reconciler.model.state import Scaled, State
from reconciler.planner.requests import carry_out, deployment_named
from reconciler.planner.scaling import keep_scaled, scaling_notes
from tests.builders import NOW, OWNER, balanced, declared, stack
from tests.scheduler.balancing import REGISTRATION, WEB, balanced_state, blue_green, first, second

SHOP = stack(balanced("web", 2, configuration=blue_green()), declared("db"))
OWNED = SHOP.changed(
    autoscalings=(Autoscaling(address="autoscaling.web", service="service.web", min_capacity=2, max_capacity=10),)
)
WAITING = HookRun(name="ok", stage="PRE_PRODUCTION_TRAFFIC_SHIFT", status="AWAITING_ACTION", started_at=NOW)
DONE = WAITING.changed(name="smoke", status=HookStatus.SUCCEEDED, ended_at=NOW)
PAUSED = second("PRE_PRODUCTION_TRAFFIC_SHIFT", hooks=(WAITING, DONE))
LIVE = first(status="PRIMARY", desired_count=2)


def shop(*deployments: Deployment, **fields: Any) -> State:
    return balanced_state(SHOP, *deployments, **fields)


def ask(kind: str, state: State, **fields: Any) -> State:
    service = {} if kind in ("continue", "stop") else {"service": "service.web"}
    return carry_out(Request(kind=kind, **{**service, **fields}), state, NOW + 9)


def refusal(kind: str, state: State, **fields: Any) -> str:
    with pytest.raises(ReconcilerError) as refused:
        ask(kind, state, **fields)
    return str(refused.value)


def summary(state: State) -> list[tuple[int, str, str]]:
    """Return (revision, rollout state, shifts from) of each deployment."""
    return [(each.revision, each.rollout_state.value, each.shifts_from) for each in state.deployments]


def test_nothing_can_be_asked_before_the_first_apply() -> None:
    nothing = State(stack_name="shop", owner=OWNER)
    assert refusal("restart", nothing) == "nothing is applied yet: `reconciler apply` first"


def test_continue_answers_every_pause() -> None:
    found = ask("continue", shop(LIVE, PAUSED), deployment="d2").deployments[-1]
    answered = WAITING.changed(status=HookStatus.SUCCEEDED, ended_at=NOW + 9, reason="answered by the user")
    assert found == PAUSED.changed(hooks=(answered, DONE), updated_at=NOW + 9)


def test_continue_may_answer_no() -> None:
    found = ask("continue", shop(LIVE, PAUSED), deployment="d2", rolls_back=True).deployments[-1]
    assert [each.status.value for each in found.hooks] == ["FAILED", "SUCCEEDED"]


@pytest.mark.parametrize(
    "deployment", [second(), PAUSED.changed(rollout_state=RolloutState.FAILED)], ids=["no pause", "over"]
)
def test_continue_is_refused_when_nobody_is_waited_for(deployment: Deployment) -> None:
    words = "deployment d2 does not wait for anybody"
    assert refusal("continue", shop(LIVE, deployment), deployment="d2") == words


def test_a_deployment_is_found_by_the_beginning_of_its_id() -> None:
    state = shop(first(id="abc1"), second(id="abd2"))
    assert deployment_named(state, "abd").id == "abd2"
    for name, what in (("ab", "several deployments"), ("x", "no deployment"), ("", "no deployment")):
        with pytest.raises(ReconcilerError) as refused:
            deployment_named(state, name)
        words = f'{what} with an id that begins with "{name}": see `reconciler deployment list`'
        assert str(refused.value) == words


@pytest.mark.parametrize("rolls_back", [True, False])
def test_stop_ends_a_deployment_with_or_without_a_rollback(rolls_back: bool) -> None:
    found = ask("stop", shop(LIVE, PAUSED), deployment="d2", rolls_back=rolls_back).deployments[-1]
    assert found == PAUSED.changed(
        rollout_state=RolloutState.FAILED,
        reason="stopped by the user",
        updated_at=NOW + 9,
        is_stopped=True,
        may_roll_back=rolls_back,
    )


def test_stop_is_refused_when_there_is_nothing_to_stop() -> None:
    words = "deployment d1 is not in progress: there is nothing to stop"
    assert refusal("stop", shop(LIVE), deployment="d1") == words


def test_stop_with_rollback_is_refused_without_a_way_back() -> None:
    alone = second(shifts_from="")
    words = "no earlier deployment of service.web worked: stop it without --rollback, or apply another revision"
    assert refusal("stop", shop(alone), deployment="d2", rolls_back=True) == words


def test_rollback_of_a_deployment_in_progress_undoes_it() -> None:
    found = ask("rollback", shop(first(), PAUSED)).deployments[-1]
    assert (found.rollout_state, found.is_stopped, found.may_roll_back) == (RolloutState.FAILED, True, True)


def test_rollback_of_what_completed_shifts_to_the_revision_before() -> None:
    done = second("CLEAN_UP", rollout_state="COMPLETED", completed_at=NOW, desired_count=2)
    found = ask("rollback", shop(first(), done))
    assert summary(found) == [(1, "COMPLETED", ""), (2, "COMPLETED", "d1"), (1, "IN_PROGRESS", "d2")]
    assert found.deployments[-1].color == "blue"


def test_rollback_to_a_revision_has_its_ports_of_then() -> None:
    then = REGISTRATION.changed(container_port=9000)
    done = second("CLEAN_UP", rollout_state="COMPLETED", completed_at=NOW, desired_count=2)
    found = ask("rollback", shop(first(registrations=(then,)), done), revision=1)
    assert found.deployments[-1].registrations == (then,)


def test_rollback_while_another_revision_is_asked_for_supersedes() -> None:
    found = ask("rollback", shop(first(desired_count=2), PAUSED), revision=1)
    assert summary(found)[1:] == [(2, "FAILED", "d1"), (1, "IN_PROGRESS", "")]


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        (7, "there is no revision web:7; there are: 1, 2"),
        (1, "service.web runs web:1 already; `reconciler restart` replaces its tasks"),
        (None, "no earlier revision of service.web ever worked"),
    ],
)
def test_rollback_is_refused_to_what_there_is_not(revision: int | None, words: str) -> None:
    assert refusal("rollback", shop(LIVE), revision=revision) == words


@pytest.mark.parametrize("kind", ["rollback", "restart"])
def test_what_was_never_deployed_can_be_neither_undone_nor_restarted(kind: str) -> None:
    assert refusal(kind, shop()) == "service.web was never deployed"


@pytest.mark.parametrize("kind", ["rollback", "restart", "scale", "maintenance"])
def test_a_service_has_to_be_in_what_was_applied_last(kind: str) -> None:
    assert refusal(kind, shop(LIVE), service="service.api") == "service.api is not in what was applied last"


def test_restart_is_a_deployment_of_the_same_revision_that_replaces_all_tasks() -> None:
    found = ask("restart", shop(LIVE)).deployments[-1]
    assert (found.revision, found.replaces_before, found.shifts_from, found.color) == (1, NOW + 9, "d1", "green")


def test_scale_sets_the_count_and_remembers_what_the_file_said() -> None:
    found = ask("scale", shop(LIVE), count=5)
    assert found.scaled == (Scaled(service="service.web", count=5, declared=2),)
    assert found.target is not None
    assert [each.desired_count for each in found.target.services] == [1, 5]
    assert found.deployments == (
        LIVE.changed(
            desired_count=5,
            rollout_state=RolloutState.IN_PROGRESS,
            stage=LifecycleStage.CLEAN_UP,
            progress_at=NOW + 9,
            updated_at=NOW + 9,
        ),
    )


def test_scale_to_what_the_file_says_gives_the_count_back() -> None:
    scaled = ask("scale", shop(LIVE), count=5)
    for back in (ask("scale", scaled, count=2), ask("scale", scaled)):
        assert (back.scaled, back.target) == ((), SHOP)


def test_scale_again_still_remembers_what_the_file_said() -> None:
    found = ask("scale", ask("scale", shop(LIVE), count=5), count=7)
    assert found.scaled == (Scaled(service="service.web", count=7, declared=2),)


def test_scale_in_mid_shift_leaves_the_stage() -> None:
    shifting = second("PRODUCTION_TRAFFIC_SHIFT", desired_count=2)
    found = ask("scale", shop(first(), shifting), count=3).deployments[-1]
    assert (found.stage, found.desired_count) == (LifecycleStage.PRODUCTION_TRAFFIC_SHIFT, 3)


def test_a_count_holds_until_the_file_says_another_one() -> None:
    state = shop(scaled=(Scaled(service="service.web", count=5, declared=2),))
    kept, same = keep_scaled(SHOP, state)
    assert ([each.desired_count for each in kept.services], same) == ([1, 5], state)
    changed = stack(balanced("web", 3, configuration=blue_green()), declared("db"))
    assert keep_scaled(changed, state) == (changed, state.changed(scaled=()))


def test_a_count_of_a_service_that_left_is_forgotten() -> None:
    state = shop(scaled=(Scaled(service="service.web", count=5, declared=2),))
    assert keep_scaled(stack(declared("db")), state)[1].scaled == ()


def test_who_owns_a_count_is_said() -> None:
    assert scaling_notes(SHOP, shop(scaled=(Scaled(service="service.web", count=5, declared=2),))) == [
        "service.web: desired_count = 5, set by `reconciler scale`; the file's 2 counts again once it is changed"
    ]


def test_the_count_of_an_autoscaling_is_said_with_the_bounds_in_force() -> None:
    record = ScalingRecord(autoscaling="autoscaling.web", service="service.web", capacity=7, declared=(2, 10))
    night = record.changed(min_capacity=1, max_capacity=8)
    other = night.changed(declared=(1, 10))
    assert [scaling_notes(OWNED, shop(scaling=(each,))) for each in (record, night, other)] == [
        [f"service.web: desired_count = 7 (managed by autoscaling.web, {bounds})"]
        for bounds in ("2..10", "1..8", "2..10")
    ]
    assert scaling_notes(SHOP, shop(scaling=(record,))) == []


def test_with_an_autoscaling_scale_sets_what_that_goes_on_from() -> None:
    record = ScalingRecord(autoscaling="autoscaling.web", service="service.web", capacity=2, declared=(2, 10))
    done = LIVE.changed(rollout_state=RolloutState.COMPLETED)
    found = ask("scale", balanced_state(OWNED, done, scaling=(record,)), count=12)
    assert (found.scaled, found.scaling) == ((), (record.changed(capacity=12),))
    assert found.target == OWNED.changed(
        services=tuple(
            each.changed(desired_count=12) if each.address == "service.web" else each for each in OWNED.services
        )
    )
    assert found.deployments == (done.changed(desired_count=12),)
    assert [(each.address, each.message) for each in found.events] == [
        ("service.web", "has 12 desired tasks, set by the user; autoscaling.web goes on from there.")
    ]


def test_with_an_autoscaling_a_failed_deployment_is_tried_again_by_scale() -> None:
    record = ScalingRecord(autoscaling="autoscaling.web", service="service.web", capacity=2, declared=(2, 10))
    failed = LIVE.changed(rollout_state=RolloutState.FAILED)
    found = ask("scale", balanced_state(OWNED, failed, scaling=(record,)), count=3).deployments[-1]
    assert (found.number, found.desired_count, found.rollout_state) == (2, 3, RolloutState.IN_PROGRESS)


def test_a_count_that_autoscaling_owns_cannot_be_given_back_to_the_files() -> None:
    words = "the count of service.web is no file's: autoscaling.web owns it"
    assert refusal("scale", balanced_state(OWNED, LIVE)) == words


def test_maintenance_is_for_every_group_of_the_service_and_ends() -> None:
    other = Maintenance(target_group="target_group.api", message="later")
    on = ask("maintenance", shop(LIVE, maintenance=(other,)), message="back at noon")
    assert on.maintenance == (other, Maintenance(target_group=WEB, message="back at noon"))
    assert ask("maintenance", on).maintenance == (other,)


def test_maintenance_is_refused_behind_no_load_balancer() -> None:
    words = "service.db is behind no load balancer: nobody could be told"
    assert refusal("maintenance", shop(LIVE), service="service.db", message="soon") == words
