"""A watch that is stopped (SIGSTOP) for three times its lease, while another takes over, does no harm afterwards."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from .figure import Counted, told
from .rivals import STEADY_WITHIN_SECONDS, Rival, Watches, watches
from .watched import await_that

LEASE_SECONDS = 1.5
PAUSE_SECONDS = 3 * LEASE_SECONDS
TIMES = {"RECONCILER_LEASE_SECONDS": f"{LEASE_SECONDS}"}
TAKEN_WITHIN_SECONDS = 30.0
"""It takes a lease and a moment; more only where the machine has no time for whoever stands by."""
WHILE_IT_WORKS_SECONDS = 1.0
"""It is stopped at a random moment of that time after tasks were killed."""

NOTICED = "another process took the stack over"


class _Pause(NamedTuple):
    """What one pause showed: whether it was amid calls, how long the takeover took, and what was wrong.

    `took` is None when it was in the middle of a write to the state file: the kernel keeps its lock on that file, so
    that nobody can take over. Nothing can go wrong either.
    """

    was_at_work: bool
    took: float | None
    problems: list[str]


def pauses(count: int, seed: int = 1) -> Counted:
    """Stop whoever holds the stack amid its work, so many times."""
    random = Random(seed)
    found: list[_Pause] = []
    with watches(2, TIMES) as two:
        while sum(each.took is not None for each in found) < count and len(found) < 3 * count:
            found.append(_pause(two, random))
        judged = [each for number, pause in enumerate(found, 1) for each in told(f"pause {number}", pause.problems)]
        taken = [each.took for each in found if each.took is not None]
        remark = (
            f"lease {LEASE_SECONDS:g} s; taken over within {max(taken, default=0):.1f} s; "
            f"{sum(each.was_at_work for each in found)} were amid calls; "
            f"{len(found) - len(taken)} more amid a write, where nobody can take over; seed {seed}"
        )
        return Counted(len(taken), (*judged, *two.crowds), remark)


def _pause(two: Watches, random: Random) -> _Pause:
    paused = two.holder
    assert paused is not None, "none of them has the stack"
    (successor,) = (each for each in two.rivals if each is not paused)
    before, noticed = len(paused.record.changing), paused.watched.output.count(NOTICED)
    two.kill_tasks(random)
    time.sleep(random.uniform(0, WHILE_IT_WORKS_SECONDS))
    os.kill(paused.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        is_amid_write = two.is_being_written
        took = None if is_amid_write else _await_successor(two, successor)
        time.sleep(max(0.0, began + PAUSE_SECONDS - time.monotonic()))
    finally:
        os.kill(paused.pid, signal.SIGCONT)
    was_at_work = len(paused.record.changing) > before
    if took is not None:
        await_that(lambda: paused.watched.output.count(NOTICED) > noticed, STEADY_WITHIN_SECONDS, "it noticed")
    two.await_steady()
    wrongs = () if took is None else _wrongs(two, paused, successor, began + took)
    return _Pause(was_at_work, took, list(wrongs))


def _await_successor(two: Watches, successor: Rival) -> float:
    return await_that(lambda: two.holder is successor, TAKEN_WITHIN_SECONDS, "the other watch takes the stack over")


def _wrongs(two: Watches, paused: Rival, successor: Rival, taken_at: float) -> Iterator[str]:
    for request in paused.record.changing:
        if request.at > taken_at:
            yield f"{request}, {request.at - taken_at:.2f} s after the other one had taken over"
    if two.holder is not successor:
        yield "the stack changed hands once more"
