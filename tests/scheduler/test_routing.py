"""What a balancer is to do: who is a target, in which state, and which pool has which share (K5, K14, J1, J2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.routing import Maintenance, ObservedBalancer, ObservedTarget, Route, Target
from reconciler.model.snapshot import ContainerHealth, ObservedTask
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.task import DesiredStatus, TaskRecord
from reconciler.scheduler.roster import views
from reconciler.scheduler.routing import (
    POLL_SECONDS,
    RoutingGround,
    parting_configurations,
    wakes,
    wanted_configurations,
)
from reconciler.scheduler.survey import survey
from tests.builders import (
    CHECK,
    EMPTY,
    NOW,
    balanced,
    container,
    observed,
    running,
    shown,
    stack,
    target_group,
    task,
)
from tests.scheduler.balancing import (
    REGISTRATION,
    WEB,
    balanced_state,
    balancer,
    blue_green,
    first,
    listed,
    look,
    second,
    seen,
    target,
)

SHOP = stack(balanced("web", 2, configuration=blue_green()))
CANARY = stack(balanced("web", 2, configuration=blue_green("CANARY")))


def traffic(
    state: State, *tasks: ObservedTask, balancers: tuple[ObservedBalancer, ...], of: Stack = SHOP, now: float = NOW
) -> RoutingGround:
    shown = look(*tasks, balancers=balancers)
    found = views(state, shown, of)
    return RoutingGround(of, state, shown, survey(of, state, found, shown, now), found, now)


def route(*arguments: Any, **fields: Any) -> Route:
    (configuration,) = wanted_configurations(traffic(*arguments, **fields)).values()
    return configuration.routes[0]


def state_of(
    *records: TaskRecord, deployments: tuple[Deployment, ...] = (), of: Stack = SHOP, **fields: Any
) -> State:
    live = first(status="PRIMARY")
    return balanced_state(of, *(deployments or (live,)), tasks=records, **fields)


def targets(*arguments: Any, **fields: Any) -> tuple[Target, ...]:
    return route(*arguments, **fields).targets


def leaving(ordinal: int, **fields: Any) -> TaskRecord:
    return running(ordinal, desired_status=DesiredStatus.STOPPED, stopping_at=NOW, **fields)


def test_a_task_is_added_without_traffic() -> None:
    assert targets(state_of(running(1)), seen(1), balancers=(balancer(),)) == (target(1, "initial"),)


def test_a_task_without_an_address_is_no_target_yet() -> None:
    assert targets(state_of(running(1)), observed(shown(), of=task(1)), balancers=(balancer(),)) == ()


@pytest.mark.parametrize(
    ("state", "check", "wanted"),
    [
        ("initial", "none", "initial"),
        ("initial", "failed", "initial"),
        ("initial", "passed", "ready"),
        ("ready", "passed", "ready"),
        ("ready", "none", "ready"),
        ("ready", "failed", "ready"),
        ("draining", "passed", "initial"),
    ],
)
def test_a_target_gets_traffic_after_a_passed_check_and_keeps_it(state: str, check: str, wanted: str) -> None:
    there = balancer(listed(1, state, check))
    assert targets(state_of(running(1)), seen(1), balancers=(there,)) == (target(1, wanted),)


@pytest.mark.parametrize(
    ("health", "wanted"), [("starting", "initial"), ("unhealthy", "initial"), ("healthy", "ready")]
)
def test_a_targets_containers_have_to_be_healthy_too(health: str, wanted: str) -> None:
    app = container(health_check=CHECK)
    checked = stack(balanced("web", 2, app))
    app_shown = shown(health=ContainerHealth(health), addresses={"shop": "10.0.0.1"})
    there = (balancer(listed(1, "initial", "passed"), of=checked),)
    of_task = observed(app_shown, of=task(1, checked.definitions["task_definition.web"]))
    assert targets(state_of(running(1), of=checked), of_task, balancers=there, of=checked) == (target(1, wanted),)


def test_a_target_at_another_address_begins_anew() -> None:
    there = balancer(listed(1))
    found = targets(state_of(running(1)), seen(1, "10.0.0.77"), balancers=(there,))
    assert found == (target(1, "initial", address="10.0.0.77"),)


@pytest.mark.parametrize("written", ["ready", "initial"])
def test_while_the_process_is_down_what_is_written_stays(written: str) -> None:
    down = balancer(listed(1, written)).changed(running=None)
    assert targets(state_of(running(1)), seen(1), balancers=(down,)) == (target(1, written),)


def test_a_task_that_is_to_stop_drains_first() -> None:
    there = balancer(listed(1), listed(2))
    found = targets(state_of(leaving(1), running(2)), seen(1), seen(2), balancers=(there,))
    assert found == (target(1, "draining"), target(2))


def test_a_target_without_traffic_need_not_drain() -> None:
    assert targets(state_of(leaving(1)), seen(1), balancers=(balancer(listed(1, "initial")),)) == ()


def test_one_that_is_idle_is_removed() -> None:
    assert targets(state_of(leaving(1)), seen(1), balancers=(balancer(listed(1, "draining")),)) == ()


def draining(now: float, **fields: Any) -> tuple[Target, ...]:
    """The targets, of which one drains since NOW + 5 and is busy."""
    quick = stack(balanced("web", 2), target_groups=(target_group(deregistration_delay=30),))
    there = balancer(listed(1, "draining", sessions=fields.pop("sessions", 1)), of=quick, **fields)
    before = state_of(leaving(1, draining_at=NOW + 5), of=quick)
    return targets(before, seen(1), balancers=(there,), of=quick, now=now)


def test_one_that_is_busy_stays_until_its_deregistration_delay_is_over() -> None:
    assert draining(NOW + 34.9) == (target(1, "draining"),)
    assert draining(NOW + 35) == ()


def test_one_that_a_process_of_before_a_reload_may_serve_stays_too() -> None:
    assert draining(NOW + 6, sessions=0, leaving=1) == (target(1, "draining"),)
    assert draining(NOW + 6, sessions=0) == ()


def test_one_whose_process_is_down_stays_written_as_draining() -> None:
    down = balancer(listed(1)).changed(running=None)
    assert targets(state_of(leaving(1)), seen(1), balancers=(down,)) == (target(1, "draining"),)


def test_one_that_is_listed_nowhere_is_gone() -> None:
    assert targets(state_of(leaving(1)), seen(1), balancers=(balancer(),)) == ()
    assert targets(state_of(leaving(1)), seen(1), balancers=()) == ()


def test_pools_are_those_of_the_tasks_deployments() -> None:
    old, new = first(), second("SCALE_UP")
    before = state_of(running(1), running(2, deployment="d2", revision=2), deployments=(old, new))
    found = targets(before, seen(1), seen(2, deployment="d2", revision=2), balancers=(balancer(),))
    assert found == (target(1, "initial"), target(2, "initial", color="green"))


def test_tasks_of_other_target_groups_are_not_in_this_one() -> None:
    elsewhere = first(status="PRIMARY", registrations=(REGISTRATION.changed(target_group="target_group.api"),))
    assert targets(state_of(running(1), deployments=(elsewhere,)), seen(1), balancers=(balancer(),)) == ()


BOTH: Mapping[str, Any] = {"listed": (listed(1), listed(2, color="green"))}


def shares(
    deployment: Deployment, *listed_: Any, green: int = 0, test_green: int | None = None, of: Stack = SHOP
) -> tuple[int, int]:
    """Return the wanted shares: task 1 is blue, task 2 green, both ready unless told."""
    there = balancer(*(listed_ or BOTH["listed"]), green=green, test_green=test_green, of=of)
    before = state_of(running(1), running(2, deployment="d2", revision=2), deployments=(first(), deployment), of=of)
    found = route(before, seen(1), seen(2, deployment="d2", revision=2), balancers=(there,), of=of)
    return found.green, found.test_green


@pytest.mark.parametrize(
    ("stage", "wanted"),
    [
        ("RECONCILE_SERVICE", (0, 0)),
        ("SCALE_UP", (0, 0)),
        ("TEST_TRAFFIC_SHIFT", (0, 1000)),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", (0, 1000)),
        ("PRODUCTION_TRAFFIC_SHIFT", (1000, 1000)),
        ("BAKE_TIME", (1000, 1000)),
        ("CLEAN_UP", (1000, 1000)),
    ],
)
def test_the_shares_follow_the_stage(stage: str, wanted: tuple[int, int]) -> None:
    assert shares(second(stage)) == wanted


def test_a_deployment_that_is_blue_gives_green_what_is_left() -> None:
    old, new = first(color="green"), second("BAKE_TIME", color="blue")
    before = state_of(running(1), running(2, deployment="d2", revision=2), deployments=(old, new))
    there = balancer(listed(1, color="green"), listed(2), green=1000)
    assert route(before, seen(1), seen(2, deployment="d2", revision=2), balancers=(there,)).green == 0


def test_no_pool_gets_traffic_that_nobody_in_it_is_ready_for() -> None:
    unready = (listed(1), listed(2, "initial", "none", color="green"))
    assert shares(second("PRODUCTION_TRAFFIC_SHIFT"), *unready, test_green=1000) == (0, 1000)


def test_tests_do_not_reach_a_pool_in_which_nobody_is_ready_either() -> None:
    unready = (listed(1), listed(2, "initial", "none", color="green"))
    assert shares(second("TEST_TRAFFIC_SHIFT"), *unready) == (0, 0)


ONLY_GREEN = (listed(1, "initial", "failed"), listed(2, color="green"))
HANGING = (listed(1, check="failed"), listed(2, color="green"))


@pytest.mark.parametrize("seen_", [ONLY_GREEN, HANGING], ids=["nobody ready", "nobody passes a check"])
@pytest.mark.parametrize("written", [0, 50, 1000])
def test_a_canary_that_alone_can_answer_has_all_of_the_traffic(
    seen_: tuple[ObservedTarget, ...], written: int
) -> None:
    canary = second("PRODUCTION_TRAFFIC_SHIFT", strategy="CANARY")
    assert shares(canary, *seen_, green=written, test_green=1000, of=CANARY) == (1000, 1000)


@pytest.mark.parametrize("stage", ["SCALE_UP", "TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"])
def test_before_its_first_shift_it_has_none_though_it_alone_can_answer(stage: str) -> None:
    assert shares(second(stage, strategy="CANARY"), *ONLY_GREEN, of=CANARY)[0] == 0


@pytest.mark.parametrize("seen_", [ONLY_GREEN, HANGING], ids=["nobody ready", "nobody passes a check"])
def test_traffic_of_an_earlier_deployment_stays_where_alone_it_is_answered(seen_: tuple[ObservedTarget, ...]) -> None:
    assert shares(second("RECONCILE_SERVICE", strategy="CANARY"), *seen_, green=400, test_green=0, of=CANARY) == (
        1000,
        0,
    )


@pytest.mark.parametrize(
    "seen_",
    [
        (listed(1), listed(2, color="green")),
        (listed(1, check="none"), listed(2, color="green")),
        (listed(1, check="failed"), listed(2, check="failed", color="green")),
    ],
    ids=["both well", "not checked yet", "both hang"],
)
def test_a_canary_has_its_share_as_soon_as_the_old_pool_is_no_worse(seen_: tuple[ObservedTarget, ...]) -> None:
    canary = second("PRODUCTION_TRAFFIC_SHIFT", strategy="CANARY")
    assert shares(canary, *seen_, green=1000, test_green=1000, of=CANARY) == (50, 1000)


@pytest.mark.parametrize("stage", ["PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_a_shifted_pool_in_which_nobody_is_ready_any_more_has_no_traffic(stage: str) -> None:
    only_blue = (listed(1), listed(2, "initial", "none", color="green"))
    assert shares(second(stage), *only_blue, green=1000) == (0, 1000)


def test_a_blue_canary_that_alone_can_answer_has_all_of_the_traffic_too() -> None:
    old, new = first(color="green"), second("PRODUCTION_TRAFFIC_SHIFT", strategy="CANARY", color="blue")
    before = state_of(running(1), running(2, deployment="d2", revision=2), deployments=(old, new), of=CANARY)
    there = balancer(listed(1, "initial", "failed", color="green"), listed(2), green=1000, test_green=0, of=CANARY)
    found = route(before, seen(1), seen(2, deployment="d2", revision=2), balancers=(there,), of=CANARY)
    assert (found.green, found.test_green) == (0, 0)


def test_once_nothing_is_shifted_all_traffic_goes_to_the_only_pool_in_which_anybody_is_ready() -> None:
    only_blue = (listed(1), listed(2, "initial", "none", color="green"))
    assert shares(second("CLEAN_UP"), *only_blue, green=1000) == (0, 0)


def test_while_nobody_is_ready_anywhere_the_shares_are_those_of_the_stage() -> None:
    nobody = (listed(1, "initial", "none"), listed(2, "initial", "none", color="green"))
    assert shares(second("BAKE_TIME"), *nobody) == (1000, 1000)


def test_a_failed_shift_that_is_not_undone_stays_where_it_is() -> None:
    failed = second("PRODUCTION_TRAFFIC_SHIFT", rollout_state=RolloutState.FAILED)
    assert shares(failed, green=400, test_green=1000) == (400, 1000)


def test_a_rollback_has_the_traffic_at_once() -> None:
    back = first(id="d3", number=3, status="PRIMARY", rolls_back="d2", rollout_state="IN_PROGRESS", completed_at=None)
    failed = second("BAKE_TIME", rollout_state="FAILED", status="ACTIVE")
    before = state_of(running(1), leaving(2, deployment="d2", revision=2), deployments=(first(), failed, back))
    there = balancer(*BOTH["listed"], green=1000)
    found = route(before, seen(1), seen(2, deployment="d2", revision=2), balancers=(there,))
    assert found == Route(
        target_group=WEB, green=0, test_green=0, targets=(target(1), target(2, "draining", color="green"))
    )


def rolled_back(*listed_: ObservedTarget, green: int) -> Route:
    """Return the route after d2 failed, in whose place d1's revision is back as d3."""
    back = first(id="d3", number=3, status="PRIMARY", rolls_back="d2", rollout_state="IN_PROGRESS", completed_at=None)
    failed = second("BAKE_TIME", rollout_state="FAILED", status="ACTIVE")
    before = state_of(running(1), running(2, deployment="d2", revision=2), deployments=(first(), failed, back))
    there = balancer(*listed_, green=green, test_green=1000)
    return route(before, seen(1), seen(2, deployment="d2", revision=2), balancers=(there,))


def test_what_a_rollback_undid_keeps_the_traffic_while_nobody_else_is_ready() -> None:
    assert rolled_back(*ONLY_GREEN, green=400).green == 1000


def test_what_a_rollback_undid_before_it_had_traffic_gets_none() -> None:
    assert rolled_back(*ONLY_GREEN, green=0).green == 0


def test_a_group_that_no_service_uses_keeps_its_shares() -> None:
    unused = first(status="PRIMARY", registrations=())
    found = route(state_of(deployments=(unused,)), balancers=(balancer(green=300),))
    assert (found.green, found.targets) == (300, ())


def test_test_listeners_know_their_target_groups() -> None:
    tested = stack(balanced("web", tested=True), balanced("api", tested=True), balanced("cron"))
    (found,) = wanted_configurations(traffic(state_of(of=tested), balancers=(), of=tested)).values()
    assert found.test_listeners == {"test": ("target_group.api", "target_group.web")}
    assert [each.name for each in found.listeners] == ["http", "test"]


def test_maintenance_is_of_the_groups_of_the_balancer() -> None:
    here, elsewhere = (Maintenance(target_group=f"target_group.{each}", message="soon") for each in ("web", "api"))
    before = state_of(maintenance=(elsewhere, here))
    (found,) = wanted_configurations(traffic(before, balancers=())).values()
    assert found.maintenance == (here,)


def test_a_balancer_that_left_the_stack_drains_what_leaves_with_it() -> None:
    there = balancer(listed(1), listed(2))
    before = state_of(leaving(1), leaving(2))
    found = parting_configurations(traffic(before, seen(1), seen(2), balancers=(there,), of=EMPTY))
    assert {name: each.routes[0].targets for name, each in found.items()} == {
        "edge": (target(1, "draining"), target(2, "draining"))
    }


def test_a_balancer_that_left_and_has_nobody_to_drain_parts_at_once() -> None:
    before = state_of(leaving(1))
    idle, down = balancer(listed(1, "draining")), balancer(listed(1)).changed(is_live=False, running=None)
    for there in (idle, down, balancer()):
        assert parting_configurations(traffic(before, seen(1), balancers=(there,), of=EMPTY)) == {}


def test_somebody_who_is_checked_or_drains_is_looked_at_again_soon() -> None:
    for state in ("initial", "draining"):
        configuration = balancer(listed(1, state)).configuration
        assert configuration is not None
        assert wakes((configuration,), NOW) == NOW + POLL_SECONDS
    ready = balancer(listed(1)).configuration
    assert ready is not None
    assert wakes((ready,), NOW) is None
