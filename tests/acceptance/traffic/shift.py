"""Where requests go while traffic shifts, as the tasks' own logs tell it.

The moments are those at which the hooks of a deployment's stages ran, by the clock of the host that the tasks share:
POST_TEST_TRAFFIC_SHIFT begins when test traffic is on green, PRE_PRODUCTION_TRAFFIC_SHIFT has ended before production
shifts, POST_PRODUCTION_TRAFFIC_SHIFT begins when that is done. So green may have seen no request of production before
the second, and blue none that was *sent* after the third; nor one of the test listener that was sent after the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from tests.acceptance.figure import Counted, told

from .attempt import Attempts
from .declared import AFTER_SHIFT, BEFORE_SHIFT, TESTED
from .load import loading
from .request_log import Seen, seen
from .site import TrafficSite, traffic_site

PRODUCTION, TEST = "production", "test"
TOLERANCE = 0.03
"""Of the split, over 5,000 requests. Where fewer are counted, four standard deviations of a random choice."""
STEP_PERCENT = 40
SLOWEST_RATE = 250
"""Requests a second that are sent at least; a step bakes long enough for all of them."""
SETTLE = 1.0
"""Seconds after a step's hook until its shift has certainly been made."""
SHOWN = 5


def shift(count: int) -> Counted:
    """Shift by blue/green, then linearly with so many requests counted in each step."""
    with traffic_site() as site:
        blue_green, remark = _blue_green(site)
        counted, linear, shares = _linear(site, count)
    return Counted(counted, (*told("blue/green", blue_green), *told("linear", linear)), f"{remark}; {shares}")


def _blue_green(site: TrafficSite) -> tuple[list[str], str]:
    site.forget_marks()
    test_load = site.load(port=site.declared.test_port, prefix=TEST, keep_alive=3, closing=3, slow=1)
    with loading(site.load(prefix=PRODUCTION)) as load, loading(test_load) as test:
        site.apply(site.declared.next_version("web", strategy="BLUE_GREEN"))
        load.wait_for(load.count() + SLOWEST_RATE)
        attempts = Attempts((*load.end(), *test.end()))
    (tested,), (before,), (after,) = (site.marks(each) for each in (TESTED, BEFORE_SHIFT, AFTER_SHIFT))
    green = str(site.declared.services["web"].version)
    return judged(seen(site.declared.logs), attempts, green, Moments(tested, before, after))


class Moments(NamedTuple):
    """When the hooks ran: after test traffic shifted, before production's did, and after it."""

    tested: float
    before: float
    after: float


def judged(requests: Sequence[Seen], attempts: Attempts, green: str, moments: Moments) -> tuple[list[str], str]:
    """Return what was wrong in a blue/green, and the counts in words.

    `requests` are what all tasks saw, `attempts` what was sent to production's listener and to the test listener,
    `green` is the new version.
    """
    sent_at = _sent_times(attempts)
    production, test = ([each for each in requests if each.request.startswith(kind)] for kind in (PRODUCTION, TEST))
    early = [each for each in production if each.version == green and each.at < moments.before]
    late = [each for each in production if each.version != green and _is_late(each, sent_at, moments.after)]
    untested = [each for each in test if each.version != green and _is_late(each, sent_at, moments.tested)]
    tested = sum(each.version == green and each.at < moments.before for each in test)
    found = [f"green saw {each} before the shift at {moments.before}" for each in early[:SHOWN]]
    found += [f"blue saw {each}, sent after the shift at {moments.after}" for each in late[:SHOWN]]
    found += [f"blue saw the test {each}, sent after tests shifted at {moments.tested}" for each in untested[:SHOWN]]
    found += [f"{each} failed" for each in attempts.failed[:SHOWN]]
    found += [] if tested else ["no request of the test listener reached green before the shift"]
    found += [] if any(each.version == green for each in production) else ["green saw no request of production"]
    counts = f"{len(early)} of {len(production):,} early on green, {len(late)} late on blue"
    return found, f"blue/green: {counts}, {tested} tested green before"


def _sent_times(attempts: Attempts) -> dict[str, list[float]]:
    """Return when each request was sent: more than once if it was repeated."""
    times: dict[str, list[float]] = defaultdict(list)
    for each in attempts:
        times[each.request].append(each.sent_at)
    return times


def _is_late(request: Seen, sent_at: dict[str, list[float]], after: float) -> bool:
    """Tell whether the attempt that a task saw was sent after a moment: the last one before it was seen."""
    return max((each for each in sent_at[request.request] if each <= request.at), default=0.0) > after


def _linear(site: TrafficSite, count: int) -> tuple[int, list[str], str]:
    site.forget_marks()
    step_bake = round(count / SLOWEST_RATE + 2 * SETTLE)
    changes = {"strategy": "LINEAR", "percent": STEP_PERCENT, "step_bake": step_bake}
    with loading(site.load(prefix=PRODUCTION, keep_alive=10, closing=10, slow=0, pause=0.04)) as load:
        site.apply(site.declared.next_version("web", **changes))
        attempts = load.end()
    marks = site.marks(BEFORE_SHIFT)
    steps = [_between(attempts, begin + SETTLE, end) for begin, end in pairwise(marks)]
    green = str(site.declared.services["web"].version)
    shares = [sum(each.version == green for each in step) / max(1, len(step)) for step in steps]
    found = [f"{each} failed" for each in attempts.failed[:SHOWN]]
    found += [] if len(marks) == 3 else [f"the hook before a shift ran {len(marks)} times, there are 3 steps"]
    for number, (step, share) in enumerate(zip(steps, shares, strict=True), start=1):
        wanted, allowed = number * STEP_PERCENT / 100, max(TOLERANCE, 4 * sqrt(0.25 / max(1, len(step))))
        if abs(share - wanted) > allowed:
            found.append(f"step {number}: {share:.1%} of {len(step):,} requests went to green, {wanted:.0%} should")
    shown = ", ".join(f"{share:.1%} of {len(step):,}" for step, share in zip(steps, shares, strict=True))
    return min(map(len, steps), default=0), found, f"linear at {STEP_PERCENT} %: {shown}"


def _between(attempts: Attempts, begin: float, end: float) -> Attempts:
    return attempts.answered.only(lambda each: each.sent_at > begin and each.ended_at < end)
