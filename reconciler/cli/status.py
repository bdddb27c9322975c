"""`reconciler status`: is everything all right, and if not, what is waited for."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say
from reconciler.cli.shown import shown_tasks
from reconciler.cli.workplace import open_recorded
from reconciler.engine.present import present
from reconciler.render.json_text import indented
from reconciler.render.status import Standing, status_json, status_text


@click.command("status")
@place_options
@json_option
def command(
    given: Given,
    as_json: bool,
) -> None:
    """Show load balancers, services with counts and targets, what is waited for, and the newest events."""
    place = open_recorded(given)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    standing = Standing(now.stack, now.decision, now.snapshot, shown_tasks(now.tasks))
    if as_json:
        say(indented(status_json(standing)))
    else:
        say(status_text(standing, place.clock.now()))
