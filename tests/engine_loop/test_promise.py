"""A service is a promise: a revision that is known to work keeps its count, also when its deployment failed (H4)."""

from __future__ import annotations

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.model.deployment import Deployment, RolloutState
from reconciler.model.request import Request, RequestKind
from reconciler.model.stack import Stack
from reconciler.model.step import StartContainer, Step
from reconciler.planner.requests import carry_out
from reconciler.scheduler.scheduler import decide
from tests.builders import container, declared, percents, stack
from tests.scheduler.scheduling import put
from tests.site import Site

HOUR = 3600.0
ONE = percents(0, 100)


def shop(revision: int, count: int = 1, rollback: bool = True) -> Stack:
    breaker = ONE.deployment_circuit_breaker.changed(rollback=rollback)
    configuration = ONE.changed(deployment_circuit_breaker=breaker)
    return stack(declared("web", count, container(image=f"app:{revision}"), configuration=configuration))


def crash(step: Step) -> Behaviour:
    return Behaviour(exits_after=1, exit_code=1)


def work(step: Step) -> Behaviour:
    return Behaviour()


def primary(site: Site) -> Deployment:
    found = site.store.load("shop").primary("service.web")
    assert found is not None
    return found


def starts(site: Site) -> int:
    return sum(isinstance(each, StartContainer) for each in site.engine.steps)


def after_a_rollback_that_failed() -> Site:
    """Return a site where nothing lasts any more: neither the new revision nor the one that worked."""
    site = Site(looks=20_000)
    site.apply(shop(1))
    site.engine.behave = crash
    assert site.apply(shop(2)).decision.failed == ("service.web",)
    assert (primary(site).has_failed, bool(primary(site).rolls_back)) == (True, True)
    return site


def test_a_rollback_that_failed_is_tried_on_and_is_complete_once_it_has_healed() -> None:
    site = after_a_rollback_that_failed()
    site.watch(HOUR)
    site.engine.behave = work
    site.watch(HOUR)
    assert site.live == ("web:1",)
    assert (primary(site).rollout_state, primary(site).reason) == (RolloutState.COMPLETED, "")


def test_a_rollback_that_failed_is_tried_like_any_crash_loop() -> None:
    site = after_a_rollback_that_failed()
    before = starts(site)
    site.watch(HOUR)
    assert 10 <= starts(site) - before <= 20


def test_whoever_looks_next_tries_a_rollback_that_failed_and_does_not_wait_for_it() -> None:
    site = after_a_rollback_that_failed()
    before = starts(site)
    site.clock.advance_to(site.clock.now() + 100)
    assert site.go_on().decision.failed == ("service.web",)
    assert starts(site) == before + 1


def test_what_worked_keeps_its_count_when_an_apply_that_scales_it_fails() -> None:
    site = Site(looks=20_000)
    site.apply(shop(1))
    site.engine.behave = crash
    assert site.apply(shop(1, count=3)).decision.failed == ("service.web",)
    assert primary(site).has_failed
    site.engine.behave = work
    site.watch(HOUR)
    assert (site.live, primary(site).has_failed) == (("web:1",) * 3, False)


@pytest.mark.parametrize(("first", "second"), [(None, shop(1)), (shop(1), shop(2, rollback=False))])
def test_what_never_worked_is_not_tried_again_and_nothing_says_so(first: Stack | None, second: Stack) -> None:
    site = Site(looks=20_000)
    if first is not None:
        site.apply(first)
    site.engine.behave = crash
    site.apply(second)
    before = starts(site)
    site.watch(HOUR)
    assert (primary(site).has_failed, starts(site)) == (True, before)
    told = [each.message for each in site.store.load("shop").events if "unable" in each.message]
    assert told == ["is unable to consistently start tasks successfully."]


def test_the_time_of_the_next_attempt_is_when_the_task_that_is_tried_has_lasted() -> None:
    site = Site(looks=20_000)
    site.apply(shop(1, count=3))
    kill(site, 3)
    while len(site.live) < 3:
        site.watch(1)
    kill(site, 1)  # it is followed after 8 s, were the other new one not to last for a minute first
    (waiting,) = site.go_on().decision.waiting_for
    assert waiting.until is not None
    assert [begun(site, at) for at in (waiting.until - 1, waiting.until)] == [0, 1]


def begun(site: Site, at: float) -> int:
    """Return how many tasks would be made for a service at that time, were nothing to happen until then."""
    recorded = site.store.load("shop")
    assert recorded.target is not None
    decision = decide(recorded.target, recorded, site.engine.look(site.request()), at)
    return len(decision.state.tasks) - len(recorded.tasks)


def kill(site: Site, count: int) -> None:
    """End the tasks that were started last."""
    tasks = site.engine.look(site.request()).tasks
    live = sorted((each.task.ordinal, found.id) for each in tasks for found in each.containers if found.is_live)
    for _, container_id in live[-count:]:
        site.engine.kill(container_id, 1)


def test_another_try_of_what_worked_once_is_tried_on_too() -> None:
    site = after_a_rollback_that_failed()
    assert site.apply(shop(1)).decision.failed == ("service.web",)
    assert (primary(site).has_failed, primary(site).rolls_back) == (True, "")
    site.engine.behave = work
    site.watch(HOUR)
    assert (site.live, primary(site).rollout_state) == (("web:1",), RolloutState.COMPLETED)


def test_a_restart_that_failed_replaces_nothing_more_and_what_ends_later_is_replaced() -> None:
    site = Site(looks=20_000)
    site.apply(shop(1, count=3))
    site.engine.behave = crash
    ask(site, Request(kind=RequestKind.RESTART, service="service.web"))
    assert site.go_on().decision.failed == ("service.web",)
    site.engine.behave = work
    site.watch(HOUR)
    kill(site, 1)
    site.watch(HOUR)
    assert (site.live, primary(site).rollout_state) == (("web:1",) * 3, RolloutState.FAILED)


def ask(site: Site, request: Request) -> None:
    recorded = site.store.load("shop")
    put(site, carry_out(request, recorded, site.clock.now()))
