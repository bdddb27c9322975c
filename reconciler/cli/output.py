"""Standard streams: results on stdout, progress and problems on stderr, colours only where they help.

With --json there is nothing but JSON on stdout; what went wrong is a line there, and text for people on stderr.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TextIO

import click

from reconciler.errors import OutputClosedError, ReconcilerError
from reconciler.model.diagnostic import Diagnostic
from reconciler.render.diagnostics import diagnostic_brief, diagnostic_text
from reconciler.render.safe import defused, safe

_COLOURS = (
    (re.compile(r"^(\s*)(\+)(?= )"), "green"),
    (re.compile(r"^(\s*)(~|-/\+|\+/-|!)(?= )"), "yellow"),
    (re.compile(r"^(\s*)(-)(?= )"), "red"),
    (re.compile(r"^()(Error:)"), "red"),
    (re.compile(r"^()(Warning:)"), "yellow"),
    (re.compile(r"^()(Success!)"), "green"),
    (re.compile(r"^()(Failure!)"), "red"),
    (re.compile(r"^(.*\.\.\. )(pass)$"), "green"),
    (re.compile(r"^(.*\.\.\. )(fail)$"), "red"),
)


@dataclass
class Mode:
    """What this command line asks of all output. `has_begun` says that the JSON stream's first line is out."""

    colour: str = "auto"
    as_json: bool = False
    debug: bool = False
    has_begun: bool = False


mode = Mode()

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


def begin() -> None:
    """Forget what an earlier command line of this process asked for."""
    mode.colour, mode.as_json, mode.debug, mode.has_begun = "auto", False, False, False


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether somebody sits at a stream; the shell may have closed it: `>&-`."""
    return stream is not None and stream.isatty()


def wants_colour(stream: TextIO | None) -> bool:
    """Say whether to colour: --color, then NO_COLOR, FORCE_COLOR or CLICOLOR_FORCE, TERM=dumb, then a terminal."""
    if mode.colour != "auto":
        return mode.colour == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return os.environ.get("TERM") != "dumb" and is_terminal(stream)


def say(text: str) -> None:
    """Print a result. Raises OutputClosedError when nobody reads any more."""
    with _wanted():
        _print(text, sys.stdout)


def say_exactly(content: bytes) -> None:
    """Print a result as it is: the content of a file, with its own line ends. Raises as `say` does."""
    stream: TextIO | None = sys.stdout
    if stream is None:
        return
    with _wanted():
        stream.buffer.write(content)
        stream.buffer.flush()


@contextmanager
def _wanted() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise OutputClosedError("whoever read the output has gone") from None
    except OSError as problem:
        raise ReconcilerError(f"standard output cannot be written: {problem.strerror}") from problem


def say_lines(lines: Iterable[str]) -> None:
    """Print lines of a JSON stream, which begins with our version."""
    if not mode.has_begun:
        from reconciler import __version__
        from reconciler.clock import SystemClock
        from reconciler.render.json_lines import version_line

        mode.has_begun = True
        say(version_line(__version__, SystemClock().now()))
    for line in lines:
        say(line)


def say_meanwhile(lines: Iterable[str]) -> None:
    """Print lines of a JSON stream while something is under way: that goes on though nobody reads any more."""
    with suppress(OutputClosedError, ReconcilerError):
        say_lines(lines)


def tell(text: str) -> None:
    """Print progress or a remark; nothing stops because nobody reads it."""
    with suppress(OSError):
        _print(text, sys.stderr)


def tell_error(text: str) -> None:
    """Print an error that has no place in a file."""
    tell(f"Error: {safe(text)}")


def tell_warnings(diagnostics: Iterable[Diagnostic]) -> None:
    """Print a line for each: `validate` tells them whole."""
    for diagnostic in diagnostics:
        tell(diagnostic_brief(diagnostic))


def tell_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print errors and warnings, each followed by an empty line."""
    for diagnostic in diagnostics:
        tell(diagnostic_text(diagnostic) + "\n")


@contextmanager
def told_to(listener: Callable[[str], None] | None) -> Iterator[None]:
    """Hand all that would be printed in this context to somebody who prints it otherwise, results too; None: to none.

    A thread has a context of its own.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def _print(text: str, stream: TextIO | None) -> None:
    listener = _listener.get()
    if listener is not None:
        with told_to(None):  # what it prints is not handed to it again
            listener(text)
        return
    if stream is None:  # the shell closed it: `>&-`
        return
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
