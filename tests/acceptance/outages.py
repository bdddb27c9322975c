"""Counted: an engine that does not answer for a while, with a watch before it (R14).

An engine of our own is paused; tasks end meanwhile. Nothing is asked of it but to show what runs. Once it answers,
what ended is replaced within a relist, and nothing else is touched.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from .figure import Counted
from .private_engine import PrivateEngine, private_engine
from .proxy import Recording, recording
from .sleepers import Sleepers, sleepers
from .watched import await_that, watch

AWAY_SECONDS = 30.0
HEALED_WITHIN_SECONDS = 30.0
"""A relist, a fifth later than usual."""

SETTLES_SECONDS = 2.0
TASKS_OF_A_ROUND = 2


class Outage(NamedTuple):
    """What came of one: after how many seconds all was as before, and what should not have been."""

    seconds: float
    problems: tuple[str, ...]


def outages(count: int, away: float = AWAY_SECONDS) -> Counted:
    """Pause the engine `count` times for so many seconds."""
    with (
        private_engine() as engine,
        _usual(engine),
        recording() as record,
        sleepers(engine.connect(), TASKS_OF_A_ROUND * count + 1, engine=engine.url) as stack,
        watch(replace(stack.command, engine=record.address)),
    ):
        time.sleep(SETTLES_SECONDS)
        first = list(stack.tasks())
        rounds = (first[TASKS_OF_A_ROUND * each :][:TASKS_OF_A_ROUND] for each in range(count))
        found = [_outage(engine, stack, record, ended, away) for ended in rounds]
    problems = tuple(problem for each in found for problem in each.problems)
    longest = max(each.seconds for each in found)
    return Counted(len(found), problems, f"{away:g} s each; mended {longest:.1f} s after it answered, at most")


def _outage(engine: PrivateEngine, stack: Sleepers, record: Recording, ended: list[str], away: float) -> Outage:
    """Pause the engine, end tasks behind its back, and let it go on."""
    before = stack.tasks()
    processes = [_process(stack, before[each]["Id"]) for each in ended]
    seen = len(record.changing)
    engine.freeze()
    try:
        for each in processes:
            os.kill(each, signal.SIGKILL)
        time.sleep(away)
        asked = record.changing[seen:]
    finally:
        engine.thaw()
    took = await_that(
        lambda: len(set(stack.tasks()) - set(before)) == len(ended), 4 * HEALED_WITHIN_SECONDS, "it is mended"
    )
    after = stack.tasks()
    problems = [f"during an outage: {each}" for each in asked]
    problems += [f"task {each[:8]} was touched" for each in before if each not in after and each not in ended]
    problems += [f"mended after {took:.1f} s"] if took > HEALED_WITHIN_SECONDS else []
    return Outage(took, tuple(problems))


def _process(stack: Sleepers, container_id: str) -> int:
    return int(stack.client.get(f"/containers/{container_id}/json")["State"]["Pid"])


@contextmanager
def _usual(engine: PrivateEngine) -> Iterator[None]:
    """Make it the engine that DOCKER_HOST says, for the proxy."""
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = engine.url
    try:
        yield
    finally:
        os.environ.pop("DOCKER_HOST")
        if before is not None:
            os.environ["DOCKER_HOST"] = before
