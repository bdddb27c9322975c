"""`reconciler logs`: the output of tasks, merged, each line with the task that printed it."""

from __future__ import annotations

import heapq
import queue
import re
import threading
from collections.abc import Iterator

import click

from reconciler.cli.addresses import containers_of, matching_tasks, named_container
from reconciler.cli.options import Given, place_options
from reconciler.cli.output import say, tell_error
from reconciler.cli.workplace import open_recorded
from reconciler.drivers.driver import Driver
from reconciler.engine.present import present
from reconciler.errors import EngineError, ReconcilerError, UsageError
from reconciler.render.safe import safe

INTERRUPTED = 130

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command("logs")
@click.argument("address")
@place_options
@click.option("-f", "--follow", is_flag=True, help="Go on printing until interrupted.")
@click.option("-n", "--tail", type=click.IntRange(0), metavar="N", help="Only the last N lines of each container.")
@click.option("--since", metavar="DURATION", help="Only lines younger than this: 30s, 10m, 2h.")
@click.option("-t", "--timestamps", is_flag=True, help="Print the time of each line.")
@click.option("-c", "--container", default="", metavar="NAME", help="Only this container.")
def command(
    address: str,
    given: Given,
    follow: bool,
    tail: int | None,
    since: str | None,
    timestamps: bool,
    container: str,
) -> int:
    """Print what tasks wrote: ADDRESS is service.web, service.web/TASK, service.web/TASK/CONTAINER, or an id.

    Lines of several tasks are merged by time and begin with task/container. A failed task's log stays readable until
    a newer one fails, three hours at most.
    """
    younger_than = seconds(since) if since else None
    place = open_recorded(given)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    tasks = [each for each in matching_tasks(now.tasks, address) if each.observed is not None]
    after = place.clock.now() - younger_than if younger_than is not None else None
    streams = [
        (f"{each.record.short_id}/{found.name}", found.id)
        for each in tasks
        for found in containers_of(each, container or named_container(address))
        if found.started_at is not None
    ]
    if not streams:
        raise ReconcilerError(f'nothing of "{address}" has a log: its containers are gone, or have not started')
    merge = follow_lines if follow else _merged
    try:
        for prefix, line in merge(place.driver, streams, tail, after):
            at, _, text = line.partition(" ")
            say(f"{prefix}  {at + '  ' if timestamps else ''}{safe(text)}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def seconds(text: str) -> float:
    """Return the seconds of `30s`, `10m` or `1h30m`."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise UsageError(f'"{text}" is no duration; write 30s, 10m or 1h30m')
    return float(sum(int(number) * _SECONDS[unit] for number, unit in parts))


def _merged(
    driver: Driver, streams: list[tuple[str, str]], tail: int | None, since: float | None
) -> Iterator[tuple[str, str]]:
    def read(prefix: str, container_id: str) -> Iterator[tuple[str, str, str]]:
        for line in driver.logs(container_id, tail=tail, since=since):
            yield line.partition(" ")[0], prefix, line

    for _, prefix, line in heapq.merge(*(read(*stream) for stream in streams)):
        yield prefix, line


def follow_lines(
    driver: Driver, streams: list[tuple[str, str]], tail: int | None, since: float | None
) -> Iterator[tuple[str, str]]:
    """Yield lines as they come; ends when every container has ended."""
    lines: queue.Queue[tuple[str, str] | EngineError | None] = queue.Queue(maxsize=1000)

    def read(prefix: str, container_id: str) -> None:
        try:
            for line in driver.logs(container_id, tail=tail, since=since, follow=True):
                lines.put((prefix, line))
        except EngineError as problem:
            lines.put(problem)
        finally:
            lines.put(None)

    for stream in streams:
        threading.Thread(target=read, args=stream, daemon=True).start()
    ended = 0
    while ended < len(streams):
        found = lines.get()
        if found is None:
            ended += 1
        elif isinstance(found, EngineError):
            tell_error(str(found))
        else:
            yield found
