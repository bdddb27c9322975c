"""`decide` with balancers: what is not started or stopped yet for the sake of traffic (R28, R30, J3)."""

from __future__ import annotations

from typing import Any

from reconciler.model.decision import Decision, Waiting
from reconciler.model.deployment import AlarmReading
from reconciler.model.routing import Color, ObservedBalancer, PoolCounters
from reconciler.model.service import Alarm
from reconciler.model.snapshot import ObservedTask
from reconciler.model.stack import Stack
from reconciler.model.state import State
from reconciler.model.step import ConfigureBalancer, RemoveTask, StartContainer
from reconciler.model.task import DesiredStatus, TaskRecord
from reconciler.scheduler.routing import POLL_SECONDS
from reconciler.scheduler.scheduler import decide
from tests.builders import NOW, balanced, running, stack
from tests.scheduler.balancing import WEB, balanced_state, balancer, blue_green, first, listed, look, second, seen

ALARM = Alarm(name="errors", metric="http_5xx_percent", greater_than=5, datapoints=1)
SHOP = stack(balanced("web", 2, configuration=blue_green()))
LIVE = first(status="PRIMARY", desired_count=2)


def of_green(ordinal: int, **fields: Any) -> TaskRecord:
    return running(ordinal, deployment="d2", revision=2, **fields)


def seen_green(ordinal: int) -> ObservedTask:
    return seen(ordinal, deployment="d2", revision=2, color="green")


def leaving(ordinal: int, **fields: Any) -> TaskRecord:
    return running(ordinal, desired_status=DesiredStatus.STOPPED, stopping_at=NOW, **fields)


def decided(
    state: State, *tasks: ObservedTask, edge: ObservedBalancer, of: Stack = SHOP, now: float = NOW, **fields: Any
) -> Decision:
    return decide(of, state, look(*tasks, balancers=(edge,), **fields), now)


def kinds(decision: Decision) -> list[str]:
    return [step.kind for step in decision.steps]


def both(*records: TaskRecord) -> State:
    return balanced_state(SHOP, LIVE, tasks=records)


def test_a_task_that_is_to_stop_drains_first() -> None:
    state = both(running(1), running(2), leaving(3))
    there = balancer(listed(1), listed(2), listed(3))
    found = decided(state, seen(1), seen(2), seen(3), edge=there)
    assert kinds(found) == ["configure_balancer"]
    assert Waiting(address="service.web/00000000", reason="its target to drain") in found.waiting_for
    assert found.wake_at == NOW + POLL_SECONDS


def test_it_stops_once_no_balancer_lists_it() -> None:
    state = both(running(1), running(2), leaving(3))
    found = decided(state, seen(1), seen(2), seen(3), edge=balancer(listed(1), listed(2)))
    assert [step.task_id for step in found.steps if isinstance(step, RemoveTask)] == [f"{3:032x}"]


def test_the_moment_it_drains_is_recorded_once() -> None:
    state = both(running(1), running(2), leaving(3))
    there = balancer(listed(1), listed(2), listed(3, "draining", sessions=1))
    once = decided(state, seen(1), seen(2), seen(3), edge=there, now=NOW + 3)
    again = decided(once.state, seen(1), seen(2), seen(3), edge=there, now=NOW + 9)
    assert [found.state.tasks[2].draining_at for found in (once, again)] == [NOW + 3, NOW + 3]


def test_nothing_starts_while_a_balancer_lists_an_address_that_is_free() -> None:
    found = decided(both(running(2)), seen(2), edge=balancer(listed(1), listed(2)))
    assert kinds(found) == ["configure_balancer"]
    words = "load_balancer.edge to forget 10.0.0.1 of task 00000000"
    assert [each.reason for each in found.waiting_for if "/" in each.address] == [words]


def test_nothing_starts_while_a_balancer_is_being_told() -> None:
    state, there = both(running(2)), balancer(listed(2))
    told = frozenset({"balancer edge"})
    assert kinds(decided(state, seen(2), edge=there)) == ["start_container"]
    found = decided(state, seen(2), edge=there, in_flight=told)
    assert kinds(found) == []
    assert "load balancer edge to be configured" in [each.reason for each in found.waiting_for]


def test_the_revision_that_has_the_traffic_is_kept_up_while_another_proves_itself() -> None:
    shifting = second("BAKE_TIME", desired_count=2)
    state = balanced_state(SHOP, first(desired_count=2), shifting, tasks=(running(2), of_green(3), of_green(4)))
    there = balancer(listed(2), listed(3, color="green"), listed(4, color="green"), green=1000)
    found = decided(state, seen(2), seen_green(3), seen_green(4), edge=there)
    started = [step.task for step in found.steps if isinstance(step, StartContainer)]
    assert [(each.deployment, each.revision, each.color.value) for each in started] == [("d1", 1, "blue")]


def test_in_the_look_in_which_a_deployment_fails_only_its_own_tasks_are_stopped() -> None:
    watched = stack(balanced("web", 2, configuration=blue_green(alarms=(ALARM,))))
    reading = AlarmReading(name="errors", sampled_at=NOW - 10)
    shifting = second("BAKE_TIME", desired_count=2, alarms=(reading,))
    tasks = (running(1), running(2), of_green(3), of_green(4))
    state = balanced_state(watched, first(desired_count=2), shifting, tasks=tasks)
    targets = (listed(1), listed(2), listed(3, color="green"), listed(4, color="green"))
    counters = (PoolCounters(target_group=WEB, color=Color.GREEN, requests=100, errors=50),)
    there = balancer(*targets, green=1000, of=watched, counters=counters)
    found = decided(state, seen(1), seen(2), seen_green(3), seen_green(4), edge=there, of=watched)
    wanted = {each.ordinal: each.desired_status.value for each in found.state.tasks}
    assert wanted == {1: "RUNNING", 2: "RUNNING", 3: "STOPPED", 4: "STOPPED"}
    (step,) = (each for each in found.steps if isinstance(each, ConfigureBalancer))
    (route,) = step.configuration.routes
    assert (route.green, [each.state.value for each in route.targets]) == (
        0,
        ["ready", "ready", "draining", "draining"],
    )
