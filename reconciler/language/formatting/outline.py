"""Whether tokens are a file of HCL, and where in it the values of attributes and the labels of blocks stand."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.formatting.cursor import Cursor
from reconciler.language.formatting.expressions import read_expression, read_text
from reconciler.language.formatting.tokens import CLOSING_QUOTE, END, NAME, NEWLINE, QUOTE, MisfitError, Token


class Stretch(NamedTuple):
    """Tokens from `first` up to `last`, exclusive: the value of the attribute `name`, or labels, which have no name.

    `blocks` are the types of the blocks around it.
    """

    first: int
    last: int
    blocks: tuple[str, ...]
    name: str = ""


def outline(tokens: list[Token]) -> list[Stretch]:
    """Return all values of attributes and all labels of blocks, in order; raise MisfitError at what is no HCL."""
    found: list[Stretch] = []
    _body(Cursor(tokens), (), END, found)
    return found


def _body(cursor: Cursor, blocks: tuple[str, ...], closer: str, found: list[Stretch]) -> None:
    """Read attributes and blocks, each on lines of its own, up to `closer`."""
    names: set[str] = set()
    while cursor.kind() != closer:
        if cursor.take(NEWLINE):
            continue
        name = cursor.expect(NAME)
        if cursor.kind() != "=":
            _block(cursor, (*blocks, name.text), found)
        elif name.text in names:
            raise MisfitError(name.start)
        else:
            names.add(name.text)
            _value(cursor, blocks, name.text, found)
        if cursor.kind() != END:
            cursor.expect(NEWLINE)


def _value(cursor: Cursor, blocks: tuple[str, ...], name: str, found: list[Stretch]) -> None:
    cursor.expect("=")
    first = cursor.at
    read_expression(cursor)
    found.append(_stretch(cursor, first, blocks, name))


def _block(cursor: Cursor, blocks: tuple[str, ...], found: list[Stretch]) -> None:
    """Read on behind a block's type, the last of `blocks`. On one line a block holds one attribute or nothing."""
    first = cursor.at
    while cursor.kind() != "{":
        _label(cursor)
    if cursor.at > first:
        found.append(_stretch(cursor, first, blocks))
    cursor.expect("{")
    if cursor.kind() == NEWLINE:
        _body(cursor, blocks, "}", found)
    elif cursor.kind() != "}":
        _value(cursor, blocks, cursor.expect(NAME).text, found)
    cursor.expect("}")


def _label(cursor: Cursor) -> None:
    if cursor.take(NAME):
        return
    cursor.expect(QUOTE)
    read_text(cursor)
    cursor.expect(CLOSING_QUOTE)


def _stretch(cursor: Cursor, first: int, blocks: tuple[str, ...], name: str = "") -> Stretch:
    """Return what was read since the cursor stood at `first`."""
    return Stretch(cursor.places[first], cursor.places[cursor.at - 1] + 1, blocks, name)
