"""A service whose target group is another one, or has another address: somebody answers all the time."""

from __future__ import annotations

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.model.lifecycle import Move
from reconciler.model.routing import Color, ObservedBalancer, TargetState
from reconciler.model.stack import Stack
from reconciler.model.step import Step
from tests.builders import target_group
from tests.scenarios.play import Play
from tests.scenarios.traffic import BLUE_GREEN, LINEAR, ROLLING, of_image, web
from tests.site import Site

OLD, NEW = "target_group.web", "target_group.site"


def in_group(wanted: Stack) -> Stack:
    """Return the stack with NEW in the place of OLD, as an edit of all of its files would."""
    text = wanted.changed(target_groups=()).model_dump_json().replace(OLD, NEW)
    return Stack.model_validate_json(text).changed(target_groups=(target_group("site"),))


def moved(wanted: Stack) -> Stack:
    """Return the stack with OLD moved to NEW: it keeps its name."""
    group = target_group("site").changed(name="web")
    return in_group(wanted).changed(target_groups=(group,), moves=(Move(before=OLD, after=NEW),))


def serving(balancer: ObservedBalancer) -> int:
    """Return how many targets get production's traffic."""
    running = balancer.running
    assert running is not None
    return sum(
        each.state is TargetState.READY
        and each.target_group in running.shares
        and _share(running.shares[each.target_group][0], each.color) > 0
        for each in running.targets
    )


def _share(green: int, color: Color) -> int:
    return green if color is Color.GREEN else 1000 - green


@pytest.fixture
def play() -> Play:
    return Play()


def watched(site: Site) -> list[int]:
    """Return how many targets get traffic, after each effect from now on."""
    perform, seen = site.engine.perform, []

    def performed(step: Step) -> object:
        outcome = perform(step)
        seen.append(serving(site.engine.observed_balancers()[0]))
        return outcome

    site.engine.perform = performed  # type: ignore[method-assign, assignment]
    return seen


def ends(play: Play, wanted: Stack) -> tuple[str, tuple[str, ...]]:
    play.apply(wanted)
    return play.lines[-1].partition("] ")[2], play.site.live


@pytest.mark.parametrize("strategy", [ROLLING, BLUE_GREEN, LINEAR])
def test_old_tasks_answer_in_the_new_group_until_new_ones_do(play: Play, strategy: str) -> None:
    play.apply(web(2, 1, strategy))
    seen = watched(play.site)
    assert ends(play, in_group(web(2, 2, strategy))) == ("steady", ("web:2", "web:2"))
    assert min(seen) == 2


@pytest.mark.parametrize("strategy", [ROLLING, BLUE_GREEN])
def test_who_only_changes_groups_is_not_checked_anew_before_it_answers(play: Play, strategy: str) -> None:
    play.apply(web(2, 1, strategy))
    seen = watched(play.site)
    assert ends(play, in_group(web(2, 1, strategy))) == ("steady", ("web:1", "web:1"))
    assert min(seen) == 2


@pytest.mark.parametrize("strategy", [ROLLING, BLUE_GREEN])
def test_a_rollback_goes_back_to_tasks_that_are_in_the_group_of_today(play: Play, strategy: str) -> None:
    play.apply(web(2, 1, strategy))
    seen = watched(play.site)
    play.will(of_image(2), Behaviour(serves_after=None))
    assert ends(play, in_group(web(2, 2, strategy))) == ("failed: service.web", ("web:1", "web:1"))
    assert min(seen) == 2


def test_a_group_that_moves_in_mid_shift_keeps_its_targets_and_shares(play: Play) -> None:
    play.apply(web(2, 1, LINEAR))
    play.dies_before = lambda step: any(
        route.green == 800 for route in getattr(getattr(step, "configuration", None), "routes", ())
    )
    play.apply(web(2, 2, LINEAR))
    play.dies_before = lambda step: False
    seen = watched(play.site)
    assert ends(play, moved(web(2, 2, LINEAR))) == ("steady", ("web:2", "web:2"))
    assert min(seen) == 2
