"""What the formatter changes besides white space: spellings of old Terraform that have a plainer one."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.language.formatting.outline import Stretch
from reconciler.language.formatting.spacing import CLOSERS, OPENERS
from reconciler.language.formatting.tokens import (
    CLOSING_QUOTE,
    END,
    INTERPOLATION,
    LITERAL,
    NAME,
    NEWLINE,
    QUOTE,
    SEQUENCE_END,
    Token,
    ends_line,
)

_COLLECTIONS = {"list": "any", "map": "any", "set": "any"}
_QUOTED_TYPES = {"string": "", "list": "string", "map": "string"}
"""Type of a variable -> the type of its elements, if it has any: quoted ones are from when that was a string."""


def rewritten(tokens: list[Token], stretches: list[Stretch]) -> list[Token]:
    """Return the tokens with labels quoted, `"${x}"` as the value of an attribute unwrapped, and types spelt out."""
    result: list[Token] = []
    done = 0
    for stretch in stretches:
        result += tokens[done : stretch.first]
        result += _rewritten(tokens[stretch.first : stretch.last], stretch, tokens[stretch.last])
        done = stretch.last
    return result + tokens[done:]


def _rewritten(piece: list[Token], stretch: Stretch, following: Token) -> list[Token]:
    if not stretch.name:
        return [token for each in piece for token in _label(each)]
    if stretch.name == "type" and stretch.blocks == ("variable",):
        return _type(piece)
    return _unwrapped(piece, following.kind == END or ends_line(following))


def _label(token: Token) -> Iterator[Token]:
    if token.kind != NAME:
        yield token
        return
    yield _token(QUOTE, '"')
    yield _token(LITERAL, token.text)
    yield _token(CLOSING_QUOTE, '"')


def _type(piece: list[Token]) -> list[Token]:
    """`list` -> `list(any)`, `"list"` -> `list(string)`, `"string"` -> `string`."""
    known = {(NAME,): _COLLECTIONS, (QUOTE, LITERAL, CLOSING_QUOTE): _QUOTED_TYPES}.get(tuple(_kinds(piece)), {})
    name = piece[len(piece) // 2].text
    if name not in known:
        return piece
    element = known[name]
    elements = [_token("(", "("), _token(NAME, element), _token(")", ")")] if element else []
    return [_token(NAME, name), *elements]


def _unwrapped(piece: list[Token], is_last: bool) -> list[Token]:
    """`"${x}"` -> `x`, in parentheses where that has several lines; `is_last` says that the line ends behind it."""
    kinds = _kinds(piece)
    if kinds[:2] != [QUOTE, INTERPOLATION] or kinds[-2:] != [SEQUENCE_END, CLOSING_QUOTE]:
        return piece
    if not _is_one_expression(piece[2:-2]):
        return piece
    filled = [place for place, kind in enumerate(kinds) if kind != NEWLINE]
    inside = piece[filled[2] : filled[-3] + 1]
    if _needs_parentheses(inside, is_last):
        return [_token("(", "("), *inside, _token(")", ")")]
    return _unwrapped(inside, is_last)


def _is_one_expression(inside: list[Token]) -> bool:
    """Say whether no other sequence and no text stands beside an expression, as in `"${x}-${y}"`."""
    quotes = 0
    for token in inside:
        quotes += (token.kind == QUOTE) - (token.kind == CLOSING_QUOTE)
        if not quotes and token.kind in (INTERPOLATION, SEQUENCE_END):
            return False
    return True


def _needs_parentheses(inside: list[Token], is_last: bool) -> bool:
    """Say whether a line ends outside of all brackets; Terraform asks for them wherever there are several lines."""
    depth = 0
    for token in inside[:-1] if is_last else inside:
        depth += (token.kind in OPENERS) - (token.kind in CLOSERS)
        if not depth and ends_line(token):
            return True
    return NEWLINE in _kinds(inside) and (inside[0].kind, inside[-1].kind) != ("(", ")")


def _kinds(piece: list[Token]) -> list[str]:
    return [token.kind for token in piece]


def _token(kind: str, text: str) -> Token:
    return Token(kind, text, -1)
