"""Events that are lost, doubled or late, and looks that show what was: the end is the same, and nothing is doubled.

    RECONCILER_EVENT_STORIES=10000 pytest tests/stories/test_events.py    # how many are told
    RECONCILER_STORY=4711 pytest tests/stories/test_events.py             # tell one again

Tasks end by themselves and by hand meanwhile. Once the faults stop all is as wanted, as it would be without them.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from reconciler.engine import session
from reconciler.model.stack import Stack
from tests.builders import EMPTY
from tests.site import Site
from tests.stories.cutting import seeds
from tests.stories.faults import Death, Dice, MortalStore
from tests.stories.plot import chapters
from tests.stories.properties import Safety, check_recovered, foreigners, live_tasks, settle_foreigners
from tests.stories.test_stories import at_work

SEEDS = seeds("RECONCILER_EVENT_STORIES", 300)

FAULTS_OF_EVENTS = ("deaf", "wakes", "late", "stale")
"""Dropped, doubled, reordered, and seen through a view that lags."""

WATCHED_SECONDS = 180.0
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_events_say_the_end_is_the_same(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (seed for seed in SEEDS if seed % PARTS == part):
        dice = Random(seed)
        monkeypatch.setattr(
            session.randomness, "token_hex", lambda size, dice=dice: f"{dice.getrandbits(8 * size):x}"
        )
        trace: list[str] = []
        try:
            _watched(seed, trace)
        except AssertionError as problem:
            told = "\n  ".join((f"events {seed}: {problem}", *trace))
            pytest.fail(f"{told}\nreplay: RECONCILER_STORY={seed} pytest tests/stories/test_events.py", pytrace=False)


def _watched(seed: int, trace: list[str]) -> None:
    """Watch a random stack for a while, let the faults stop, and see that all is as wanted."""
    random = Random(f"events {seed}")
    faults = random.sample(FAULTS_OF_EVENTS, random.randint(1, len(FAULTS_OF_EVENTS)))
    wanted = chapters(seed)[0].stack
    site = Site(store=MortalStore(), looks=10**6)
    settle_foreigners(site.engine)
    foreign = foreigners(site.engine)
    trace.append(f"--- a watch with {', '.join(sorted(faults))}")
    _at_work(site, frozenset(), wanted, foreign, seed, trace)
    site.apply(wanted)
    _watch(site, frozenset({"crash", "hands", *faults}), wanted, foreign, seed, trace)
    trace.append("--- the faults stop")
    _at_work(site, frozenset(), wanted, foreign, seed, trace)
    site.looks = 1500
    check_recovered(site, wanted, foreign)


def _watch(site: Site, faults: frozenset[str], wanted: Stack, foreign: object, seed: int, trace: list[str]) -> None:
    if site.store.load("shop").target is None:
        return
    performer = _at_work(site, faults, wanted, foreign, seed, trace)
    try:
        site.watch(WATCHED_SECONDS, site.world(driver=performer.faulty, performer=performer))
    except Death:
        performer.die()


def _at_work(site: Site, faults: frozenset[str], wanted: Stack, foreign: object, seed: int, trace: list[str]):  # type: ignore[no-untyped-def]
    dice = Dice(Random(f"{seed} {sorted(faults)}"), faults, site.clock, trace)
    most: Counter[str] = live_tasks(site.engine)
    return at_work(site, dice, Safety(site.engine, wanted, EMPTY, most, foreign))
