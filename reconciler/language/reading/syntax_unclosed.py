"""Brackets, strings, heredocs and comments that are closed too late, or never."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_spot import WORD, Opener, Spot, line_of

UNCLOSED_STRING = 'Add the closing ", or use a heredoc (<<EOT) for text of several lines.'

_BRACES = re.compile(r"[{}]")
_STRINGS = re.compile(r"\"(?:\\.|[^\"\\])*\"|#.*|//.*")


def heredoc(here: Spot) -> Problem | None:
    """A heredoc whose end is missing is no token: reading stops at its first or second character."""
    begun = here.before.endswith("<") and here.rest.startswith("<")
    rest, column = ("<" + here.rest, here.column - 1) if begun else (here.rest, here.column)
    found = re.match(r"<<-?([^\W\d][\w.-]*)[ \t]*$", rest)
    if found is None:
        return None
    place = (here.line, column, here.line, column + len(found[0].rstrip()))
    detail = f"End it with a line that holds {found[1]} alone."
    return Problem("E0103", f"the heredoc <<{found[1]} is never closed", detail, place)


def comment(here: Spot) -> Problem | None:
    """A comment whose end is missing is no token either."""
    begun = here.before.endswith("/") and here.rest.startswith("*")
    if not begun and not here.rest.startswith("/*"):
        return None
    column = here.column - begun
    place = (here.line, column, here.line, column + 2)
    return Problem("E0103", "the comment is never closed", "Add the closing */.", place)


def string_over_lines(here: Spot) -> Problem | None:
    """An interpolation may go on in the next line, so that a quote missing in it shows far too late."""
    for position, each in enumerate(here.opened[:-1]):
        if each.kind == "DBLQUOTE" and each.line < here.line:
            inner = here.opened[position + 1]
            detail = f'Add the closing "{inner.closer}", or the quote that is missing in it.'
            return Problem("E0103", f'"{inner.text}" is never closed', detail, inner.place)
    return None


def still_open(here: Spot, opened: Opener, before: str) -> Problem:
    """Return the problem of a bracket that is still open where it can be no longer."""
    where = f" of line {opened.line}" if opened.line != here.line else ""
    summary = f'the "{opened.text}"{where} is not closed before {before}'
    return here.problem("E0103", summary, f'Close it with "{opened.closer}" first.')


def never_closed(text: str, opened: Opener) -> Problem:
    """Return the problem of a bracket or quote that nothing closes."""
    if opened.kind == "DBLQUOTE":
        return Problem("E0103", "the string is not closed on its line", UNCLOSED_STRING, opened.place)
    place = opened.place
    called = re.search(rf"{WORD}\Z", line_of(text, opened.line)[: opened.column - 1])
    if opened.kind == "LPAR" and called:
        place = (opened.line, called.start() + 1, *place[2:])
    detail = f'Add the closing "{opened.closer}".'
    suspect = _suspect(text, opened) if opened.kind == "LBRACE" else None
    if suspect is not None:
        detail += f" By the indentation, that of line {suspect[0]} is missing before line {suspect[1]}."
    return Problem("E0103", f'"{opened.text}" is never closed', detail, place)


def superfluous(text: str, line: int) -> int | None:
    """Return the line before this one that closes a brace of a line that is indented less: it is one too many."""
    pending: list[int] = []
    for number, indent, each, brace in _braces(text.split("\n")[:line], 1):
        if brace == "{":
            pending.append(indent)
        elif pending and pending.pop() < indent and each.strip() == "}":
            return number
    return None


def _suspect(text: str, opened: Opener) -> tuple[int, int] | None:
    """Return the line of a brace that is closed by one indented less, and the line of that."""
    pending: list[tuple[int, int]] = []
    for number, indent, line, brace in _braces(text.split("\n")[opened.line - 1 :], opened.line):
        if brace == "{":
            pending.append((number, indent))
        elif pending:
            begun, outer = pending.pop()
            if line.lstrip().startswith("}") and indent < outer:
                return begun, number
    return None


def _braces(lines: list[str], first: int) -> Iterator[tuple[int, int, str, str]]:
    """Yield each brace outside of strings and comments, behind its line's number, indentation and text."""
    for number, line in enumerate(lines, start=first):
        for brace in _BRACES.findall(_STRINGS.sub("", line)):
            yield number, len(line) - len(line.lstrip()), line, brace
