"""What a parse error means in a person's words: one cause, one next step, never a list of expected tokens."""

from __future__ import annotations

import re
from typing import Any

from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from reconciler.language.grammar import BracketError
from reconciler.language.syntax import Place, Problem

EXPECTED = (UnexpectedToken, UnexpectedCharacters, UnexpectedEOF, BracketError, RecursionError)

_CLOSER = {
    "LBRACE": "}",
    "FOR_BRACE": "}",
    "LPAR": ")",
    "LSQB": "]",
    "INTERP_START": "}",
    "DIRECTIVE_START": "}",
    "DBLQUOTE": '"',
}
_BLOCK_END = re.compile(r"^[^\W\d][\w-]*(?:[ \t]+\"[^\"\n]*\")*[ \t]*\{?", re.MULTILINE)


def explain(error: Exception, text: str, brackets: list[Any]) -> Problem:
    """Return the problem behind a parser's exception; `brackets` are those open where it stopped."""
    if isinstance(error, RecursionError):
        return Problem("E0104", "the expression is nested too deeply", "Split it in several locals.", (1, 1, 1, 1))
    if isinstance(error, BracketError):
        return _bracket_problem(error, text)
    line, column = int(getattr(error, "line", 1) or 1), int(getattr(error, "column", 1) or 1)
    token = getattr(error, "token", None)
    kind = token.type if token is not None else ""
    if kind == "$END" or isinstance(error, UnexpectedEOF):
        return _unclosed(brackets) or Problem(
            "E0101", "the text ends too early", "Finish the last line.", _end_place(text)
        )
    place = (line, column, line, column + _width(text, line, column))
    rest = _rest(text, line, column)
    return _special(rest, place, text) or _at_token(kind, rest, place, brackets, _expected(error))


def _expected(error: Exception) -> frozenset[str]:
    return frozenset(getattr(error, "expected", None) or getattr(error, "allowed", None) or ())


def _bracket_problem(error: BracketError, text: str) -> Problem:
    if error.problem == "depth":
        line, column = error.token.line, error.token.column
        detail = "At most 64 brackets may be open at once; split the expression in several locals."
        return Problem("E0104", "the brackets are nested too deeply", detail, (line, column, line, column + 1))
    assert error.opener is not None
    line, column = error.opener.line, error.opener.column
    end = column + len(_rest(text, line, column))
    return Problem("E0103", "the string is not closed on its line", _STRING, (line, column, line, end))


_STRING = 'Add the closing ", or use a heredoc (<<EOT) for text of several lines.'


def _special(rest: str, place: Place, text: str) -> Problem | None:
    """Recognise what the lexer cannot name: unclosed heredocs and comments, other languages' habits."""
    line, column = place[:2]
    before = _rest(text, line, 1)[: column - 1]
    if rest.startswith("<<") or (rest.startswith("<") and before.endswith("<")):
        column -= 0 if rest.startswith("<<") else 1
        name = re.match(r"<<-?([\w.-]*)", _rest(text, line, column))
        marker = name[1] if name else ""
        if not marker:
            return None
        detail = f"End it with a line that holds {marker} alone."
        return Problem(
            "E0103",
            f"the heredoc <<{marker} is never closed",
            detail,
            (line, column, line, column + len(name[0]) if name else 0),
        )
    if rest.startswith("/*"):
        return Problem(
            "E0103", "the comment is never closed", "Add the closing */.", (line, column, line, column + 2)
        )
    if rest.startswith("*") and before.endswith("/"):
        return Problem(
            "E0103", "the comment is never closed", "Add the closing */.", (line, column - 1, line, column + 1)
        )
    if rest.startswith("'"):
        return Problem("E0105", "strings are written in double quotes", "Write \"...\" instead of '...'.", place)
    return None


def _at_token(kind: str, rest: str, place: Place, brackets: list[Any], expected: frozenset[str]) -> Problem:
    shown = rest[: max(1, place[3] - place[1])]
    if kind == "NL_OR_COMMENT" or not rest:
        return _line_ended(place, brackets, expected)
    if kind in ("RBRACE", "RPAR", "RSQB") or shown in "})]":
        detail = "Remove it, or write what should stand before it."
        if brackets and brackets[-1].type in _CLOSER and _CLOSER[brackets[-1].type] != shown and shown in "})]":
            return _unclosed(brackets) or Problem("E0101", f'"{shown}" does not fit here', detail, place)
        return Problem("E0101", f'"{shown}" does not fit here', detail, place)
    if expected and expected <= {"NL_OR_COMMENT", "$END"} | _CONTINUATIONS and "NL_OR_COMMENT" in expected:
        detail = "Begin a new line before it: each attribute and each block stands on a line of its own."
        return Problem("E0102", f'"{shown}" must begin a new line', detail, place)
    if "EQ" in expected and "LBRACE" in expected:
        detail = 'Write `name = value` for an attribute, or `type "label" { ... }` for a block.'
        return Problem("E0101", f'"{shown}" does not fit here', detail, place)
    if expected & {"COMMA"} and expected & {"RSQB", "RPAR", "RBRACE"}:
        return Problem("E0106", f'a comma is missing before "{shown}"', "Separate the items with commas.", place)
    if "LBRACE" in expected and "DBLQUOTE" in expected:
        detail = 'After a block\'s type come its labels in quotes and then "{" on the same line.'
        return Problem("E0101", f'"{shown}" does not fit here', detail, place)
    return Problem("E0101", f'"{shown}" does not fit here', "Look for a typo just before it.", place)


_CONTINUATIONS = frozenset(
    "DOUBLE_EQ NEQ LT GT LEQ GEQ MINUS ASTERISK SLASH PERCENT DOUBLE_AMP DOUBLE_PIPE PLUS QMARK LSQB DOT ATTR_SPLAT "
    "FULL_SPLAT_START LPAR COLONS".split()
)


def _line_ended(place: Place, brackets: list[Any], expected: frozenset[str]) -> Problem:
    if "RBRACE" in expected and expected <= {"RBRACE"} | _CONTINUATIONS:
        detail = "Close it on the same line, or put every attribute on a line of its own."
        return Problem("E0102", "a block on one line holds one attribute and ends on that line", detail, place)
    if "LBRACE" in expected and "EQ" not in expected and "DBLQUOTE" in expected:
        return Problem(
            "E0101", 'the block\'s "{" is missing', 'Put "{" on the same line as the block\'s type and labels.', place
        )
    if "EQ" in expected:
        return Problem(
            "E0101", "the line ends after a name", "Write `name = value`, or `name { ... }` for a block.", place
        )
    detail = "Finish it on this line; only inside ( ) and [ ] may an expression go on in the next."
    return Problem("E0101", "the line ends in the middle of an expression", detail, place)


def _unclosed(brackets: list[Any]) -> Problem | None:
    if not brackets:
        return None
    token = brackets[-1]
    place = (token.line, token.column, token.end_line, token.end_column)
    if token.type == "DBLQUOTE":
        return Problem("E0103", "the string is not closed on its line", _STRING, place)
    closer = _CLOSER[token.type]
    return Problem("E0103", f'"{token}" is never closed', f'Add the closing "{closer}".', place)


def _rest(text: str, line: int, column: int) -> str:
    """Return what stands on `line` from `column` on."""
    lines = text.split("\n", line)
    return lines[line - 1][column - 1 :].rstrip("\r") if len(lines) >= line else ""


def _width(text: str, line: int, column: int) -> int:
    """Return how many characters to underline: a word, else one."""
    word = re.match(r"[\w-]+", _rest(text, line, column))
    return len(word[0]) if word else 1


def _end_place(text: str) -> Place:
    lines = text.split("\n")
    return (len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)
