"""`reconciler init`: write a small stack that applies as it is."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.output import say
from reconciler.errors import ReconcilerError

TEMPLATE = "stack.hcl"


@click.command("init")
@click.argument("folder", default=".")
@click.option(
    "--image", default="nginx:1.27-alpine", metavar="IMAGE", help="The image to run [default: nginx:1.27-alpine]."
)
def command(folder: str, image: str) -> None:
    """Write a small stack into FOLDER [default: this folder]: one service of two tasks, ready for plan and apply."""
    target = Path(folder)
    if any(target.glob("*.hcl")):
        raise ReconcilerError(f"{target} holds *.hcl files already; nothing was written")
    target.mkdir(parents=True, exist_ok=True)
    path = target / "main.hcl"
    text = files("reconciler.cli").joinpath(TEMPLATE).read_text(encoding="utf-8")
    path.write_text(text.replace("IMAGE", image), encoding="utf-8")
    stack = "" if folder == "." else f" --stack {folder}"
    say(f"Wrote {path}. Try next:\n  reconciler plan{stack}\n  reconciler apply{stack}")
