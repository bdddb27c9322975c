"""Random stories on the simulated engine: random stacks and faults, process deaths on both sides of every effect.

    RECONCILER_STORIES=20000 pytest tests/stories    # how many are told
    RECONCILER_STORY=4711 pytest tests/stories       # tell one again

A story that fails is cut down to the fewest chapters and kinds of faults that still fail, and printed.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.step import Outcome, Step
from tests.builders import EMPTY
from tests.site import Site
from tests.stories.cutting import report, seeds, with_random_ids
from tests.stories.faults import Death, Dice, FaultyEngine, FaultyPerformer, MortalStore
from tests.stories.plot import FAULTS, Chapter, chapters
from tests.stories.properties import Safety, check_recovered, foreigners, live_tasks, settle_foreigners
from tests.stories.shift_safety import ShiftSafety
from tests.stories.traffic_safety import TrafficSafety

SEEDS = seeds("RECONCILER_STORIES", 800)
PARTS = 20
LOOKS = 60
"""After so many looks with faults a process is killed: a crash loop has no end of its own."""


@pytest.mark.parametrize("part", range(PARTS))
def test_stories_are_safe_and_end_well(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (seed for seed in SEEDS if seed % PARTS == part):
        if _failure(chapters(seed), monkeypatch) is not None:
            pytest.fail(
                report(seed, chapters(seed), FAULTS, lambda told: _failure(told, monkeypatch), "tests/stories"),
                pytrace=False,
            )


def _failure(told: tuple[Chapter, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[str]] | None:
    """Tell a story; returns what went wrong with a trace of what happened, or None."""
    trace: list[str] = []
    with_random_ids(told[0].seed, monkeypatch)
    try:
        _tell(told, trace)
    except AssertionError as problem:
        return str(problem), trace
    return None


def _tell(told: tuple[Chapter, ...], trace: list[str]) -> None:
    site = Site(store=MortalStore(writes=told[0].seed.endswith("3")), looks=10**6)
    settle_foreigners(site.engine)
    foreign = foreigners(site.engine)
    earlier = EMPTY
    for chapter in told:
        trace.append(f"--- {chapter}")
        _live_through(site, chapter, earlier, foreign, trace)
        earlier = earlier.changed(services=(*earlier.services, *chapter.stack.services))  # any may still run
    trace.append("--- the faults stop")
    wanted, calm = told[-1].stack, Dice(Random(0), frozenset(), site.clock, trace)
    at_work(site, calm, Safety(site.engine, wanted, earlier, live_tasks(site.engine), foreign))
    site.looks = 1500
    check_recovered(site, wanted, foreign)


def _live_through(site: Site, chapter: Chapter, before: object, foreign: object, trace: list[str]) -> None:
    """Apply a chapter's stack, once more after each death, at most five times."""
    dice = Dice(Random(chapter.seed), chapter.faults, site.clock, trace)
    most = Counter[str]()
    for _ in range(5):
        most |= live_tasks(site.engine)
        safety = Safety(site.engine, chapter.stack, before, most, foreign)  # type: ignore[arg-type]
        performer = at_work(site, dice, safety)
        try:
            site.apply(chapter.stack, site.world(driver=performer.faulty, performer=performer))
            return
        except ReconcilerError as problem:
            dice.tell(f"the apply ends: {problem}")
            return
        except Death:
            performer.die()
            if dice.fall("amnesia", 0.4):
                dice.tell("the store is lost")
                site.store = MortalStore()


def at_work(site: Site, dice: Dice, safety: Safety) -> FaultyPerformer:
    """Put the chapter's faults between us and the engine, and let `safety` look on."""
    faulty = FaultyEngine(site.engine, dice)
    site.engine.behave = faulty.behave
    site.engine.hooks, site.engine.probe = faulty.hook, faulty.probe
    traffic, shifts = TrafficSafety(site.engine), ShiftSafety()
    looks = iter(range(LOOKS))

    def observe(decision: Decision, shown: Snapshot) -> None:
        safety.at_look(decision, shown)
        traffic.at_look(decision, shown)
        shifts.at_look(decision, shown, site.clock.now())
        if dice.faults and next(looks, None) is None:
            dice.tell("killed: it went on for too long")
            raise Death

    def perform(step: Step) -> Outcome:
        traffic.before_effect(step)
        try:
            return type(site.engine).perform(site.engine, step)
        finally:
            safety.after_effect(step.key)
            traffic.after_effect(step)

    site.observe = observe
    site.engine.perform = perform  # type: ignore[method-assign]
    assert isinstance(site.store, MortalStore)
    site.store.dice = dice
    return FaultyPerformer(faulty, site.clock, dice)
