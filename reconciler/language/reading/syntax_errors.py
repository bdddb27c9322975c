"""What a parse error means in a person's words: one cause, one next step, never a list of expected tokens.

The place is where Terraform shows the same mistake: an attribute that does not begin right is shown from its name on,
a bracket closed too late where that is noticed; only what is never closed at all is shown where it begins.
"""

from __future__ import annotations

from typing import Any

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from reconciler.language.limits import MAXIMUM_TOKENS
from reconciler.language.reading.grammar import BracketError
from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_rules import explained
from reconciler.language.reading.syntax_spot import Opener, Spot, line_of, opener, spot
from reconciler.language.reading.syntax_unclosed import UNCLOSED_STRING, never_closed, still_open

EXPECTED = (UnexpectedToken, UnexpectedCharacters, UnexpectedEOF, BracketError, RecursionError)


LONGEST_LINE = 4000


def explain(error: Exception, text: str, brackets: list[Any]) -> Problem:
    """Return the problem behind a parser's exception; `brackets` are those open where it stopped."""
    if isinstance(error, RecursionError):
        return Problem("E0104", "the expression is nested too deeply", "Split it in several locals.", (1, 1, 1, 1))
    if isinstance(error, BracketError):
        return _bracket_problem(error, text, brackets)
    token = getattr(error, "token", None)
    if isinstance(error, UnexpectedEOF) or (token is not None and token.type == "$END"):
        return _ended(text, [opener(text, each) for each in brackets])
    line, column = int(getattr(error, "line", 1) or 1), int(getattr(error, "column", 1) or 1)
    return _somewhere(text, line, column) or explained(spot(text, line, column, brackets))


def _somewhere(text: str, line: int, column: int) -> Problem | None:
    """Return a plain problem of a line that nobody has written by hand: looking closer takes time."""
    whole = line_of(text, line)
    if len(whole) <= LONGEST_LINE:
        return None
    place = (line, column, line, column + 1)
    shown = whole[column - 1 : column] or "the end of the line"
    return Problem("E0101", f'"{shown}" does not fit here', "Look for a typo just before it.", place)


def _bracket_problem(error: BracketError, text: str, brackets: list[Any]) -> Problem:
    line, column = int(error.token.line or 1), int(error.token.column or 1)
    if error.problem == "depth":
        detail = "At most 64 brackets may be open at once; split the expression in several locals."
        return Problem("E0104", "the brackets are nested too deeply", detail, (line, column, line, column + 1))
    if error.problem == "size":
        detail = f"It has more than {MAXIMUM_TOKENS} words and signs; split it."
        return Problem("E0104", "the expression is too large", detail, (line, column, line, column + 1))
    if plain := _somewhere(text, line, column):
        return plain
    assert error.opener is not None
    opened = opener(text, error.opener)
    if error.problem == "unclosed":
        return _closed_by_another(spot(text, line, column, brackets), opened)
    end = len(line_of(text, opened.line)) + 1
    place = (opened.line, end, opened.line, end + 1)
    return Problem("E0103", "the string is not closed on its line", UNCLOSED_STRING, place)


def _closed_by_another(here: Spot, opened: Opener) -> Problem:
    return explained(here) if opened.is_body else still_open(here, opened, f'"{here.shown}"')


def _ended(text: str, opened: list[Opener]) -> Problem:
    if not opened or len(line_of(text, opened[-1].line)) > LONGEST_LINE:
        lines = text.rstrip().split("\n")
        place = (len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)
        return Problem("E0101", "the text ends in the middle of an expression", "Finish it.", place)
    return never_closed(text, opened[-1])
