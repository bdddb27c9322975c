"""A new revision that works comes to its end beside one that is broken, whenever that breaks and in whatever way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.model.decision import Decision
from reconciler.model.service import Canary, LifecycleStage
from reconciler.model.stack import Stack
from reconciler.model.step import ConfigureBalancer
from tests.scenarios.play import Crash, Play
from tests.scenarios.traffic import BLUE_GREEN, CANARY, LINEAR, containers_of, in_stage, is_shifting, of_image, web

STRATEGIES = (CANARY, LINEAR, BLUE_GREEN)
STAGES = ("SCALE_UP", "TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME")
Breaks = Callable[[Play, int], None]


def revision(tag: int, strategy: str) -> Stack:
    return web(2, tag, strategy, canary=Canary(percent=10, bake_time=60), timeout=120)


def crashes(play: Play, tag: int) -> None:
    """All tasks of a revision end, and so do those that take their place."""
    play.will(of_image(tag), Behaviour(exits_after=1, exit_code=1, serves_after=None))
    for each in sorted(containers_of(play, tag)):
        play.site.engine.kill(each, 1)


def hangs(play: Play, tag: int) -> None:
    """All tasks of a revision stop answering, and those that take their place never do."""
    play.will(of_image(tag), Behaviour(serves_after=None))
    there = play.site.engine._containers
    for key in containers_of(play, tag):
        age = play.site.clock.now() - (there[key].started_at or 0.0)
        there[key] = replace(there[key], behaviour=replace(there[key].behaviour, stops_serving_after=age))


def works(play: Play, tag: int) -> None:
    """Nothing happens to a revision."""


def has_traffic(decision: Decision) -> bool:
    """Say whether a deployment was seen with traffic, and may still be undone."""
    return is_shifting(decision) or in_stage(LifecycleStage.BAKE_TIME)(decision)


def stages_told(play: Play) -> list[tuple[str, int]]:
    """Return the deployment's stage and green's share, of each time the balancer is told something from now on."""
    told: list[tuple[str, int]] = []
    perform = play.site.engine.perform

    def watched(step: Any) -> Any:
        primary = play.site.store.load("shop").primary("service.web")
        if isinstance(step, ConfigureBalancer) and primary is not None:
            told.append((primary.stage.value, step.configuration.routes[0].green))
        return perform(step)

    play.site.engine.perform = watched  # type: ignore[method-assign]
    return told


def ends_well(play: Play, wanted: Stack, number: int) -> None:
    ended = play.apply(wanted)
    assert ended is not None
    assert ended.decision.is_steady, play.lines[-1]
    assert play.site.live == (f"web:{number}",) * 2


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("breaks", [crashes, hangs])
def test_it_takes_over_from_a_revision_that_was_broken_before(play: Play, breaks: Breaks, strategy: str) -> None:
    play.apply(revision(1, strategy))
    breaks(play, 1)
    ends_well(play, revision(2, strategy), 2)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("breaks", [crashes, hangs])
def test_it_takes_over_from_a_revision_that_breaks_meanwhile(
    play: Play, breaks: Breaks, strategy: str, stage: str
) -> None:
    play.apply(revision(1, strategy))
    play.once(in_stage(LifecycleStage(stage)), lambda: breaks(play, 1))
    ends_well(play, revision(2, strategy), 2)


@pytest.mark.parametrize("then", [works, crashes, hangs])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("breaks", [crashes, hangs])
def test_the_next_one_takes_over_from_a_shift_beside_a_broken_revision(
    play: Play, breaks: Breaks, strategy: str, then: Breaks
) -> None:
    play.apply(revision(1, strategy))
    breaks(play, 1)

    def is_superseded() -> None:
        then(play, 2)
        raise Crash

    play.once(has_traffic, is_superseded)
    play.apply(revision(2, strategy))
    play.wait(20)
    ends_well(play, revision(3, strategy), 3)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("breaks", [crashes, hangs])
def test_traffic_is_never_taken_from_the_only_ones_that_answer(play: Play, breaks: Breaks, strategy: str) -> None:
    play.apply(revision(1, strategy))
    breaks(play, 1)

    def is_superseded() -> None:
        raise Crash

    play.once(has_traffic, is_superseded)
    play.apply(revision(2, strategy))
    play.wait(20)
    told = stages_told(play)
    ends_well(play, revision(3, strategy), 3)
    begun = [green for stage, green in told if stage in ("RECONCILE_SERVICE", "SCALE_UP", "TEST_TRAFFIC_SHIFT")]
    assert set(begun) == {1000}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_broken_revision_that_was_undone_by_no_rollback_is_replaced(play: Play, strategy: str) -> None:
    play.apply(revision(1, strategy))
    crashes(play, 1)
    play.once(has_traffic, lambda: crashes(play, 2))
    ended = play.apply(revision(2, strategy))
    assert ended is not None
    assert ended.decision.failed == ("service.web",)
    ends_well(play, revision(3, strategy), 3)


def test_no_request_reaches_it_before_its_first_step_though_nobody_else_answers(play: Play) -> None:
    play.apply(revision(1, CANARY))
    crashes(play, 1)
    told = stages_told(play)
    ends_well(play, revision(2, CANARY), 2)
    first = next(number for number, (_, green) in enumerate(told) if green)
    assert told[first] == ("PRODUCTION_TRAFFIC_SHIFT", 1000)
    assert {green for _, green in told[first:]} == {1000}
