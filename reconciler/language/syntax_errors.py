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
CLOSERS = frozenset("})]")


def explain(error: Exception, text: str, brackets: list[Any]) -> Problem:
    """Return the problem behind a parser's exception; `brackets` are those open where it stopped."""
    if isinstance(error, RecursionError):
        return Problem("E0104", "the expression is nested too deeply", "Split it in several locals.", (1, 1, 1, 1))
    if isinstance(error, BracketError):
        return _bracket_problem(error, text)
    token = getattr(error, "token", None)
    if isinstance(error, UnexpectedEOF) or (token is not None and token.type == "$END"):
        ended = Problem("E0101", "the text ends too early", "Finish the last line.", _end_place(text))
        return _unclosed(brackets) or ended
    line, column = int(getattr(error, "line", 1) or 1), int(getattr(error, "column", 1) or 1)
    rest = _rest(text, line, column)
    word = re.match(r"[\w-]+", rest)
    place = (line, column, line, column + (len(word[0]) if word else 1))
    before = _rest(text, line, 1)[: column - 1]
    return _special(rest, before, place) or _at_token(rest, before, place, text, brackets)


def _bracket_problem(error: BracketError, text: str) -> Problem:
    if error.problem == "depth":
        line, column = _start(error.token)
        detail = "At most 64 brackets may be open at once; split the expression in several locals."
        return Problem("E0104", "the brackets are nested too deeply", detail, (line, column, line, column + 1))
    assert error.opener is not None
    if error.problem == "unclosed":
        return _never_closed(error.opener)
    line, column = _start(error.opener)
    end = column + len(_rest(text, line, column))
    return Problem("E0103", "the string is not closed on its line", _STRING, (line, column, line, end))


def _start(token: Any) -> tuple[int, int]:
    return token.line, token.column


_STRING = 'Add the closing ", or use a heredoc (<<EOT) for text of several lines.'


def _special(rest: str, before: str, place: Place) -> Problem | None:
    """Recognise what the lexer cannot name: unclosed heredocs and comments, other languages' habits."""
    line, column = place[:2]
    if rest.startswith("<") and before.endswith("<"):
        rest, column = "<" + rest, column - 1
    heredoc = re.match(r"<<-?([\w.-]+)", rest)
    if heredoc:
        detail = f"End it with a line that holds {heredoc[1]} alone."
        summary = f"the heredoc <<{heredoc[1]} is never closed"
        return Problem("E0103", summary, detail, (line, column, line, column + len(heredoc[0])))
    if rest.startswith("*") and before.endswith("/"):
        rest, column = "/*", column - 1
    if rest.startswith("/*"):
        return Problem(
            "E0103", "the comment is never closed", "Add the closing */.", (line, column, line, column + 2)
        )
    if rest.startswith("'"):
        return Problem("E0105", "strings are written in double quotes", "Write \"...\" instead of '...'.", place)
    if rest.startswith(";"):
        return Problem("E0105", "there are no semicolons", "Begin a new line instead.", place)
    if rest.startswith("${"):
        return Problem(
            "E0105", "${ } belongs in a string", 'Write the expression alone, or "${...}".', (*place[:3], column + 2)
        )
    if rest.startswith(":") and re.fullmatch(r"\s*[\w-]+\s*", before):
        return Problem("E0105", 'an attribute is set with "="', "Write `name = value`.", place)
    return None


def _at_token(rest: str, before: str, place: Place, text: str, brackets: list[Any]) -> Problem:
    shown = rest[: max(1, place[3] - place[1])]
    opened = [token for token in brackets if (token.line, token.column) != place[:2]]
    innermost = opened[-1].type if opened else ""
    if not rest.strip():
        return _line_ended(before, place, text)
    if shown == '"' and innermost in ("INTERP_START", "DIRECTIVE_START"):
        return _never_closed(opened[-1])
    if shown in CLOSERS:
        return Problem(
            "E0101", f'"{shown}" does not fit here', "Remove it, or write what should stand before it.", place
        )
    ends_value = re.search(r"[\w\"\])}]\s*\Z", before) is not None
    if not before.strip() and not re.match(r"[^\W\d]", rest) and innermost in ("", "LBRACE"):
        detail = 'Begin with a name: `name = value` for an attribute, `type "label" { ... }` for a block.'
        return Problem("E0101", f'"{shown}" does not fit here', detail, place)
    if ends_value and innermost in ("LPAR", "LSQB") and shown[0] not in "=<>?&|":
        return Problem("E0106", f'a comma is missing before "{shown}"', "Separate the items with commas.", place)
    if (
        ends_value
        and innermost in ("", "LBRACE")
        and ("=" in before or before.rstrip().endswith("}"))
        and re.match(r"[\w\"{\[(]", shown)
    ):
        detail = "Each attribute and each block stands on a line of its own."
        return Problem("E0102", f'"{shown}" must begin a new line', detail, place)
    return _misfit(shown, place)


def _misfit(shown: str, place: Place) -> Problem:
    named = "a quote" if shown == '"' else f'"{shown}"'
    return Problem("E0101", f"{named} does not fit here", "Look for a typo just before it.", place)


def _line_ended(before: str, place: Place, text: str) -> Problem:
    following = "\n".join(text.split("\n")[place[0] :]).lstrip()
    if re.fullmatch(r"\s*[^\W\d][\w-]*(\s+(\"[^\"]*\"|[^\W\d][\w-]*))*\s*", before):
        if following.startswith("{"):
            detail = 'Put "{" on the same line as the block\'s type and labels.'
            return Problem("E0101", 'the block\'s "{" stands on the next line', detail, place)
        detail = "Write `name = value` for an attribute, or `name { ... }` for a block."
        return Problem("E0101", "the line ends after a name", detail, place)
    if re.match(r"\s*[^\W\d][\w-]*(\s+(\"[^\"]*\"|[^\W\d][\w-]*))*\s*\{\s*[^\W\d][\w-]*\s*=", before):
        detail = "Close it on the same line, or put every attribute on a line of its own."
        return Problem("E0102", "a block on one line holds one attribute and ends on that line", detail, place)
    detail = "Finish it on this line; only inside ( ) and [ ] may an expression go on in the next."
    return Problem("E0101", "the line ends in the middle of an expression", detail, place)


def _unclosed(brackets: list[Any]) -> Problem | None:
    if not brackets:
        return None
    return _never_closed(brackets[-1])


def _never_closed(token: Any) -> Problem:
    place = (token.line, token.column, token.end_line, token.end_column)
    if token.type == "DBLQUOTE":
        return Problem("E0103", "the string is not closed on its line", _STRING, place)
    closer = _CLOSER[token.type]
    return Problem("E0103", f'"{token}" is never closed', f'Add the closing "{closer}".', place)


def _rest(text: str, line: int, column: int) -> str:
    """Return what stands on `line` from `column` on."""
    lines = text.split("\n", line)
    return lines[line - 1][column - 1 :].rstrip("\r") if len(lines) >= line else ""


def _end_place(text: str) -> Place:
    lines = text.split("\n")
    return (len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 2)
