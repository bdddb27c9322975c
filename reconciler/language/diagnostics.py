"""Diagnostics of the language: from problems and errors to values with the lines of the file around them.

Codes: E01xx syntax, E02xx blocks and attributes, E03xx evaluation, E04xx references, E05xx variables.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.reading.syntax import Place, Problem, span
from reconciler.language.snippets import lines_to, snippet
from reconciler.model.diagnostic import Diagnostic

LINES_BEFORE = 2
MAXIMUM_WIDTH = 200


def source_lines(text: str, line: int) -> tuple[tuple[int, str], ...]:
    """Return `line` of `text` and up to two lines before it, with their numbers."""
    if not text:
        return ()
    return tuple((number, content[:MAXIMUM_WIDTH]) for number, content in lines_to(text, line, LINES_BEFORE))


def make(code: str, summary: str, detail: str, file: str, place: Place, text: str, warn: bool = False) -> Diagnostic:
    """Make a diagnostic about a place of a file."""
    return Diagnostic(
        severity="warning" if warn else "error",
        code=code,
        summary=summary,
        detail=detail,
        span=span(file, place),
        source=source_lines(text, place[0]),
        snippet=snippet(text, place, file.endswith(".json")),
    )


def from_problem(problem: Problem, file: str, text: str) -> Diagnostic:
    """Make a diagnostic of what reading found."""
    return make(problem.code, problem.summary, problem.detail, file, problem.place, text)


def from_evaluation(error: EvaluationError, texts: Mapping[str, str]) -> Diagnostic:
    """Make a diagnostic of what evaluating found; `texts` holds the files by name."""
    return make(error.code, error.summary, error.detail, error.file, error.place, texts.get(error.file, ""))


def in_order(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics by file and line, each once; those without a place first."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda one: (one.span.file, *one.span[1:3]) if one.span else ("", 0, 0)))
