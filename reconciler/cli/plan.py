"""`reconciler plan`: what an apply would change, and why. Changes nothing, on the engine or in the state."""

from __future__ import annotations

import click

from reconciler import __version__
from reconciler.cli.options import json_option, stack_options, variable_options
from reconciler.cli.output import say, tell
from reconciler.cli.workplace import Workplace, open_workplace
from reconciler.engine.session import Options, Prepared, prepare
from reconciler.errors import StackError
from reconciler.render import json_lines
from reconciler.render.plan import plan_text

CHANGES_EXIT_CODE = 2


@click.command("plan")
@stack_options
@variable_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 0 for no changes, 2 for changes, 1 for errors.")
@click.option("--full", is_flag=True, help="Show long values whole.")
@click.option("--no-preview", is_flag=True, help="Do not simulate the rollout.")
@click.option("--destroy", "for_destroy", is_flag=True, help="Plan the destruction of the stack.")
@click.option(
    "--allow-volume-destroy", is_flag=True, help="Remove shared volumes that left the stack, with their data."
)
@json_option
def command(
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    detailed_exitcode: bool,
    full: bool,
    no_preview: bool,
    for_destroy: bool,
    allow_volume_destroy: bool,
    as_json: bool,
) -> int:
    """Show what an apply would change, and why. Changes nothing.

    Every change names its attribute with the old and the new value, and the line that says so. Below it stands how
    the rollout would go, as simulated.

    \b
    Examples:
      reconciler plan
      reconciler plan --var tag=2.0 --detailed-exitcode
    """
    place = _open(stack_folder, state_folder, variables, var_files, as_json)
    stack = place.stack.emptied() if for_destroy else place.stack
    options = Options(doom_volumes=allow_volume_destroy, with_preview=not no_preview)
    prepared = prepare(place.session, stack, (lambda _: ()) if for_destroy else place.outputs, options)
    show(prepared, as_json=as_json, full=full, now=place.clock.now())
    return CHANGES_EXIT_CODE if detailed_exitcode and not prepared.plan.is_empty else 0


def show(prepared: Prepared, *, as_json: bool, full: bool, now: float) -> None:
    """Print a plan as text or as JSON lines."""
    for message in prepared.messages:
        tell(f"Note: {message}")
    if not as_json:
        say(plan_text(prepared.plan, full=full).rstrip("\n"))
        return
    say(json_lines.version_line(__version__, now))
    for line in json_lines.plan_lines(prepared.plan, now):
        say(line)


def _open(
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    as_json: bool,
) -> Workplace:
    """Open the workplace; with --json, what is wrong with the files is told as JSON lines too."""
    from reconciler.clock import SystemClock

    try:
        return open_workplace(stack_folder, state_folder, variables, var_files)
    except StackError as problem:
        if as_json:
            now = SystemClock().now()
            say(json_lines.version_line(__version__, now))
            for diagnostic in problem.diagnostics:
                say(json_lines.diagnostic_line(diagnostic, now))
        raise
