"""What a sample says: percent of the limits, requests per minute and target, and what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.beside import ContainerUsage
from reconciler.model.routing import (
    BalancerConfiguration,
    CheckResult,
    Color,
    ObservedBalancer,
    ObservedTarget,
    PoolCounters,
    Route,
    RunningBalancer,
    TargetState,
)
from reconciler.model.scaling import ScalingMetric
from reconciler.model.snapshot import ObservedTask, Snapshot
from reconciler.model.task_definition import TaskDefinition
from reconciler.scheduler.scaling.metrics import healthy_targets, per_minute, requests_counted, usage_percent
from tests.builders import balanced, container, definition, observed, task

CPU, MEMORY = ScalingMetric.CPU, ScalingMetric.MEMORY
HALF = definition(container(cpu=512, memory=200))
"""May use half of a CPU."""


def used(
    name: str, seconds: float = 0.0, *, at: float = 10.0, memory: float = 0.0, ordinal: int = 1
) -> ContainerUsage:
    return ContainerUsage(container_id=name, task_id=f"{ordinal:032x}", at=at, cpu_seconds=seconds, memory=memory)


def one(of: TaskDefinition = HALF, ordinal: int = 1) -> ObservedTask:
    return observed(of=task(ordinal, of))


def cpu(
    *, before: tuple[ContainerUsage, ...], after: tuple[ContainerUsage, ...], of: TaskDefinition = HALF
) -> float | None:
    return usage_percent(CPU, (one(of),), before, after)


def test_cpu_is_what_was_used_between_two_samples_in_percent_of_the_limit() -> None:
    assert cpu(before=(used("a", 5.0),), after=(used("a", 7.5, at=20.0),)) == 50.0


def test_the_containers_of_a_task_add_up_and_so_do_their_limits() -> None:
    two = definition(container("app", cpu=512), container("side", cpu=512))
    before, after = (used("a", 0.0), used("b", 0.0)), (used("a", 4.0, at=20.0), used("b", 1.0, at=20.0))
    assert cpu(before=before, after=after, of=two) == 50.0


def test_the_limit_of_the_task_comes_before_those_of_its_containers() -> None:
    whole = definition(container(cpu=512), cpu=2048)
    assert cpu(before=(used("a", 0.0),), after=(used("a", 10.0, at=20.0),), of=whole) == 50.0


@pytest.mark.parametrize(
    ("before", "after", "of"),
    [
        ((), (used("a", 7.5, at=20.0),), HALF),
        ((used("b", 5.0),), (used("a", 7.5, at=20.0),), HALF),
        ((used("a", 5.0),), (used("a", 1.0, at=20.0),), HALF),  # it was started again meanwhile
        ((used("a", 5.0),), (used("a", 7.5, at=10.0),), HALF),
        ((used("a", 5.0),), (used("a", 7.5, at=9.0),), HALF),
        ((used("a", 5.0),), (used("a", 7.5, at=41.0),), HALF),  # nobody watched
        ((used("a", 5.0),), (), HALF),
        ((used("a", 5.0),), (used("a", 7.5, at=20.0), used("b", 1.0, at=20.0)), HALF),
        ((used("a", 5.0),), (used("a", 7.5, at=20.0),), definition()),  # without a limit
    ],
)
def test_what_cannot_be_told_of_cpu_is_nothing(
    before: tuple[ContainerUsage, ...], after: tuple[ContainerUsage, ...], of: TaskDefinition
) -> None:
    assert cpu(before=before, after=after, of=of) is None


def test_tasks_are_averaged_and_new_ones_are_left_out() -> None:
    before = (used("a", 0.0), used("b", 0.0, ordinal=2))
    after = (used("a", 1.0, at=20.0), used("b", 3.0, at=20.0, ordinal=2), used("c", 5.0, at=20.0, ordinal=3))
    assert usage_percent(CPU, [one(ordinal=each) for each in (1, 2, 3)], before, after) == 40.0


@pytest.mark.parametrize(
    ("of", "percent"),
    [
        (HALF, 25.0),
        (definition(container(memory=100)), 50.0),
        (definition(container(memory_reservation=100)), None),
        (definition(container(memory=100), memory=500), 10.0),
        (definition(), None),
    ],
)
def test_memory_is_what_is_used_now_in_percent_of_the_limit(of: TaskDefinition, percent: float | None) -> None:
    assert usage_percent(MEMORY, (one(of),), (), (used("a", memory=50.0),)) == percent


WEB, _ = balanced("web", 2)
GROUP = "target_group.web"


def counted(requests: int, color: Color = Color.BLUE, group: str = GROUP) -> PoolCounters:
    return PoolCounters(target_group=group, color=color, requests=requests)


def target(ordinal: int, **fields: Any) -> ObservedTarget:
    values = {"target_group": GROUP, "task_id": f"{ordinal:032x}", "color": Color.BLUE, "address": "10.0.0.2"}
    return ObservedTarget(
        **{**values, "port": 8080, "state": TargetState.READY, "check": CheckResult.PASSED, **fields}
    )


def balancer(*counters: PoolCounters, name: str = "edge", group: str = GROUP, **fields: Any) -> ObservedBalancer:
    running = RunningBalancer(structure="s", counters=counters, **fields)
    configuration = BalancerConfiguration(name=name, routes=(Route(target_group=group),))
    return ObservedBalancer(address=f"load_balancer.{name}", name=name, configuration=configuration, running=running)


OTHER = "target_group.other"


@pytest.mark.parametrize(
    ("balancers", "requests"),
    [
        ((balancer(counted(5), counted(7, Color.GREEN), counted(100, group=OTHER)),), 12),
        ((balancer(counted(5)), balancer(counted(3), name="second")), 8),
        ((balancer(counted(5)), balancer(name="third", group=OTHER).changed(running=None)), 5),
        ((balancer(counted(5)), balancer(name="second").changed(running=None)), None),
        ((balancer().changed(running=None),), None),
        ((), None),
    ],
)
def test_requests_are_counted_in_both_pools_of_all_its_load_balancers(
    balancers: tuple[ObservedBalancer, ...], requests: int | None
) -> None:
    assert requests_counted(WEB, Snapshot(balancers=balancers)) == requests


@pytest.mark.parametrize(
    ("before", "latest", "elapsed", "value"),
    [(100, 150, 10.0, 300.0), (100, 100, 10.0, 0.0), (100, 20, 10.0, None), (1, 2, 0.0, None), (1, 2, 31.0, None)],
)
def test_requests_of_a_minute_are_unknown_when_the_counters_began_anew(
    before: int, latest: int, elapsed: float, value: float | None
) -> None:
    assert per_minute(before, latest, elapsed) == value


@pytest.mark.parametrize(("shares", "healthy"), [((0, 0), 2), ((1000, 0), 1), ((100, 0), 3), ((0, 1000), 2)], ids=str)
def test_targets_count_that_are_healthy_and_get_traffic(shares: tuple[int, int], healthy: int) -> None:
    targets = (
        target(1),
        target(2, check=CheckResult.NONE),
        target(3, check=CheckResult.FAILED),
        target(4, state=TargetState.DRAINING),
        target(5, state=TargetState.INITIAL),
        target(6, color=Color.GREEN),
        target(7, target_group=OTHER),
    )
    edge = balancer(targets=targets, shares={GROUP: shares})
    assert healthy_targets(WEB, Snapshot(balancers=(edge,))) == healthy
