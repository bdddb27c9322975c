"""kill -9 of `apply` at random moments of a blue/green: the next apply ends with one live colour, none doubled."""

from __future__ import annotations

from random import Random
from statistics import median

from tests.acceptance.figure import Counted, told

from .balancer import membership_problems
from .declared import TrafficStack
from .site import TrafficSite, traffic_site

REACH = 1.1
"""A kill comes at a uniformly random moment of 0 to this many times the duration of an undisturbed blue/green."""
MOST_MISSES = 2


def deploy_kills(count: int, seed: int = 1) -> Counted:
    """Kill so many blue/greens, and judge tasks and balancer after the next apply of each."""
    random = Random(seed)
    found: list[str] = []
    moments: list[float] = []
    with traffic_site() as site:
        duration = median(site.apply(_next(site)).seconds for _ in range(2))
        for _ in range(count * (1 + MOST_MISSES)):
            if len(moments) == count:
                break
            moment = random.uniform(0.0, REACH * duration)
            killed = site.start_apply(_next(site)).kill_after(moment)
            if killed.was_killed:
                moments.append(moment)
                found += told(f"seed {seed}, kill {len(moments)} at {moment:.2f} s", _next_apply(site, random))
            elif killed.code != 0:
                found.append(f"ended by itself with {killed.code}: {killed.output}")
    return Counted(
        len(moments),
        tuple(found),
        f"killed {min(moments):.2f}-{max(moments):.2f} s after the start, an undisturbed one takes {duration:.1f} s",
    )


def _next(site: TrafficSite) -> TrafficStack:
    return site.declared.next_version("web", strategy="BLUE_GREEN", desired_count=2, bake=1)


def _next_apply(site: TrafficSite, random: Random) -> list[str]:
    """Apply again, now and then another version; returns what is wrong afterwards."""
    if random.random() < 0.3:
        site.declare(_next(site))
    ended = site.command.start_apply().end()
    if ended.code != 0:
        return [f"the next apply ended with {ended.code}: {ended.output}"]
    plan = site.command.plan(0, 1, 2)
    not_empty = [f"the plan after the next apply ends with {plan.code}: {plan.output}"] if plan.code else []
    return [*site.problems(), *membership_problems(site, "web"), *not_empty]
