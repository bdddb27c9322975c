"""`reconciler rollback`: a service back to an earlier revision."""

from __future__ import annotations

import re

import click

from reconciler.cli.options import Given, How, how_options, place_options
from reconciler.cli.output import say
from reconciler.cli.requests import Asked, ask
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.workplace import open_recorded
from reconciler.errors import UsageError
from reconciler.model.request import Request, RequestKind
from reconciler.model.state import State


@click.command("rollback")
@click.argument("service")
@click.argument("revision", required=False)
@place_options
@how_options
def command(service: str, revision: str | None, given: Given, how: How) -> None:
    """Bring a service back to an earlier revision: REVISION, or the last other one that worked.

    A deployment that is in progress is undone at once: its traffic goes back in one step, and the tasks that worked
    were never stopped. Else the earlier revision is deployed anew, by the service's strategy.

    The files are not changed: the next apply deploys what they say. REVISION is a number, or family:number.

    \b
    Examples:
      reconciler rollback web
      reconciler rollback web 3
    """
    place = open_recorded(given)
    state = place.store.load(place.stack.name)
    found = service_named(applied_stack(state), service)
    number = _number(revision, found.address, state)
    request = Request(kind=RequestKind.ROLLBACK, service=found.address, revision=number)
    answered = ask(place, Asked("rollback", (request,), how))
    primary = answered.state.primary(found.address)
    where = f" {primary.family}:{primary.revision}" if primary else ""
    if answered.is_done:
        say(f"{found.address} was rolled back in {answered.took}: it runs{where}. The next apply deploys the files.")
    else:
        say(f"{found.address} is being rolled back.")


def _number(text: str | None, service: str, state: State) -> int | None:
    """Return the number of a revision that is given as `3` or `web:3`."""
    if text is None:
        return None
    given = re.fullmatch(r"(?:(?P<family>[^:]+):)?(?P<number>\d+)", text)
    primary = state.primary(service)
    family = primary.family if primary else ""
    if given is None or given["family"] not in (None, family):
        raise UsageError(f'"{text}" is no revision of {service}: give a number, or {family or "family"}:number')
    return int(given["number"])
