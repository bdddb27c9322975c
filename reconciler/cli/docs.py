"""`reconciler docs`: the reference of a block, attribute or function, offline."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import click

from reconciler.cli.output import say, wants_colour
from reconciler.errors import ReconcilerError

WIDEST = 100
SAMPLES = "samples"


@click.command("docs")
@click.argument("path", required=False)
def command(path: str | None) -> None:
    """Tell of a block, attribute or function: `docs service`, `docs container.image`, `docs jsonencode`.

    Without PATH, list what stands at the top of a file; `docs functions` lists all functions.
    """
    from reconciler.language.reference import about, did_you_mean, overview

    width = min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    if path is None:
        say(overview(width))
        return
    text = about(path, _samples(), width)
    if text is None:
        hint = did_you_mean(path) or "`reconciler docs` lists what there is."
        raise ReconcilerError(f'there is no block, attribute or function "{path}"\n{hint}')
    title, _, rest = text.partition("\n")
    say(f"{click.style(title, bold=True) if wants_colour(sys.stdout) else title}\n{rest}")


def _samples() -> Mapping[str, str]:
    """Return the samples that came with the package, or those of the repository it runs from."""
    from reconciler.language.samples import samples

    packed = Path(str(files("reconciler"))) / SAMPLES
    folder = packed if packed.is_dir() else packed.parents[1] / "docs" / SAMPLES
    return samples(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.hcl")))
