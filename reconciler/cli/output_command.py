"""`reconciler output`: the values that the last apply recorded."""

from __future__ import annotations

import click

from reconciler.cli.options import Given, json_option, place_options
from reconciler.cli.output import say
from reconciler.cli.workplace import open_recorded
from reconciler.errors import ReconcilerError
from reconciler.render.json_text import compact, indented
from reconciler.render.outputs import outputs_json, outputs_text


@click.command("output")
@click.argument("name", required=False)
@place_options
@click.option("--raw", is_flag=True, help="Print the value alone, without quotes.")
@json_option
def command(
    name: str | None,
    given: Given,
    raw: bool,
    as_json: bool,
) -> None:
    """Print the output values of the last apply: all of them, or NAME."""
    place = open_recorded(given)
    outputs = place.store.load(place.stack.name).outputs
    if name is None:
        say(indented(outputs_json(outputs)) if as_json else _all(outputs_text(outputs)))
        return
    found = next((each for each in outputs if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in outputs) or "none; apply the stack first"
        raise ReconcilerError(f'there is no output "{name}"; there are: {known}')
    if found.sensitive:
        raise ReconcilerError(f'output "{name}" is sensitive: its value is not recorded')
    if raw and not isinstance(found.value, dict | list):
        say(str(found.value) if not isinstance(found.value, bool) else str(found.value).lower())
    else:
        say(compact(found.value))


def _all(text: str) -> str:
    return text or "No outputs are recorded."
