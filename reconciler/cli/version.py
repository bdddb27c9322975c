"""`reconciler version`."""

from __future__ import annotations

import platform

import click

from reconciler import __version__
from reconciler.cli.options import json_option
from reconciler.cli.output import say
from reconciler.render.json_text import compact


@click.command("version")
@json_option
def command(as_json: bool) -> None:
    """Print the version."""
    if as_json:
        say(compact({"reconciler": __version__, "python": platform.python_version()}))
    else:
        say(f"reconciler {__version__}")
