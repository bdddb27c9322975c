"""`reconciler exec`: a command in a container of a running task."""

from __future__ import annotations

import sys

import click

from reconciler.cli.addresses import first_essential, named_container, one_task
from reconciler.cli.options import Given, place_options
from reconciler.cli.output import is_terminal, tell
from reconciler.cli.workplace import open_recorded
from reconciler.engine.present import present


@click.command("exec", context_settings={"ignore_unknown_options": True})
@place_options
@click.option(
    "-c", "--container", default="", metavar="NAME", help="The container [default: the first essential one]."
)
@click.argument("address")
@click.argument("command_line", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    given: Given,
    container: str,
    address: str,
    command_line: tuple[str, ...],
) -> int:
    """Run a command in a container of a running task; ends with the command's exit code.

    ADDRESS is service.web (a healthy task is chosen), service.web/TASK, or service.web/TASK/CONTAINER. What follows
    `--` is the command, options and all.

    \b
    Example:
      reconciler exec service.web -- sh
    """
    place = open_recorded(given)
    now = present(place.driver, place.stack, place.store.load(place.stack.name), place.clock)
    task = one_task(now.tasks, address)
    chosen = first_essential(task, container or named_container(address))
    terminal = is_terminal(sys.stdin) and is_terminal(sys.stdout)
    if terminal:
        tell(f"task {task.record.short_id}, container {chosen.name}")
    words = command_line[1:] if command_line[0] == "--" else command_line
    return place.driver.execute(chosen.id, words, interactive=True, terminal=terminal)
