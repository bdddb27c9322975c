"""`reconciler validate`: every error and warning of a stack's files. Needs no engine."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import find_stack, json_option, stack_option, variable_options
from reconciler.cli.output import say, tell_diagnostics
from reconciler.cli.variables import variable_sources
from reconciler.language.loader import load
from reconciler.render.diagnostics import validation_json
from reconciler.render.json_text import indented
from reconciler.render.words import count


@click.command("validate")
@stack_option
@variable_options
@json_option
def command(stack_folder: str | None, variables: tuple[str, ...], var_files: tuple[str, ...], as_json: bool) -> int:
    """Check the files of a stack; needs no engine. All errors are reported at once, each with its place."""
    folder = find_stack(stack_folder)
    loaded = load(folder, variable_sources(variables, var_files))
    errors = sum(each.severity == "error" for each in loaded.diagnostics)
    if as_json:
        say(indented(validation_json(loaded.diagnostics)))
        return 1 if errors else 0
    tell_diagnostics(loaded.diagnostics)
    where = "" if folder == Path() else f"{folder}: "
    if errors:
        say(f"{where}{count(errors, 'error')}.")
        return 1
    say(f"{where}the stack is valid." if where else "The stack is valid.")
    return 0
