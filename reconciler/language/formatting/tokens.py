"""The text of a file as tokens that lose nothing but the white space between them.

The kind of a punctuation mark is the mark itself; the other kinds are the constants below.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from reconciler.language.limits import MAXIMUM_DEPTH

NAME, NUMBER, NEWLINE, COMMENT, LITERAL, END = "name", "number", "newline", "comment", "literal", "end"
QUOTE, CLOSING_QUOTE, HEREDOC, MARKER = "quote", "closing_quote", "heredoc", "marker"
INTERPOLATION, DIRECTIVE, SEQUENCE_END = "interpolation", "directive", "sequence_end"
_MARK = "mark"

CLOSED_BY = {
    "(": ")",
    "[": "]",
    "{": "}",
    QUOTE: CLOSING_QUOTE,
    HEREDOC: MARKER,
    INTERPOLATION: SEQUENCE_END,
    DIRECTIVE: SEQUENCE_END,
}
"""What opens something -> what closes it."""

_CLOSERS = frozenset(CLOSED_BY.values()) | {END}

_CODE = re.compile(
    r"""[ \t]*(?:
      (?P<newline>\r?\n)
    | (?P<name>[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff-]*)
    | (?P<quote>")
    | (?P<comment>(?:\#|//)[^\n]*\n?|/\*[\s\S]*?\*/)
    | (?P<number>[0-9]+(?:\.[0-9]+)*(?:[eE][+-]?[0-9]+)?)
    | (?P<heredoc><<-?(?P<word>[^\W\d][\w-]*)\r?\n)
    | (?P<mark>::|=>|==|!=|<=|>=|&&|\|\||\.\.\.|~\}|/(?!\*)|[-+*%<>!?:.,=(){}\[\]])
    )|(?P<end>[ \t]*)\Z""",
    re.VERBOSE,
)
_TEXT = r"\$\$\{|%%\{|\$(?!\{)|%(?!\{)"
_SEQUENCES = r"(?P<interpolation>\$\{~?)|(?P<directive>%\{~?)"
_QUOTED = re.compile(rf'(?P<literal>(?:[^"\\$%\r\n]+|\\[^\r\n]|{_TEXT})+)|(?P<closing_quote>")|{_SEQUENCES}')


class Token(NamedTuple):
    """A piece of the text, and the offset at which it began there."""

    kind: str
    text: str
    start: int


def ends_line(token: Token) -> bool:
    """Say whether the line ends with this token: a comment up to the end of its line holds the newline."""
    return token.kind == NEWLINE or (token.kind == COMMENT and token.text.endswith("\n"))


class MisfitError(Exception):
    """What stands at the offset `start` does not fit there."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


def scan(text: str) -> list[Token]:
    """Return the tokens of a file, the last of which is END with the white space behind all others.

    Raises MisfitError where no token can begin, and for brackets that do not match or are too many.
    """
    tokens: list[Token] = []
    modes = [(END, _CODE)]
    position = 0
    while True:
        closer, pattern = modes[-1]
        found = pattern.match(text, position)
        if found is None:
            raise MisfitError(position)
        group = found.lastgroup or END
        kind, piece, start = group, found[group], found.start(group)
        position = found.end()
        if group == _MARK:
            kind = SEQUENCE_END if closer == SEQUENCE_END and piece in ("}", "~}") else piece
        elif group == NAME and not piece.isascii() and not piece.replace("-", "_").isidentifier():
            raise MisfitError(start)
        tokens.append(Token(kind, piece, start))
        if kind in CLOSED_BY:
            modes.append((CLOSED_BY[kind], _pattern_inside(kind, found)))
            if len(modes) > MAXIMUM_DEPTH + 1:
                raise MisfitError(start)
        elif kind in _CLOSERS:
            if kind != closer:
                raise MisfitError(start)
            modes.pop()
            if not modes:
                return tokens


def _pattern_inside(kind: str, found: re.Match[str]) -> re.Pattern[str]:
    if kind == HEREDOC:
        return _heredoc(found["word"])
    return _QUOTED if kind == QUOTE else _CODE


@cache
def _heredoc(word: str) -> re.Pattern[str]:
    """Return the pattern of what a heredoc holds: literals of at most one line, and at last the marker on its own."""
    marker = rf"(?P<marker>(?<=\n)[^\S\n]*{re.escape(word)}[^\S\n]*?(?=\r?\n))"
    return re.compile(rf"{marker}|(?P<literal>(?:[^$%\n]+|{_TEXT})+\n?|\n)|{_SEQUENCES}")
