"""`reconciler events`: what happened, as recorded; with -f also what happens next."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import click

from reconciler.cli.logs import INTERRUPTED, seconds
from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import is_terminal, say, say_lines
from reconciler.cli.workplace import open_recorded
from reconciler.errors import OutputClosedError, ReconcilerError
from reconciler.model.address import short_name
from reconciler.model.notification import EventKind
from reconciler.model.state import Event
from reconciler.render.event_lines import event_json, event_text
from reconciler.store.sqlite import SqliteStore

POLL_SECONDS = 0.5


@click.command("events")
@click.argument("service", required=False, default="")
@place_options
@click.option("-f", "--follow", is_flag=True, help="Go on printing until interrupted.")
@click.option("--since", metavar="DURATION", help="Only events younger than this: 30s, 10m, 2h.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice([each.value for each in EventKind]),
    multiple=True,
    help="Only events of this kind; repeatable.",
)
@json_option
def command(
    service: str, given: Given, follow: bool, since: str | None, kinds: tuple[str, ...], as_json: bool
) -> int:
    """Print what happened, oldest first: of the stack, or of SERVICE, an address or a name.

    The newest 100 events of each address and kind are kept. It reads what is recorded, so it works while an apply or
    a watch runs, and without any engine. With --json each line is an event in the shape in which ECS sends its own.

    \b
    Examples:
      reconciler events web --since 10m
      reconciler events -f --kind deployment --kind task
      reconciler events --json | jq 'select(.detail.eventType == "ERROR")'
    """
    younger_than = seconds(since) if since else None
    place = open_recorded(given)
    name, now = place.stack.name, place.clock.now()
    after = now - younger_than if younger_than is not None else 0.0
    found = EventSource(place.store, name)
    recorded = found.new()
    is_meant = _filter(service, frozenset(kinds), [*place.stack.addresses, *(each.address for each in recorded)])
    is_relative = is_terminal(sys.stdout) and not follow

    def show(events: Iterator[Event]) -> None:
        meant = (each for each in events if each.at >= after and is_meant(each))
        if as_json:
            say_lines(event_json(each, name) for each in meant)
        else:
            for each in meant:
                say(event_text(each, now=now if is_relative else None))

    show(iter(recorded))
    if not follow:
        return 0
    try:
        while True:
            _pause(POLL_SECONDS)
            show(iter(found.new()))
    except KeyboardInterrupt:
        return INTERRUPTED


class EventSource:
    """Reads the events of a stack that were not read yet, also of a State that was lost and is recorded anew."""

    def __init__(self, store: SqliteStore, stack: str) -> None:
        self._store = store
        self._stack = stack
        self._last: Event | None = None

    def new(self) -> tuple[Event, ...]:
        """Return what was recorded since the last call. Numbers that begin anew are another State's."""
        last = self._last
        found = self._store.events(self._stack, last.number if last is not None else 0)
        if last is not None and (not found or (found[0].number == last.number and found[0] != last)):
            found = tuple(each for each in self._store.events(self._stack) if each.at > last.at)
        new = tuple(each for each in found if each != last)
        self._last = new[-1] if new else last
        return new


def _filter(service: str, kinds: frozenset[str], known: list[str]) -> Callable[[Event], bool]:
    """Return what says whether an event is meant; raises when no address is called so."""
    bare = service.replace('"', "")
    addresses = {each for each in known if bare in (each.replace('"', ""), short_name(each).replace('"', ""))}
    if bare and not addresses:
        raise ReconcilerError(f'nothing that is declared, and no event, is called "{service}"')
    return lambda event: (not addresses or event.address in addresses) and (not kinds or event.kind in kinds)


def _pause(length: float) -> None:
    """Wait; raises OutputClosedError at once when whoever read our output has gone."""
    try:
        output = sys.stdout.fileno()
    except (OSError, ValueError, AttributeError):
        time.sleep(length)
        return
    watched = select.poll()
    watched.register(output, 0)
    found = watched.poll(length * 1000)
    if any(happened & (select.POLLERR | select.POLLHUP) for _, happened in found):
        raise OutputClosedError("whoever read the output has gone")
    if found:
        with suppress(OSError):
            time.sleep(length)
