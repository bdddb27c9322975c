"""Deployments that shift, as a whole: what an apply ends with, what is seen afterwards, and what a plan foretells."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.drivers.simulated import Behaviour, expected_behaviour
from reconciler.engine.preview import preview
from reconciler.engine.requests import request
from reconciler.model.beside import Suspended
from reconciler.model.deployment import Deployment
from reconciler.model.plan import Rollout
from reconciler.model.request import Request
from reconciler.model.routing import WHOLE, Color
from reconciler.model.service import Alarm, LifecycleHook, LifecycleStage
from reconciler.model.stack import Stack
from reconciler.store.memory import MemoryStore
from tests.builders import balanced, container, stack
from tests.scheduler.balancing import WEB, blue_green
from tests.site import Site

LINEAR, CANARY, BLUE_GREEN = "LINEAR", "CANARY", "BLUE_GREEN"


def web(tag: int, count: int = 2, strategy: str = BLUE_GREEN, **fields: Any) -> Stack:
    configuration = blue_green(strategy, minimum_healthy_time=0, **fields)
    return stack(balanced("web", count, container(image=f"app:{tag}"), configuration=configuration, tested=True))


def steady(site: Site, wanted: Stack) -> None:
    assert site.apply(wanted).decision.is_steady


def primary(site: Site) -> Deployment:
    found = site.store.load("shop").primary("service.web")
    assert found is not None
    return found


def green(site: Site) -> tuple[int, int] | None:
    (edge,) = site.engine.observed_balancers()
    return edge.shares(WEB)


def ask(site: Site, kind: str, **fields: Any) -> None:
    """Ask for something when nobody holds the lock."""
    recorded = site.store.load("shop").target
    assert recorded is not None
    lease = site.store.acquire("shop", kind, 0)
    try:
        request(site.session(), site.world(), [Request(kind=kind, **fields)], recorded, lease)
    finally:
        lease.release()


@pytest.mark.parametrize("strategy", [BLUE_GREEN, LINEAR, CANARY])
def test_after_a_shift_there_is_nothing_to_do(strategy: str) -> None:
    site = Site()
    for tag in (1, 2, 3):
        steady(site, web(tag, strategy=strategy))
        assert site.plan(web(tag, strategy=strategy)).is_empty
        performed = len(site.engine.steps)
        steady(site, web(tag, strategy=strategy))
        assert site.engine.steps[performed:] == []
    assert (site.live, green(site)) == (("web:3", "web:3"), (0, 0))


def test_pools_take_turns() -> None:
    site = Site()
    seen = []
    for tag in (1, 2, 3):
        steady(site, web(tag))
        seen.append((primary(site).color, green(site)))
    assert seen == [(Color.BLUE, (0, 0)), (Color.GREEN, (WHOLE, WHOLE)), (Color.BLUE, (0, 0))]


def failing(site: Site, tag: int) -> None:
    """Let the tasks of an image answer nothing."""
    ill = Behaviour(serves_after=None)
    site.engine.behave = lambda step: ill if step.image.endswith(f"app:{tag}") else expected_behaviour(step)


def test_after_a_rollback_the_service_is_failed_until_the_file_says_what_runs() -> None:
    site = Site()
    steady(site, web(1))
    failing(site, 2)
    ended = site.apply(web(2)).decision
    assert (ended.failed, ended.is_steady, ended.is_over, site.live) == (
        ("service.web",),
        False,
        True,
        ("web:1", "web:1"),
    )
    assert site.go_on().decision.failed == ("service.web",)
    assert not site.plan(web(2)).is_empty
    steady(site, web(1))
    assert site.plan(web(1)).is_empty


def test_the_same_file_again_tries_again() -> None:
    site = Site()
    steady(site, web(1))
    failing(site, 2)
    site.apply(web(2))
    site.engine.behave = expected_behaviour
    steady(site, web(2))
    assert (site.live, green(site)) == (("web:2", "web:2"), (WHOLE, WHOLE))


@pytest.mark.parametrize("strategy", [BLUE_GREEN, LINEAR, CANARY])
def test_a_lost_state_finds_the_pool_that_has_the_traffic(strategy: str) -> None:
    site = Site()
    steady(site, web(1, strategy=strategy))
    steady(site, web(2, strategy=strategy))
    site.store = MemoryStore()
    performed = len(site.engine.steps)
    steady(site, web(2, strategy=strategy))
    assert (site.engine.steps[performed:], green(site)) == ([], (WHOLE, WHOLE))
    steady(site, web(3, strategy=strategy))
    assert (site.live, green(site)) == (("web:3", "web:3"), (0, 0))


def test_another_strategy_alone_changes_nothing_that_runs() -> None:
    site = Site()
    steady(site, web(1))
    performed = len(site.engine.steps)
    steady(site, web(1, strategy=LINEAR))
    assert site.engine.steps[performed:] == []


def test_a_service_without_tasks_is_not_shifted() -> None:
    site = Site()
    steady(site, web(1, count=0))
    steady(site, web(2, count=1))
    assert (primary(site).shifts_from, primary(site).color, site.live) == ("", Color.BLUE, ("web:2",))


def test_rollback_and_restart_shift_like_any_deployment() -> None:
    site = Site()
    steady(site, web(1))
    steady(site, web(2))
    ask(site, "rollback", service="service.web")
    assert (site.live, green(site)) == (("web:1", "web:1"), (0, 0))
    before = {each.task.id for each in site.engine.look(site.request()).tasks}
    ask(site, "restart", service="service.web")
    after = {each.task.id for each in site.engine.look(site.request()).tasks}
    assert (site.live, green(site), before & after) == (("web:1", "web:1"), (WHOLE, WHOLE), set())


def test_what_is_refused_while_an_apply_holds_the_lock_is_told_in_the_events() -> None:
    site = Site()
    steady(site, web(1))
    site.store.post("shop", Request(kind="rollback", service="service.web", revision=7))
    site.go_on()
    assert site.store.load("shop").events[-1].message == (
        "rollback was refused: there is no revision web:7; there are: 1"
    )


def test_to_resume_autoscaling_is_not_told_as_a_suspension() -> None:
    site = Site()
    steady(site, web(1))
    site.store.post("shop", Request(kind="suspend", service="service.web", suspended=Suspended()))
    site.go_on()
    assert "autoscaling suspend or resume was " in site.store.load("shop").events[-1].message


def test_a_count_that_was_set_holds_through_applies_until_the_file_changes() -> None:
    site = Site()
    steady(site, web(1))
    ask(site, "scale", service="service.web", count=3)
    steady(site, web(1))
    assert len(site.live) == 3
    steady(site, web(2))
    assert site.live == ("web:2",) * 3
    steady(site, web(2, count=1))
    assert site.live == ("web:2",)


def previewed(site: Site, wanted: Stack) -> Rollout:
    prepared = site.prepare(wanted)
    return preview(wanted, prepared.planned.target, prepared.snapshot, ["service.web"], site.clock.now())[
        "service.web"
    ]


def test_a_preview_of_blue_green_starts_all_beside_the_old_and_costs_no_downtime() -> None:
    site = Site()
    steady(site, web(1))
    found = previewed(site, web(2))
    assert (found.phases, found.peak, found.minimum_healthy, found.downtime, found.outcome) == (
        ("start 2", "stop 2"),
        4,
        2,
        None,
        "",
    )
    assert found.duration is not None and 20 < found.duration < 40


def test_a_preview_takes_pauses_for_answered() -> None:
    pause = LifecycleHook(name="ok", stages=(LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT,), pause=True)
    site = Site()
    steady(site, web(1, lifecycle_hooks=(pause,)))
    found = previewed(site, web(2, lifecycle_hooks=(pause,)))
    assert (found.phases, found.outcome) == (("start 2", "stop 2"), "")


def test_a_balancer_that_stays_silent_fails_the_apply_in_the_end() -> None:
    site = Site()
    steady(site, web(1))
    (edge,) = site.engine.balancers
    edge.process, edge.restarts_at = None, site.clock.now() + 1000
    ended = site.apply(web(1)).decision
    assert (ended.failed, ended.is_over, ended.is_steady) == (("load_balancer.edge",), True, False)
    assert [(each.address, each.reason) for each in ended.waiting_for] == [("load_balancer.edge", "it to answer")]


def test_a_restart_that_fails_keeps_the_tasks_there_were() -> None:
    site = Site()
    steady(site, web(1))
    before = {each.task.id for each in site.engine.look(site.request()).tasks}
    failing(site, 1)
    ask(site, "restart", service="service.web")
    after = {each.task.id for each in site.engine.look(site.request()).tasks if each.containers[0].is_live}
    assert (after, green(site)) == (before, (0, 0))


def test_a_restart_whose_alarm_fires_keeps_the_tasks_there_were() -> None:
    alarm = Alarm(name="errors", metric="http_5xx_percent", greater_than=5, period=2)
    site = Site()
    steady(site, web(1, alarms=(alarm,)))
    before = {each.task.id for each in site.engine.look(site.request()).tasks}
    site.engine.traffic = lambda group, color: (100.0, 20.0 if color is Color.GREEN else 0.0)
    ask(site, "restart", service="service.web")
    after = {each.task.id for each in site.engine.look(site.request()).tasks if each.containers[0].is_live}
    assert (after, green(site)) == (before, (0, 0))
