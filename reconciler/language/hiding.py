"""Texts as diagnostics may show them: what a sensitive variable is given is covered with stars, as wide as it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from reconciler.language.reading import recovery, syntax
from reconciler.language.reading.syntax import Place

COVER = "*"

_SENSITIVE = re.compile(r"^\s*variable\b[\s\S]*?\bsensitive\s*=\s*true\b")
_VALUE = r"^([ \t]*\"?{name}\"?[ \t]*[=:][ \t]*)(\S.*)$"


def shown(text: str, body: syntax.Body, is_whole: bool, names: Collection[str]) -> str:
    """Return a text without the defaults of sensitive variables, and without what a file of values gives for `names`.

    Of a text that is not whole, lines that look like it are covered too.
    """
    if not names and "sensitive" not in text:
        return text
    places = [*_defaults(body), *(each.value.place for each in body.attributes if each.name in names)]
    covered = _cover(text, places) if places else text
    return covered if is_whole else _cover_lines(covered, names)


def is_sensitive(block: syntax.Block) -> bool:
    """Say whether a variable's block says so."""
    values = (each.value for each in block.body.attributes if each.name == "sensitive")
    return any(isinstance(value, syntax.Literal) and value.value is True for value in values)


def _defaults(body: syntax.Body) -> Iterator[Place]:
    for block in body.blocks:
        if block.type == "variable" and is_sensitive(block):
            yield from (each.value.place for each in block.body.attributes if each.name == "default")


def _cover(text: str, places: list[Place]) -> str:
    lines = text.split("\n")
    for line, column, end_line, end_column in places:
        for number in range(line, min(end_line, len(lines)) + 1):
            whole = lines[number - 1]
            start = column - 1 if number == line else 0
            end = end_column - 1 if number == end_line else len(whole)
            lines[number - 1] = whole[:start] + COVER * (min(end, len(whole)) - start) + whole[end:]
    return "\n".join(lines)


def _cover_lines(text: str, names: Collection[str]) -> str:
    pieces = (piece.text for piece in recovery.pieces(text))
    return "".join(_cover_piece(piece, names) for piece in pieces)


def _cover_piece(piece: str, names: Collection[str]) -> str:
    for name in (*names, *(("default",) if _SENSITIVE.match(piece) else ())):
        pattern = re.compile(_VALUE.format(name=re.escape(name)), re.MULTILINE)
        piece = pattern.sub(lambda found: found[1] + COVER * len(found[2]), piece)
    return piece
