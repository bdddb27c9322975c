"""From the text of a file to the same in Terraform's layout.

The parser is imported for text that is no HCL, which it has the words for; whoever formats good files never waits
for it.
"""

from __future__ import annotations

from pathlib import Path

from reconciler.errors import StackError
from reconciler.language.formatting.layout import laid_out
from reconciler.language.formatting.outline import outline
from reconciler.language.formatting.rewriting import rewritten
from reconciler.language.formatting.tokens import MisfitError, scan
from reconciler.language.reading.syntax import Problem
from reconciler.model.diagnostic import Diagnostic

FILE = "text"


def formatted(text: str, file: str = FILE, cache_folder: Path | None = None) -> str:
    """Return the text of `file` as `terraform fmt` would leave it; raise StackError with all of its errors."""
    text = text.removeprefix("\ufeff")
    try:
        tokens = scan(text)
        stretches = outline(tokens)
    except MisfitError as misfit:
        raise StackError(_diagnostics(text, file, misfit, cache_folder)) from None
    return laid_out(rewritten(tokens, stretches))


def _diagnostics(text: str, file: str, misfit: MisfitError, cache_folder: Path | None) -> tuple[Diagnostic, ...]:
    """Return the parser's errors, or one of our own where it has none."""
    from reconciler.language.diagnostics import from_problem
    from reconciler.language.reading.parser import parse

    problems = parse(text, cache_folder).problems or (_problem(text, misfit.start),)
    return tuple(from_problem(problem, file, text) for problem in problems)


def _problem(text: str, start: int) -> Problem:
    line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
    place = (line, column, line, column + 1)
    if not text[start:].strip():
        return Problem("E0101", "the text ends too early", "Finish the last line, and begin a new one.", place)
    return Problem("E0101", "this does not fit here", "Look for a typo just before it.", place)
