"""kill -9 of `apply` at random moments: the next apply finishes the work, and nothing is left over or doubled."""

from __future__ import annotations

from random import Random
from statistics import median

from .figure import Counted, told
from .site import Site, site

REACH = 1.2
"""A kill comes at a uniformly random moment of 0 to this many times the duration of an undisturbed apply."""
MOST_MISSES = 3
"""So many times the stated count of applies may end before their kill, and are not counted."""


def kills(count: int, seed: int = 1) -> Counted:
    """Kill so many applies, and judge the engine after the next apply of each."""
    random = Random(seed)
    with site() as place:
        duration = _undisturbed_seconds(place, random)
        found: list[str] = []
        moments: list[float] = []
        for _ in range(count * (1 + MOST_MISSES)):
            if len(moments) == count:
                break
            moment = random.uniform(0.0, REACH * duration)
            place.declare(place.declared.changed(random))
            killed = place.command.start_apply().kill_after(moment)
            if not killed.was_killed:
                found += told(f"kill at {moment:.2f} s", _of_one_that_ended(killed.code, killed.output))
                continue
            moments.append(moment)
            found += told(f"seed {seed}, kill {len(moments)} at {moment:.2f} s", _next_apply(place, random))
        shown = f"{min(moments):.2f}-{max(moments):.2f}" if moments else "never"
        return Counted(
            len(moments),
            tuple(found),
            f"killed {shown} s after the start, an undisturbed apply takes {duration:.1f} s; seed {seed}",
        )


def _undisturbed_seconds(place: Site, random: Random) -> float:
    """Apply the stack for the first time and change it twice; returns the median duration."""
    seconds = [place.command.apply().seconds]
    for _ in range(2):
        place.declare(place.declared.changed(random))
        seconds.append(place.command.apply().seconds)
    return median(seconds)


def _of_one_that_ended(code: int, output: str) -> list[str]:
    return [] if code == 0 else [f"ended by itself with {code}: {output}"]


def _next_apply(place: Site, random: Random) -> list[str]:
    """Apply again, now and then after one more change; returns what is wrong afterwards."""
    if random.random() < 0.3:
        place.declare(place.declared.changed(random))
    ended = place.command.start_apply().end()
    if ended.code != 0:
        return [f"the next apply ended with {ended.code}: {ended.output}"]
    plan = place.command.plan(0, 1, 2)
    not_empty = [f"the plan after the next apply ends with {plan.code}: {plan.output}"] if plan.code else []
    return [*place.problems(), *not_empty]
