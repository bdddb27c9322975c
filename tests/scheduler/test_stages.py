"""Stages of a deployment: each waits for what the Snapshot shows, never for what was asked for (J3, J6, J9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.model.deployment import Deployment, StagePassed
from reconciler.model.routing import Color, ObservedBalancer
from reconciler.model.service import Canary, LifecycleHook, LifecycleStage, Linear, Service
from reconciler.scheduler.rolling import Fleet
from reconciler.scheduler.service_view import Progress, ServiceView
from reconciler.scheduler.shares import is_in_effect
from reconciler.scheduler.stages import advance
from reconciler.scheduler.task_view import TaskView
from tests.builders import NOW, definition, service, view
from tests.scheduler.balancing import balancer, blue_green, ground, listed, second

S = LifecycleStage


def green(*ordinals: int, healthy: bool = True) -> tuple[TaskView, ...]:
    return tuple(replace(view(each, healthy=healthy), color=Color.GREEN) for each in ordinals)


BLUE = (view(1), view(2))
WHOLE = Fleet(keep=green(3, 4), replace=BLUE)
"""Both pools hold their two healthy tasks."""


def web(**fields: Any) -> Service:
    return service("web", 2, blue_green(**fields))


def at(
    stage: str,
    *balancers: ObservedBalancer,
    fleet: Fleet = WHOLE,
    of: Service | None = None,
    now: float = NOW,
    **fields: Any,
) -> tuple[Deployment, Progress]:
    """Ask what a deployment that is in a stage does."""
    deployment = second(stage, **fields)
    found = ServiceView(of or web(), deployment, definition(), (), fleet)
    return advance(found, deployment, ground(*balancers, now=now))


def where(found: tuple[Deployment, Progress]) -> tuple[str, str]:
    """Return the stage, and what is waited for."""
    return found[0].stage.value, found[1].waiting


def test_nothing_starts_before_all_traffic_is_back_where_it_belongs() -> None:
    assert where(at("RECONCILE_SERVICE", balancer(green=400))) == ("RECONCILE_SERVICE", "all traffic to be on blue")


def test_nothing_starts_while_tasks_of_an_earlier_deployment_are_in_the_pool() -> None:
    fleet = Fleet(replace=(*BLUE, *green(9)))
    waits = ("RECONCILE_SERVICE", "tasks of an earlier deployment to leave green")
    assert where(at("RECONCILE_SERVICE", balancer(), fleet=fleet)) == waits


def test_a_deployment_scales_up_as_soon_as_the_pool_is_free() -> None:
    assert where(at("RECONCILE_SERVICE", balancer(), fleet=Fleet(replace=BLUE))) == ("SCALE_UP", "")


@pytest.mark.parametrize("keep", [green(3), (*green(3), *green(4, healthy=False))], ids=["missing", "young"])
def test_the_test_traffic_waits_until_all_new_tasks_are_healthy(keep: tuple[TaskView, ...]) -> None:
    assert where(at("SCALE_UP", balancer(), fleet=Fleet(keep=keep, replace=BLUE))) == ("SCALE_UP", "")


def test_test_traffic_comes_before_any_of_productions() -> None:
    assert where(at("SCALE_UP", balancer())) == ("TEST_TRAFFIC_SHIFT", "test traffic to be on green")


def test_production_is_shifted_once_tests_reach_the_new_pool() -> None:
    found = at("TEST_TRAFFIC_SHIFT", balancer(green=0, test_green=1000))
    assert where(found) == ("PRODUCTION_TRAFFIC_SHIFT", "100 % of the traffic to be on green")
    assert found[0].shifted_at is None


def told() -> ObservedBalancer:
    """A balancer whose volume says that all is on green; its process does not yet."""
    there, before = balancer(green=1000), balancer(green=0, test_green=1000)
    return there.changed(running=before.running)


@pytest.mark.parametrize(
    "seen",
    [
        told(),
        told().changed(configuration=balancer().configuration, running=balancer(green=1000).running),
        balancer(green=1000).changed(running=None),
        balancer(green=1000).changed(configuration=None, running=None, container_id="", is_live=False),
    ],
    ids=["written only", "running only", "no process", "no container"],
)
def test_a_shift_counts_only_when_volume_and_process_agree(seen: ObservedBalancer) -> None:
    found = at("PRODUCTION_TRAFFIC_SHIFT", seen)
    assert where(found) == ("PRODUCTION_TRAFFIC_SHIFT", "100 % of the traffic to be on green")


def test_a_shift_counts_only_when_it_is_in_effect_on_every_balancer() -> None:
    other = balancer(green=0).changed(name="inside", address="load_balancer.inside")
    assert not is_in_effect(second(), ground(balancer(green=1000), other).snapshot, 1000)
    assert is_in_effect(second(), ground(balancer(green=1000)).snapshot, 1000)


def test_a_blue_deployment_counts_what_is_left_to_blue() -> None:
    assert is_in_effect(second(color="blue"), ground(balancer(green=200)).snapshot, 800)


def test_the_bake_begins_at_the_moment_the_traffic_is_seen() -> None:
    found, progress = at("PRODUCTION_TRAFFIC_SHIFT", balancer(green=1000), now=NOW + 7)
    assert (found.stage, found.stage_at) == (S.BAKE_TIME, NOW + 7)
    assert progress == Progress(waiting="the bake time to pass", wake_at=(NOW + 17,), is_held=True, until=NOW + 17)


def test_a_step_is_looked_at_from_the_moment_it_is_seen() -> None:
    linear = web(strategy="LINEAR", linear=Linear(step_percent=40, step_bake_time=30))
    fields: dict[str, Any] = {"of": linear, "strategy": "LINEAR"}
    found, progress = at("PRODUCTION_TRAFFIC_SHIFT", balancer(green=400, test_green=1000), now=NOW + 5, **fields)
    assert (found.shifted_at, progress.until, progress.is_held) == (NOW + 5, NOW + 35, True)
    assert progress.waiting == "40 % of the traffic on green to prove itself"
    again = at(
        "PRODUCTION_TRAFFIC_SHIFT", balancer(green=400, test_green=1000), now=NOW + 35, shifted_at=NOW + 5, **fields
    )
    assert (again[0].shift, again[0].shifted_at, again[1].waiting) == (1, None, "80 % of the traffic to be on green")


CANARY: dict[str, Any] = {
    "of": web(strategy="CANARY", canary=Canary(percent=5, bake_time=30)),
    "strategy": "CANARY",
    "now": NOW + 5,
}
ALONE = balancer(listed(3, color="green"), listed(1, "initial", "failed"), green=1000)


def test_a_step_counts_when_all_of_the_traffic_is_there_since_nobody_else_can_answer() -> None:
    found, progress = at("PRODUCTION_TRAFFIC_SHIFT", ALONE, **CANARY)
    assert (found.shifted_at, progress.until, progress.is_held) == (NOW + 5, NOW + 35, True)
    assert progress.waiting == (
        "5 % of the traffic on green to prove itself (it has all of it: no task on blue is healthy)"
    )


@pytest.mark.parametrize(
    "seen",
    [
        balancer(listed(3, color="green"), listed(1), green=1000),
        balancer(listed(3, color="green"), listed(1, "initial", "failed"), green=900, test_green=1000),
        ALONE.changed(running=None),
    ],
    ids=["somebody else can", "not all of it", "no process"],
)
def test_a_step_does_not_count_for_another_share(seen: ObservedBalancer) -> None:
    found, progress = at("PRODUCTION_TRAFFIC_SHIFT", seen, **CANARY)
    assert (found.shifted_at, progress.waiting) == (None, "5 % of the traffic to be on green")


def test_nothing_starts_while_only_the_new_pool_can_answer() -> None:
    assert where(at("RECONCILE_SERVICE", ALONE)) == ("RECONCILE_SERVICE", "all traffic to be on blue")


@pytest.mark.parametrize("stage", ["PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME"])
def test_no_bake_ends_while_no_new_task_is_healthy(stage: str) -> None:
    fleet = Fleet(keep=green(3, 4, healthy=False))
    found, progress = at(stage, balancer(green=1000), fleet=fleet, shifted_at=NOW, now=NOW + 999)
    assert (found.stage, progress) == (stage, Progress(waiting="one of its tasks to become healthy again"))


def test_a_canarys_last_step_is_followed_by_the_bake() -> None:
    canary = web(strategy="CANARY", canary=Canary(percent=5, bake_time=30), bake_time=60)
    found, progress = at("PRODUCTION_TRAFFIC_SHIFT", balancer(green=1000), of=canary, strategy="CANARY", shift=1)
    assert (found.stage, progress.until) == (S.BAKE_TIME, NOW + 60)


def test_after_the_bake_comes_the_clean_up() -> None:
    assert where(at("BAKE_TIME", balancer(green=1000), now=NOW + 9.9)) == ("BAKE_TIME", "the bake time to pass")
    assert where(at("BAKE_TIME", balancer(green=1000), now=NOW + 10)) == ("CLEAN_UP", "")


def test_a_first_deployment_shifts_and_bakes_nothing() -> None:
    found, _ = at("RECONCILE_SERVICE", fleet=Fleet(keep=green(3, 4)), shifts_from="")
    assert [each.stage for each in found.stages] == [
        S.RECONCILE_SERVICE,
        S.PRE_SCALE_UP,
        S.SCALE_UP,
        S.POST_SCALE_UP,
        S.BAKE_TIME,
    ]
    assert found.stage is S.CLEAN_UP


def test_a_rolling_deployment_bakes_once_all_its_tasks_and_only_they_are_there() -> None:
    rolling = web(strategy="ROLLING")
    fields: dict[str, Any] = {"of": rolling, "strategy": "ROLLING", "shifts_from": "", "color": "blue"}
    assert where(at("SCALE_UP", **fields)) == ("SCALE_UP", "")
    assert where(at("SCALE_UP", fleet=Fleet(keep=BLUE), **fields)) == ("BAKE_TIME", "the bake time to pass")


def test_every_stage_is_noted_with_the_time_it_began() -> None:
    found, _ = at("SCALE_UP", balancer(), now=NOW + 3)
    assert found.stages == (
        StagePassed(stage=S.SCALE_UP, began_at=NOW),
        StagePassed(stage=S.POST_SCALE_UP, began_at=NOW + 3),
    )


def test_the_stages_before_and_of_a_shift_come_once_for_each_step() -> None:
    pause = LifecycleHook(name="ok", stages=(S.PRE_PRODUCTION_TRAFFIC_SHIFT,), pause=True)
    linear = web(strategy="LINEAR", linear=Linear(step_percent=50, step_bake_time=0), lifecycle_hooks=(pause,))
    seen = balancer(green=500, test_green=1000)
    found, progress = at("PRODUCTION_TRAFFIC_SHIFT", seen, of=linear, strategy="LINEAR")
    assert (found.stage, found.shift) == (S.PRE_PRODUCTION_TRAFFIC_SHIFT, 1)
    assert [(each.name, each.shift) for each in found.hooks] == [("ok", 1)]
    assert progress.waiting == "`reconciler deployment continue d2`: it pauses at PRE_PRODUCTION_TRAFFIC_SHIFT (ok)"


def test_what_is_listed_plays_no_part_in_the_share() -> None:
    seen = balancer(listed(1), listed(3, color="green"), green=1000)
    assert is_in_effect(second(), ground(seen).snapshot, 1000)
