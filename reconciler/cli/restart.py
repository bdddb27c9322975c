"""`reconciler restart`: every task of a service anew, of the same revision."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, How, how_options, place_options
from reconciler.cli.output import say
from reconciler.cli.requests import Asked, ask
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.workplace import open_recorded
from reconciler.model.request import Request, RequestKind


@click.command("restart")
@click.argument("service")
@place_options
@how_options
def command(service: str, given: Given, how: How) -> None:
    """Replace every task of a service by a new one of the same revision, as a deployment does.

    The strategy and the bounds of the service hold: nothing is stopped that an update would not stop. Exits with 3
    when the new tasks do not get healthy. A watch or an apply that holds the stack does it, and is followed.

    \b
    Example:
      reconciler restart web
    """
    place = open_recorded(given)
    found = service_named(applied_stack(place.store.load(place.stack.name)), service)
    request = Request(kind=RequestKind.RESTART, service=found.address)
    answered = ask(place, Asked("restart", (request,), how))
    done = f"was restarted in {answered.took}" if answered.is_done else "is being restarted"
    say(f"{found.address} {done}.")
