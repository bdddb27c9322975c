"""A task that dies without notice, under load: at most the requests in progress on it fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random

from tests.acceptance.figure import Counted, told

from .attempt import Attempts
from .load import Load, loading
from .request_log import begun_not_ended
from .site import TrafficSite, traffic_site

WATCHED = 6.0
"""Seconds of load after a death: checks find it out meanwhile, and connections that lead nowhere time out."""
UNREAD = 0.25
"""A request sent so shortly before the kill, in seconds, may have been on its way to the task, and in no log yet."""


def sudden_death(count: int, seed: int = 1) -> Counted:
    """Kill so many tasks with SIGKILL, a random one each time; the next apply brings another one."""
    random = Random(seed)
    found: list[str] = []
    failures: list[int] = []
    with traffic_site() as site, loading(site.load()) as load:
        for number in range(1, count + 1):
            failed, problems = _death(site, load, random)
            failures.append(failed)
            found += told(f"death {number}", problems)
        attempts = load.end()
    return Counted(len(failures), tuple(found), f"{max(failures)} failed at most by a death; {attempts.summary()}")


def _death(site: TrafficSite, load: Load, random: Random) -> tuple[int, list[str]]:
    host, victim = random.choice(tuple(site.containers("web").items()))
    began_at = time.time()
    site.client.post(f"/containers/{victim['Id']}/kill", query={"signal": "SIGKILL"})
    killed_at = time.time()
    time.sleep(WATCHED)
    failed = load.so_far().failed.only(lambda each: each.ended_at > began_at)
    on_it = begun_not_ended(site.declared.logs, host)
    problems = list(elsewhere(failed, on_it, began_at - UNREAD, killed_at))
    site.apply(site.declared)
    return len(failed), [*problems, *site.problems()]


def elsewhere(failed: Attempts, on_it: frozenset[str], earliest: float, latest: float) -> Iterator[str]:
    """Yield the failures of requests that were not on the task: neither in its log, nor sent when it was killed."""
    for each in failed:
        is_unread = earliest < each.sent_at < latest
        if each.request not in on_it and not is_unread:
            yield f"was not in progress on the task that died at {latest:.3f}: {each}"
