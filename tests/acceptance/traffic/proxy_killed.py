"""SIGKILL of the HAProxy process, from the host: membership is complete again within 2 s, and nobody's is mixed up.

Two services are behind one balancer, and their tasks are replaced again and again while the proxy is killed, so that
addresses of the one come to be addresses of the other. Every answer carries its service's name.
"""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.acceptance.figure import Counted, told

from .attempt import Attempt, shown
from .balancer import membership_problems
from .declared import TrafficService, TrafficStack
from .load import loading
from .site import TrafficSite, traffic_site, within

SERVICES = ("a", "b")
COMPLETE_WITHIN = 2.0
LIVED_LONG = 11.0
"""The engine restarts a container at once after it ran 10 s; sooner it doubles its waiting (100 ms at first)."""
PATIENCE = 30.0
"""The apply may end while the engine waits with the restart of a proxy that was killed a short time ago."""


def proxy_killed(count: int, seed: int = 1) -> Counted:
    """Kill so many proxies, by turns its worker and its master, by turns at rest and while tasks are replaced."""
    random = Random(seed)
    found: list[str] = []
    seconds: list[float] = []
    addresses: dict[str, set[str]] = defaultdict(set)
    services = {name: TrafficService(desired_count=2) for name in SERVICES}
    with traffic_site(services) as site:
        paths = tuple(f"/{name}/" for name in SERVICES)
        with loading(site.load(paths=paths, keep_alive=10, closing=10, slow=2)) as load:
            for number in range(count):
                process = ("worker", "master")[number % 2]
                kill = _at_rest if number % 4 < 2 else _while_replacing
                took, problems = kill(site, random, process)
                seconds += [] if took is None else [took]
                found += told(f"seed {seed}, kill {number + 1}, of the {process}", problems)
                _note_addresses(site, addresses)
            attempts = load.end()
    wrong = attempts.answered.only(_is_wrong)
    reused = sum(len(users) > 1 for users in addresses.values())
    remark = (
        f"complete after {max(seconds, default=0.0):.2f} s at most; {len(wrong)} of {len(attempts.answered):,} "
        f"answers of a wrong service; {reused} addresses were used by both services"
    )
    return Counted(count, (*found, *shown(wrong)), remark)


def _is_wrong(attempt: Attempt) -> bool:
    return attempt.service != attempt.path.split("/")[1]


def _at_rest(site: TrafficSite, random: Random, process: str) -> tuple[float | None, list[str]]:
    """Kill while nothing else happens; returns how long it took until all tasks answered."""
    time.sleep(LIVED_LONG)
    _kill(site, process)
    took = within(PATIENCE, lambda: _is_complete(site))
    late = [] if took is not None and took <= COMPLETE_WITHIN else [f"membership was complete after {took} s"]
    return took, [*late, *site.problems(), *_memberships(site)]


def _while_replacing(site: TrafficSite, random: Random, process: str) -> tuple[float | None, list[str]]:
    """Kill while the tasks of both services are replaced; the same apply, or the next one, must finish the work."""
    running = site.start_apply(_next_versions(site.declared))
    time.sleep(random.uniform(1.0, 8.0))
    _kill(site, process)
    ended = running.end()
    again = site.command.start_apply().end() if ended.code else ended
    failed = [f"the apply after it ended with {again.code}: {again.output}"] if again.code else []
    failed += [] if within(PATIENCE, lambda: _is_complete(site)) else [f"membership was not complete in {PATIENCE} s"]
    return None, [*failed, *site.problems(), *_memberships(site)]


def _next_versions(stack: TrafficStack) -> TrafficStack:
    newer = {name: replace(each, version=each.version + 1) for name, each in stack.services.items()}
    return replace(stack, services=newer)


def _is_complete(site: TrafficSite) -> bool:
    return all(
        {words[1] for words in site.ask(name, 2 * site.declared.services[name].desired_count)}
        == set(site.containers(name))
        for name in SERVICES
    )


def _memberships(site: TrafficSite) -> Iterator[str]:
    for name in SERVICES:
        yield from membership_problems(site, name)


def _kill(site: TrafficSite, process: str) -> None:
    """Kill the container's first process, or its youngest child: a signal of the engine's API would mean a stop."""
    master = int(site.client.get(f"/containers/{site.balancer()}/json")["State"]["Pid"])
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    os.kill(int(children[-1]) if process == "worker" and children else master, signal.SIGKILL)


def _note_addresses(site: TrafficSite, addresses: dict[str, set[str]]) -> None:
    for name in SERVICES:
        for row in site.containers(name).values():
            for network in row["NetworkSettings"]["Networks"].values():
                addresses[network["IPAddress"]].add(name)
