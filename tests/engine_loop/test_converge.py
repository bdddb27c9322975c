"""The loop: what it does when the engine, the store or the user lets it down (rule 2, R3, R14, I9)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest

from reconciler.drivers.driver import LookRequest
from reconciler.engine.converge import Settings
from reconciler.engine.simulation import SimulatedPerformer
from reconciler.errors import EngineError, PartialError, StaleError, StoppedBySignalError, StoreError
from reconciler.model.snapshot import Drift, ObservedNetwork, Snapshot
from reconciler.model.state import State
from reconciler.model.step import Lane, Outcome, RemoveTask, StartContainer, Step
from reconciler.store.memory import MemoryStore
from reconciler.store.store import Lease
from tests.builders import EMPTY, NOW, declared, stack
from tests.site import Site, Unreachable

SHOP = stack(declared(count=2))


@dataclass
class FullStore(MemoryStore):
    """A disk that is full from the n-th save on."""

    full_from: int = 10**9
    saves: int = field(default=0)

    def save(self, state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        self.saves += 1
        if self.saves >= self.full_from:
            raise StoreError("database or disk is full")
        return super().save(state, lease, answered)


def started(site: Site) -> list[str]:
    return [step.container for step in site.engine.steps if isinstance(step, StartContainer)]


def test_a_stack_is_applied_and_then_there_is_nothing_to_do() -> None:
    site = Site()
    assert site.apply(SHOP).decision.is_steady
    before = len(site.engine.steps)
    again = site.apply(SHOP)
    assert again.decision.is_steady and again.decision.steps == ()
    assert again.decision.state == again.state
    assert len(site.engine.steps) == before
    assert site.plan(SHOP).is_empty


def test_a_full_disk_is_a_store_error_before_the_first_effect_and_a_partial_one_after_it() -> None:
    """Every save of a ten-task apply fails once (R3)."""
    endings = []
    while not endings or endings[-1] is not None:
        site = Site(store=FullStore(full_from=len(endings) + 1))
        site.engine.add_image("app:1")
        endings.append(_ending_on_a_full_disk(site))
    assert endings[:2] == [(StoreError, False), (StoreError, False)]
    assert endings[2:-1] == [(PartialError, True)] * (len(endings) - 3)
    assert len(endings) > 5


def _ending_on_a_full_disk(site: Site) -> tuple[type[Exception], bool] | None:
    wanted = stack(declared(count=10))
    try:
        site.apply(wanted)
    except (StoreError, PartialError) as problem:
        assert "disk is full" in str(problem)
        ending = type(problem), bool(site.engine.steps)
    else:
        return None
    site.store = MemoryStore(states=site.store.states)  # type: ignore[attr-defined]
    assert site.apply(wanted).decision.is_steady
    assert site.live == ("web:1",) * 10
    return ending


def test_nothing_is_performed_that_was_not_saved_first() -> None:
    site = Site()
    saved: set[str] = set()
    perform, save = site.engine.perform, site.store.save

    def noting(state: State, lease: Lease, answered: tuple[int, ...] = ()) -> State:
        saved.update(each.id for each in state.tasks)
        return save(state, lease, answered)

    def checking(step: Step) -> Outcome:
        assert not isinstance(step, StartContainer) or step.task.id in saved
        return perform(step)

    site.store.save = noting  # type: ignore[method-assign]
    site.engine.perform = checking  # type: ignore[method-assign]
    assert site.apply(SHOP).decision.is_steady


def test_a_holder_that_lost_its_lease_performs_nothing_more() -> None:
    site = Site()
    successor = []

    def take_over(*_: object) -> None:
        if len(site.engine.steps) >= 3 and not successor:
            site.store.unlock("shop")
            successor.append((site.store.acquire("shop", "apply", 0), len(site.engine.steps)))

    site.observe = take_over
    with pytest.raises(StaleError):
        site.apply(SHOP)
    _, steps_then = successor[0]
    in_flight = 4
    assert len(site.engine.steps) <= steps_then + in_flight


def test_an_engine_out_of_reach_from_the_start_is_an_engine_error() -> None:
    site = Site()
    site.apply(SHOP)
    with pytest.raises(EngineError):
        site.go_on(site.world(driver=Unreachable(site, 0, 10**9)))  # type: ignore[arg-type]


def test_an_engine_out_of_reach_for_a_while_is_waited_for_and_nothing_is_doubled() -> None:
    site = Site()
    site.apply(SHOP, site.world(driver=Unreachable(site, NOW + 5.2, NOW + 12)))  # type: ignore[arg-type]
    assert started(site) == ["app", "app"]


def test_an_engine_that_stays_out_of_reach_ends_a_half_done_apply_with_a_partial_error() -> None:
    site = Site()
    with pytest.raises(PartialError, match="does not answer"):
        site.apply(SHOP, site.world(driver=Unreachable(site, NOW + 5.2, NOW + 10**6)))  # type: ignore[arg-type]
    assert site.clock.now() >= NOW + 5.2 + 15, "five tries, one, two, four and eight seconds apart"
    assert site.apply(SHOP).decision.is_steady
    assert site.live == ("web:1", "web:1")


def test_a_step_without_an_answer_is_tried_again_but_not_at_once() -> None:
    site = Site()
    perform, tries = site.engine.perform, []

    def lost(step: Step) -> Outcome:
        if isinstance(step, StartContainer):
            tries.append(site.clock.now())
            if len(tries) <= 3:
                raise EngineError("no answer")
        return perform(step)

    site.engine.perform = lost  # type: ignore[method-assign]
    assert site.apply(stack(declared())).decision.is_steady
    assert [round(after - before, 1) for before, after in pairwise(tries)] == [1.3, 2.3, 4.3]


def test_a_step_that_is_never_answered_ends_the_apply() -> None:
    site = Site()

    def lost(step: Step) -> Outcome:
        raise EngineError("no answer")

    site.engine.perform = lost  # type: ignore[method-assign]
    with pytest.raises(PartialError, match="the engine gave no answer\nTried 5 times"):
        site.apply(stack(declared()))


def test_a_foreign_network_that_takes_our_name_meanwhile_is_left_alone() -> None:
    site = Site()
    site.engine._networks["shop"] = ObservedNetwork(id="9", name="shop", is_ours=False)
    site.prepare = _without_checks(site)  # type: ignore[method-assign]
    with pytest.raises(PartialError, match="network shop exists and is not ours\nTried 5 times"):
        site.apply(SHOP)
    assert started(site) == []
    assert site.store.load("shop").tasks != (), "what was decided meanwhile is recorded"


def _without_checks(site: Site):  # type: ignore[no-untyped-def]
    """The network appears between the plan and the apply."""
    foreign = site.engine._networks.pop("shop")
    prepared = Site.prepare(site, SHOP)
    site.engine._networks["shop"] = foreign
    return lambda wanted: prepared


def test_a_failing_removal_is_tried_five_times_and_then_told() -> None:
    site = Site()
    site.apply(SHOP)
    perform, tries = site.engine.perform, []

    def refuse(step: Step) -> Outcome:
        if isinstance(step, RemoveTask):
            tries.append(step.key)
            return Outcome(step=step, ok=False, code="CannotStopContainerError", reason="device is busy")
        return perform(step)

    site.engine.perform = refuse  # type: ignore[method-assign]
    with pytest.raises(PartialError, match="CannotStopContainerError: device is busy\nTried 5 times"):
        site.apply(EMPTY)
    assert max(tries.count(key) for key in tries) == 5
    site.engine.perform = perform  # type: ignore[method-assign]
    assert site.apply(EMPTY).decision.is_steady
    assert site.live == ()


def test_an_interrupted_apply_finishes_the_steps_in_hand_and_saves() -> None:
    site = Site()
    world = site.world()
    interrupted = replace(world, is_interrupted=lambda: len(site.engine.steps) >= 3)
    with pytest.raises(StoppedBySignalError):
        site.apply(SHOP, interrupted)
    assert world.performer.in_flight == frozenset()
    seen = {each.id for each in site.store.load("shop").tasks if each.seen}
    assert seen == {step.task.id for step in site.engine.steps if isinstance(step, StartContainer)}
    assert site.apply(SHOP).decision.is_steady


def test_an_interrupted_apply_does_not_wait_for_ever() -> None:
    site = Site()
    performer = SimulatedPerformer(site.engine, site.clock, dict.fromkeys(Lane, 9), lambda step: 1000.0)
    world = replace(site.world(performer=performer), is_interrupted=lambda: site.clock.now() > NOW)
    world = replace(world, settings=Settings(relist=5))
    with pytest.raises(StoppedBySignalError):
        site.apply(SHOP, world)
    assert site.clock.now() == NOW + 5 + world.settings.abandon_steps_after


def test_no_more_than_four_starts_are_in_flight() -> None:
    site = Site()
    world = site.world()
    submit, most = world.performer.submit, []

    def counting(step: Step) -> bool:
        begun = submit(step)
        most.append(sum(key.startswith("start_container") for key in world.performer.in_flight))
        return begun

    world.performer.submit = counting  # type: ignore[method-assign]
    assert site.apply(stack(declared(count=50)), world).decision.is_steady
    assert max(most) == 4


@dataclass
class Rounding:
    """An engine on which nothing is ever quite as it was declared."""

    site: Site

    def look(self, request: LookRequest) -> Snapshot:
        shown = self.site.engine.look(request)
        drift = (Drift(attribute="memory", declared="64 MiB", observed="60 MiB"),)
        tasks = (
            each.changed(containers=tuple(found.changed(drift=drift) for found in each.containers))
            for each in shown.tasks
        )
        return shown.changed(tasks=tuple(tasks))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.site.engine, name)


def test_tasks_that_never_are_as_declared_fail_the_deployment_and_are_not_replaced_without_end() -> None:
    site = Site()
    ended = site.apply(SHOP, site.world(driver=Rounding(site)))
    assert ended.decision.failed == ("service.web",)
    assert site.store.load("shop").deployments[0].reason == (
        "4 failures, the limit is 3; the last: app: memory is 60 MiB, declared 64 MiB"
    )
    assert len(started(site)) < 8
