"""Everything that a service goes through, under a constant load: no request fails.

The companion runs the same load while tasks are stopped without draining: there requests do fail, so a load that
cannot see failures would be noticed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from tests.acceptance.figure import Counted, told

from .attempt import Attempts, shown
from .declared import AFTER_SHIFT
from .load import loading
from .request_log import seen
from .site import TrafficSite, traffic_site

MOST_REPEATED = 0.001
"""The largest share of requests that clients may have had to repeat, although each of them may (RFC 9112, 9.3.1)."""
LONG_BAKE = 60
FULL_ROUNDS = 5
REQUESTS_A_ROUND = 12_000
BAKED_FOR = 1.5
BACK_WITHIN = 1.0
"""Seconds from the answer of the command `rollback`, when the apply has taken it up, to green's last request."""

Act = Callable[[TrafficSite], list[str]]


def traffic(count: int) -> Counted:
    """Deploy in every way, back and forth, under load, until so many requests were sent."""
    with traffic_site() as site, loading(site.load()) as load:
        found: list[str] = []
        for name, act in _acts(max(1, min(FULL_ROUNDS, count // REQUESTS_A_ROUND))):
            found += told(name, act(site))
        load.wait_for(count)
        attempts = load.end()
    return Counted(attempts.requests, (*found, *_problems(attempts)), attempts.summary())


def undrained_deployments(count: int) -> Counted:
    """Replace all tasks without draining, and require of the load that it sees failures, until it saw `count`."""
    with traffic_site() as site, loading(site.load()) as load:
        while (failed := len(load.so_far().failed)) < count and site.declared.services["web"].version <= FULL_ROUNDS:
            site.apply(site.declared.next_version("web", deregistration_delay=0))
        attempts = load.end()
    missing = () if failed >= count else (f"the load saw {failed} failures of the {count} that there must be",)
    return Counted(failed, missing, f"without draining: {attempts.summary()}")


def _acts(rounds: int) -> Iterator[tuple[str, Act]]:
    for number in range(1, rounds + 1):
        yield f"rolling {number}", _by("ROLLING")
        yield f"blue/green {number}", _by("BLUE_GREEN")
    yield "linear", _by("LINEAR")
    yield "canary", _by("CANARY")
    yield "rollback during bake", _rolled_back_in_bake
    yield "breaker rollback", _rolled_back_by_breaker
    for count in (6, 2, 3):
        yield f"scale to {count}", _scaled(count)


def _by(strategy: str) -> Act:
    def act(site: TrafficSite) -> list[str]:
        site.apply(site.declared.next_version("web", strategy=strategy))
        return site.problems()

    return act


def _scaled(count: int) -> Act:
    def act(site: TrafficSite) -> list[str]:
        site.apply(site.declared.with_service("web", desired_count=count))
        return site.problems()

    return act


def _rolled_back_in_bake(site: TrafficSite) -> list[str]:
    before = site.declared
    site.forget_marks()
    apply = site.start_apply(before.next_version("web", strategy="BLUE_GREEN", bake=LONG_BAKE))
    site.wait_for_mark(AFTER_SHIFT, apply)
    time.sleep(BAKED_FOR)
    site.command.run("rollback", "service.web")
    taken_up_at = time.time()
    ended = apply.end()
    green = str(site.declared.services["web"].version)
    last_on_green = max(each.at for each in seen(site.declared.logs) if each.version == green)
    took = last_on_green - taken_up_at
    late = [f"green saw a request {took:.2f} s after the rollback was taken up"] if took > BACK_WITHIN else []
    site.declare(before)
    return [*_must_be_3(ended.code, ended.output), *late, *site.problems()]


def _rolled_back_by_breaker(site: TrafficSite) -> list[str]:
    before = site.declared
    ended = site.apply(before.next_version("web", strategy="ROLLING", health="never"), 0, 1, 2, 3)
    site.declare(before)
    return [*_must_be_3(ended.code, ended.output), *site.problems()]


def _must_be_3(code: int, output: str) -> list[str]:
    return [] if code == 3 else [f"the apply ended with {code}: {output}"]


def _problems(attempts: Attempts) -> list[str]:
    repeated, most = len(attempts.retried), MOST_REPEATED * attempts.requests
    too_many = [f"{repeated} requests had to be repeated, {most:.0f} may"] if repeated > most else []
    return [*shown(attempts.failed), *too_many]
