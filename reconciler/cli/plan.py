"""`reconciler plan`: what an apply would change, and why. Changes nothing, on the engine or in the state."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say, say_lines, tell, tell_diagnostics
from reconciler.cli.workplace import open_recorded, open_workplace
from reconciler.engine.session import Options, Prepared, prepare
from reconciler.render import json_lines
from reconciler.render.plan import plan_text

CHANGES_EXIT_CODE = 2


@click.command("plan")
@place_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 0 for no changes, 2 for changes, 1 for errors.")
@click.option("--full", is_flag=True, help="Show long values whole.")
@click.option("--no-preview", is_flag=True, help="Do not simulate the rollout.")
@click.option("--destroy", "for_destroy", is_flag=True, help="Plan the destruction of the stack.")
@click.option(
    "--allow-volume-destroy", is_flag=True, help="Remove shared volumes that left the stack, with their data."
)
@json_option
def command(
    given: Given,
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
    place = open_recorded(given) if for_destroy else open_workplace(given)
    stack = place.stack.emptied() if for_destroy else place.stack
    options = Options(doom_volumes=allow_volume_destroy, with_preview=not no_preview)
    outputs = (lambda _: ()) if for_destroy else place.outputs
    prepared = prepare(place.session, stack, outputs, options, None if for_destroy else place.rename)
    show(prepared, as_json=as_json, full=full, now=place.clock.now())
    return CHANGES_EXIT_CODE if detailed_exitcode and not prepared.plan.is_empty else 0


def show(prepared: Prepared, *, as_json: bool, full: bool, now: float) -> None:
    """Print a plan as text or as JSON lines."""
    for message in prepared.messages:
        tell(f"Note: {message}")
    tell_diagnostics(prepared.warnings)
    if as_json:
        say_lines(json_lines.diagnostic_line(each, now) for each in prepared.warnings)
        say_lines(json_lines.plan_lines(prepared.plan, now))
    elif prepared.plan.is_empty and prepared.stack.is_empty:
        say(f'Nothing to destroy: nothing of stack "{prepared.stack.name}" is on the engine.')
    else:
        say(plan_text(prepared.plan, full=full).rstrip("\n"))
