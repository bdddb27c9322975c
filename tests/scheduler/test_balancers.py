"""Balancers: started, replaced, told, removed; and what is done when one does not answer (K1, K15, R29)."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.noun import fingerprint
from reconciler.model.routing import BalancerConfiguration, BalancerSettings, ObservedBalancer, PublishedListener
from reconciler.model.snapshot import ObservedImage
from reconciler.model.stack import Stack
from reconciler.model.state import Silence
from reconciler.model.step import ConfigureBalancer, PullImage, RemoveBalancer, StartBalancer, Step
from reconciler.scheduler.balancers import (
    SILENT_SECONDS,
    balancer_steps,
    is_as_wanted,
    lost_balancers,
    note_silence,
    settings_of,
    why_replaced,
)
from tests.builders import EMPTY, NOW, OWNER, balanced, listener, load_balancer, snapshot, stack
from tests.scheduler.balancing import balanced_state, balancer, listed

SHOP = stack(balanced())
EDGE = SHOP.load_balancers[0]
PROXY = ObservedImage(reference="haproxy:3.0", id="sha256:haproxy")
STATE = balanced_state(SHOP)


def written(seen: ObservedBalancer) -> BalancerConfiguration:
    assert seen.configuration is not None
    return seen.configuration


WANTED = written(balancer(listed(1)))


def steps(
    *balancers: ObservedBalancer,
    of: Stack = SHOP,
    wanted: BalancerConfiguration = WANTED,
    parting: dict[str, BalancerConfiguration] | None = None,
    **fields: Any,
) -> tuple[Step, ...]:
    shown = snapshot(balancers=balancers, **{"images": (PROXY,), **fields})
    return balancer_steps(of, STATE, shown, {"edge": wanted}, parting or {})


def starting(reason: str, of: Stack = SHOP) -> StartBalancer:
    return StartBalancer(
        address="load_balancer.edge",
        reason=reason,
        stack="shop",
        owner=OWNER,
        settings=settings_of(of.load_balancers[0], of),
        configuration=WANTED,
    )


def configuring(wanted: BalancerConfiguration, reason: str) -> ConfigureBalancer:
    return ConfigureBalancer(
        address="load_balancer.edge", reason=reason, owner=OWNER, container_id="balancer-1", configuration=wanted
    )


def test_a_balancer_that_is_not_there_is_started_with_all_that_it_is_to_do() -> None:
    assert steps() == (starting("it does not exist"),)


def test_its_image_is_pulled_first() -> None:
    pull = PullImage(
        address="load_balancer.edge", reason="image haproxy:3.0 is to be pulled", reference="haproxy:3.0"
    )
    assert steps(images=()) == (pull,)


def test_it_waits_for_the_stacks_network() -> None:
    assert steps(networks=()) == ()


def test_one_that_does_not_run_is_started() -> None:
    down = balancer(listed(1), is_live=False, running=None)
    assert steps(down) == (starting("it does not run"),)


@pytest.mark.parametrize(
    "changed",
    [
        load_balancer("edge", listener("http", 8080, "web"), image="haproxy:3.0"),
        load_balancer("edge", listener("http", 80, "web", bind="127.0.0.1")),
        load_balancer("edge", listener("http", 80, "web", publish=False)),
    ],
    ids=["port", "bind", "publish"],
)
def test_other_settings_of_its_container_replace_it(changed: Any) -> None:
    other = stack(balanced(), balancers=(changed,))
    seen = balancer(listed(1))
    assert steps(seen, of=other) == (starting("its image, ports or addresses changed", other),)
    assert (why_replaced(changed, other, seen), why_replaced(EDGE, SHOP, seen)) == (True, False)


def test_one_that_is_not_there_is_not_replaced() -> None:
    gone = balancer(container_id="", is_live=False, settings="", configuration=None, running=None)
    assert not why_replaced(EDGE, SHOP, gone)
    assert steps(gone) == (starting("it does not exist"),)


def test_a_container_that_it_replaced_is_removed_by_starting_it_again() -> None:
    assert steps(balancer(listed(1), stale=("old",))) == (starting("a container that it replaced is still there"),)


def test_one_that_is_as_wanted_is_left_alone() -> None:
    assert steps(balancer(listed(1))) == ()


PROCESS = balancer(listed(1)).running
assert PROCESS is not None


@pytest.mark.parametrize(
    "seen",
    [
        balancer().changed(running=PROCESS),
        balancer(listed(1), green=500).changed(running=PROCESS),
        balancer(listed(1)).changed(configuration=None),
        balancer(listed(1)).changed(running=PROCESS.changed(targets=())),
        balancer(listed(1)).changed(running=PROCESS.changed(targets=(listed(1, "draining"),))),
        balancer(listed(1)).changed(running=PROCESS.changed(targets=(listed(1, address="10.0.0.9"),))),
        balancer(listed(1)).changed(running=PROCESS.changed(targets=(listed(1), listed(2)))),
        balancer(listed(1)).changed(running=PROCESS.changed(shares={"target_group.web": (5, 0)})),
        balancer(listed(1)).changed(running=PROCESS.changed(shares={})),
        balancer(listed(1)).changed(running=PROCESS.changed(structure="v1:other")),
    ],
    ids=[
        "volume: targets",
        "volume: shares",
        "volume: not ours",
        "process: target missing",
        "process: state",
        "process: address",
        "process: one too many",
        "process: shares",
        "process: no shares",
        "process: structure",
    ],
)
def test_a_difference_of_volume_or_process_is_a_step(seen: ObservedBalancer) -> None:
    assert steps(seen) == (configuring(WANTED, "its targets or rules are others now"),)


@pytest.mark.parametrize("check", ["none", "failed"])
def test_what_a_check_says_is_no_difference(check: str) -> None:
    assert is_as_wanted(balancer(listed(1, "ready", check, sessions=4)), WANTED)


def test_one_whose_process_is_down_is_only_told_what_is_not_written_yet() -> None:
    assert steps(balancer(listed(1)).changed(running=None)) == ()
    down = balancer().changed(running=None)
    assert steps(down) == (configuring(WANTED, "its targets or rules are others now"),)


def test_one_that_left_the_stack_drains_and_is_then_removed() -> None:
    there = balancer(listed(1))
    drained = written(balancer(listed(1, "draining")))
    assert steps(there, of=EMPTY, parting={"edge": drained}) == (configuring(drained, "its targets drain"),)
    assert steps(there, of=EMPTY) == (
        RemoveBalancer(
            address="load_balancer.edge",
            reason="it is no longer in the stack",
            stack="shop",
            owner=OWNER,
            name="edge",
        ),
    )


def test_its_ports_are_published_once_each_and_not_those_inside_only() -> None:
    several = load_balancer(
        "edge",
        listener("a", 80, "web"),
        listener("b", 80, "web"),
        listener("c", 443, "web", bind="127.0.0.1"),
        listener("d", 9000, "web", publish=False),
    )
    assert settings_of(several, SHOP) == BalancerSettings(
        name="edge",
        image="haproxy:3.0",
        ports=(PublishedListener(bind="0.0.0.0", port=80), PublishedListener(bind="127.0.0.1", port=443)),
        networks=("shop",),
    )
    assert balancer().settings == fingerprint(settings_of(EDGE, SHOP))


def test_since_when_a_balancer_is_silent_is_recorded_and_forgotten() -> None:
    silent = snapshot(balancers=(balancer().changed(running=None),))
    once = note_silence(STATE, silent, NOW)
    assert once.silent == (Silence(balancer="edge", since=NOW),)
    assert note_silence(once, silent, NOW + 9) == once
    assert note_silence(once, snapshot(balancers=(balancer(),)), NOW + 9) == STATE


def test_one_that_is_silent_for_long_is_lost() -> None:
    silent = STATE.changed(silent=(Silence(balancer="edge", since=NOW),))
    assert lost_balancers(SHOP, silent, NOW + SILENT_SECONDS - 0.1) == ()
    assert lost_balancers(SHOP, silent, NOW + SILENT_SECONDS) == ("load_balancer.edge",)
