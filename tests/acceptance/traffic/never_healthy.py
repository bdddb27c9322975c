"""A revision that never gets healthy: exit 3, rolled back, and whatever ran before runs on untouched."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from tests.acceptance.figure import Counted, told

from .declared import STRATEGIES
from .site import TrafficSite, traffic_site


def never_healthy(count: int) -> Counted:
    """Try so many strategies, one after the other, on one service."""
    found: list[str] = []
    seconds: list[str] = []
    with traffic_site() as site:
        for strategy in islice(STRATEGIES, count):
            took, problems = _tried(site, strategy)
            found += told(strategy, problems)
            seconds.append(f"{strategy} {took:.0f} s")
    return Counted(len(seconds), tuple(found), f"failed and rolled back after: {', '.join(seconds)}")


def _tried(site: TrafficSite, strategy: str) -> tuple[float, list[str]]:
    before, running = site.declared, _ids(site)
    ended = site.apply(before.next_version("web", strategy=strategy, health="never"), 0, 1, 2, 3)
    site.declare(before)
    return ended.seconds, [*_problems(ended.code, ended.output, running, _ids(site)), *site.problems()]


def _problems(code: int, output: str, before: frozenset[str], after: frozenset[str]) -> Iterator[str]:
    if code != 3:
        yield f"the apply ended with {code}: {output}"
    if before != after:
        yield f"the containers {sorted(before)} ran before, {sorted(after)} do now"


def _ids(site: TrafficSite) -> frozenset[str]:
    return frozenset(str(row["Id"]) for row in site.containers("web").values())
