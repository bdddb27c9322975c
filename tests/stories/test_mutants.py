"""Every mutant of traffic is caught by the stories or scenarios of the kind that is there for it.

What catches it is found within so many seeds, all of them fixed; the same story of the right code ends well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from reconciler.engine import session
from tests.scenarios import traffic
from tests.scenarios.play import Play
from tests.scenarios.registry import GOLDEN, SCENARIOS
from tests.stories import mutants
from tests.stories.plot import Chapter, Wish
from tests.stories.test_stories import _failure

STORIES = 12
"""So many stories of a kind are enough to catch a mutant."""

Mutant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Stories:
    """Stories of one service that is updated twice while these faults are at work. `first` is the first one's seed:
    what is seldom is looked for where it is known to be.
    """

    strategy: str
    faults: tuple[str, ...] = ()
    first: int = 0

    def told(self, seed: int) -> tuple[Chapter, ...]:
        wishes = [Wish("web", 2, tag, "plain", (100, 200), 2, (), self.strategy) for tag in (1, 2, 3)]
        faults = (frozenset[str](), frozenset(self.faults), frozenset(self.faults))
        return tuple(
            Chapter(f"mutant {seed}/{wish.tag}", (wish,), each) for wish, each in zip(wishes, faults, strict=True)
        )


CAUGHT_BY_STORIES: tuple[tuple[Mutant, Stories, str], ...] = (
    (mutants.shift_before_ready, Stories("BLUE_GREEN", ("crash",)), "J1"),
    (mutants.skip_the_bake, Stories("BLUE_GREEN"), "J3"),
    (mutants.stop_before_drain, Stories("ROLLING", ("hands", "lost")), "R28"),
    (mutants.ready_without_a_passed_check, Stories("ROLLING"), "I5"),
    (mutants.remove_without_waiting, Stories("ROLLING"), "R28"),
    (mutants.start_on_a_listed_address, Stories("ROLLING", ("hands", "lost")), "R30"),
    (mutants.weights_written_but_not_seen, Stories("LINEAR"), "J3"),
)
"""Mutant, what catches it, and the rule that it breaks."""

CAUGHT_BY_SCENARIOS: tuple[tuple[Mutant, str], ...] = (
    (mutants.skip_the_bake, traffic.blue_is_kept_through_the_bake.__name__),
    (mutants.stop_before_drain, traffic.a_scale_from_3_to_6_to_2_drains.__name__),
    (mutants.remove_without_waiting, traffic.a_destroy_drains_before_it_stops.__name__),
    (mutants.retire_blue_on_failure, traffic.a_blue_green_that_fails_its_smoke_hook_goes_back.__name__),
    (mutants.retire_blue_on_failure, traffic.a_canary_whose_alarm_fires_goes_back.__name__),
    (mutants.roll_back_into_the_failed_pool, traffic.rollback_during_the_bake_is_one_weight_change.__name__),
    (mutants.never_ask_who_starves, traffic.tests_do_not_reach_a_task_that_is_just_restarted.__name__),
    (mutants.never_ask_who_can_answer, traffic.an_old_pool_that_is_ready_again_gets_its_share_back.__name__),
    (
        mutants.never_turn_round,
        traffic.a_revision_that_follows_a_canary_of_a_broken_one_shifts_from_the_canary.__name__,
    ),
    (mutants.bake_without_a_healthy_task, traffic.a_pool_that_is_lost_beside_a_broken_one_is_healed.__name__),
    (mutants.forget_the_source, traffic.a_blue_task_that_dies_in_the_bake_is_replaced.__name__),
)


@pytest.mark.parametrize(
    ("mutant", "stories", "rule"), CAUGHT_BY_STORIES, ids=[each[0].__name__ for each in CAUGHT_BY_STORIES]
)
def test_stories_catch_a_mutant(mutant: Mutant, stories: Stories, rule: str) -> None:
    for seed in range(stories.first, stories.first + STORIES):
        problem = _problem(stories, seed, mutant)
        if problem:
            assert problem.startswith(rule), problem
            assert _problem(stories, seed, lambda patch: None) == ""
            return
    pytest.fail(f"{STORIES} stories of {stories} went well: they do not notice that {mutant.__doc__}")


@pytest.mark.parametrize(
    ("mutant", "name"), CAUGHT_BY_SCENARIOS, ids=[f"{each[0].__name__} in {each[1]}" for each in CAUGHT_BY_SCENARIOS]
)
def test_a_scenario_catches_a_mutant(mutant: Mutant, name: str) -> None:
    assert _goes_well(name, lambda patch: None)
    assert not _goes_well(name, mutant)


def _problem(stories: Stories, seed: int, mutant: Mutant) -> str:
    with pytest.MonkeyPatch.context() as patch:
        mutant(patch)
        failure = _failure(stories.told(seed), patch)
    return failure[0] if failure else ""


def _goes_well(name: str, mutant: Mutant) -> bool:
    """Say whether a scenario keeps what it promises, and its transcript is the golden one."""
    play = Play()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session.randomness, "token_hex", lambda size: "ab" * size)
        mutant(patch)
        try:
            SCENARIOS[name](play)
        except AssertionError:
            return False
    return "\n".join(play.lines) + "\n" == (GOLDEN / f"{name}.txt").read_text()
