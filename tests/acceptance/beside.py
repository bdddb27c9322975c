"""`apply` beside a `watch`, again and again: never do both act at once, and what runs is what was applied (C7)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from statistics import median

from .command import Ended
from .figure import Counted, told
from .proxy import Recording, recording
from .rivals import Rival, Watches, watches
from .watched import await_that

BEFORE_APPLY_SECONDS = 1.0
"""The apply comes at a random moment of that time after tasks were killed, so that the watch is at work."""

AGAIN_WITHIN_SECONDS = 10.0
"""How long a watch may take to go on after an apply."""


def beside(count: int, seed: int = 1) -> Counted:
    """Apply so many changes while one watch has the stack and a second one stands by."""
    random, found, took = Random(seed), [], []
    with watches(2, {}) as two:
        for number in range(1, count + 1):
            ended, record = _apply(two, random, number)
            took.append(ended.seconds)
            await_that(lambda: two.holder is not None, AGAIN_WITHIN_SECONDS, "a watch has the stack again")
            two.await_steady()
            found += told(f"apply {number}", _wrongs(two, ended, record))
        return Counted(count, (*found, *two.crowds), f"an apply took {median(took):.1f} s (median); seed {seed}")


def _apply(two: Watches, random: Random, number: int) -> tuple[Ended, Recording]:
    """Apply another value for every task just when the watch replaces some."""
    place = two.place
    two.kill_tasks(random)
    time.sleep(random.uniform(0, BEFORE_APPLY_SECONDS))
    place.declare(place.declared.with_round(number))
    with recording() as record:
        return replace(place.command, engine=record.address).start_apply().end(), record


def _wrongs(two: Watches, ended: Ended, record: Recording) -> Iterator[str]:
    if ended.code != 0:
        yield f"exit code {ended.code}: {ended.output}"
    if not record.changing:
        yield "an apply with something to do sent nothing"
        return
    began, over = record.changing[0].at, record.changing[-1].at
    for rival in two.rivals:
        yield from _meanwhile(rival, began, over)


def _meanwhile(rival: Rival, began: float, over: float) -> Iterator[str]:
    """Yield what a watch changed between the first and the last change of the apply."""
    for request in rival.record.changing:
        if began <= request.at <= over:
            yield f"the watch sent {request} while the apply was at work"
