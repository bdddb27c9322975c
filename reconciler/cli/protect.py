"""`reconciler protect`: keep tasks from being stopped by a scale-in or a deployment."""

from __future__ import annotations

import click

from reconciler.cli.addresses import one_task
from reconciler.cli.delegation import have_noted
from reconciler.cli.logs import seconds
from reconciler.cli.options import Given, place_options
from reconciler.cli.output import say
from reconciler.cli.workplace import open_recorded
from reconciler.engine.present import present
from reconciler.errors import UsageError
from reconciler.model.request import Request, RequestKind
from reconciler.render.words import duration

DEFAULT = "2h"


@click.command("protect")
@click.argument("tasks", nargs=-1, required=True, metavar="TASK...")
@place_options
@click.option("--for", "how_long", metavar="DURATION", help=f"From now on, 1m to 48h [default: {DEFAULT}].")
@click.option("--off", is_flag=True, help="End the protection.")
def command(tasks: tuple[str, ...], given: Given, how_long: str | None, off: bool) -> None:
    """Keep tasks from being stopped by a scale-in or a deployment, until their work is done.

    TASK is service.web/TASK or the beginning of a task's id; ten at most. Asking again sets the time anew. A
    deployment waits for protected tasks: a larger maximum_percent lets new ones start beside them. One that is
    unhealthy or ends is replaced all the same, `stop` stops it, and so do `destroy` and an apply of files without
    its service.

    \b
    Examples:
      reconciler protect 7f3c1a2b --for 30m
      reconciler protect 7f3c1a2b --off
    """
    if off and how_long is not None:
        raise UsageError("--for goes without --off")
    lasts = seconds(how_long or DEFAULT)
    place = open_recorded(given)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    found = [one_task(now.tasks, each).record for each in tasks]
    request = Request(
        kind=RequestKind.PROTECT,
        service=found[0].group,
        tasks=tuple(dict.fromkeys(each.id for each in found)),
        seconds=None if off else lasts,
    )
    have_noted(place, "protect", (request,))
    for each in found:
        how = "is no longer protected" if off else f"is protected for {duration(lasts)}"
        say(f"Task {each.short_id} of {each.group} {how}.")
