"""What is wrong, where, and what to do about it.

A Diagnostic is a value: language, planner and store make them, render prints them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple


class Span(NamedTuple):
    """A stretch of a file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Snippet(NamedTuple):
    """The lines of a span as tools want them: `code` begins at byte `begins_at` of the file."""

    context: str
    """The header of the block at the top of the file that holds the span, or empty."""
    code: str
    begins_at: int
    start: int
    end: int
    """Where the span starts and ends, in bytes of the file."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error or warning.

    `code` is stable (`E0203`), `summary` one sentence without a final stop, `detail` what to do next,
    `source` the lines of the file around `span` as (number, text), ready to be shown with a marker; `snippet` those
    of the span, for tools. `parts` are the parts of an expression with their values as text, `subject` the address of
    the object whose rule is not met.
    """

    severity: Literal["error", "warning"]
    code: str
    summary: str
    detail: str = ""
    span: Span | None = None
    source: tuple[tuple[int, str], ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    subject: str = field(default="", compare=False)
    snippet: Snippet | None = field(default=None, compare=False)


def error(code: str, summary: str, detail: str = "", span: Span | None = None) -> Diagnostic:
    """Make an error."""
    return Diagnostic("error", code, summary, detail, span)


def warning(code: str, summary: str, detail: str = "", span: Span | None = None) -> Diagnostic:
    """Make a warning."""
    return Diagnostic("warning", code, summary, detail, span)
