"""The functions of regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.language.expressions.values import (
    ANY,
    STRING,
    Type,
    Value,
    list_of,
    list_type,
    null,
    object_of,
    string,
    tuple_of,
)
from reconciler.language.functions.context import Context
from reconciler.language.functions.regular.matcher import Match, Matcher
from reconciler.language.functions.regular.pattern import PatternError
from reconciler.language.functions.regular.program import Program, compiled
from reconciler.language.functions.table import FunctionError, function
from reconciler.language.limits import check_elements, check_text

STEPS_A_TURN = 10
"""So many steps of a search cost as much as one turn of a loop."""


@function(STRING, STRING, returns=ANY, contextual=True)
def regex(context: Context, pattern: str, text: str) -> Value:
    """Return the first match: its text, or its groups as a tuple or (named) an object."""
    program = _program(pattern, 0)
    matcher = _matcher(context, program, text)
    found = matcher.search(0)
    context.scope.budget.spend(matcher.effort // STEPS_A_TURN)
    if found is None:
        raise FunctionError("the pattern matches nothing in the text", 1)
    return _groups(program, text, found)


@function(STRING, STRING, returns=list_type(ANY), contextual=True)
def regexall(context: Context, pattern: str, text: str) -> Value:
    """Return all matches."""
    program = _program(pattern, 0)
    found = [_groups(program, text, match) for match in _matches(context, program, text)]
    check_elements(len(found))
    return list_of(_groups_type(program), found)


@function(STRING, STRING, STRING, returns=STRING, contextual=True)
def replace(context: Context, text: str, part: str, new: str) -> str:
    """Replace `part` everywhere; a part between slashes is a regular expression."""
    if len(part) > 1 and part.startswith("/") and part.endswith("/"):
        return _replaced(context, part[1:-1], text, new)
    check_text(len(text) + (text.count(part) * len(new)))
    return text.replace(part, new)


def _program(pattern: str, argument: int) -> Program:
    try:
        return compiled(pattern)
    except PatternError as error:
        raise FunctionError(f"the pattern is no regular expression: {error}", argument) from None


def _matcher(context: Context, program: Program, text: str) -> Matcher:
    return Matcher(program, text, context.scope.budget.left * STEPS_A_TURN)


def _matches(context: Context, program: Program, text: str) -> Iterator[Match]:
    matcher = _matcher(context, program, text)
    yield from matcher.all()
    context.scope.budget.spend(matcher.effort // STEPS_A_TURN)


def _groups(program: Program, text: str, found: Match) -> Value:
    """Return a match as its text, or as its groups."""
    names = program.names
    if not names:
        return string(text[found[0] : found[1]])
    if any(names) != all(names):
        raise FunctionError("the pattern must name all of its groups or none", 0)
    parts = [_part(text, found, index) for index in range(1, len(names) + 1)]
    return object_of(dict(zip(names, parts, strict=True))) if names[0] else tuple_of(parts)


def _groups_type(program: Program) -> Type:
    names = program.names
    if any(names):
        return Type("object", None, (), dict.fromkeys(sorted(names), STRING))
    return Type("tuple", None, (STRING,) * len(names)) if names else STRING


def _part(text: str, found: Match, index: int) -> Value:
    start, end = found[2 * index : 2 * index + 2]
    return null(STRING) if start < 0 else string(text[start:end])


_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")


def _replaced(context: Context, pattern: str, text: str, new: str) -> str:
    """Replace every match; `$1`, `${1}` and `${name}` in `new` stand for groups, `$$` for a dollar."""
    program = _program(pattern, 1)
    parts: list[str] = []
    position = length = 0
    for found in _matches(context, program, text):
        filled = _REFERENCE.sub(lambda name, of=found: _referred(program, text, of, name), new)  # type: ignore[misc]
        parts += [text[position : found[0]], filled]
        length += len(filled) + found[0] - position
        check_text(length)
        position = found[1]
    return "".join(parts) + text[position:]


def _referred(program: Program, text: str, found: Match, name: re.Match[str]) -> str:
    if name[1]:
        return "$"
    wanted = name[2] or name[3]
    if re.fullmatch("0|[1-9][0-9]{0,7}", wanted):
        indexes = [int(wanted)] if int(wanted) <= len(program.names) else []
    else:
        indexes = [index for index, known in enumerate(program.names, start=1) if known == wanted]
    return next((text[found[2 * at] : found[2 * at + 1]] for at in indexes if found[2 * at] >= 0), "")
