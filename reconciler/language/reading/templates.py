"""How a template's flat parts become a tree: directives nested, `~` applied, `<<-` flushed.

The order is HCL's and it shows: first `~` trims the one adjacent line of text, then `<<-` removes the smallest
indentation over the lines that begin with text (blank lines skipped, a line beginning with `${` counts as 0).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from reconciler.language.reading import syntax
from reconciler.language.reading.escapes import indentation, normalise
from reconciler.language.reading.syntax import Place

Report = Callable[[str, str, str, Place], None]

MAXIMUM_NESTING = 64


class TextPart(NamedTuple):
    """Literal text of a template, its escapes resolved."""

    place: Place
    text: str


class Marker(NamedTuple):
    """An interpolation (`value`) or a directive, and whether `~` trims the text before and after it."""

    place: Place
    kind: str
    value: Any
    trim_before: bool
    trim_after: bool


class _Open(NamedTuple):
    """A directive whose end has not been met yet."""

    marker: Marker
    parts: list[syntax.Expression]
    otherwise: list[syntax.Expression] | None


def quoted(parts: list[Any], report: Report) -> tuple[syntax.Expression, ...]:
    """Return the parts of a quoted string as a tree; `report` is told about directives that do not match."""
    return _nest(_trim(list(_joined(parts))), report)


def heredoc(parts: list[Any], report: Report, flush: bool) -> tuple[syntax.Expression, ...]:
    """Return the parts of a heredoc's body as a tree, its indentation removed when `flush`."""
    pieces = _trim([line for piece in _joined(parts) for line in _lines(piece)])
    return _nest(_flush(pieces) if flush else pieces, report)


def heredoc_text(body: str, flush: bool) -> str:
    """Return the text of a heredoc that holds no interpolation."""
    lines: list[TextPart | Marker] = [TextPart((1, 1, 1, 1), line) for line in _LINE.findall(body)]
    flushed = _flush(lines) if flush else lines
    return normalise("".join(line.text for line in flushed if isinstance(line, TextPart)))


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def _joined(parts: Iterable[Any]) -> Iterable[TextPart | Marker]:
    """Yield the parts, adjacent texts joined."""
    pending: list[TextPart] = []
    for part in [*parts, None]:
        if isinstance(part, TextPart):
            pending.append(part)
            continue
        if pending:
            yield TextPart(pending[0].place, "".join(text.text for text in pending))
            pending = []
        if part is not None:
            yield part


def _lines(piece: TextPart | Marker) -> Iterable[TextPart | Marker]:
    if isinstance(piece, Marker):
        return [piece]
    return [TextPart(piece.place, line) for line in _LINE.findall(piece.text)]


def _trim(pieces: list[TextPart | Marker]) -> list[TextPart | Marker]:
    """Apply `~`: the text right before or after such a marker loses its blanks and newlines."""
    for index, piece in enumerate(pieces):
        if not isinstance(piece, Marker):
            continue
        before, after = index - 1, index + 1
        if piece.trim_before and before >= 0 and isinstance(pieces[before], TextPart):
            text = pieces[before]
            pieces[before] = TextPart(text.place, text.text.rstrip())  # type: ignore[union-attr]
        if piece.trim_after and after < len(pieces) and isinstance(pieces[after], TextPart):
            text = pieces[after]
            pieces[after] = TextPart(text.place, text.text.lstrip())  # type: ignore[union-attr]
    return pieces


def _flush(pieces: list[TextPart | Marker]) -> list[TextPart | Marker]:
    """Remove the smallest indentation of the lines; a line that begins with a marker has none, a blank one no say."""
    margins: dict[int, int] = {}
    at_line_start = True
    for index, piece in enumerate(pieces):
        if isinstance(piece, Marker):
            if at_line_start:
                return pieces
            at_line_start = False
            continue
        blank = piece.text.endswith("\n") and not piece.text.strip()
        if at_line_start and not blank:
            margins[index] = indentation(piece.text)
        at_line_start = piece.text.endswith("\n")
    margin = min(margins.values(), default=0)
    return [
        TextPart(piece.place, piece.text[margin:]) if index in margins and isinstance(piece, TextPart) else piece
        for index, piece in enumerate(pieces)
    ]


def _nest(pieces: list[TextPart | Marker], report: Report) -> tuple[syntax.Expression, ...]:
    root: list[syntax.Expression] = []
    stack: list[_Open] = []
    current = root
    for piece in pieces:
        if isinstance(piece, TextPart):
            if piece.text:
                _append_text(current, piece)
        elif piece.kind == "value":
            current.append(piece.value)
        elif piece.kind in ("if", "for"):
            if len(stack) >= MAXIMUM_NESTING:
                report("E0104", "the template is nested too deeply", "Split it in several locals.", piece.place)
                continue
            opened = _Open(piece, [], None)
            stack.append(opened)
            current = opened.parts
        elif piece.kind == "else":
            if not stack or stack[-1].marker.kind != "if" or stack[-1].otherwise is not None:
                report(
                    "E0115", "%{ else } without %{ if }", "Remove it, or begin with %{ if condition }.", piece.place
                )
                continue
            current = []
            stack[-1] = stack[-1]._replace(otherwise=current)
        elif not stack or stack[-1].marker.kind != piece.kind.removeprefix("end"):
            opener = piece.kind.removeprefix("end")
            summary = f"%{{ {piece.kind} }} without %{{ {opener} }}"
            report("E0115", summary, "Remove it, or write the directive that it ends.", piece.place)
        else:
            node = _close(stack.pop(), piece)
            current = _innermost(stack, root)
            current.append(node)
    for opened in stack:
        kind = opened.marker.kind
        report("E0116", f"%{{ {kind} }} is never closed", f"Add %{{ end{kind} }}.", opened.marker.place)
    return tuple(root)


def _innermost(stack: list[_Open], root: list[syntax.Expression]) -> list[syntax.Expression]:
    if not stack:
        return root
    otherwise = stack[-1].otherwise
    return stack[-1].parts if otherwise is None else otherwise


def _append_text(parts: list[syntax.Expression], piece: TextPart) -> None:
    last = parts[-1] if parts else None
    if isinstance(last, syntax.Literal) and isinstance(last.value, str) and last.place == piece.place:
        parts[-1] = syntax.Literal(last.place, last.value + piece.text)
    else:
        parts.append(syntax.Literal(piece.place, normalise(piece.text)))


def _close(opened: _Open, end: Marker) -> syntax.Expression:
    marker = opened.marker
    place = (*marker.place[:2], *end.place[2:])
    if marker.kind == "if":
        return syntax.TemplateIf(place, marker.value, tuple(opened.parts), tuple(opened.otherwise or ()))
    key, value, collection = marker.value
    return syntax.TemplateFor(place, key, value, collection, tuple(opened.parts))
