"""`reconciler maintenance`: answers every request for a service with 503, or lets them through again."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, How, how_options, place_options
from reconciler.cli.output import say
from reconciler.cli.requests import Asked, ask
from reconciler.cli.service_names import applied_stack, service_named
from reconciler.cli.workplace import open_recorded
from reconciler.errors import UsageError
from reconciler.model.request import Request, RequestKind

MESSAGE = "Down for maintenance. Please come back later."


@click.command("maintenance")
@click.argument("switch", type=click.Choice(["on", "off"]), metavar="on|off")
@click.argument("service")
@place_options
@click.option("--message", metavar="TEXT", help=f'What is answered with 503 [default: "{MESSAGE}"].')
@how_options
def command(switch: str, service: str, given: Given, message: str | None, how: How) -> None:
    """Answer every request for a service with 503 and a text, or let them through again.

    The load balancers answer; the tasks go on running and are checked. It holds until it is switched off, also
    through an apply. Other services behind the same load balancer are not touched.

    \b
    Examples:
      reconciler maintenance on web --message "Back at noon."
      reconciler maintenance off web
    """
    if switch == "off" and message is not None:
        raise UsageError("--message goes with `maintenance on` only")
    place = open_recorded(given)
    found = service_named(applied_stack(place.store.load(place.stack.name)), service)
    text = None if switch == "off" else MESSAGE if message is None else message
    request = Request(kind=RequestKind.MAINTENANCE, service=found.address, message=text)
    answered = ask(place, Asked("maintenance", (request,), how))
    will = "is" if answered.is_done else "will be"
    say(f"{found.address} {will} {'in' if switch == 'on' else 'out of'} maintenance.")
