"""Whether tokens are an expression of HCL: a recogniser by recursive descent, one level a bracket."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from reconciler.language.formatting.cursor import Cursor
from reconciler.language.formatting.tokens import (
    CLOSED_BY,
    DIRECTIVE,
    HEREDOC,
    INTERPOLATION,
    LITERAL,
    NAME,
    NEWLINE,
    NUMBER,
    QUOTE,
    MisfitError,
)

_BINARY = frozenset(("==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "-", "*", "/", "%"))
_GOOD_TEXT = re.compile(r'(?:[^\\]+|\\[nrt"\\]|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8})*')
_DIRECTIVES = {
    "if": ((), "if"),
    "for": ((), "for"),
    "else": (("if",), "else"),
    "endif": (("if", "else"), ""),
    "endfor": (("for",), ""),
}
"""Directive -> what it goes on with or ends, and what is open from then on."""


def read_expression(cursor: Cursor) -> None:
    """Step over an expression. Conditionals are flat: a colon answers a question mark before it."""
    questions = 0
    while True:
        _operand(cursor)
        kind = cursor.kind()
        if kind == "?":
            questions += 1
        elif kind == ":" and questions:
            questions -= 1
        elif kind not in _BINARY:
            break
        cursor.at += 1
    if questions:
        cursor.fail()


def read_text(cursor: Cursor) -> None:
    """Step over the text between quotes or sequences, if there is any; its escapes must be HCL's."""
    while cursor.take(LITERAL):
        literal = cursor.last()
        good = _GOOD_TEXT.match(literal.text)
        if good and good.end() < len(literal.text):
            raise MisfitError(literal.start + good.end())


def _operand(cursor: Cursor) -> None:
    while cursor.take("-") or cursor.take("!"):
        pass
    kind = cursor.kind()
    if kind not in _OPERANDS:
        cursor.fail()
    cursor.at += 1
    _OPERANDS[kind](cursor)
    _steps(cursor)


def _steps(cursor: Cursor) -> None:
    """Read `.name`, `.*`, `.0` and `[...]` behind an operand. What `.*` begins, up to `[`, holds no second one."""
    is_in_splat = False
    while True:
        if cursor.take("["):
            is_in_splat = False
            _index(cursor)
        elif not cursor.take("."):
            return
        elif cursor.take(NUMBER):
            _number(cursor, dots=0)
        elif is_in_splat or not cursor.take("*"):
            cursor.expect(NAME)
        else:
            is_in_splat = True


def _index(cursor: Cursor) -> None:
    if cursor.take("*"):
        cursor.expect("]")
    else:
        cursor.bracket("[", lambda: read_expression(cursor))


def _number(cursor: Cursor, dots: int) -> None:
    """Check the number stepped over: as an operand it may hold one dot, as an index none."""
    number = cursor.last()
    if number.text.count(".") > dots:
        raise MisfitError(number.start)


def _name(cursor: Cursor) -> None:
    """Read on behind a name: a call has its arguments."""
    is_call = cursor.kind() in ("(", "::")
    while cursor.take("::"):
        cursor.expect(NAME)
    if is_call:
        cursor.expect("(")
        cursor.bracket("(", lambda: _arguments(cursor))


def _arguments(cursor: Cursor) -> None:
    while cursor.kind() != ")":
        read_expression(cursor)
        if cursor.take("...") or not cursor.take(","):
            return


def _parenthesis(cursor: Cursor) -> None:
    cursor.bracket("(", lambda: read_expression(cursor))


def _tuple(cursor: Cursor) -> None:
    cursor.bracket("[", lambda: _for_tuple(cursor) if cursor.take_word("for") else _items(cursor))


def _items(cursor: Cursor) -> None:
    while cursor.kind() != "]":
        read_expression(cursor)
        if not cursor.take(","):
            return


def _for_tuple(cursor: Cursor) -> None:
    _loop(cursor)
    cursor.expect(":")
    read_expression(cursor)
    _condition(cursor)


def _object(cursor: Cursor) -> None:
    cursor.bracket("{", lambda: _for_object(cursor) if cursor.take_word("for") else _pairs(cursor))


def _pairs(cursor: Cursor) -> None:
    """Read pairs, each ended by a comma or the end of its line."""
    cursor.lines_matter = True
    while cursor.kind() != "}":
        if cursor.take(NEWLINE):
            continue
        read_expression(cursor)
        if not cursor.take(":"):
            cursor.expect("=")
        read_expression(cursor)
        if cursor.kind() != "}" and not cursor.take(","):
            cursor.expect(NEWLINE)


def _for_object(cursor: Cursor) -> None:
    _loop(cursor)
    cursor.expect(":")
    read_expression(cursor)
    cursor.expect("=>")
    read_expression(cursor)
    cursor.take("...")
    _condition(cursor)


def _loop(cursor: Cursor) -> None:
    """Read on behind `for`: the names, and what they go through."""
    cursor.expect(NAME)
    if cursor.take(","):
        cursor.expect(NAME)
    cursor.expect_word("in")
    read_expression(cursor)


def _condition(cursor: Cursor) -> None:
    if cursor.take_word("if"):
        read_expression(cursor)


def _template(cursor: Cursor, opener: str) -> None:
    directives: list[str] = []
    while not cursor.take(CLOSED_BY[opener]):
        if cursor.take(INTERPOLATION):
            cursor.bracket(INTERPOLATION, lambda: read_expression(cursor))
        elif cursor.take(DIRECTIVE):
            cursor.bracket(DIRECTIVE, lambda: _directive(cursor, directives))
        elif opener == QUOTE:
            read_text(cursor)
        else:
            cursor.expect(LITERAL)
    if directives:
        cursor.at -= 1
        cursor.fail()


def _directive(cursor: Cursor, directives: list[str]) -> None:
    """Read what is in `%{ }`; `directives` are those open in the template."""
    word = cursor.word()
    if word not in _DIRECTIVES:
        cursor.fail()
    needed, opened = _DIRECTIVES[word]
    if needed and (not directives or directives.pop() not in needed):
        cursor.fail()
    directives += [opened] if opened else []
    cursor.expect(NAME)
    if word == "if":
        read_expression(cursor)
    if word == "for":
        _loop(cursor)


_OPERANDS: dict[str, Callable[[Cursor], None]] = {
    NAME: _name,
    NUMBER: partial(_number, dots=1),
    QUOTE: partial(_template, opener=QUOTE),
    HEREDOC: partial(_template, opener=HEREDOC),
    "(": _parenthesis,
    "[": _tuple,
    "{": _object,
}
"""The token that an operand begins with -> what reads on behind it."""
