"""Counted: what a watch costs that has nothing to do, and how it takes the death of all tasks at once (R21, R34).

Real containers that sleep, on the engine that everybody uses. CPU and memory are those of the watch's process alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread

from reconciler.drivers import labels

from .engine import connect, labelled
from .figure import Counted
from .sleepers import Sleepers, sleepers
from .watched import Watched, await_that, watch

SERVICES = 20
MOST_OF_A_CORE = 0.01
MOST_MEMORY = 120.0
"""MiB."""

GROWTH = 4.0
"""MiB by which it may grow while it idles: what is above is no noise."""

SETTLES_SECONDS = 15.0
STARTS_IN_FLIGHT = 4
HEALED_WITHIN_SECONDS = 600.0


def idle(count: int, seconds: float = 300.0) -> Counted:
    """Watch `count` tasks of up to 20 services for so long; tells what that cost."""
    client = connect()
    services = min(SERVICES, count)
    try:
        with sleepers(client, services, count // services) as stack, watch(stack.command) as watched:
            time.sleep(SETTLES_SECONDS)
            return _costs(watched, count, seconds)
    finally:
        client.close()


def _costs(watched: Watched, count: int, seconds: float) -> Counted:
    before = watched.costs()
    time.sleep(seconds)
    after = watched.costs()
    share = (after.cpu_seconds - before.cpu_seconds) / seconds
    problems = []
    if share > MOST_OF_A_CORE:
        problems.append(f"it took {share:.2%} of a core, at most {MOST_OF_A_CORE:.0%}")
    if after.memory > MOST_MEMORY or after.memory > before.memory + GROWTH:
        problems.append(f"its memory went from {before.memory:.1f} to {after.memory:.1f} MiB")
    if (after.threads, after.files) != (before.threads, before.files):
        problems.append(f"threads and files went from {before[:2]} to {after[:2]}")
    remark = f"{share:.2%} of a core, {before.memory:.1f} -> {after.memory:.1f} MiB over {seconds:g} s"
    return Counted(count, tuple(problems), remark)


def all_at_once(count: int) -> Counted:
    """Kill `count` tasks at once: all are started again, never more of them at a time than the limiter lets."""
    client = connect()
    services = min(SERVICES, count)
    try:
        with sleepers(client, services, count // services) as stack, watch(stack.command):
            time.sleep(SETTLES_SECONDS)
            return _killed(stack, count)
    finally:
        client.close()


def _killed(stack: Sleepers, count: int) -> Counted:
    victims = stack.tasks()
    with _most_in_flight(stack) as most, ThreadPoolExecutor(16) as pool:
        list(pool.map(stack.kill, victims.values()))
        took = await_that(
            lambda: len(set(stack.tasks()) - set(victims)) == count, HEALED_WITHIN_SECONDS, "all tasks run again"
        )
    problems = [f"{most[0]} starts at once"] if most[0] > STARTS_IN_FLIGHT else []
    return Counted(count, tuple(problems), f"all {count} ran again after {took:.1f} s, {most[0]} starts at once")


@contextmanager
def _most_in_flight(stack: Sleepers) -> Iterator[list[int]]:
    """Note how many containers were made and not yet running, at most: their starts are in flight."""
    most, is_over = [0], Event()

    def note() -> None:
        while not is_over.wait(0.05):
            rows = labelled(stack.client, labels.STACK, stack.name).containers
            most[0] = max(most[0], sum(row["State"] == "created" for row in rows))

    thread = Thread(target=note, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        is_over.set()
        thread.join()
