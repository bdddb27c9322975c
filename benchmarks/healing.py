"""How soon a killed task is replaced, beside Docker Swarm: both on an engine of our own, never on the user's."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Sample, Samples
from benchmarks.report import Row
from tests.acceptance.healing import heals_beside_swarm
from tests.acceptance.private_engine import private_engine

GOAL = 1.0


def healing(kills: int) -> Iterator[Row]:
    """Yield the row, of pairs of kills: from the end of a container to the start of the next one."""
    with private_engine() as engine:
        client = engine.connect()
        try:
            ours, theirs = heals_beside_swarm(client, kills, engine.url)
        finally:
            client.close()
    what = "`docker kill` to the start of another task, against Swarm"
    yield Row(what, _samples(ours), _samples(theirs), GOAL, is_paired=True)


def _samples(seconds: list[float]) -> Samples:
    return Samples([Sample(each, 0.0, 0.0) for each in seconds])
