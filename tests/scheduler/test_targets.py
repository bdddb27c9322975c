"""A task as a target: ELB's states, of several groups and balancers together; addresses; ghosts (K4, K11, R30)."""

from __future__ import annotations

import pytest

from reconciler.model.routing import ObservedBalancer, TargetHealth
from reconciler.model.task_definition import NetworkMode
from reconciler.scheduler.targets import Traffic, address_of, ghosts, target_health, traffic_of
from tests.builders import (
    EMPTY,
    balanced,
    container,
    definition,
    listener,
    load_balancer,
    observed,
    shown,
    snapshot,
    stack,
)
from tests.scheduler.balancing import REGISTRATION, balancer, listed

ME = f"{1:032x}"
SHOP = stack(balanced())
PROGRESS, CHECKS = "target registration is in progress", "initial health checks are in progress"
DRAINS, FAILS = "target deregistration is in progress", "health checks failed: HTTP 503"


@pytest.mark.parametrize(
    ("state", "check", "health", "reason"),
    [
        ("initial", "none", "initial", CHECKS),
        ("initial", "passed", "initial", CHECKS),
        ("initial", "failed", "unhealthy", FAILS),
        ("ready", "none", "initial", CHECKS),
        ("ready", "passed", "healthy", ""),
        ("ready", "failed", "unhealthy", FAILS),
        ("draining", "none", "draining", DRAINS),
        ("draining", "passed", "draining", DRAINS),
        ("draining", "failed", "draining", DRAINS),
    ],
)
def test_a_targets_health_is_elbs(state: str, check: str, health: str, reason: str) -> None:
    assert target_health(listed(1, state, check, description="HTTP 503")) == (health, reason)


def seen_by(*balancers: ObservedBalancer) -> Traffic | None:
    return traffic_of(ME, (REGISTRATION,), SHOP, balancers)


def test_a_target_that_nobody_lists_yet_is_initial() -> None:
    assert seen_by(balancer(listed(2))) == Traffic(TargetHealth.INITIAL, PROGRESS)


def test_without_a_balancer_nothing_can_be_told() -> None:
    assert seen_by() == Traffic(TargetHealth.UNAVAILABLE, "the load balancer does not run yet")


def test_a_balancer_that_does_not_answer_says_why_and_still_lists() -> None:
    silent = balancer(listed(1)).changed(running=None, problem="no answer on its socket")
    assert seen_by(silent) == Traffic(TargetHealth.UNAVAILABLE, "no answer on its socket", is_listed=True)


def test_a_task_drains_when_every_process_that_lists_it_says_so() -> None:
    draining = balancer(listed(1, "draining"))
    assert seen_by(draining) == Traffic(TargetHealth.DRAINING, DRAINS, is_listed=True, drains=True)
    inside = balancer(listed(1)).changed(name="inside", address="load_balancer.inside")
    found = seen_by(draining, inside)
    assert found is not None
    assert (found.is_listed, found.drains) == (True, False)


def test_a_task_of_no_target_group_has_nothing_to_do_with_balancers() -> None:
    assert traffic_of(ME, (), SHOP, (balancer(),)) is None


def test_a_task_that_is_registered_nowhere_but_still_listed_is_unused() -> None:
    assert traffic_of(ME, (), EMPTY, (balancer(listed(1)),)) == Traffic(TargetHealth.UNUSED, is_listed=True)


TWO = stack(
    balanced(),
    balancers=(load_balancer("edge"), load_balancer("inside", listener("http", 8080, "web", of="inside"))),
)


@pytest.mark.parametrize(
    ("edge", "inside", "health"),
    [
        (("ready", "passed"), ("ready", "passed"), "healthy"),
        (("ready", "passed"), ("initial", "none"), "initial"),
        (("ready", "passed"), ("ready", "failed"), "unhealthy"),
        (("draining", "none"), ("initial", "failed"), "unhealthy"),
        (("draining", "none"), ("initial", "none"), "draining"),
    ],
)
def test_a_task_is_as_well_as_its_worst_target(edge: tuple[str, str], inside: tuple[str, str], health: str) -> None:
    balancers = (
        balancer(listed(1, *edge), of=TWO),
        balancer(listed(1, *inside), of=TWO, name="inside", address="load_balancer.inside"),
    )
    found = traffic_of(ME, (REGISTRATION,), TWO, balancers)
    assert found is not None
    assert found.health == health


def test_a_task_in_two_groups_is_healthy_only_in_both() -> None:
    both = stack(balanced("web"), balanced("api"))
    api = REGISTRATION.changed(target_group="target_group.api")
    there = listed(1)
    one = traffic_of(ME, (REGISTRATION, api), both, (balancer(there, of=both),))
    two = traffic_of(
        ME, (REGISTRATION, api), both, (balancer(there, listed(1, target_group="target_group.api"), of=both),)
    )
    assert (one, two) == (
        Traffic(TargetHealth.INITIAL, PROGRESS, is_listed=True),
        Traffic(TargetHealth.HEALTHY, is_listed=True),
    )


def test_the_address_is_the_containers_own() -> None:
    task = observed(shown(addresses={"shop": "10.0.0.1", "shop-other": "10.9.0.1"}))
    assert address_of(task, definition(), REGISTRATION, "shop") == "10.0.0.1"
    assert address_of(task, definition(), REGISTRATION, "elsewhere") == ""


@pytest.mark.parametrize("status", ["created", "exited"])
def test_a_container_that_does_not_run_has_no_address(status: str) -> None:
    task = observed(shown(status=status, addresses={"shop": "10.0.0.1"}))
    assert address_of(task, definition(), REGISTRATION, "shop") == ""
    assert address_of(None, definition(), REGISTRATION, "shop") == ""


def test_the_address_of_containers_that_share_a_network_is_their_holders() -> None:
    pair = definition(container(), container("side"), network_mode=NetworkMode.AWSVPC)
    holder = shown("holder", addresses={"shop": "10.0.0.9"})
    assert address_of(observed(shown(), shown("side"), holder), pair, REGISTRATION, "shop") == "10.0.0.9"
    assert address_of(observed(shown(), shown("side")), pair, REGISTRATION, "shop") == ""


HAUNTED = "load_balancer.edge to forget 10.0.0.1 of task 00000000"


def test_an_address_that_its_task_has_is_no_ghost() -> None:
    assert ghosts(snapshot(balancers=(balancer(listed(1)),)), {ME: frozenset({"10.0.0.1"})}) == ""


@pytest.mark.parametrize("addresses", [{}, {ME: frozenset()}, {ME: frozenset({"10.0.0.7"})}])
def test_an_address_that_its_task_has_no_longer_is_a_ghost(addresses: dict[str, frozenset[str]]) -> None:
    assert ghosts(snapshot(balancers=(balancer(listed(1)),)), addresses) == HAUNTED


def test_one_on_the_volume_alone_is_a_ghost_and_one_in_the_process_alone_too() -> None:
    there, empty = balancer(listed(1)), balancer()
    for seen in (there.changed(running=empty.running), there.changed(configuration=empty.configuration)):
        assert ghosts(snapshot(balancers=(seen,)), {}) == HAUNTED


def test_a_balancer_without_a_container_has_no_ghosts() -> None:
    assert ghosts(snapshot(balancers=(balancer().changed(configuration=None, running=None),)), {}) == ""
