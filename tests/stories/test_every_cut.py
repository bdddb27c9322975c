"""The process dies once at every point there is: before and after each look, save and effect (R1, C8).

Each time another process goes on, with the store as it was, or without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest

from reconciler.engine import session
from reconciler.model.lifecycle import Move
from reconciler.model.service import Canary, DeploymentStrategy, Linear
from reconciler.model.stack import Stack
from reconciler.model.task_definition import PrivateVolume
from tests.builders import CHECK, EMPTY, Declared, balanced, container, declared, percents, stack
from tests.site import Site
from tests.stories.faults import Death, Dice, MortalStore
from tests.stories.properties import Safety, check_recovered, foreigners, live_tasks, settle_foreigners
from tests.stories.test_stories import at_work


def web(count: int, tag: int, minimum: int = 100, maximum: int = 200) -> Declared:
    return declared("web", count, container(image=f"web:{tag}"), configuration=percents(minimum, maximum))


def pair(tag: int) -> Declared:
    app = container("app", f"pair:{tag}", after={"db": "HEALTHY"})
    db = container("db", f"pair:{tag}", health_check=CHECK)
    return declared("pair", 1, app, db, volumes=(PrivateVolume(name="scratch"),))


def renamed(tag: int) -> Stack:
    """The service `web` under another address; it keeps its name and family."""
    service, definition = declared("site", 3, container(image=f"web:{tag}"), configuration=percents(50, 150))
    kept = (service.changed(name="web"), definition.changed(family="web"))
    moves = (("service.web", "service.site"), ("task_definition.web", "task_definition.site"))
    return stack(kept).changed(moves=tuple(Move(before=before, after=after) for before, after in moves))


def shifted(tag: int, strategy: str, count: int = 2) -> Stack:
    """A service behind a load balancer."""
    configuration = percents(
        strategy=DeploymentStrategy(strategy),
        bake_time=5,
        linear=Linear(step_percent=50, step_bake_time=3),
        canary=Canary(percent=10, bake_time=3),
    )
    app = container(image=f"web:{tag}")
    return stack(balanced("web", count, app, tested=strategy != "ROLLING", configuration=configuration))


AFTER_WEB = declared("api", 1, after=("web",))
CASES: dict[str, tuple[Stack, Stack]] = {
    "a first apply": (EMPTY, stack(web(2, 1), AFTER_WEB)),
    "a rolling update": (stack(web(3, 1, 50, 150)), stack(web(3, 2, 50, 150))),
    "a start-first update": (stack(web(2, 1)), stack(web(2, 2))),
    "a recreation": (stack(web(2, 1, 0, 100)), stack(web(2, 2, 0, 100))),
    "scaling out": (stack(web(1, 1)), stack(web(3, 1))),
    "scaling in": (stack(web(3, 1)), stack(web(1, 1))),
    "an update of a task of several containers": (stack(pair(1)), stack(pair(2))),
    "a service that leaves": (stack(web(1, 1), AFTER_WEB), stack(web(1, 1))),
    "a service that moves and is updated": (stack(web(3, 1, 50, 150)), renamed(2)),
    "a first apply behind a balancer": (EMPTY, shifted(1, "BLUE_GREEN")),
    "a rolling update behind a balancer": (shifted(1, "ROLLING"), shifted(2, "ROLLING")),
    "a blue/green deployment": (shifted(1, "BLUE_GREEN"), shifted(2, "BLUE_GREEN")),
    "a linear deployment": (shifted(1, "LINEAR"), shifted(2, "LINEAR")),
    "a canary deployment": (shifted(1, "CANARY", 1), shifted(2, "CANARY", 1)),
    "a destroy behind a balancer": (shifted(1, "BLUE_GREEN"), EMPTY),
    "a destroy": (stack(web(2, 1), AFTER_WEB, pair(1)), EMPTY),
}


@dataclass
class Fate(Dice):
    """Death at the n-th chance, and at no other."""

    at: int = 0
    chances: int = field(default=0)

    def die(self, where: str) -> None:
        self.chances += 1
        if self.chances == self.at:
            self.tell(f"the process dies {where}")
            raise Death


@pytest.mark.parametrize("keeps_store", [True, False], ids=["goes on", "adopts"])
@pytest.mark.parametrize("name", CASES)
def test_a_death_at_any_point_is_healed(name: str, keeps_store: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.randomness, "token_hex", lambda size: "ab" * size)
    before, wanted = CASES[name]
    at, survived = 0, False
    while not survived:
        at += 1
        survived = _dies(before, wanted, at, keeps_store)
    assert at > 10, "there are fewer chances to die than steps"


def _dies(before: Stack, wanted: Stack, at: int, keeps_store: bool) -> bool:
    """Let the apply die at its `at`-th chance and another finish it; returns whether it came through alive."""
    site = Site(store=MortalStore())
    settle_foreigners(site.engine)
    foreign = foreigners(site.engine)
    if not before.is_empty:
        assert site.apply(before).decision.is_steady
    trace: list[str] = []
    fate = Fate(Random(at), frozenset(), site.clock, trace, at)

    def watch() -> Safety:
        return Safety(site.engine, wanted, before, live_tasks(site.engine), foreign)

    try:
        performer = at_work(site, fate, watch())
        try:
            site.apply(wanted, site.world(driver=performer.faulty, performer=performer))
        except Death:
            performer.die()
        if not keeps_store:
            site.store = MortalStore()
        at_work(site, Dice(Random(0), frozenset(), site.clock, trace), watch())
        check_recovered(site, wanted, foreign)
    except AssertionError as problem:
        pytest.fail(f"dying at chance {at}: {problem}\n" + "\n".join(trace), pytrace=False)
    return fate.chances < at
