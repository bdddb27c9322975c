"""Standard streams: results on stdout, progress and problems on stderr, colours only where they help."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from typing import TextIO

import click

from reconciler.model.diagnostic import Diagnostic
from reconciler.render.diagnostics import diagnostic_text
from reconciler.render.safe import defused, safe

_COLOURS = (
    (re.compile(r"^(\s*)(\+)(?= )"), "green"),
    (re.compile(r"^(\s*)(~|-/\+|\+/-|!)(?= )"), "yellow"),
    (re.compile(r"^(\s*)(-)(?= )"), "red"),
    (re.compile(r"^()(Error:)"), "red"),
    (re.compile(r"^()(Warning:)"), "yellow"),
)


def wants_colour(stream: TextIO) -> bool:
    """Say whether to colour: NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, then TERM=dumb, then a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def say(text: str) -> None:
    """Print a result."""
    _print(text, sys.stdout)


def tell(text: str) -> None:
    """Print progress or a remark."""
    _print(text, sys.stderr)


def tell_error(text: str) -> None:
    """Print an error that has no place in a file."""
    _print(f"Error: {safe(text)}", sys.stderr)


def tell_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print errors and warnings, each followed by an empty line."""
    for diagnostic in diagnostics:
        _print(diagnostic_text(diagnostic) + "\n", sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        text = defused(text)
    if wants_colour(stream):
        text = "\n".join(_coloured(line) for line in text.split("\n"))
    click.echo(text, file=stream, color=True)


def _coloured(line: str) -> str:
    for pattern, colour in _COLOURS:
        match = pattern.match(line)
        if match:
            return match[1] + click.style(match[2], fg=colour, bold=True) + line[match.end() :]
    return line
