"""A watch: it keeps what was applied, gives nothing up, and makes way when it is asked (C6, C7, H12, R14)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from reconciler.engine.watch import Ending, Watch
from reconciler.errors import StoreError
from reconciler.model.request import Request, RequestKind
from reconciler.model.snapshot import ObservedNetwork
from reconciler.model.state import State
from reconciler.model.step import StartContainer
from reconciler.store.memory import MemoryStore
from reconciler.store.store import Lease
from tests.builders import EMPTY, balanced, declared, stack
from tests.site import Site, Unreachable

SHOP = stack(declared(count=2))


@dataclass
class Watched:
    """A site where something was applied, and a watch of it that ends at a certain time if nothing else ends it."""

    site: Site = field(default_factory=Site)
    driver: Any = None
    told: list[str] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)

    def watch(self, seconds: float = 100, stack_name: str = "shop") -> Ending:
        ends_at = self.site.clock.now() + seconds
        world = replace(self.site.world(driver=self.driver), is_interrupted=lambda: self.site.clock.now() >= ends_at)
        lease = self.site.store.acquire(stack_name, "watch", 0)
        try:
            return Watch(world, ".", self.told.append).keep(stack_name, lease)
        finally:
            lease.release()

    def note_starts(self) -> None:
        perform = self.site.engine.perform

        def noting(step: Any) -> Any:
            if isinstance(step, StartContainer):
                self.starts.append(self.site.clock.now())
            return perform(step)

        self.site.engine.perform = noting  # type: ignore[method-assign]


def applied() -> Watched:
    found = Watched()
    found.site.apply(SHOP)
    found.note_starts()
    return found


def kill_one(site: Site) -> None:
    task = site.engine.look(site.request()).tasks[0]
    site.engine.kill(task.containers[0].id)


def test_it_stops_when_it_is_asked_to_and_tasks_go_on_running() -> None:
    found = applied()
    assert found.watch() is Ending.STOPPED
    assert (found.site.live, found.starts, found.told) == (("web:1", "web:1"), [], [])


def test_a_task_that_dies_is_replaced() -> None:
    found = applied()
    found.site.clock.advance_to(found.site.clock.now() + 100)
    kill_one(found.site)
    found.watch()
    assert (found.site.live, len(found.starts)) == (("web:1", "web:1"), 1)


def test_nothing_applied_or_everything_destroyed_is_nothing_to_watch() -> None:
    found = Watched()
    assert found.watch() is Ending.NOTHING_APPLIED
    found.site.apply(SHOP)
    found.site.apply(EMPTY)
    assert found.watch() is Ending.NOTHING_APPLIED


def test_it_makes_way_for_whoever_asks_and_nothing_is_under_way_then() -> None:
    found = applied()
    kill_one(found.site)
    number = found.site.store.post("shop", Request(kind=RequestKind.HAND_OVER))
    assert found.watch() is Ending.HANDED_OVER
    assert number not in {each.number for each in found.site.store.posted("shop")}


def test_it_makes_way_while_the_engine_is_out_of_reach_too() -> None:
    found = applied()
    now = found.site.clock.now()
    found.driver = Unreachable(found.site, now, now + 3600)
    number = found.site.store.post("shop", Request(kind=RequestKind.HAND_OVER))
    assert found.watch() is Ending.HANDED_OVER
    assert number not in {each.number for each in found.site.store.posted("shop")}


def test_an_apply_does_not_make_way() -> None:
    site = Site()
    number = site.store.post("shop", Request(kind=RequestKind.HAND_OVER))
    assert site.apply(SHOP).decision.is_steady
    assert [each.number for each in site.store.posted("shop")] == [number]


def test_a_lost_lease_ends_it_and_nothing_more_is_started() -> None:
    found = applied()
    kill_one(found.site)

    def take_over(*_: object) -> None:
        found.site.store.unlock("shop")  # type: ignore[attr-defined]

    found.site.observe = take_over
    assert found.watch() is Ending.LOST
    assert len(found.starts) <= 1, "what was in hand when the stack was taken"


def test_while_the_engine_is_out_of_reach_nothing_is_started_and_afterwards_what_is_down_is() -> None:
    """Ten minutes without an engine, and a task that died meanwhile (R14)."""
    found = applied()
    found.watch(seconds=100)
    begins = found.site.clock.now()
    found.driver = Unreachable(found.site, begins, begins + 600)
    kill_one(found.site)
    assert found.watch(seconds=1000) is Ending.STOPPED
    assert [at >= begins + 600 for at in found.starts] == [True]
    assert found.starts[0] < begins + 600 + 200 + 25, "a pause at most, and a relist"
    assert found.site.live == ("web:1", "web:1")
    assert [each.split("\n")[0] for each in found.told] == [
        "the engine does not answer",
        "it answers again: what runs is known, and kept as it was applied",
    ]


@dataclass
class FailingStore(MemoryStore):
    """A disk that is full between two saves."""

    fails: range = range(0)
    saves: int = 0

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        self.saves += 1
        if self.saves in self.fails:
            raise StoreError("database or disk is full")
        return super().save(state, lease, answered)


def test_a_full_disk_is_waited_for() -> None:
    store = FailingStore()
    found = Watched(Site(store=store))
    found.site.apply(SHOP)
    found.note_starts()
    store.fails = range(store.saves + 1, store.saves + 6)
    kill_one(found.site)
    assert found.watch(seconds=400) is Ending.STOPPED
    assert found.site.live == ("web:1", "web:1")
    assert [each.split("\n")[0] for each in found.told] == [
        "database or disk is full",
        "it answers again: what runs is known, and kept as it was applied",
    ]


GONE = (
    "the state in memory is gone, and with it what was applied: put it back, or apply again, which adopts what runs "
    "from its labels"
)
BACK = "it answers again: what runs is known, and kept as it was applied"


@dataclass
class LosingStore(MemoryStore):
    """A state that somebody takes away for some loads, or puts another one in the place of."""

    loads: int = 0
    away: range = range(0)
    other: State | None = None

    def load(self, stack: str) -> State:
        self.loads += 1
        if self.loads not in self.away:
            return super().load(stack)
        return self.other or State(stack_name=stack)


def losing(other: State | None = None) -> tuple[Watched, LosingStore]:
    """A watch that has trouble at once (a full disk), and whose state is another at the next tries."""
    store = LosingStore()
    found = Watched(Site(store=store))
    found.site.apply(SHOP)
    found.driver = Unreachable(found.site, found.site.clock.now(), found.site.clock.now() + 1)
    found.note_starts()
    kill_one(found.site)
    store.away, store.other = range(store.loads + 2, store.loads + 6), other
    return found, store


def test_a_state_that_is_gone_is_waited_for_and_told_once() -> None:
    found, _ = losing()
    assert found.watch(seconds=400) is Ending.STOPPED
    assert found.site.live == ("web:1", "web:1")
    assert [each.split("\n")[0] for each in found.told] == ["the engine does not answer", GONE, BACK]
    assert [each.split("\n")[1] for each in found.told[1:2]] == [
        "What would be done could not be recorded: nothing is started or stopped until this is over."
    ]


def test_a_state_of_another_owner_in_its_place_starts_nothing_beside_what_runs() -> None:
    other = Site()
    other.apply(SHOP)
    strange = other.store.load("shop").changed(owner="f" * 32)
    found, store = losing(strange)
    saves: list[State] = []
    save = store.save
    store.save = lambda state, *rest: saves.append(state) or save(state, *rest)  # type: ignore[method-assign, func-returns-value]
    assert found.watch(seconds=400) is Ending.STOPPED
    assert found.told[1].startswith('what runs of stack "shop" belongs to another state (owner ')
    assert found.told[2:] == [BACK]
    assert {each.owner for each in saves} == {store.load("shop").owner}
    assert found.site.live == ("web:1", "web:1")


def test_a_step_that_keeps_failing_is_tried_for_ever_and_does_not_hold_up_the_others() -> None:
    found = applied()
    found.site.engine._networks["shop"] = ObservedNetwork(id="9", name="shop", is_ours=False)
    found.watch(seconds=3600)
    found.site.engine._networks["shop"] = ObservedNetwork(id="9", name="shop", is_ours=True)
    kill_one(found.site)
    assert found.watch(seconds=400) is Ending.STOPPED
    assert (found.site.live, found.told) == (("web:1", "web:1"), [])


def looks_of(found: Watched, seconds: float) -> list[float]:
    """When it looked, in so many seconds."""
    looked: list[float] = []
    found.site.observe = lambda decision, seen: looked.append(found.site.clock.now())
    found.watch(seconds)
    return looked


def test_it_looks_every_25_seconds_and_every_10_where_targets_could_have_become_unhealthy() -> None:
    plain = applied()
    assert {round(after - before) for before, after in pairwise(looks_of(plain, 300))} == {25}
    behind = Watched()
    behind.site.apply(stack(balanced("web", 2)))
    assert {round(after - before) for before, after in pairwise(looks_of(behind, 300))} == {10}
