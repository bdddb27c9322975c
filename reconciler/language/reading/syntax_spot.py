"""Where reading stopped: the place, what stands there and before it, and what is open around it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from reconciler.language.reading.syntax import Place, Problem

CLOSER = {
    "LBRACE": "}",
    "FOR_BRACE": "}",
    "LPAR": ")",
    "LSQB": "]",
    "INTERP_START": "}",
    "DIRECTIVE_START": "}",
    "DBLQUOTE": '"',
}
"""The terminal that opens something -> what closes it."""

WORD = r"[^\W\d][\w-]*"
LABEL = rf"(?:\"[^\"]*\"|{WORD})"

_HEADER = re.compile(rf"\s*{WORD}(?:\s+{LABEL})*\s*\Z")
_VALUE_END = re.compile(r"[\w\"\])}]\s*\Z")
_COMMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"|#|//")
_COMMENTS = re.compile(r"(?:\s*/\*.*?\*/)*\s*")


class Opener(NamedTuple):
    """A bracket or quote that is open."""

    kind: str
    text: str
    line: int
    column: int
    is_body: bool
    """Whether it opens the body of a block."""

    @property
    def closer(self) -> str:
        """Return what closes it."""
        return CLOSER[self.kind]

    @property
    def place(self) -> Place:
        """Return the place of the bracket itself."""
        return (self.line, self.column, self.line, self.column + len(self.text))


class Spot(NamedTuple):
    """The place where reading stopped, in its line: `before` + `rest`."""

    text: str
    line: int
    column: int
    before: str
    rest: str
    opened: tuple[Opener, ...]

    @property
    def shown(self) -> str:
        """Return the word or character that stands there, empty at the end of the line."""
        word = re.match(r"[\w-]+", self.rest)
        return word[0] if word else self.rest[:1]

    @property
    def named(self) -> str:
        """Return how a message names what stands there."""
        return "a quote" if self.shown == '"' else f'"{self.shown}"'

    @property
    def place(self) -> Place:
        """Return the place of what stands there."""
        return self.reach(max(1, len(self.shown)))

    @property
    def innermost(self) -> Opener | None:
        """Return the bracket that it stands in."""
        return self.opened[-1] if self.opened else None

    @property
    def is_in_body(self) -> bool:
        """Say whether it stands among attributes and blocks, and in no bracket of an expression."""
        return self.innermost is None or self.innermost.is_body

    @property
    def is_in_object(self) -> bool:
        """Say whether it stands among the items of an object."""
        return self.innermost is not None and self.innermost.kind == "LBRACE" and not self.innermost.is_body

    @property
    def follows_value(self) -> bool:
        """Say whether what stands before it on the line may be a whole value."""
        return _VALUE_END.search(self.before) is not None

    @property
    def begins_line(self) -> bool:
        """Say whether nothing stands before it on the line."""
        return not self.before.strip()

    @property
    def statement(self) -> str:
        """Return what stands before it on the line since the attribute or block began."""
        return self.before[self.statement_column - 1 :]

    @property
    def statement_column(self) -> int:
        """Return the column in which the attribute or block begins that reading stopped in."""
        inner = self.innermost
        start = inner.column + len(inner.text) - 1 if inner is not None and inner.line == self.line else 0
        found = _COMMENTS.match(self.before, start)
        return (found.end() if found else start) + 1

    def reach(self, length: int) -> Place:
        """Return the place of the next `length` characters."""
        return (self.line, self.column, self.line, self.column + length)

    def from_statement(self, length: int) -> Place:
        """Return the place from the beginning of the statement to `length` characters from here."""
        return (self.line, self.statement_column, self.line, self.column + length)

    def problem(self, code: str, summary: str, detail: str, place: Place | None = None) -> Problem:
        """Return a problem of this place, or of another."""
        return Problem(code, summary, detail, place or self.place)


def spot(text: str, line: int, column: int, tokens: list[Any]) -> Spot:
    """Describe a place; `tokens` are the brackets open there. Blanks before what stands there are skipped."""
    whole = line_of(text, line)
    rest = whole[column - 1 :]
    if not rest.strip():
        column = _comment_start(whole, column)
        rest = ""
        whole = whole[: column - 1]
    column += len(rest) - len(rest.lstrip(" \t"))
    column = _word_start(whole, column)
    opened = tuple(opener(text, token) for token in tokens if (token.line, token.column) < (line, column))
    return Spot(text, line, column, whole[: column - 1], whole[column - 1 :], opened)


def _comment_start(whole: str, column: int) -> int:
    """Return where the comment at the end of a line begins; the column itself when there is none."""
    for found in _COMMENT.finditer(whole[: column - 1]):
        if not found[0].startswith('"'):
            return found.start() + 1
    return column


def _word_start(whole: str, column: int) -> int:
    """Return where the word begins whose middle the parser stopped in: `elseif` is read as `else` and `if`."""
    before = re.search(rf"{WORD}\Z", whole[: column - 1])
    inside = re.match(r"[\w-]", whole[column - 1 :])
    return before.start() + 1 if before and inside else column


def opener(text: str, token: Any) -> Opener:
    """Return a token of the lexer as what it opens."""
    before = line_of(text, token.line)[: token.column - 1]
    last = re.split(r"[{}]", before)[-1]
    is_body = token.type == "LBRACE" and _HEADER.match(last) is not None
    return Opener(token.type, str(token), token.line, token.column, is_body)


def line_of(text: str, line: int) -> str:
    """Return one line of a text, without its end."""
    lines = text.split("\n", line)
    return lines[line - 1].rstrip("\r") if len(lines) >= line else ""
