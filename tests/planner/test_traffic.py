"""What a plan says of load balancers and target groups, and of the stages of a deployment to come (J6)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.deployment import Deployment
from reconciler.model.diagnostic import Span
from reconciler.model.plan import AttributeChange, Change
from reconciler.model.routing import ObservedBalancer
from reconciler.model.service import LifecycleHook, Linear
from reconciler.model.stack import Stack
from reconciler.planner.stage_words import stage_words
from reconciler.planner.traffic import DOWNTIME, traffic_changes
from tests.builders import EMPTY, balanced, listener, load_balancer, service, snapshot, stack, state, target_group
from tests.scheduler.balancing import REGISTRATION, balancer, blue_green, second

SHOP = stack(balanced())
TESTED = REGISTRATION.changed(test_listener="load_balancer.edge.listener.test")


def changes(wanted: Stack, before: Stack | None = SHOP, *balancers: ObservedBalancer) -> list[Change]:
    """Return what is said when `before` was applied, and the balancer of that runs unless told."""
    shown = balancers or ((balancer(of=before),) if before is not None else ())
    return list(traffic_changes(wanted, state(before), snapshot(balancers=shown)))


def edge(*listeners: Any, **fields: Any) -> Stack:
    return stack(balanced(), balancers=(load_balancer("edge", *listeners, **fields),))


def test_what_is_new_is_created_and_listeners_are_named() -> None:
    assert changes(SHOP, None) == [
        Change(address="load_balancer.edge", action="create", label="http on 0.0.0.0:80"),
        Change(address="target_group.web", action="create"),
    ]


def test_what_is_as_applied_is_no_change() -> None:
    assert changes(SHOP) == []


def test_a_balancer_whose_container_is_gone_is_created() -> None:
    gone = balancer().changed(container_id="", is_live=False, settings="", configuration=None, running=None)
    assert [(each.address, each.action) for each in changes(SHOP, SHOP, gone)] == [("load_balancer.edge", "create")]


def test_another_timeout_changes_a_balancer_in_place() -> None:
    (found,) = changes(edge(idle_timeout=5))
    assert found == Change(
        address="load_balancer.edge",
        action="update",
        reason="without a connection lost",
        attributes=(AttributeChange(path="idle_timeout", old=60.0, new=5, effect="in-place"),),
        unchanged=found.unchanged,
    )


@pytest.mark.parametrize(
    ("wanted", "path", "old", "new"),
    [
        (edge(listener("http", 8080, "web")), "listener.http.port", 80, 8080),
        (edge(listener("http", 80, "web", bind="127.0.0.1")), "listener.http.bind", "0.0.0.0", "127.0.0.1"),
        (edge(image="haproxy:2.6"), "image", "haproxy:3.0", "haproxy:2.6"),
    ],
    ids=["port", "bind", "image"],
)
def test_what_the_container_is_made_with_replaces_it_and_the_downtime_is_said(
    wanted: Stack, path: str, old: Any, new: Any
) -> None:
    (found,) = changes(wanted)
    assert (found.action, found.reason) == ("replace", DOWNTIME)
    assert found.attributes == (AttributeChange(path=path, old=old, new=new, effect="forces replacement"),)
    assert DOWNTIME == "its container is replaced: nobody answers on its ports for about a second"


def test_a_replacement_says_which_changes_force_it() -> None:
    (found,) = changes(edge(listener("http", 8080, "web"), idle_timeout=5))
    assert {each.path: each.effect.value for each in found.attributes} == {
        "idle_timeout": "in-place",
        "listener.http.port": "forces replacement",
    }


def test_one_that_was_made_otherwise_by_hand_is_replaced_though_the_file_is_the_same() -> None:
    (found,) = changes(SHOP, SHOP, balancer(settings="v1:other"))
    assert (found.action, found.reason, found.attributes) == ("replace", DOWNTIME, ())


def test_another_delay_changes_a_target_group_and_the_line_is_named() -> None:
    slower = stack(balanced(), target_groups=(target_group(deregistration_delay=5),)).changed(
        origins={
            "target_group.web": Span("web.hcl", 3, 1, 3, 9),
            "target_group.web.deregistration_delay": Span("web.hcl", 4, 3, 4, 9),
        }
    )
    (found,) = changes(slower)
    assert found == Change(
        address="target_group.web",
        action="update",
        attributes=(
            AttributeChange(path="deregistration_delay", old=30.0, new=5, effect="in-place", place="web.hcl:4"),
        ),
        unchanged=found.unchanged,
        place="web.hcl:3",
    )


def test_what_left_the_stack_is_deleted() -> None:
    without = stack().changed(services=SHOP.services)
    assert changes(without) == [
        Change(address=each, action="delete", reason="it is no longer in the stack")
        for each in ("load_balancer.edge", "target_group.web")
    ]


def test_a_destroy_deletes_without_words() -> None:
    assert [(each.address, each.action, each.reason) for each in changes(EMPTY)] == [
        ("load_balancer.edge", "delete", ""),
        ("target_group.web", "delete", ""),
    ]


def test_with_a_lost_state_the_volumes_say_what_there_was() -> None:
    assert changes(SHOP, None, balancer()) == []


def told(deployment: Deployment, **fields: Any) -> tuple[str, ...]:
    return stage_words(deployment, service("web", 2, blue_green(**fields)))


def test_the_stages_of_a_rolling_update_without_hooks_and_bake_are_not_told() -> None:
    assert told(second(shifts_from="", strategy="ROLLING"), strategy="ROLLING", bake_time=0) == ()


def test_the_bake_of_a_rolling_update_is_told() -> None:
    found = told(second(shifts_from="", strategy="ROLLING"), strategy="ROLLING", bake_time=60)
    assert found == ("SCALE_UP", "BAKE_TIME: 60 s", "CLEAN_UP")


def test_the_stages_of_blue_green_name_shift_and_bake() -> None:
    assert told(second()) == ("SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT: 100 %", "BAKE_TIME: 10 s", "CLEAN_UP")


def test_a_test_listener_has_its_stage() -> None:
    assert told(second(registrations=(TESTED,)))[:2] == ("SCALE_UP", "TEST_TRAFFIC_SHIFT")


def test_each_step_is_told_and_hooks_beside_their_stage() -> None:
    hooks = (
        LifecycleHook(name="migrate", stages=("PRE_SCALE_UP",), command=("migrate",)),
        LifecycleHook(name="smoke", stages=("POST_TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"), command=("s",)),
    )
    found = told(second(strategy="LINEAR"), linear=Linear(step_percent=50, step_bake_time=60), lifecycle_hooks=hooks)
    assert found == (
        "PRE_SCALE_UP (migrate)",
        "SCALE_UP",
        "POST_TEST_TRAFFIC_SHIFT (smoke)",
        "PRODUCTION_TRAFFIC_SHIFT: 50 %, then 60 s (smoke)",
        "PRODUCTION_TRAFFIC_SHIFT: 100 % (smoke)",
        "BAKE_TIME: 10 s",
        "CLEAN_UP",
    )


def test_a_first_deployment_neither_shifts_nor_bakes() -> None:
    assert told(second(shifts_from="")) == ()
