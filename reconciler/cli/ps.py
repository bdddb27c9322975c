"""`reconciler ps`: the tasks."""

from __future__ import annotations

import click

from reconciler.cli.addresses import matching_tasks
from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say
from reconciler.cli.shown import shown_tasks
from reconciler.cli.workplace import open_recorded
from reconciler.engine.present import present
from reconciler.render.json_text import indented
from reconciler.render.tasks import tasks_json, tasks_text


@click.command("ps")
@click.argument("address", required=False)
@place_options
@click.option("-a", "--all", "show_all", is_flag=True, help="Show stopped tasks too, as long as they are remembered.")
@json_option
def command(
    address: str | None,
    given: Given,
    show_all: bool,
    as_json: bool,
) -> None:
    """List tasks: those of ADDRESS (service.web, web, a task's id), or all.

    Behind a load balancer, TARGET says how it stands as a target: initial, healthy, unhealthy or draining; --json has
    the reason too. Stopped ones are shown with --all, with the reason why they stopped.
    """
    place = open_recorded(given)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    tasks = matching_tasks(now.tasks, address) if address else now.tasks
    shown = shown_tasks(each for each in tasks if show_all or not each.record.is_stopped)
    if as_json:
        say(indented(tasks_json(shown)))
    else:
        say(tasks_text(shown, place.clock.now()))
