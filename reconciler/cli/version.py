"""`reconciler version`."""

from __future__ import annotations

import json
import platform

import click

from reconciler import __version__


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
def command(as_json: bool) -> None:
    """Print the version."""
    if as_json:
        click.echo(json.dumps({"reconciler": __version__, "python": platform.python_version()}))
    else:
        click.echo(f"reconciler {__version__}")
