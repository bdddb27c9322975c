"""What is asked for, changed, or lost while traffic is shifted: nothing unproven is promoted, no request is lost."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.engine.session import stop_task
from reconciler.model.request import Request
from reconciler.model.routing import WHOLE, Color, TargetState
from reconciler.model.service import Alarm, DeploymentCircuitBreaker, LifecycleHook, LifecycleStage, Linear
from reconciler.model.snapshot import Drift, ObservedTask, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.step import ConfigureBalancer, Outcome, StartContainer
from tests.builders import stop_request
from tests.scenarios.play import Crash, Play
from tests.scenarios.traffic import BLUE_GREEN, LINEAR, ROLLING, containers_of, errors_on, in_stage, of_image, web

FROM = LifecycleStage
KEPT = DeploymentCircuitBreaker(rollback=False)


def ask(play: Play, kind: str, **fields: Any) -> str:
    """Ask for something, and go on; returns how that ended."""
    play.site.store.post("shop", Request(kind=kind, **{"service": "service.web", **fields}))
    play.go_on(kind)
    return how(play)


def how(play: Play) -> str:
    return play.lines[-1].partition("] ")[2]


def dies_at(play: Play, wanted: Stack, green: int) -> None:
    """Apply, and die before so much of the traffic is on green."""
    play.dies_before = lambda step: (
        isinstance(step, ConfigureBalancer) and any(each.green == green for each in step.configuration.routes)
    )
    play.apply(wanted)
    play.dies_before = lambda step: False


def green(play: Play) -> int:
    (edge,) = play.site.engine.observed_balancers()
    shares = edge.shares(edge.configuration.routes[0].target_group) if edge.configuration else None
    assert shares is not None
    return shares[0]


def ready(play: Play) -> dict[Color, int]:
    """Return how many targets of each pool get its traffic."""
    (edge,) = play.site.engine.observed_balancers()
    assert edge.configuration is not None
    targets = [each for route in edge.configuration.routes for each in route.targets]
    return {
        color: sum(each.color is color and each.state is TargetState.READY for each in targets) for color in Color
    }


def least_ready(play: Play) -> list[int]:
    """Return a list whose one number is the least of targets that production's traffic ever had from here on."""
    least = [99]
    observe = play.site.observe

    def observed(decision: Any, shown: Any) -> None:
        observe(decision, shown)
        share, found = green(play), ready(play)
        serving = found[Color.GREEN] if share > WHOLE // 2 else found[Color.BLUE]
        least[0] = min(least[0], serving)

    play.site.observe = observed
    return least


def failed_at_production(play: Play) -> None:
    """Let app:2 fail its hook once it has all of the traffic, and be left so."""
    smoke = LifecycleHook(name="smoke", stages=(FROM.POST_PRODUCTION_TRAFFIC_SHIFT,), command=("smoke",))
    fields = {"deployment_circuit_breaker": KEPT, "lifecycle_hooks": (smoke,)}
    play.apply(web(2, 1, **fields))
    play.site.engine.hooks = lambda step: Outcome(step=step, ok=False, code="HookFailed", reason="it is bad")
    play.apply(web(2, 2, **fields))


def test_to_scale_a_shift_that_failed_tries_it_again_and_promotes_nothing(play: Play) -> None:
    failed_at_production(play)
    assert ask(play, "scale", count=3) == "failed: service.web"
    assert play.site.live == ("web:1", "web:1", "web:2", "web:2", "web:2")


def test_to_stop_a_task_of_a_shift_that_failed_promotes_nothing(play: Play) -> None:
    failed_at_production(play)
    state = play.site.store.load("shop")
    assert state.target is not None
    task = next(each for each in state.tasks if each.revision == 2)
    lease = play.site.store.acquire("shop", "stop", 0)
    ended = stop_task(play.site.session(), play.site.world(), state.target, stop_request(task.id, "by hand"), lease)
    assert (play.site.live, ended.decision.failed) == (("web:1", "web:1", "web:2"), ("service.web",))


def test_fewer_steps_in_the_middle_of_a_linear_shift_end_it_at_its_last(play: Play) -> None:
    fine, coarse = Linear(step_percent=10, step_bake_time=5), Linear(step_percent=50, step_bake_time=5)
    play.apply(web(1, 1, LINEAR, linear=fine))
    dies_at(play, web(1, 2, LINEAR, linear=fine), 700)
    play.apply(web(1, 2, LINEAR, linear=coarse))
    assert (how(play), play.site.live, green(play)) == ("steady", ("web:2",), WHOLE)


def test_a_rolling_update_in_mid_shift_keeps_the_pool_that_was_proven(play: Play) -> None:
    play.apply(web(2, 1, LINEAR))
    dies_at(play, web(2, 2, LINEAR), 800)
    shares: set[int] = set()
    play.once(lambda decision: bool(shares.add(green(play))), lambda: None)
    play.apply(web(2, 3, ROLLING))
    assert (how(play), play.site.live) == ("steady", ("web:3", "web:3"))
    assert max(shares) == 400, "app:2 got more traffic when it was given up"


def test_a_restart_whose_old_task_dies_replaces_it_once(play: Play) -> None:
    play.apply(web(2, 1))
    play.once(in_stage(FROM.BAKE_TIME), lambda: play.site.engine.kill(play.container("web-1")))
    assert ask(play, "restart") == "steady"
    assert sum(isinstance(each, StartContainer) for each in play.site.engine.steps) == 5


def test_a_restart_that_fails_in_its_bake_goes_back_to_the_old_tasks(play: Play) -> None:
    alarm = Alarm(name="errors", metric="http_5xx_percent", greater_than=5)
    play.apply(web(2, 1, alarms=(alarm,)))
    before = containers_of(play, 1)
    errors_on(play, Color.GREEN)
    ask(play, "restart")
    assert (containers_of(play, 1), green(play)) == (before, 0)


def test_tasks_of_the_same_revision_in_the_idle_pool_are_no_substitute(play: Play) -> None:
    alarm = Alarm(name="errors", metric="http_5xx_percent", greater_than=5)
    fields = {"alarms": (alarm,), "deployment_circuit_breaker": KEPT}
    play.apply(web(2, 1, **fields))
    errors_on(play, Color.GREEN)
    ask(play, "restart")
    play.site.engine.kill(play.container("web-1"))
    play.apply(web(2, 1, **fields))
    assert (how(play), green(play), ready(play)) == ("steady", 0, {Color.BLUE: 2, Color.GREEN: 0})


@pytest.mark.parametrize("strategy", [BLUE_GREEN, ROLLING])
def test_a_drain_that_takes_longer_than_the_timeout_is_no_failure(play: Play, strategy: str) -> None:
    def patient(tag: int) -> Stack:
        found = web(1, tag, strategy, bake_time=0, timeout=60)
        return found.changed(
            target_groups=tuple(each.changed(deregistration_delay=300) for each in found.target_groups)
        )

    play.will(of_image(1), Behaviour(request_seconds=200))
    play.apply(patient(1))
    play.apply(patient(2))
    assert (how(play), play.site.live) == ("steady", ("web:2",))


def test_who_has_all_the_traffic_stays_until_somebody_else_can_take_it(play: Play) -> None:
    play.apply(web(2, 1))

    def stop() -> None:
        primary = play.site.store.load("shop").primary("service.web")
        assert primary is not None
        play.ask(Request(kind="stop", deployment=primary.id))

    play.once(in_stage(FROM.BAKE_TIME), stop)
    play.apply(web(2, 2))
    for name in ("web-1", "web-2"):
        play.site.engine.kill(play.container(name))
    play.go_on("all old tasks die; nobody replaces them")
    least = least_ready(play)
    play.apply(web(2, 3))
    assert (how(play), play.site.live, least) == ("steady", ("web:3", "web:3"), [2])


def test_a_deployment_that_had_taken_over_is_gone_back_to_though_it_was_superseded_twice(play: Play) -> None:
    play.will(of_image(1), Behaviour(request_seconds=20))
    play.apply(web(2, 1))
    taken_over = in_stage(FROM.CLEAN_UP)

    def is_second(decision: Any) -> bool:
        return taken_over(decision) and decision.state.primary("service.web").revision == 2

    play.once(is_second, lambda: setattr(play, "dies_before", lambda step: True))
    play.apply(web(2, 2))
    play.dies_before = lambda step: isinstance(step, StartContainer)
    play.apply(web(2, 3))
    play.dies_before = lambda step: False
    primaries = []
    play.once(lambda decision: bool(primaries.append(green(play))), lambda: None)
    play.will(of_image(4), Behaviour(serves_after=None))
    play.apply(web(2, 4))
    assert (play.site.live, set(primaries)) == (("web:2", "web:2"), {WHOLE})


def test_a_service_that_comes_back_shifts_from_nothing_of_before(play: Play) -> None:
    play.apply(web(2, 1))
    there = web(2, 2)
    play.apply(there.changed(services=(), definitions={}))
    play.apply(there)
    started = [step.task.revision for step in play.site.engine.steps if isinstance(step, StartContainer)]
    assert (how(play), started) == ("steady", [1, 1, 2, 2])


def test_to_scale_to_zero_in_mid_shift_ends_at_once(play: Play) -> None:
    play.apply(web(2, 1, LINEAR))
    began = play.site.clock.now()
    play.once(
        in_stage(FROM.PRODUCTION_TRAFFIC_SHIFT, 1),
        lambda: play.ask(Request(kind="scale", service="service.web", count=0)),
    )
    play.apply(web(2, 2, LINEAR))
    assert (how(play), play.site.live, play.site.clock.now() < began + 60) == ("steady", (), True)
    assert ask(play, "scale", count=1) == "steady"
    assert play.site.live == ("web:2",)


def drifting(play: Play, revision: int) -> list[bool]:
    """Return a switch: once it is on, the first two tasks of a revision are not as they are declared."""
    switch, look = [False], play.site.engine.look

    def observed(each: ObservedTask) -> ObservedTask:
        if not switch[0] or each.task.revision != revision or each.task.ordinal > 2:
            return each
        drift = (Drift(attribute="memory", declared="16", observed="32"),)
        return each.changed(containers=tuple(found.changed(drift=drift) for found in each.containers))

    def looked(request: Any) -> Snapshot:
        shown = look(request)
        return shown.changed(tasks=tuple(observed(each) for each in shown.tasks))

    play.site.engine.look = looked  # type: ignore[method-assign]
    return switch


def test_who_drifts_with_all_of_the_traffic_is_replaced_after_the_shift_one_by_one(play: Play) -> None:
    play.apply(web(2, 1))
    drifts = drifting(play, 2)

    def happens() -> None:
        drifts[0] = True
        play.site.engine.kill(play.container("web-1"))  # something to look for

    play.once(in_stage(FROM.BAKE_TIME), happens)
    least = least_ready(play)
    play.apply(web(2, 2))
    assert (how(play), play.site.live, least) == ("steady", ("web:2", "web:2"), [2])


def test_a_failed_shift_that_is_left_gives_traffic_back_when_nobody_of_it_is_left(play: Play) -> None:
    failed_at_production(play)
    for name in ("web-3", "web-4"):
        play.site.engine.kill(play.container(name))
    play.go_on("all new tasks die")
    assert (green(play), ready(play)[Color.BLUE]) == (0, 2)


def test_a_clock_that_was_set_back_makes_no_bake_longer(play: Play) -> None:
    play.apply(web(2, 1))

    def dies() -> None:
        raise Crash

    play.once(in_stage(FROM.BAKE_TIME), dies)
    play.apply(web(2, 2))
    play.site.clock._now -= 3600
    began = play.site.clock.now()
    play.apply(web(2, 2))
    assert (how(play), play.site.clock.now() < began + 30) == ("steady", True)
