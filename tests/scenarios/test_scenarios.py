"""Named scenarios, each with the golden transcript of what happened in `golden/`.

RECONCILER_GOLDEN=write pytest tests/scenarios     # write them anew; then read the diff as you would read code
"""

from __future__ import annotations

import os

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.engine import session
from reconciler.model.container_definition import ContainerDefinition, RestartPolicy
from reconciler.model.request import Request, RequestKind
from reconciler.model.service import SchedulingStrategy
from reconciler.model.stack import Stack
from reconciler.model.step import RemoveTask, StartContainer
from tests.builders import CHECK, EMPTY, container, declared, percents, stack
from tests.scenarios import scaling, schedules, traffic  # noqa: F401  (their scenarios)
from tests.scenarios.play import Play
from tests.scenarios.registry import GOLDEN, SCENARIOS, scenario


def web(
    count: int, tag: int, minimum: int = 100, maximum: int = 200, *more: ContainerDefinition, **fields: object
) -> Stack:
    """A stack of one service; its image is `app:TAG`."""
    app = container(image=f"app:{tag}", **{key: value for key, value in fields.items() if key in ("health_check",)})
    configuration = percents(minimum, maximum, **{key: fields[key] for key in ("timeout",) if key in fields})
    return stack(declared("web", count, app, *more, configuration=configuration))


@scenario
def rolling_50_150_replaces_two_at_a_time(play: Play) -> None:
    play.apply(web(4, 1, 50, 150), "4 tasks of app:1 at 50/150")
    play.apply(web(4, 2, 50, 150), "app:2")


@scenario
def rolling_100_200_starts_all_before_it_stops_any(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1 at 100/200")
    play.apply(web(2, 2), "app:2")


@scenario
def recreate_0_100_stops_first_but_only_after_the_image_is_there(play: Play) -> None:
    play.apply(web(2, 1, 0, 100), "2 tasks of app:1 at 0/100")
    play.apply(web(2, 2, 0, 100), "app:2")


@scenario
def an_image_that_cannot_be_had_fails_without_stopping_anything(play: Play) -> None:
    play.apply(web(2, 1, 0, 100), "2 tasks of app:1 at 0/100")
    refusals: dict[str, bool] = {"app:2": False}
    play.site.engine.why_unobtainable = lambda reference: ""  # type: ignore[method-assign]
    play.site.engine.obtainable = lambda reference: refusals.get(reference, True)
    play.apply(web(2, 2, 0, 100), "app:2, which no registry has")


@scenario
def an_essential_sidecar_that_exits_replaces_the_whole_task(play: Play) -> None:
    pair = stack(declared("web", 2, container("app"), container("proxy")))
    play.apply(pair, "2 tasks of app and proxy")
    play.happens("docker stop of the proxy of web-1")
    play.site.engine.kill(play.container("web-1", "proxy"), 0)
    play.apply(pair, "the same")


@scenario
def a_revision_that_never_gets_healthy_fails_and_leaves_the_old_tasks(play: Play) -> None:
    play.apply(web(2, 1, health_check=CHECK), "2 tasks of app:1")
    play.will(lambda step: step.image.endswith("app:2"), Behaviour(unhealthy_after=15))
    play.apply(web(2, 2, health_check=CHECK), "app:2, whose checks fail")
    play.apply(web(2, 1, health_check=CHECK), "back to app:1")


@scenario
def a_revision_that_exits_at_once_fails_at_the_threshold(play: Play) -> None:
    play.apply(web(1, 1), "1 task of app:1")
    play.will(lambda step: step.image.endswith("app:2"), Behaviour(exits_after=0.5, exit_code=1))
    play.apply(web(1, 2), "app:2, which exits with 1")


@scenario
def a_failed_deployment_at_50_150_never_goes_below_the_floor(play: Play) -> None:
    play.apply(web(4, 1, 50, 150, health_check=CHECK), "4 tasks of app:1 at 50/150")
    play.will(lambda step: step.image.endswith("app:2"), Behaviour(start_failure="exec format error"))
    play.apply(web(4, 2, 50, 150, health_check=CHECK), "app:2, which does not start")


@scenario
def services_start_in_dependency_order_and_destroy_reverses_it(play: Play) -> None:
    shop = stack(declared("db"), declared("api", after=("db",)), declared("web", after=("api",)))
    play.apply(shop, "web needs api needs db")
    play.apply(EMPTY, "nothing")


@scenario
def a_service_waits_for_one_that_failed_and_the_apply_ends(play: Play) -> None:
    play.will(lambda step: step.task.service_name == "db", Behaviour(exits_after=0.1, exit_code=3))
    play.apply(stack(declared("db"), declared("web", after=("db",))), "web needs db, which exits")


@scenario
def a_superseding_apply_drains_both_older_revisions(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1")
    play.dies_before = lambda step: isinstance(step, RemoveTask)
    play.apply(web(2, 2), "app:2, and the process dies when the first old task is to go")
    play.dies_before = lambda step: False
    play.apply(web(2, 3), "app:3")


@scenario
def a_lost_state_is_adopted(play: Play) -> None:
    shop = stack(declared("db"), declared("web", 2, after=("db",)))
    play.apply(shop, "db and 2 tasks of web")
    play.lose_state()
    play.apply(shop, "the same")


@scenario
def a_state_lost_in_the_middle_of_a_rollout_goes_on(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1")
    play.dies_before = lambda step: isinstance(step, RemoveTask)
    play.apply(web(2, 2), "app:2, and the process dies when the first old task is to go")
    play.dies_before = lambda step: False
    play.lose_state()
    play.apply(web(2, 2), "the same")


@scenario
def an_unhealthy_task_is_replaced_start_first(play: Play) -> None:
    first = iter((Behaviour(healthy_after=5, unhealthy_after=40),))
    play.will(lambda step: True, Behaviour(healthy_after=5))
    play.site.engine.behave = lambda step: next(first, Behaviour(healthy_after=5))
    play.apply(web(2, 1, health_check=CHECK), "2 tasks")
    play.wait(60)
    play.go_on("a minute later the checks of web-1 fail")


@scenario
def a_crash_between_save_and_perform_loses_nothing(play: Play) -> None:
    play.dies_before = lambda step: isinstance(step, StartContainer)
    play.apply(web(2, 1), "2 tasks, and the process dies before the first start")
    play.dies_before = lambda step: False
    play.go_on("another process")


@scenario
def a_removed_task_is_made_anew(play: Play) -> None:
    play.apply(web(3, 1), "3 tasks")
    play.happens("docker rm -f of web-2")
    play.site.engine.remove(play.container("web-2"))
    play.apply(web(3, 1), "the same")


@scenario
def scaling_in_stops_the_newest_and_scaling_out_is_no_new_deployment(play: Play) -> None:
    play.apply(web(1, 1), "1 task")
    play.apply(web(3, 1), "3 tasks")
    play.apply(web(1, 1), "1 task")
    play.apply(web(0, 1), "no task")


@scenario
def containers_of_a_task_start_in_order_and_stop_in_reverse(play: Play) -> None:
    task = (
        container("app", after={"db": "HEALTHY", "init": "SUCCESS"}),
        container("db", health_check=CHECK),
        container("init", essential=False, after={"db": "HEALTHY"}),
    )
    play.apply(stack(declared("web", 1, *task)), "db, then init, then app")
    play.apply(EMPTY, "nothing")


@scenario
def a_protected_task_holds_a_deployment_up_until_its_time_is_over(play: Play) -> None:
    play.apply(web(2, 1), "2 tasks of app:1")
    play.note(
        Request(kind=RequestKind.PROTECT, service="service.web", tasks=(play.task("web-2"),), seconds=3600),
        "web-2 is protected for 1 h",
    )
    play.apply(web(2, 2), "app:2")


@scenario
def a_scale_in_spares_a_protected_task_and_waits_when_there_are_too_many(play: Play) -> None:
    play.apply(web(3, 1), "3 tasks")
    both = (play.task("web-2"), play.task("web-3"))
    play.note(
        Request(kind=RequestKind.PROTECT, service="service.web", tasks=both, seconds=1800),
        "the two newest are protected for 30 min",
    )
    play.apply(web(2, 1), "2 tasks: the newest that is not protected goes")
    play.once(
        lambda decision: any("protection" in each.reason for each in decision.waiting_for),
        lambda: play.ask(Request(kind=RequestKind.PROTECT, service="service.web", tasks=both[:1])),
    )
    play.apply(web(1, 1), "1 task, and somebody ends the protection of one meanwhile")


@scenario
def a_protected_task_that_is_unhealthy_is_replaced(play: Play) -> None:
    play.will(lambda step: step.task.ordinal == 1, Behaviour(healthy_after=5, unhealthy_after=60))
    play.apply(web(2, 1, health_check=CHECK), "2 tasks")
    play.note(
        Request(kind=RequestKind.PROTECT, service="service.web", tasks=(play.task("web-1"),), seconds=3600),
        "web-1 is protected",
    )
    play.wait(60)
    play.go_on("web-1 is unhealthy")


@scenario
def a_destroy_does_not_wait_for_protected_tasks(play: Play) -> None:
    play.apply(web(1, 1), "1 task")
    play.note(
        Request(kind=RequestKind.PROTECT, service="service.web", tasks=(play.task("web-1"),), seconds=3600),
        "it is protected",
    )
    play.apply(EMPTY, "nothing")


@scenario
def a_daemon_starts_first_and_stops_last(play: Play) -> None:
    agent = declared("zagent", 1, scheduling_strategy=SchedulingStrategy.DAEMON, configuration=percents(0, 100))
    play.apply(stack(declared("web", 2), agent), "2 tasks of web, and zagent on every engine")
    play.apply(EMPTY, "nothing")


@scenario
def a_killed_task_is_replaced_and_no_other_is_touched(play: Play) -> None:
    play.apply(web(3, 1), "3 tasks")
    play.happens("docker kill of web-2")
    play.site.engine.kill(play.container("web-2"))
    play.go_on("a look")


@scenario
def unhealthy_tasks_without_room_go_one_at_a_time_down_to_the_minimum(play: Play) -> None:
    play.will(lambda step: step.task.ordinal <= 3, Behaviour(healthy_after=5, unhealthy_after=60))
    play.apply(web(3, 1, 50, 100, health_check=CHECK), "3 tasks at 50/100")
    play.wait(60)
    play.go_on("all three are unhealthy")


@scenario
def an_unhealthy_task_in_its_grace_period_is_left_alone(play: Play) -> None:
    app = container(health_check=CHECK)
    patient = stack(declared("web", 1, app, configuration=percents(100, 200), health_check_grace_period=300))
    play.will(lambda step: step.task.ordinal == 1, Behaviour(healthy_after=5, unhealthy_after=60))
    play.apply(patient, "1 task with 300 s of grace")
    play.wait(60)
    play.go_on("it is unhealthy, within its grace period")


@scenario
def an_engine_that_restarts_loses_what_it_did_not_bring_back_and_nothing_else(play: Play) -> None:
    play.apply(web(3, 1), "3 tasks")
    play.wait(3600)
    play.happens("the engine restarts: web-1 and web-3 end, web-2 runs on")
    for name in ("web-1", "web-3"):
        play.site.engine.kill(play.container(name), 255)
    play.go_on("a look")


@scenario
def a_restart_policy_restarts_in_place(play: Play) -> None:
    first = iter((Behaviour(exits_after=100, exit_code=1),))
    play.site.engine.behave = lambda step: next(first, Behaviour())
    policy = RestartPolicy(restart_attempt_period=60)
    play.apply(stack(declared("web", 1, container(restart_policy=policy))), "a task that restarts in place")
    play.wait(120)
    play.go_on("it exited after 100 s")


@scenario
def a_service_that_comes_back_begins_anew(play: Play) -> None:
    both = stack(declared("db"), declared("web", after=("db",)))
    play.apply(both, "db and web")
    play.apply(stack(declared("db")), "without web")
    play.apply(both, "web is back")


@scenario
def an_engine_without_memory_says_so_and_the_deployment_fails(play: Play) -> None:
    large = stack(declared("web", 3, container(memory=1500), configuration=percents(timeout=60)))
    play.apply(large, "3 tasks of 1500 MiB on an engine of 4096")


@scenario
def a_crash_loop_is_held_back_longer_each_time(play: Play) -> None:
    """An hour of it: 12 starts at most twice over (R20)."""
    play.apply(web(1, 1), "1 task")
    play.happens("from now on it exits after 12 s, just when it has become healthy")
    play.will(lambda step: True, Behaviour(exits_after=12, exit_code=1))
    play.site.engine.kill(play.container("web-1"), 1)
    ends_at = play.site.clock.now() + 3600
    while play.site.clock.now() < ends_at:
        play.go_on("")
        play.wait(5)
    starts = sum(isinstance(step, StartContainer) for step in play.site.engine.steps)
    assert starts <= 25, f"{starts} starts in an hour"
    play.lines = [line for line in play.lines if "start web" in line]


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_scenario(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.randomness, "token_hex", lambda size: "ab" * size)
    play = Play()
    SCENARIOS[name](play)
    text = "\n".join(play.lines) + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("RECONCILER_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def test_every_golden_transcript_has_its_scenario() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(SCENARIOS)
