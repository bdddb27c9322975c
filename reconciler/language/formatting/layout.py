"""Where tokens stand: how far a line is indented, and what is aligned with the lines around it.

A line has up to three cells: what it begins with, an assignment from `=` on, and the comment at its end. Where lines
that follow each other have such a cell, it begins in the same column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from reconciler.language.expressions.graphemes import graphemes
from reconciler.language.formatting.spacing import CLOSERS, OPENERS, spaced
from reconciler.language.formatting.tokens import COMMENT, END, HEREDOC, NEWLINE, Token, ends_line

INDENT = 2


def laid_out(tokens: list[Token]) -> str:
    """Return the text of a file, given its tokens."""
    depths: list[int] = []
    lines = [_Line(tokens_of_line, depths) for tokens_of_line in _lines(tokens)]
    _align(lines)  # assignments
    _align(lines)  # comments
    return "".join(line.text for line in lines) + " " * len(tokens[-1].text)


def _lines(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each line. A heredoc is part of the line that it begins in, but for newlines in `${ }`."""
    line: list[Token] = []
    for token in tokens:
        if token.kind == END:
            break
        line.append(token)
        if ends_line(token):
            yield line
            line = []
    if line:
        yield line


class _Line:
    """The text of a line as far as it is laid out, and the cells that are still to come."""

    def __init__(self, tokens: list[Token], depths: list[int]) -> None:
        comment = tokens[-1:] if len(tokens) > 1 and tokens[-1].kind == COMMENT else []
        code = tokens[: len(tokens) - len(comment)]
        equals = _assignment(code)
        indent = _indent(code, depths)
        self.text, self.width = "", 0
        self.cells = [spaced(code[:equals]), spaced(code[equals:]), spaced(comment)]
        self.append(indent)

    def append(self, column: int) -> None:
        """Put the next cell where its column begins."""
        texts = self.cells.pop(0)
        self.text += " " * (column - self.width) + "".join(texts)
        self.width = column + _width(texts)


def _assignment(code: list[Token]) -> int:
    """Return the place of the `=` that begins a cell of its own: a value that goes on in other lines has none."""
    for place, token in enumerate(code):
        if token.kind == "=" and place > 0:
            return len(code) if _net_brackets(code[place:]) else place
    return len(code)


def _net_brackets(tokens: Iterable[Token]) -> int:
    return sum((token.kind in OPENERS) - (token.kind in CLOSERS) for token in tokens)


def _indent(code: Sequence[Token], depths: list[int]) -> int:
    """Return how far a line is indented; `depths` is how many brackets each line around it has left open.

    However many brackets a line opens, what is in them is one step further in: `f([{`.
    """
    if code[0].kind == NEWLINE:
        return 0
    net = _net_brackets(takewhile(lambda token: token.kind != HEREDOC, code))
    if net >= 0:
        indent = INDENT * len(depths)
        depths += [net] if net else []
        return indent
    while net < 0 and depths:
        net += depths.pop()
    depths += [net] if net > 0 else []
    return INDENT * len(depths)


def _align(lines: list[_Line]) -> None:
    """Put the next cell of every line behind what it has: in one column where neighbouring lines have that cell."""
    for has_cell, group in groupby(lines, lambda line: bool(line.cells[0])):
        neighbours = list(group)
        column = max(line.width for line in neighbours) + 1
        for line in neighbours:
            line.append(column if has_cell else line.width)


def _width(texts: list[str]) -> int:
    """Return how many columns texts take: one for each character that a reader sees."""
    return sum(len(text) if text.isascii() and "\r" not in text else len(graphemes(text)) for text in texts)
