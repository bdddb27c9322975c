"""Random stories of a watch: counts that are scaled, jobs that run, people who ask, leases that are taken.

    RECONCILER_WATCH_STORIES=2000 pytest tests/stories/test_watch_stories.py    # how many are told
    RECONCILER_STORY=4711 pytest tests/stories/test_watch_stories.py            # tell one again

A story that fails is cut down to the fewest chapters and kinds of faults that still fail, and printed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

import pytest

from reconciler.drivers.simulated import SimulatedEngine
from reconciler.engine.converge import World
from reconciler.engine.watch import Ending, Watch
from reconciler.errors import EngineError, PartialError, StaleError, StoppedBySignalError
from reconciler.model.decision import Decision
from reconciler.model.snapshot import Snapshot
from reconciler.model.stack import Stack
from reconciler.model.step import ListImages, Outcome, ProbeMetric, SampleUsage, Step
from reconciler.planner.scaling import keep_scaled
from reconciler.scheduler.scaling.capacity import with_capacities
from tests.site import Site
from tests.stories.aside_safety import AsideSafety
from tests.stories.cutting import report, seeds, with_random_ids
from tests.stories.faults import Death, Dice, MortalStore
from tests.stories.properties import check_recovered, foreigners, settle_foreigners
from tests.stories.shift_safety import ShiftSafety
from tests.stories.traffic_safety import TrafficSafety
from tests.stories.watch_plot import FAULTS, FAULTS_OF_WATCHES, Chapter, chapters
from tests.stories.watched import WatchedEngine, WatchingPerformer

SEEDS = seeds("RECONCILER_WATCH_STORIES", 20)
TESTS = "tests/stories/test_watch_stories.py"
ALL_FAULTS = (*FAULTS, *FAULTS_OF_WATCHES)
PARTS = 10
LOOKS = 6000
"""More looks than this in one chapter are taken for a loop without end."""

MEASURES = (SampleUsage, ProbeMetric, ListImages)
"""Steps that change nothing."""

CALM_SECONDS = 500.0
"""After so long without faults all is as it is to be."""


@pytest.mark.parametrize("part", range(PARTS))
def test_watched_stories_are_safe_and_end_well(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (seed for seed in SEEDS if seed % PARTS == part):
        if failure(chapters(seed), monkeypatch) is not None:
            pytest.fail(
                report(seed, chapters(seed), ALL_FAULTS, lambda told: failure(told, monkeypatch), TESTS),
                pytrace=False,
            )


def failure(told: tuple[Chapter, ...], monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[str]] | None:
    """Tell a story; returns what went wrong with a trace of what happened, or None."""
    with_random_ids(told[0].seed, monkeypatch)
    story = _Story(told)
    try:
        story.tell()
    except AssertionError as problem:
        return str(problem), story.trace
    return None


@dataclass
class _Story:
    """One story while it is told."""

    told: tuple[Chapter, ...]
    trace: list[str] = field(default_factory=list)
    site: Site = field(init=False)
    foreign: object = None
    asides: AsideSafety = field(init=False)

    def __post_init__(self) -> None:
        self.site = Site(store=MortalStore(writes=self.told[0].seed.endswith("3")), looks=LOOKS)
        settle_foreigners(self.site.engine)
        self.foreign = foreigners(self.site.engine)
        self.asides = AsideSafety(self.site.engine)

    def tell(self) -> None:
        for chapter in self.told:
            self.trace.append(f"--- {chapter}")
            self.site.clock.advance_to(self.site.clock.now() + chapter.gap)
            self._live_through(chapter)
        last, calm = self.told[-1], frozenset[str]()
        self.trace.append("--- the faults stop")
        self._live_through(replace(last, seed=f"{last.seed} calm", faults=calm, seconds=CALM_SECONDS))
        self._check_runs()
        self.trace.append("--- nothing moves by itself any more")
        self._live_through(replace(last.quiet, seed=f"{last.seed} quiet", faults=calm, seconds=200))
        self._check_rest(last.quiet.stack)

    def _live_through(self, chapter: Chapter) -> None:
        """Apply and watch; whenever the process ends, another one goes on."""
        clock = self.site.clock
        dice = Dice(Random(chapter.seed), chapter.faults, clock, self.trace)
        self.asides.declare(chapter.stack)
        wanted: Stack | None = chapter.stack
        ends_at = clock.now() + chapter.seconds
        while clock.now() < ends_at:
            world = self._world(chapter, dice, ends_at)
            self.site.store.unlock("shop")  # whoever held it is dead
            try:
                if wanted is not None:
                    self.site.apply(wanted, world)
                    wanted = None
                ending = self._watch(world)
                self._note(f"the watch ends: {ending}")
                wanted = chapter.stack if ending is Ending.HANDED_OVER else None
                if ending is Ending.LOST:
                    world.performer.die()  # type: ignore[attr-defined]
                if ending is Ending.NOTHING_APPLIED:
                    return
            except Death:
                world.performer.die()  # type: ignore[attr-defined]
            except (EngineError, PartialError, StaleError, StoppedBySignalError) as problem:
                self._note(f"the apply ends: {problem}")
                world.performer.die()  # type: ignore[attr-defined]
                clock.advance_to(clock.now() + 1)

    def _watch(self, world: World) -> Ending:
        lease = self.site.store.acquire("shop", "watch", 0)
        try:
            return Watch(world, ".", self._note).keep("shop", lease)
        finally:
            lease.release()

    def _note(self, line: str) -> None:
        self.trace.append(f"{self.site.clock.now() - 1_000_000:8.2f}  {line}")

    def _world(self, chapter: Chapter, dice: Dice, ends_at: float) -> World:
        """Put the chapter's faults between us and the engine, and let all rules look on."""
        site, asides = self.site, self.asides
        assert isinstance(site.store, MortalStore)
        site.store.dice = dice
        faulty = WatchedEngine(site.engine, dice, store=site.store, seed=chapter.seed)
        faulty.attach()
        traffic, shifts = TrafficSafety(site.engine), ShiftSafety()

        def observe(decision: Decision, shown: Snapshot) -> None:
            traffic.at_look(decision, shown)
            shifts.at_look(decision, shown, site.clock.now())
            assert faulty.before is not None
            asides.at_look(faulty.before, decision.state, shown, site.clock.now())

        def perform(step: Step) -> Outcome:
            traffic.before_effect(step)
            try:
                return SimulatedEngine.perform(site.engine, step)
            finally:
                assert foreigners(site.engine) == self.foreign, f"I3: a foreign object was touched by {step.key}"
                traffic.after_effect(step)
                asides.after_effect(step)

        site.engine.perform = perform  # type: ignore[method-assign]
        site.observe = observe
        world = site.world(driver=faulty, performer=WatchingPerformer(faulty, site.clock, dice))
        return site._bounded(replace(world, is_interrupted=lambda: site.clock.now() >= ends_at))

    def _check_runs(self) -> None:
        """Every slot of the last minutes was run once, and went well."""
        state = self.site.store.load("shop")
        since = self.site.clock.now() - 200
        for run in state.runs:
            if since < run.slot < since + 170 and state.target and state.target.scheduled_task(run.schedule):
                assert run.status == "SUCCEEDED", f"M4: run {run.id} without any fault: {run.status}, {run.reason}"

    def _check_rest(self, wanted: Stack) -> None:
        """All is still, and once the logs are not kept any more nothing is left over."""
        site = self.site
        performed = len(site.engine.steps)
        before = site.store.load("shop")
        self._live_through(replace(self.told[-1].quiet, faults=frozenset(), seconds=60))
        moved = [each.key for each in site.engine.steps[performed:] if not isinstance(each, MEASURES)]
        assert not moved, f"a steady end is not still: {moved}"
        after = site.store.load("shop")
        assert [each.capacity for each in before.scaling] == [each.capacity for each in after.scaling]
        endless = [each for each in after.runs if each.ended_at is None]
        assert not endless, f"M9: a run has no end: {endless}"
        site.clock.advance_to(site.clock.now() + 4 * 3600)
        site.looks = 1500
        check_recovered(site, with_capacities(keep_scaled(wanted, after)[0], after), self.foreign)
