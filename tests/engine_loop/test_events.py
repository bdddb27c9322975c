"""What is told while a watch goes on for an hour: ECS's events, each once, and no storm of them (O1, c13, H4, H7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest

from reconciler.drivers.simulated import Behaviour
from reconciler.model.decision import Decision
from reconciler.model.notification import EventKind, EventType
from reconciler.model.snapshot import EngineFacts, Snapshot
from reconciler.model.stack import Stack
from reconciler.model.state import Event
from tests.builders import CHECK, balanced, container, declared, percents, stack
from tests.site import Site

HOUR = 3600.0
SHOP = stack(declared("web", 2))
CHECKED = stack(declared("web", 2, container(health_check=CHECK)))


@dataclass
class Told:
    """A site where something was applied, and every event that was told since."""

    site: Site
    seen: dict[int, Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {each.number for each in self.site.store.load("shop").events}
        self.site.observe = self.note

    def note(self, decision: Decision, snapshot: Snapshot) -> None:
        self.seen |= {each.number: each for each in decision.state.events if each.number not in self.known}

    @property
    def events(self) -> list[Event]:
        return list(self.seen.values())


def applied(wanted: Stack = SHOP) -> Told:
    """Apply, and let some time pass: what ends then has run for long."""
    site = Site(looks=20_000)
    site.apply(wanted)
    site.clock.advance_to(site.clock.now() + 100)
    return Told(site)


def names(events: Iterable[Event]) -> Counter[str]:
    return Counter(each.name or each.message.partition(" ")[2][:11] for each in events)


def kill_one(site: Site) -> None:
    tasks = site.engine.look(site.request()).tasks
    site.engine.kill(next(each.id for seen in tasks for each in seen.containers if each.is_live))


def test_a_first_apply_tells_of_its_deployment_its_tasks_and_that_it_is_steady() -> None:
    site = Site()
    site.apply(SHOP)
    found = site.store.load("shop").events
    assert [(each.kind.value, each.name, each.type.value) for each in found] == [
        ("deployment", "SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO"),
        ("service", "", "INFO"),
        ("task", "RUNNING", "INFO"),
        ("task", "RUNNING", "INFO"),
        ("deployment", "SERVICE_DEPLOYMENT_COMPLETED", "INFO"),
        ("service", "SERVICE_STEADY_STATE", "INFO"),
    ]


def test_an_idle_hour_tells_nothing() -> None:
    told = applied()
    told.site.watch(HOUR)
    assert told.events == []


def test_healing_ends_with_a_steady_state_once() -> None:
    told = applied()
    kill_one(told.site)
    told.site.watch(HOUR)
    found = told.events
    assert [each.name or re.sub(r" [0-9a-f]{8}", "", each.message) for each in found] == [
        "(task) ended: essential container app exited with code 137",
        "STOPPED",
        "has started 1 tasks:",
        "RUNNING",
        "SERVICE_STEADY_STATE",
    ]
    stopped = next(each for each in found if each.name == "STOPPED")
    assert (stopped.kind, stopped.type, stopped.code) == (EventKind.TASK, EventType.WARN, "EssentialContainerExited")


def crash(site: Site) -> None:
    site.engine.behave = lambda step: Behaviour(exits_after=1, exit_code=3)
    kill_one(site)


def hang(site: Site) -> None:
    """New tasks are unhealthy, and one of the old ones is gone."""
    site.engine.behave = lambda step: Behaviour(unhealthy_after=1)
    kill_one(site)


def lose_memory(site: Site) -> None:
    site.engine.facts = EngineFacts(memory=500)
    kill_one(site)


@pytest.mark.parametrize(("wanted", "happens"), [(SHOP, crash), (CHECKED, hang)])
def test_a_crash_loop_is_told_once_an_hour_beside_what_becomes_of_each_task(
    wanted: Stack, happens: Callable[[Site], None]
) -> None:
    told = applied(wanted)
    happens(told.site)
    told.site.watch(HOUR)
    found = names(told.events)
    assert (found["SERVICE_TASK_START_IMPAIRED"], found["SERVICE_STEADY_STATE"]) == (1, 0)
    assert found.total() <= 5 * found["started 1 t"] + 5, found
    impaired = next(each for each in told.events if each.name == "SERVICE_TASK_START_IMPAIRED")
    attempt = r"The next attempt is at 1970-01-12T\d\d:\d\d:\d\dZ at the earliest."
    words = rf"is unable to consistently start tasks successfully. {attempt}"
    assert re.fullmatch(words, impaired.message)


def test_no_room_is_told_once_while_it_lasts() -> None:
    told = applied(stack(declared("web", 2, container(memory=400))))
    lose_memory(told.site)
    told.site.watch(HOUR)
    found = names(told.events)
    assert (found["SERVICE_TASK_PLACEMENT_FAILURE"], sum(found.values())) == (1, 3), found


def test_no_room_that_comes_back_after_a_steady_state_is_told_again() -> None:
    told = applied(stack(declared("web", 2, container(memory=400))))
    site, roomy = told.site, told.site.engine.facts
    for _ in range(2):
        site.clock.advance_to(site.clock.now() + 1000)
        lose_memory(site)
        site.watch(300)
        site.engine.facts = roomy
        site.watch(300)
    found = names(told.events)
    assert (found["SERVICE_TASK_PLACEMENT_FAILURE"], found["SERVICE_STEADY_STATE"]) == (2, 2)


def test_bounds_that_let_nothing_happen_are_told_once() -> None:
    """100 % at least and at most: no old task may stop, no new one start."""
    bound = percents(100, 100, timeout=10 * HOUR)
    told = applied(stack(declared("web", 1, configuration=bound)))
    site = told.site
    newer = stack(declared("web", 1, container(image="app:2"), configuration=bound))
    prepared = site.prepare(newer)
    lease = site.store.acquire("shop", "apply", 0)
    site.store.save(prepared.planned.target, lease)
    lease.release()
    site.watch(HOUR)
    found = told.events
    assert [each.name for each in found] == ["SERVICE_DEPLOYMENT_IN_PROGRESS", "SERVICE_DEPLOYMENT_BLOCKED"]
    assert found[-1].message.startswith("was unable to stop or start tasks during a deployment because of the")


def test_an_unhealthy_target_says_so_in_ecs_s_words_before_it_is_replaced() -> None:
    site = Site()
    first = iter((Behaviour(stops_serving_after=40),))
    site.engine.behave = lambda step: next(first, Behaviour())
    site.apply(stack(balanced("web", 2)))
    told = Told(site)
    site.watch(600)
    ill = [each for each in told.events if each.name == "SERVICE_TASK_UNHEALTHY"]
    assert [(each.type, each.message) for each in ill] == [
        (
            EventType.WARN,
            f"(task {ill[0].subject[:8]}) is unhealthy in (target_group.web) due to "
            "(health checks failed: connection refused).",
        )
    ]
