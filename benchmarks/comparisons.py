"""A service of N one-container tasks: created, replaced after an environment change and destroyed, beside Compose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Sample, Samples, wait_for_rest
from benchmarks.peers import Compose, Cycle, Reconciler, Side, measured_cycle
from benchmarks.report import Row
from reconciler.drivers.docker.client import Client
from tests.acceptance.engine import clean, fresh_name

PREFIX = "bench"
GOALS = {10: 0.85, 50: 0.7}
"""Number of tasks -> the largest ratio for creating and for replacing them."""
GOAL_OF_DESTROY = 1.1
SIDES: tuple[type[Reconciler] | type[Compose], ...] = (Reconciler, Compose)


def compare(client: Client, folder: Path, count: int, rounds: int) -> Iterator[Row]:
    """Run both sides in turn, the other one first each time; yields three rows."""
    ours: list[Cycle] = []
    theirs: list[Cycle] = []
    for number in range(rounds):
        for side in SIDES if number % 2 == 0 else reversed(SIDES):
            name = fresh_name(PREFIX)
            cycle = _one_cycle(client, side(name, folder / name), count)
            (ours if side is Reconciler else theirs).append(cycle)
    yield _row(f"first apply of {count} tasks, against `up -d`", ours, theirs, "create", GOALS[count])
    yield _row(f"replace {count} tasks (0/100), against `up -d`", ours, theirs, "replace", GOALS[count])
    yield _row(f"destroy {count} tasks, against `down`", ours, theirs, "destroy", GOAL_OF_DESTROY)


def _one_cycle(client: Client, side: Side, count: int) -> Cycle:
    try:
        return measured_cycle(client, side, count, wait_for_rest)
    finally:
        clean(client, side.name)


def _row(what: str, ours: list[Cycle], theirs: list[Cycle], step: str, goal: float) -> Row:
    return Row(what, _samples(ours, step), _samples(theirs, step), goal)


def _samples(cycles: list[Cycle], step: str) -> Samples:
    samples: list[Sample] = [getattr(cycle, step) for cycle in cycles]
    return Samples(samples)
