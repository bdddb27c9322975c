"""The rules of traffic safety notice what they are there for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.drivers.simulated import SimulatedEngine, VirtualClock, expected_behaviour
from reconciler.errors import EngineError
from reconciler.model.decision import Decision
from reconciler.model.routing import BalancerConfiguration, TargetState
from reconciler.model.task import Task
from tests.builders import NOW, state
from tests.drivers.balancing import BALANCER_IMAGE, Balancing, configuration
from tests.drivers.builders import IMAGE, World, container, definition
from tests.stories.traffic_safety import TrafficSafety


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def engine(clock: VirtualClock) -> SimulatedEngine:
    """An engine whose tasks are busy for half a second after they begin to drain."""
    engine = SimulatedEngine(clock, lambda step: replace(expected_behaviour(step), request_seconds=0.5))
    for image in (IMAGE, BALANCER_IMAGE):
        engine.add_image(image)
    return engine


@pytest.fixture
def safety(engine: SimulatedEngine) -> TrafficSafety:
    safety = TrafficSafety(engine)
    engine.perform = safety.watching(engine.perform)  # type: ignore[method-assign]
    return safety


@pytest.fixture
def balancing(engine: SimulatedEngine, clock: VirtualClock, safety: TrafficSafety) -> Iterator[Balancing]:
    world = World(engine, clock=clock, pass_time=lambda seconds: clock.advance_to(clock.now() + seconds))
    balancing = Balancing(world, stop_by_hand=lambda seen: engine.stop_balancer(seen.name))
    balancing.run()
    yield balancing


def ready(balancing: Balancing, color: str = "blue") -> Task:
    """Return a task that gets traffic, if its pool does: it came the right way."""
    task = balancing.world.run()
    others = balancing.seen().configuration
    assert others is not None
    there = others.routes[0].targets
    balancing.configure(*there, balancing.target(task, "initial", color))
    balancing.eventually_checked(task, "passed")
    balancing.configure(*there, balancing.target(task, "ready", color))
    return task


def test_a_target_that_comes_and_goes_the_right_way_is_safe(balancing: Balancing) -> None:
    old = ready(balancing)
    new = ready(balancing)
    balancing.configure(balancing.target(old, "draining"), balancing.target(new, "ready"))
    balancing.world.pass_time(0.5)
    balancing.configure(balancing.target(new, "ready"))
    balancing.world.perform(balancing.world.stop(old))
    balancing.world.perform(balancing.world.remove(old))
    balancing.world.run()


def test_blue_and_green_that_shift_the_right_way_are_safe(balancing: Balancing) -> None:
    blue, green = ready(balancing), ready(balancing, "green")
    both = (balancing.target(blue, "ready"), balancing.target(green, "ready", "green"))
    for shares in ((0, 1000), (100, 1000), (1000, 1000), (0, 0), (1000, 1000)):
        balancing.configure(*both, green=shares[0], test_green=shares[1])
    balancing.configure(balancing.target(blue, "draining"), both[1], green=1000, test_green=1000)
    balancing.world.pass_time(0.5)
    balancing.configure(both[1], green=1000, test_green=1000)
    balancing.world.perform(balancing.world.remove(blue))


def test_after_the_deregistration_delay_requests_may_be_lost(balancing: Balancing, engine: SimulatedEngine) -> None:
    engine.behave = lambda step: replace(expected_behaviour(step), request_seconds=3600)
    task = ready(balancing)
    balancing.configure(balancing.target(task, "draining"))
    balancing.world.pass_time(1)
    balancing.configure()
    assert len(engine.lost) == 1
    balancing.world.perform(balancing.world.stop(task))


def test_requests_lost_before_the_deregistration_delay_are_noticed(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    engine.behave = lambda step: replace(expected_behaviour(step), request_seconds=3600)
    task = ready(balancing)
    balancing.configure(balancing.target(task, "draining"))
    balancing.world.pass_time(0.9)
    with pytest.raises(AssertionError, match=r"R28: task .* loses requests after 0\.9 s of 1 s of draining"):
        balancing.configure()


def test_leaving_without_draining_is_noticed(balancing: Balancing, engine: SimulatedEngine) -> None:
    engine.behave = expected_behaviour
    ready(balancing)
    with pytest.raises(AssertionError, match=r"R28: task .* leaves edge without draining"):
        balancing.configure()


def test_a_stop_of_who_is_still_listed_is_noticed(balancing: Balancing) -> None:
    task = ready(balancing)
    balancing.configure(balancing.target(task, "draining"))
    balancing.world.pass_time(1)
    with pytest.raises(AssertionError, match=r"R28: task .* is stopped while edge lists it"):
        balancing.world.perform(balancing.world.stop(task))


def test_a_removal_of_who_is_on_the_volume_only_is_noticed(balancing: Balancing, engine: SimulatedEngine) -> None:
    task = ready(balancing)
    engine.stop_balancer("edge")
    with pytest.raises(AssertionError, match=r"R28: task .* is stopped while edge lists it"):
        balancing.world.perform(balancing.world.remove(task))


def test_a_stop_of_who_the_process_still_knows_is_noticed(balancing: Balancing, engine: SimulatedEngine) -> None:
    task = ready(balancing)
    balancing.configure(balancing.target(task, "draining"))
    balancing.world.pass_time(1)
    engine.balancers.cuts = lambda step: True
    with pytest.raises(EngineError):
        engine.perform(balancing.configuring(configuration()))
    with pytest.raises(AssertionError, match=r"R28: task .* is stopped while edge lists it"):
        balancing.world.perform(balancing.world.stop(task))


def test_a_stop_of_one_container_of_a_listed_task_is_noticed(balancing: Balancing) -> None:
    task = balancing.world.run(definition(container("app"), container("side", essential=False)))
    address = balancing.world.container(task, "holder").addresses[balancing.world.stack]
    target = balancing.target(task, address=address)
    balancing.configure(target)
    balancing.eventually_checked(task, "passed")
    balancing.configure(target.changed(state=TargetState.READY))
    balancing.world.perform(balancing.world.stop(task, "side"))
    with pytest.raises(AssertionError, match=r"R28: task .* is stopped while edge lists it"):
        balancing.world.perform(balancing.world.stop(task, "app"))


def test_traffic_to_who_we_stopped_is_noticed(balancing: Balancing) -> None:
    task = ready(balancing)
    target = balancing.target(task, "draining")
    balancing.configure(target)
    balancing.world.pass_time(1)
    balancing.configure()
    balancing.world.perform(balancing.world.stop(task))
    with pytest.raises(AssertionError, match=r"R28: edge sends traffic to task .*, which we stopped"):
        balancing.configure(target.changed(state=TargetState.READY))


def test_what_is_left_of_a_task_that_died_may_be_removed_at_once(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    task = ready(balancing)
    engine.kill(balancing.world.container(task).id)
    balancing.world.perform(balancing.world.remove(task))


def test_traffic_before_a_passed_check_is_noticed(balancing: Balancing) -> None:
    task = balancing.world.run()
    balancing.configure(balancing.target(task))
    with pytest.raises(AssertionError, match=r"I5: task .* gets traffic from edge before it passed a check"):
        balancing.configure(balancing.target(task, "ready"))


def test_who_had_traffic_may_have_it_again_unchecked(balancing: Balancing, engine: SimulatedEngine) -> None:
    task = ready(balancing)
    engine.kill_balancer("edge")
    balancing.world.pass_time(0.5)
    balancing.configure(balancing.target(task, "ready"), idle_timeout=5)


@pytest.mark.parametrize("shares", [{"green": 1000}, {"green": 50}, {"test_green": 1000}])
def test_a_shift_to_a_pool_without_ready_targets_is_noticed(balancing: Balancing, shares: dict[str, int]) -> None:
    blue, green = ready(balancing), balancing.world.run()
    targets = (balancing.target(blue, "ready"), balancing.target(green, "initial", "green"))
    with pytest.raises(AssertionError, match=r"J1: edge's volume raises green of target_group\.web to"):
        balancing.configure(*targets, **shares)


def test_traffic_that_stays_on_an_empty_pool_is_noticed(balancing: Balancing) -> None:
    blue, green = ready(balancing), ready(balancing, "green")
    targets = (balancing.target(blue, "draining"), balancing.target(green, "ready", "green"))
    with pytest.raises(AssertionError, match=r"has 900 of target_group\.web on blue, which has no ready target"):
        balancing.configure(*targets, green=100)


def test_an_address_that_is_still_listed_is_noticed_when_it_could_be_known(
    balancing: Balancing, engine: SimulatedEngine, safety: TrafficSafety
) -> None:
    first = ready(balancing)
    before = balancing.world.look()
    engine.kill(balancing.world.container(first).id)
    unlucky, careless = balancing.world.task(), balancing.world.task()
    safety.at_look(Decision(state=state(), steps=(balancing.world.start(unlucky),)), before)
    balancing.world.perform(balancing.world.start(unlucky))
    assert balancing.target(unlucky).address == balancing.listed(first).address
    balancing.world.perform(balancing.world.remove(unlucky))
    safety.at_look(Decision(state=state(), steps=(balancing.world.start(careless),)), balancing.world.look())
    with pytest.raises(AssertionError, match=r"R30: task .* got 10\.0\.0\.2, which edge lists for task"):
        balancing.world.perform(balancing.world.start(careless))


def test_an_address_of_who_we_stopped_is_never_to_be_met_again(balancing: Balancing) -> None:
    task = balancing.world.run()
    balancing.configure(balancing.target(task))
    balancing.world.perform(balancing.world.remove(task))
    with pytest.raises(AssertionError, match=r"R30: task .* got 10\.0\.0\.2, which edge lists for task"):
        balancing.world.run()


def test_a_balancer_that_is_not_there_breaks_no_rule(balancing: Balancing) -> None:
    task = ready(balancing)
    balancing.world.perform(balancing.removal())
    balancing.world.perform(balancing.world.remove(task))
    assert balancing.world.look().balancers == ()
    assert isinstance(balancing.run(), BalancerConfiguration)
