"""What containers use: the same on both drivers, and the answers of engines of both control groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.drivers.docker.usage import read_usage
from reconciler.model.beside import ContainerUsage
from reconciler.model.snapshot import ContainerStatus
from reconciler.model.step import SampleUsage

from .builders import World, container, definition, shell

BURN = definition(container(command=("/bin/sh", "-c", "while :; do :; done")))


def sample(world: World, containers: Mapping[str, str]) -> tuple[ContainerUsage, ...]:
    outcome = world.perform(SampleUsage(address="autoscaling.web", containers=containers))
    assert outcome.ok
    return outcome.usage


def test_between_two_samples_lies_the_cpu_time_that_a_container_took(world: World) -> None:
    task = world.run(BURN)
    seen = world.container(task).id
    (before,) = sample(world, {seen: task.id})
    world.pass_time(1.5)
    (after,) = sample(world, {seen: task.id})
    assert (before.container_id, before.task_id) == (seen, task.id)
    assert 1.4 < after.at - before.at < 4
    assert 0.2 < after.cpu_seconds - before.cpu_seconds < 4
    assert 0 < after.memory < 64


def test_a_container_that_sleeps_takes_next_to_nothing(world: World) -> None:
    task = world.run()
    seen = world.container(task).id
    (before,) = sample(world, {seen: task.id})
    world.pass_time(0.5)
    (after,) = sample(world, {seen: task.id})
    assert after.cpu_seconds - before.cpu_seconds < 0.1


def test_containers_that_ended_or_are_gone_are_left_out(world: World) -> None:
    ended = world.run(definition(shell("exit 3")))
    world.eventually(lambda: world.container(ended).status is ContainerStatus.EXITED)
    assert sample(world, {world.container(ended).id: ended.id, "f" * 64: "nobody"}) == ()


def answer(memory: Mapping[str, Any], read: str = "2026-01-01T00:00:10.5Z") -> dict[str, Any]:
    return {"read": read, "cpu_stats": {"cpu_usage": {"total_usage": 2_500_000_000}}, "memory_stats": memory}


MIB = 1024 * 1024


@pytest.mark.parametrize(
    "details",
    [{"total_inactive_file": 3 * MIB, "inactive_file": MIB}, {"inactive_file": 3 * MIB}],
    ids=["cgroup v1", "cgroup v2"],
)
def test_files_that_nobody_needs_are_not_in_use(details: Mapping[str, int]) -> None:
    found = read_usage(answer({"usage": 10 * MIB, "stats": details}), "c1", "t1")
    assert found == ContainerUsage(container_id="c1", task_id="t1", at=1_767_225_610.5, cpu_seconds=2.5, memory=7.0)


@pytest.mark.parametrize("found", [answer({}), answer({"usage": MIB}, read="0001-01-01T00:00:00Z"), {}, None])
def test_an_answer_without_numbers_is_of_a_container_that_does_not_run(found: Mapping[str, Any] | None) -> None:
    assert read_usage(found, "c1", "t1") is None
