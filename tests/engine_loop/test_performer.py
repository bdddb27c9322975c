"""Who performs steps: lanes, what is in flight, and what becomes of answers, losses and bugs."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from reconciler.clock import SystemClock
from reconciler.drivers.simulated import SimulatedEngine, VirtualClock
from reconciler.engine.performer import ThreadPerformer, lane_limits
from reconciler.engine.simulation import SimulatedPerformer
from reconciler.errors import EngineError, StaleError
from reconciler.model.step import Lane, Outcome, PullImage, RemoveNetwork, Step, StopContainer

PULL = PullImage(address="service.web", reference="app:1")
QUICK = tuple(RemoveNetwork(address="network", owner="o", name=f"n{number}") for number in range(9))


class Gate:
    """Performs when it is opened, and as `ending` says."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.ending: BaseException | None = None

    def perform(self, step: Step) -> Outcome:
        assert self.opened.wait(30)
        if self.ending is not None:
            raise self.ending
        return Outcome(step=step)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def performer(gate: Gate) -> Iterator[ThreadPerformer]:
    found = ThreadPerformer(gate.perform, SystemClock(), lane_limits(4))
    yield found
    gate.opened.set()
    found.close()


def later(seconds: float = 30) -> float:
    return SystemClock().now() + seconds


def test_a_step_is_in_flight_until_its_outcome_is_handed_over(performer: ThreadPerformer, gate: Gate) -> None:
    assert performer.submit(PULL)
    assert performer.in_flight == {PULL.key}
    gate.opened.set()
    performer._pool.shutdown(wait=True)
    assert performer.in_flight == {PULL.key}, "a look between its end and its outcome would show it as never tried"
    assert performer.wait(later()) == (Outcome(step=PULL),)
    assert performer.in_flight == frozenset()


def test_a_full_lane_refuses_and_the_others_do_not(performer: ThreadPerformer) -> None:
    assert [performer.submit(step) for step in QUICK[:6]] == [True, True, True, True, False, False]
    assert performer.submit(PULL)


def test_a_lane_is_free_again_after_an_outcome(performer: ThreadPerformer, gate: Gate) -> None:
    for step in QUICK[:4]:
        performer.submit(step)
    gate.opened.set()
    ended = 0
    while ended < 4:
        ended += len(performer.wait(later()))
    assert performer.submit(QUICK[4])


def test_a_step_that_the_engine_did_not_answer_has_no_outcome(performer: ThreadPerformer, gate: Gate) -> None:
    gate.ending = EngineError("gone")
    gate.opened.set()
    performer.submit(PULL)
    assert performer.wait(later()) == ()
    assert performer.in_flight == frozenset()


def test_a_bug_of_ours_is_raised_where_somebody_sees_it(performer: ThreadPerformer, gate: Gate) -> None:
    gate.ending = KeyError("oops")
    gate.opened.set()
    performer.submit(PULL)
    with pytest.raises(KeyError, match="oops"):
        performer.wait(later())


def test_a_wake_ends_the_wait_once(performer: ThreadPerformer) -> None:
    performer.wake()
    began = SystemClock().now()
    assert performer.wait(later()) == ()
    assert SystemClock().now() - began < 10
    assert performer.wait(later(-1)) == ()


def test_a_wait_ends_at_its_time(performer: ThreadPerformer) -> None:
    performer.submit(PULL)
    assert performer.wait(later(0.01)) == ()
    assert performer.in_flight == {PULL.key}


def test_four_starts_and_eight_stops_are_the_default() -> None:
    assert lane_limits(4) == {Lane.START: 4, Lane.STOP: 8, Lane.FETCH: 3, Lane.HOOK: 8, Lane.QUICK: 4}


def test_the_simulated_performer_has_lanes_and_latencies_too() -> None:
    clock = VirtualClock(0)
    performer = SimulatedPerformer(SimulatedEngine(clock), clock, {**lane_limits(4), Lane.STOP: 1})
    stops = [
        StopContainer(address="", task_id="t", container=name, container_id=name, timeout=1) for name in ("a", "b")
    ]
    assert [performer.submit(step) for step in (PULL, *stops)] == [True, True, False]
    assert performer.wait(0.1) == () and clock.now() == 0.1
    assert [outcome.step for outcome in performer.wait(100)] == [stops[0]] and clock.now() == 0.3
    assert performer.in_flight == {PULL.key}
    assert [outcome.step for outcome in performer.wait(100)] == [PULL] and clock.now() == 5.0


def test_a_lost_lease_is_raised_once_and_its_step_is_in_flight_no_longer(
    performer: ThreadPerformer, gate: Gate
) -> None:
    """A watch that has the stack again later begins anew with the same performer."""
    gate.ending = StaleError("somebody else took over")
    performer.submit(PULL)
    gate.opened.set()
    with pytest.raises(StaleError, match="somebody else took over"):
        performer.wait(later())
    assert (performer.in_flight, performer.wait(later(0))) == (frozenset(), ())
