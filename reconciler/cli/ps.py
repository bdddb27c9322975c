"""`reconciler ps`: the tasks."""

from __future__ import annotations

import json

import click

from reconciler.cli.addresses import matching_tasks
from reconciler.cli.options import json_option, stack_options, variable_options
from reconciler.cli.output import say
from reconciler.cli.workplace import open_workplace
from reconciler.engine.present import present
from reconciler.render.status import tasks_json, tasks_text


@click.command("ps")
@click.argument("address", required=False)
@stack_options
@variable_options
@click.option("-a", "--all", "show_all", is_flag=True, help="Show stopped tasks too, as long as they are remembered.")
@json_option
def command(
    address: str | None,
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    show_all: bool,
    as_json: bool,
) -> None:
    """List tasks: those of ADDRESS (service.web, web, a task's id), or all.

    Stopped ones are shown with --all, with the reason why they stopped.
    """
    place = open_workplace(stack_folder, state_folder, variables, var_files, quiet=True)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    tasks = matching_tasks(now.tasks, address) if address else now.tasks
    shown = tuple(
        (each.record, each.health, each.observed.containers if each.observed else ())
        for each in tasks
        if show_all or not each.record.is_stopped
    )
    if as_json:
        say(json.dumps(tasks_json(shown), ensure_ascii=False, indent=2))
    else:
        say(tasks_text(shown, place.clock.now()))
