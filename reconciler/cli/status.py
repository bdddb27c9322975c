"""`reconciler status`: is everything all right, and if not, what is waited for."""

from __future__ import annotations

import json

import click

from reconciler.cli.options import json_option, stack_options, variable_options
from reconciler.cli.output import say
from reconciler.cli.workplace import open_workplace
from reconciler.engine.present import present
from reconciler.render.status import status_json, status_text


@click.command("status")
@stack_options
@variable_options
@json_option
def command(
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show services with their counts, deployments, what is waited for, and the newest events."""
    place = open_workplace(stack_folder, state_folder, variables, var_files, quiet=True)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    if as_json:
        say(json.dumps(status_json(now.stack, now.decision), ensure_ascii=False, indent=2))
    else:
        say(status_text(now.stack, now.decision, place.clock.now()))
