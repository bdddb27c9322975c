"""Scenarios of traffic: shifting deployments, rollbacks, draining, balancers that die."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.drivers.simulated import Behaviour
from reconciler.model.container_definition import RestartPolicy
from reconciler.model.decision import Decision
from reconciler.model.request import Request, RequestKind
from reconciler.model.routing import Color
from reconciler.model.service import Alarm, Canary, DeploymentStrategy, LifecycleHook, LifecycleStage, Linear
from reconciler.model.stack import Stack
from reconciler.model.step import ConfigureBalancer, Outcome, StartContainer, Step
from tests.builders import EMPTY, balanced, container, percents, stack
from tests.scenarios.play import Play
from tests.scenarios.registry import scenario

BLUE_GREEN, LINEAR, CANARY, ROLLING = "BLUE_GREEN", "LINEAR", "CANARY", "ROLLING"


def web(count: int, tag: int, strategy: str = BLUE_GREEN, **fields: Any) -> Stack:
    """A stack of one service behind a balancer; its image is `app:TAG`, its bake twenty seconds."""
    configuration = percents(
        strategy=DeploymentStrategy(strategy),
        minimum_healthy_time=0,
        **{"bake_time": 20, "linear": Linear(step_percent=40, step_bake_time=30), **fields},
    )
    app = container(image=f"app:{tag}")
    return stack(balanced("web", count, app, tested=strategy != ROLLING, configuration=configuration))


def in_stage(stage: LifecycleStage, shift: int = 0) -> Callable[[Decision], bool]:
    """Say whether the primary deployment of the service is in a stage."""

    def is_there(decision: Decision) -> bool:
        primary = decision.state.primary("service.web")
        return primary is not None and primary.stage is stage and primary.shift == shift

    return is_there


def is_shifting(decision: Decision) -> bool:
    """Say whether some traffic is on a deployment that shifts, and was seen there."""
    primary = decision.state.primary("service.web")
    return primary is not None and primary.is_shifting and primary.shifted_at is not None


def errors_on(play: Play, color: Color) -> None:
    """Let one in five requests to a pool fail, a hundred in a second."""
    play.site.engine.traffic = lambda group, pool: (100.0, 20.0 if pool is color else 0.0)


def of_image(tag: int) -> Callable[[StartContainer], bool]:
    return lambda step: step.image.endswith(f"app:{tag}")


@scenario
def blue_is_kept_through_the_bake(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1, blue/green with a bake of 20 s")
    play.apply(web(2, 2), "app:2")


@scenario
def a_blue_green_that_fails_its_smoke_hook_goes_back(play: Play) -> None:
    smoke = LifecycleHook(name="smoke", stages=(LifecycleStage.POST_TEST_TRAFFIC_SHIFT,), command=("smoke",))
    play.apply(web(2, 1, lifecycle_hooks=(smoke,)), "2 tasks of app:1")
    before = containers_of(play, 1)
    play.site.engine.hooks = lambda step: Outcome(
        step=step, ok=False, code="HookFailed", reason="exit code 1: GET / gave 500"
    )
    play.apply(web(2, 2, lifecycle_hooks=(smoke,)), "app:2, whose smoke test fails")
    assert containers_of(play, 1) == before


@scenario
def rollback_during_the_bake_is_one_weight_change(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1")
    before = containers_of(play, 1)
    rollback = Request(kind=RequestKind.ROLLBACK, service="service.web")
    play.once(in_stage(LifecycleStage.BAKE_TIME), lambda: play.ask(rollback))
    play.apply(web(2, 2), "app:2, and a rollback during its bake")
    assert containers_of(play, 1) == before


@scenario
def a_blue_task_that_dies_in_the_bake_is_replaced(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1")

    def dies() -> None:
        play.tell("web-1 is killed by hand")
        play.site.engine.kill(play.container("web-1"))

    play.once(in_stage(LifecycleStage.BAKE_TIME), dies)
    play.apply(web(2, 2), "app:2, and a blue task dies while green proves itself")
    started = [step.task.revision for step in play.site.engine.steps if isinstance(step, StartContainer)]
    assert started == [1, 1, 2, 2, 1]


@scenario
def a_linear_deployment_shifts_step_by_step(play: Play) -> None:
    play.apply(web(1, 1, LINEAR), "1 task of app:1, linear by 40 % with 30 s after each step")
    play.apply(web(1, 2, LINEAR), "app:2")


@scenario
def a_canary_whose_alarm_fires_goes_back(play: Play) -> None:
    fields = {
        "canary": Canary(percent=10, bake_time=60),
        "alarms": (Alarm(name="errors", metric="http_5xx_percent", greater_than=5),),
    }
    play.apply(web(2, 1, CANARY, **fields), "2 tasks of app:1, 10 % for 60 s, at most 5 % of errors")
    before = containers_of(play, 1)
    errors_on(play, Color.GREEN)
    play.apply(web(2, 2, CANARY, **fields), "app:2, a fifth of whose answers are errors")
    assert containers_of(play, 1) == before


CAREFUL = {"canary": Canary(percent=10, bake_time=60), "bake_time": 20}


def breaks(play: Play, tag: int, *tasks: str) -> None:
    """Every task of an image ends right after its start from now on; `tasks` end now."""
    play.happens(f"app:{tag} cannot do its work any more: its tasks end, and so do those that take their place")
    play.will(of_image(tag), Behaviour(exits_after=1, exit_code=1, serves_after=None))
    for each in tasks:
        play.site.engine.kill(play.container(each), 1)


def dies_later(play: Play, wanted: Stack, title: str) -> None:
    """Apply, and die before the first container that is started more than 40 s later."""
    begun = play.site.clock.now()
    play.dies_before = lambda step: isinstance(step, StartContainer) and play.site.clock.now() > begun + 40
    play.apply(wanted, title)
    play.dies_before = lambda step: False


@scenario
def a_canary_beside_a_broken_revision_gets_all_of_the_traffic_in_its_turn(play: Play) -> None:
    pause = LifecycleHook(name="approval", stages=(LifecycleStage.POST_TEST_TRAFFIC_SHIFT,), pause=True)
    fields = {**CAREFUL, "lifecycle_hooks": (pause,)}
    play.apply(web(1, 1, CANARY, **fields), "1 task of app:1, 10 % for 60 s, with an approval before")
    breaks(play, 1, "web-1")

    def answer() -> None:
        primary = play.site.store.load("shop").primary("service.web")
        assert primary is not None
        play.ask(Request(kind=RequestKind.CONTINUE, deployment=primary.id))

    begun = play.site.clock.now()
    play.once(lambda decision: play.site.clock.now() > begun + 60, answer)
    play.apply(web(1, 2, CANARY, **fields), "app:2, which works; after a minute somebody says yes")


@scenario
def a_canary_beside_a_revision_that_answers_no_check_gets_all_of_the_traffic(play: Play) -> None:
    play.will(of_image(1), Behaviour(stops_serving_after=40))
    play.apply(web(1, 1, CANARY, **CAREFUL), "1 task of app:1, which hangs after 40 s")
    play.wait(60)
    play.apply(web(1, 2, CANARY, **CAREFUL), "app:2, which works")


@scenario
def an_old_pool_that_is_ready_again_gets_its_share_back(play: Play) -> None:
    play.apply(web(1, 1, CANARY, **CAREFUL), "1 task of app:1, 10 % for 60 s")

    def dies() -> None:
        play.tell("web-1 is killed by hand")
        play.site.engine.kill(play.container("web-1"))

    play.once(is_shifting, dies)
    play.apply(web(1, 2, CANARY, **CAREFUL), "app:2")


@scenario
def a_revision_that_follows_a_canary_of_a_broken_one_shifts_from_the_canary(play: Play) -> None:
    play.apply(web(1, 1, CANARY, **CAREFUL), "1 task of app:1, 10 % for 60 s")
    breaks(play, 1, "web-1")
    dies_later(play, web(1, 2, CANARY, **CAREFUL), "app:2, which works, and the process dies in its canary")
    play.apply(web(1, 3, CANARY, **CAREFUL), "app:3, which works too")


@scenario
def a_revision_that_follows_one_without_traffic_takes_its_pool_though_the_old_one_is_broken(play: Play) -> None:
    pause = LifecycleHook(name="approval", stages=(LifecycleStage.POST_TEST_TRAFFIC_SHIFT,), pause=True)
    play.apply(web(1, 1, CANARY, **CAREFUL), "1 task of app:1, 10 % for 60 s")
    breaks(play, 1, "web-1")
    wanted = web(1, 2, CANARY, **CAREFUL, lifecycle_hooks=(pause,))
    dies_later(play, wanted, "app:2, and the process dies in its approval")
    play.apply(web(1, 3, CANARY, **CAREFUL), "app:3, without an approval")


@scenario
def a_pool_that_is_lost_beside_a_broken_one_is_healed(play: Play) -> None:
    play.apply(web(1, 1, bake_time=5), "1 task of app:1, blue/green with a bake of 5 s")
    breaks(play, 1, "web-1")

    def dies() -> None:
        mine = next(each for each in play.names.values() if play.container(each) in containers_of(play, 2))
        play.tell(f"{mine} is killed by hand")
        play.will(of_image(2), Behaviour(serves_after=4))
        play.site.engine.kill(play.container(mine))

    play.once(in_stage(LifecycleStage.BAKE_TIME), dies)
    play.apply(web(1, 2, bake_time=5), "app:2, whose only task dies in the bake; the next one needs 4 s")


@scenario
def tests_do_not_reach_a_task_that_is_just_restarted(play: Play) -> None:
    pause = LifecycleHook(name="approval", stages=(LifecycleStage.POST_SCALE_UP,), pause=True)

    def restarting(tag: int, *hooks: LifecycleHook) -> Stack:
        app = container(image=f"app:{tag}", restart_policy=RestartPolicy(restart_attempt_period=5))
        configuration = percents(strategy=DeploymentStrategy.BLUE_GREEN, bake_time=20, lifecycle_hooks=hooks)
        return stack(balanced("web", 1, app, tested=True, configuration=configuration))

    play.apply(restarting(1), "1 task of app:1, which is restarted in place")

    def answer() -> None:
        primary = play.site.store.load("shop").primary("service.web")
        assert primary is not None
        play.ask(Request(kind=RequestKind.CONTINUE, deployment=primary.id))

    def ends() -> None:
        play.tell("web-2 ends")
        play.site.engine.kill(play.container("web-2"))
        play.once(lambda decision: "web:2" in play.site.live, answer)

    play.once(in_stage(LifecycleStage.POST_SCALE_UP), ends)
    play.apply(restarting(2, pause), "app:2, which is restarted just before somebody says yes")


@scenario
def a_paused_deployment_waits_for_an_answer(play: Play) -> None:
    pause = LifecycleHook(name="approval", stages=(LifecycleStage.PRE_PRODUCTION_TRAFFIC_SHIFT,), pause=True)
    play.apply(web(1, 1, lifecycle_hooks=(pause,)), "1 task of app:1")

    def answer() -> None:
        primary = play.site.store.load("shop").primary("service.web")
        assert primary is not None
        play.ask(Request(kind=RequestKind.CONTINUE, deployment=primary.id))

    begun = play.site.clock.now()
    play.once(lambda decision: play.site.clock.now() > begun + 300, answer)
    play.apply(web(1, 2, lifecycle_hooks=(pause,)), "app:2; after five minutes somebody says yes")


def never_healthy(play: Play, strategy: str) -> None:
    """A revision that answers no check; the containers of the one before are the same afterwards."""
    play.apply(web(2, 1, strategy), f"2 tasks of app:1, {strategy}")
    before = containers_of(play, 1)
    play.will(of_image(2), Behaviour(serves_after=None))
    play.apply(web(2, 2, strategy), "app:2, which answers nothing")
    assert containers_of(play, 1) == before
    assert containers_of(play, 2) == set()


def containers_of(play: Play, revision: int) -> set[str]:
    """Return the ids of the live containers of a revision."""
    shown = play.site.engine.look(play.site.request()).tasks
    mine = (each for each in shown if each.task.revision == revision)
    return {found.id for each in mine for found in each.containers if found.is_live}


@scenario
def a_failed_rolling_update_restores_the_previous_revision(play: Play) -> None:
    never_healthy(play, ROLLING)


@scenario
def a_failed_blue_green_restores_the_previous_revision(play: Play) -> None:
    never_healthy(play, BLUE_GREEN)


@scenario
def a_failed_linear_deployment_restores_the_previous_revision(play: Play) -> None:
    never_healthy(play, LINEAR)


@scenario
def a_failed_canary_restores_the_previous_revision(play: Play) -> None:
    never_healthy(play, CANARY)


@scenario
def a_superseded_blue_green_hands_over_its_pool(play: Play) -> None:
    play.apply(web(1, 1, LINEAR), "1 task of app:1, linear by 40 %")

    def dies(step: Step) -> bool:
        return isinstance(step, ConfigureBalancer) and any(each.green == 800 for each in step.configuration.routes)

    play.dies_before = dies
    play.apply(web(1, 2, LINEAR), "app:2, and the process dies before 80 % of the traffic are on it")
    play.dies_before = lambda step: False
    play.apply(web(1, 3, LINEAR), "app:3")


@scenario
def a_rolling_update_behind_a_balancer_registers_then_retires(play: Play) -> None:
    play.apply(web(2, 1, ROLLING, bake_time=0), "2 tasks of app:1")
    play.apply(web(2, 2, ROLLING, bake_time=0), "app:2")


@scenario
def a_task_behind_a_balancer_that_fails_its_check_is_replaced_start_first(play: Play) -> None:
    first = iter((Behaviour(stops_serving_after=40),))
    play.site.engine.behave = lambda step: next(first, Behaviour())
    play.apply(web(2, 1, ROLLING, bake_time=0), "2 tasks of app:1")
    play.wait(60)
    play.go_on("a minute later web-1 answers no check")


@scenario
def a_balancer_that_is_killed_comes_back_with_all_its_targets(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1")
    play.happens("the balancer's process is killed: the engine restarts it")
    play.site.engine.kill_balancer("edge")
    play.go_on("a moment later")
    play.happens("docker kill of the balancer: the engine leaves it")
    play.site.engine.stop_balancer("edge")
    play.go_on("a moment later")


@scenario
def a_destroy_drains_before_it_stops(play: Play) -> None:
    play.will(of_image(1), Behaviour(request_seconds=2))
    play.apply(web(2, 1), "2 tasks of app:1, whose requests take 2 s")
    play.apply(EMPTY, "nothing")
    assert play.site.engine.lost == []


@scenario
def a_lost_state_in_mid_shift_goes_back_to_blue(play: Play) -> None:
    play.apply(web(1, 1, LINEAR), "1 task of app:1, linear by 40 %")

    def dies(step: Step) -> bool:
        return isinstance(step, ConfigureBalancer) and any(each.green == 800 for each in step.configuration.routes)

    play.dies_before = dies
    play.apply(web(1, 2, LINEAR), "app:2, and the process dies before 80 % of the traffic are on it")
    play.dies_before = lambda step: False
    play.lose_state()
    play.apply(web(1, 1, LINEAR), "app:1")


@scenario
def a_scale_from_3_to_6_to_2_drains(play: Play) -> None:
    play.will(of_image(1), Behaviour(request_seconds=2))
    play.apply(web(3, 1, ROLLING, bake_time=0), "3 tasks of app:1, whose requests take 2 s")
    play.apply(web(6, 1, ROLLING, bake_time=0), "6 tasks")
    play.apply(web(2, 1, ROLLING, bake_time=0), "2 tasks")
    assert play.site.engine.lost == []


@scenario
def maintenance_answers_and_ends(play: Play) -> None:
    play.apply(web(1, 1), "1 task of app:1")
    on = Request(kind=RequestKind.MAINTENANCE, service="service.web", message="back at noon")
    play.site.store.post("shop", on)
    play.go_on("maintenance is asked for")
    play.site.store.post("shop", on.changed(message=None))
    play.go_on("and ended")
