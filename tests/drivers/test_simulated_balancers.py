"""What simulated balancers do beyond the contract: time, requests in progress, deaths half way, seeding."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from reconciler.drivers.labels import balancer_container_name
from reconciler.drivers.simulated import Lost, SimulatedEngine, expected_behaviour
from reconciler.engine.simulation import usual_latency
from reconciler.errors import EngineError
from reconciler.model.load_balancer import TargetGroup
from reconciler.model.routing import BalancerConfiguration, CheckResult, Color, PoolCounters, Target, TargetState
from reconciler.model.step import Outcome, ProbeAlarm, RunHook
from reconciler.model.task import Task

from .balancing import QUICK, WEB, Balancing, configuration
from .builders import World, container, definition

THOROUGH = QUICK.changed(interval=5, healthy_threshold=2, unhealthy_threshold=3)


@pytest.fixture
def engine(simulated: World) -> SimulatedEngine:
    assert isinstance(simulated.driver, SimulatedEngine)
    simulated.driver.behave = expected_behaviour
    return simulated.driver


@pytest.fixture
def balancing(simulated: World, engine: SimulatedEngine) -> Balancing:
    return Balancing(simulated, stop_by_hand=lambda seen: engine.stop_balancer(seen.name))


def behave(engine: SimulatedEngine, **fields: float | None) -> None:
    engine.behave = lambda step: replace(expected_behaviour(step), **fields)  # type: ignore[arg-type]


def checked_as(settings: object) -> dict[str, object]:
    return {"target_groups": (TargetGroup(address=WEB, name="web", health_check=settings),)}


def verdicts(balancing: Balancing, task: Task, until: float) -> list[tuple[float, str]]:
    """Let time go on from change to change; returns when the verdict became which."""
    engine, began = balancing.world.driver, balancing.world.clock.now()
    assert isinstance(engine, SimulatedEngine)
    found = [(0.0, str(balancing.listed(task).check))]
    while (at := engine.next_change_at()) is not None and at <= began + until:
        balancing.world.pass_time(at - balancing.world.clock.now())
        found.append((round(at - began, 3), str(balancing.listed(task).check)))
    return [each for each, before in zip(found, [(0.0, ""), *found], strict=False) if each[1] != before[1]]


def test_verdicts_change_at_checks_and_after_as_many_as_the_thresholds_say(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    behave(engine, serves_after=17, stops_serving_after=41)
    balancing.run(**checked_as(THOROUGH))
    task = balancing.world.run()
    balancing.configure(balancing.target(task), **checked_as(THOROUGH))
    assert verdicts(balancing, task, 3600) == [(0, "none"), (15, "failed"), (25, "passed"), (55, "failed")]


def test_a_new_target_that_passes_is_healthy_at_once(balancing: Balancing) -> None:
    balancing.run(**checked_as(THOROUGH))
    task = balancing.world.run()
    balancing.configure(balancing.target(task), **checked_as(THOROUGH))
    assert verdicts(balancing, task, 3600) == [(0, "none"), (5, "passed")]


def test_who_drains_is_not_checked(balancing: Balancing, engine: SimulatedEngine) -> None:
    task = balancing.world.run()
    balancing.run(balancing.target(task, "ready"))
    balancing.eventually_checked(task, "passed")
    balancing.configure(balancing.target(task, "draining"))
    assert (balancing.listed(task).check, engine.next_change_at()) == (CheckResult.NONE, None)
    balancing.configure(balancing.target(task, "ready"))
    balancing.eventually_checked(task, "passed")


def test_time_does_not_stop_at_checks_that_only_confirm(balancing: Balancing, engine: SimulatedEngine) -> None:
    balancing.run()
    task = balancing.world.run()
    balancing.configure(balancing.target(task))
    balancing.eventually_checked(task, "passed")
    assert engine.next_change_at() is None


def test_an_address_is_somebody_elses_as_soon_as_its_container_ended(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    balancing.run()
    first, second = balancing.world.run(), balancing.world.run()
    taken = [balancing.target(each).address for each in (first, second)]
    assert taken == ["10.0.0.2", "10.0.0.3"]
    balancing.configure(balancing.target(first, "ready"))
    balancing.eventually_checked(first, "passed")
    engine.kill(balancing.world.container(first).id)
    third = balancing.world.run()
    assert balancing.target(third).address == taken[0]
    balancing.world.pass_time(60)
    assert balancing.listed(first).check is CheckResult.PASSED


def test_an_address_of_who_ended_by_itself_is_free_too(balancing: Balancing, engine: SimulatedEngine) -> None:
    behave(engine, exits_after=3)
    first = balancing.world.run()
    address = balancing.target(first).address
    balancing.world.pass_time(3)
    assert balancing.target(balancing.world.run()).address == address


def test_the_target_of_a_task_that_shares_a_network_is_its_holder(balancing: Balancing) -> None:
    task = balancing.world.run(definition(container("app"), container("side")))
    addresses = {each.name: dict(each.addresses) for each in balancing.world.seen(task).containers}
    assert addresses == {"app": {}, "side": {}, "holder": {balancing.world.stack: "10.0.0.2"}}
    balancing.run(Target(task_id=task.id, address="10.0.0.2", port=8080))
    balancing.eventually_checked(task, "passed")


def test_a_busy_target_drains_until_it_is_idle(balancing: Balancing, engine: SimulatedEngine) -> None:
    behave(engine, request_seconds=2)
    task = balancing.world.run()
    balancing.run(balancing.target(task, "ready"))
    assert balancing.listed(task).sessions == 1
    balancing.configure(balancing.target(task, "draining"))
    balancing.world.pass_time(1.9)
    assert balancing.listed(task).sessions == 1
    assert engine.next_change_at() == pytest.approx(balancing.world.clock.now() + 0.1)
    balancing.world.pass_time(0.1)
    assert balancing.listed(task).sessions == 0
    balancing.configure()
    assert engine.lost == []


def test_a_busy_target_that_is_removed_loses_its_requests(balancing: Balancing, engine: SimulatedEngine) -> None:
    behave(engine, request_seconds=math.inf)
    undrained, drained = balancing.world.run(), balancing.world.run()
    balancing.run(balancing.target(undrained, "ready"), balancing.target(drained, "ready"))
    balancing.configure(balancing.target(undrained, "ready"), balancing.target(drained, "draining"))
    balancing.world.pass_time(30)
    now = balancing.world.clock.now()
    balancing.configure()
    assert sorted(engine.lost, key=str) == sorted(
        (Lost(now, "edge", WEB, undrained.id, None), Lost(now, "edge", WEB, drained.id, 30.0)), key=str
    )


def test_a_task_that_we_stop_loses_the_requests_on_it(balancing: Balancing, engine: SimulatedEngine) -> None:
    behave(engine, request_seconds=2)
    stopped, killed = balancing.world.run(), balancing.world.run()
    balancing.run(balancing.target(stopped, "ready"), balancing.target(killed, "ready"))
    balancing.world.perform(balancing.world.stop(stopped))
    engine.kill(balancing.world.container(killed).id)
    assert [each.task_id for each in engine.lost] == [stopped.id]
    assert [each.sessions for each in balancing.running().targets] == [0, 0]


def test_requests_on_a_task_are_lost_once_and_not_by_us_when_it_died(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    behave(engine, request_seconds=60)
    both = definition(container("app"), container("side"))
    removed, died = balancing.world.run(both), balancing.world.run(both)
    balancing.run(
        balancing.target(removed, "ready", address="10.0.0.2"), balancing.target(died, "ready", address="10.0.0.3")
    )
    for name in ("app", "side"):
        engine.kill(balancing.world.container(died, name).id)
    for task in (removed, died):
        balancing.world.perform(balancing.world.remove(task))
    assert [each.task_id for each in engine.lost] == [removed.id]


def test_after_a_reload_the_old_process_serves_what_it_had_begun(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    behave(engine, request_seconds=2)
    task = balancing.world.run()
    balancing.run(balancing.target(task, "ready"))
    balancing.eventually_checked(task, "passed")
    balancing.configure(idle_timeout=5)
    assert (balancing.running().leaving, balancing.running().targets) == (1, ())
    balancing.world.pass_time(1)
    balancing.world.perform(balancing.world.stop(task))
    assert [(each.task_id, each.drained_seconds) for each in engine.lost] == [(task.id, 1)]
    assert balancing.running().leaving == 0


def test_a_killed_process_comes_back_with_what_the_volume_says(balancing: Balancing, engine: SimulatedEngine) -> None:
    task = balancing.world.run()
    wanted = balancing.run(balancing.target(task, "ready"), green=50)
    balancing.eventually_checked(task, "passed")
    engine.kill_balancer("edge")
    assert (balancing.seen().is_live, balancing.seen().running) == (True, None)
    assert engine.next_change_at() == balancing.world.clock.now() + 0.5
    balancing.world.pass_time(0.5)
    assert balancing.running().structure == wanted.structure
    assert (balancing.seen().shares(WEB), balancing.listed(task).check) == ((50, 0), CheckResult.NONE)


def test_a_step_cut_off_half_way_has_written_the_volume_only(balancing: Balancing, engine: SimulatedEngine) -> None:
    task = balancing.world.run()
    balancing.run()
    engine.balancers.cuts = lambda step: True
    wanted = configuration(balancing.target(task))
    with pytest.raises(EngineError):
        engine.perform(balancing.configuring(wanted))
    seen = balancing.seen()
    assert (seen.configuration, seen.targets_of(task.id), seen.lists(task.id)) == (wanted, (), True)
    engine.balancers.cuts = lambda step: False
    balancing.world.perform(balancing.configuring(wanted))
    assert balancing.listed(task).address == balancing.target(task).address


def test_a_replacement_cut_off_half_way_leaves_both_containers(balancing: Balancing, engine: SimulatedEngine) -> None:
    wanted = balancing.run()
    before = balancing.seen()
    engine.balancers.cuts = lambda step: True
    step = balancing.start(wanted, networks=())
    with pytest.raises(EngineError):
        engine.perform(step)
    key = balancer_container_name(balancing.world.stack, "edge", balancing.seen().settings)
    assert (balancing.seen().container_id, balancing.seen().is_live) == (before.container_id, True)
    assert key == before.container_id and len(balancing.seen().stale) == 1
    engine.balancers.cuts = lambda step: False
    balancing.world.perform(step)
    assert (balancing.seen().stale, balancing.seen().container_id == before.container_id) == ((), False)


def test_a_bad_configuration_replaces_no_good_one(balancing: Balancing, engine: SimulatedEngine) -> None:
    good = balancing.run()
    engine.balancers.refuses = lambda configuration: "line 12: unknown keyword"
    outcome = engine.perform(balancing.configuring(good.changed(idle_timeout=5)))
    assert (outcome.ok, outcome.reason) == (False, "line 12: unknown keyword")
    assert balancing.seen().configuration == good


def test_without_a_container_nobody_can_read_the_volume(balancing: Balancing, engine: SimulatedEngine) -> None:
    wanted = balancing.run()
    engine.remove(balancing.seen().container_id)
    seen = balancing.seen()
    assert (seen.container_id, seen.is_live, seen.settings, seen.configuration) == ("", False, "", None)
    balancing.world.perform(balancing.start(wanted))
    assert balancing.seen().is_live


def test_what_we_did_not_write_is_shown_as_nothing(balancing: Balancing, engine: SimulatedEngine) -> None:
    balancing.run()
    engine.balancers.write("edge", None)
    assert (balancing.seen().configuration, balancing.seen().is_live) == (None, True)


def test_requests_are_counted_by_the_share_of_their_pool(balancing: Balancing, engine: SimulatedEngine) -> None:
    engine.traffic = lambda group, color: (100.0, 10.0 if color is Color.GREEN else 0.0)
    balancing.run(green=250)
    balancing.world.pass_time(8)
    counters = balancing.running().counters
    assert counters == (
        PoolCounters(target_group=WEB, color=Color.BLUE, requests=600, errors=0),
        PoolCounters(target_group=WEB, color=Color.GREEN, requests=200, errors=20),
    )


def test_a_latency_is_shown_to_who_asks_for_it(balancing: Balancing, engine: SimulatedEngine) -> None:
    engine.latency = lambda group, color: 0.25 if color is Color.GREEN else None
    balancing.run()
    assert [each.latency_p95 for each in balancing.running().counters] == [None, None]
    (asked,) = balancing.world.look(latency_periods={"edge": 10}).balancers
    assert asked.running is not None
    assert [each.latency_p95 for each in asked.running.counters] == [None, 0.25]


def test_hooks_and_alarms_say_what_the_test_says(engine: SimulatedEngine) -> None:
    hook, probe = RunHook(address="a", run="d1/POST_SCALE_UP/0/smoke"), ProbeAlarm(address="a", probe="d1/errors")
    assert engine.perform(hook) == Outcome(step=hook)
    assert engine.perform(probe) == Outcome(step=probe, value=0.0)
    engine.hooks = lambda step: Outcome(step=step, ok=False, code="IN_PROGRESS")
    engine.probe = lambda step: None
    assert (engine.perform(hook).code, engine.perform(probe).ok) == ("IN_PROGRESS", False)


def test_an_engine_that_was_seen_goes_on_as_it_was(balancing: Balancing, engine: SimulatedEngine) -> None:
    behave(engine, request_seconds=60)
    world = balancing.world
    world.perform(world.create_owner())
    ready, busy, new = world.run(), world.run(), world.run()
    balancing.run(balancing.target(ready, "ready"), balancing.target(busy, "ready"))
    targets = (balancing.target(ready, "ready"), balancing.target(busy, "draining"), balancing.target(new))
    balancing.configure(*targets, green=50)
    balancing.eventually_checked(ready, "passed")
    before = world.look()
    seeded = SimulatedEngine.seeded(before, world.stack, world.clock)
    again = Balancing(replace(world, driver=seeded), stop_by_hand=print)
    assert again.seen().changed(running=None) == balancing.seen().changed(running=None)
    assert again.running().shares == {WEB: (50, 0)}
    shown = {each.task_id: (each.state, each.check, each.sessions) for each in again.running().targets}
    assert shown == {
        ready.id: (TargetState.READY, CheckResult.PASSED, 0),
        busy.id: (TargetState.DRAINING, CheckResult.NONE, 1),
        new.id: (TargetState.INITIAL, CheckResult.PASSED, 0),
    }
    world.pass_time(1)
    assert again.listed(busy).sessions == 0
    addresses = [
        [dict(found.addresses) for each in seen.tasks for found in each.containers]
        for seen in (before, again.world.look())
    ]
    assert addresses[0] == addresses[1]


def test_a_balancer_that_was_edited_by_hand_is_seeded_as_one_that_runs(
    balancing: Balancing, engine: SimulatedEngine
) -> None:
    balancing.run()
    engine.balancers.write("edge", None)
    world = balancing.world
    seeded = SimulatedEngine.seeded(world.look(), world.stack, world.clock)
    again = Balancing(replace(world, driver=seeded), stop_by_hand=print)
    assert (again.seen().is_live, again.seen().configuration) == (True, None)
    wanted = again.configure()
    assert (again.seen().configuration, again.running().structure) == (wanted, wanted.structure)


def test_balancers_take_about_as_long_as_real_ones(balancing: Balancing) -> None:
    balancing.run()
    steps = (balancing.start(), balancing.configuring(configuration()), balancing.removal())
    assert [usual_latency(step) for step in steps] == [0.5, 0.2, 0.5]


def test_a_configuration_for_no_container_of_ours_fails(balancing: Balancing, engine: SimulatedEngine) -> None:
    balancing.run()
    step = balancing.configuring(BalancerConfiguration(name="edge"), container_id="absent")
    assert not engine.perform(step).ok
