"""`reconciler output`: the values that the last apply recorded."""

from __future__ import annotations

import json

import click

from reconciler.cli.options import json_option, stack_options, variable_options
from reconciler.cli.output import say
from reconciler.cli.workplace import open_workplace
from reconciler.errors import ReconcilerError
from reconciler.render.outputs import outputs_json, outputs_text


@click.command("output")
@click.argument("name", required=False)
@stack_options
@variable_options
@click.option("--raw", is_flag=True, help="Print the value alone, without quotes.")
@json_option
def command(
    name: str | None,
    stack_folder: str | None,
    state_folder: str | None,
    variables: tuple[str, ...],
    var_files: tuple[str, ...],
    raw: bool,
    as_json: bool,
) -> None:
    """Print the output values of the last apply: all of them, or NAME."""
    place = open_workplace(stack_folder, state_folder, variables, var_files, quiet=True)
    outputs = place.store.load(place.stack.name).outputs
    if name is None:
        say(
            json.dumps(outputs_json(outputs), ensure_ascii=False, indent=2)
            if as_json
            else _all(outputs_text(outputs))
        )
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
        say(json.dumps(found.value, ensure_ascii=False))


def _all(text: str) -> str:
    return text or "No outputs are recorded."
