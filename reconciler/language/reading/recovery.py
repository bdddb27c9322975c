"""A text with errors cut into pieces, one a block or attribute at its top, so that each is read without the others.

Braces decide where a block ends, and the indentation where they do not: in a block that misses a brace, the next
line that begins a block and is indented no more than this one begins a new piece.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

_WORD = r"[^\W\d][\w-]*"
_QUOTES = "\"'`“”„«»‘’"

_BEGIN = re.compile(rf"([ \t]*)({_WORD})(?:[ \t]*=(?!=)|[ \t]*[{_QUOTES}]|[ \t]+{_WORD}[ \t]*[{{(\[]|[ \t]*\{{)")
"""A line that may begin an attribute or block, also one that is broken."""

_HEADER = re.compile(rf"([ \t]*)({_WORD})(?:[ \t]+(?:\"[^\"]*\"?|{_WORD}))*[ \t]*\{{")
_NAMELESS = re.compile(r"[ \t]*\"([\w-]+)\"[ \t]*\{")
"""A block that misses its type."""

_NAMED = re.compile(r"(?<![\w-])((?>[^\W\d][\w-]*))[ \t]*=(?![=>])")
_FIRST_WORD = re.compile(rf"[^\w\n]*({_WORD})")
_LABELLED = re.compile(rf"[^\w\n]*({_WORD})[ \t]*(?:[ \t]|=?[ \t]*[{_QUOTES}])([\w-]+)")
_ASSIGNED = re.compile(rf"[ \t]*({_WORD})[ \t]*=")

_TOKEN = re.compile(rf"#[^\n]*|//[^\n]*|/\*|\"(?:\\.|[^\"\\\n])*\"?|<<-?(?P<mark>{_WORD})[ \t]*\r?(?=\n)|[{{}}\n]")
"""What may hold braces that open nothing, and what counts."""

_CONFLICT = re.compile(r"^<{7}(?: [^\n]*)?\n(?:[^\n]*\n)*?={7}\r?\n", re.MULTILINE)
"""What git leaves behind: both versions are there, so that what follows would be told twice."""

ANY = "*"


class Piece(NamedTuple):
    """Some lines of a text, from `line` on."""

    line: int
    text: str

    @property
    def head(self) -> tuple[int, int]:
        """Return its first line that says something, and how far that is indented."""
        lines = self.text.split("\n")
        first = _first(lines, 0)
        return self.line + first, _indent(lines[first])


class Lost(NamedTuple):
    """The head of a block that could not be read, each part ANY when it cannot be told; `word` is "" for `name =`."""

    word: str
    label: str


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces in order; together they are the text."""
    if _CONFLICT.search(text):
        yield Piece(1, text)
        return
    lines = text.split("\n")
    depths = _depths(text)
    start, head = 0, _head(lines, depths, 0)
    for number in range(1, len(lines)):
        if number > head.line and _begins(lines[number], depths[number], head):
            yield Piece(start + 1, "\n".join(lines[start:number]) + "\n")
            start, head = number, _head(lines, depths, number)
    yield Piece(start + 1, "\n".join(lines[start:]))


class _Head(NamedTuple):
    """The first line of a piece that says something, and whether what follows it is indented more."""

    line: int
    indent: int
    depth: int
    is_indented: bool


def _head(lines: list[str], depths: list[int | None], start: int) -> _Head:
    first = _first(lines, start)
    following = next((lines[number] for number in range(first + 1, len(lines)) if lines[number].strip()), "")
    indent = _indent(lines[first])
    return _Head(first, indent, depths[first] or 0, _indent(following) > indent)


def _begins(line: str, depth: int | None, head: _Head) -> bool:
    """Say whether a line begins a piece, behind one that begins so."""
    if depth is None or _BEGIN.match(line) is None or _indent(line) > head.indent:
        return False
    return depth <= head.depth or (head.is_indented and _HEADER.match(line) is not None)


def _first(lines: list[str], start: int) -> int:
    """Return the first line from `start` on that is neither empty nor a comment."""
    for number in range(start, len(lines)):
        if lines[number].strip() and not lines[number].lstrip().startswith(("#", "//")):
            return number
    return start


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _depths(text: str) -> list[int | None]:
    """Return how many braces are open at the beginning of each line; None inside of a comment or heredoc."""
    depths: list[int | None] = [0]
    ends = _Ends(text)
    depth = position = 0
    while found := _TOKEN.search(text, position):
        token, position = found[0], ends.after(found)
        if position > found.end():
            depths += [None] * text.count("\n", found.end(), position)
        elif token == "\n":
            depths.append(depth)
        else:
            depth = max(0, depth + (token == "{") - (token == "}"))
    return depths


class _Ends:
    """Finds where comments and heredocs end; what never ends is taken for nothing at all."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[str, list[int]] = {}
        position = 0
        for line in text.split("\n"):
            self._lines.setdefault(line.strip(), []).append(position + len(line))
            position += len(line) + 1

    def after(self, token: re.Match[str]) -> int:
        """Return where to read on behind a token."""
        if token[0] == "/*":
            end = self._text.find("*/", token.end())
            return end + 2 if end >= 0 else token.end()
        return self._heredoc(token["mark"], token.end()) if token["mark"] else token.end()

    def _heredoc(self, mark: str, position: int) -> int:
        ends = self._lines.get(mark, [])
        index = bisect_right(ends, position)
        return ends[index] if index < len(ends) else position


class TopBlock(NamedTuple):
    """A block at the top of a text: its header, and the offsets of its first character and behind its last."""

    header: str
    start: int
    end: int


def top_blocks(text: str) -> Iterator[TopBlock]:
    """Yield the blocks at the top in order, without one that is never closed."""
    begun: tuple[str, int] | None = None
    depth = 0
    for offset, step in _braces(text):
        if depth == 0 and step > 0:
            begun = _header_before(text, offset)
        depth = max(0, depth + step)
        if depth == 0 and begun:
            yield TopBlock(*begun, offset + 1)
            begun = None


def _braces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offset of every brace, and 1 or -1."""
    ends = _Ends(text)
    position = 0
    while found := _TOKEN.search(text, position):
        position = ends.after(found)
        if found[0] in "{}":
            yield found.start(), 1 if found[0] == "{" else -1


def _header_before(text: str, offset: int) -> tuple[str, int] | None:
    start = text.rfind("\n", 0, offset) + 1
    found = _HEADER.match(text, start)
    if found is None or found.end() != offset + 1:
        return None
    labels = re.findall(rf"\"[^\"]*\"?|{_WORD}", text[found.end(2) : offset])
    header = " ".join([found[2], *(f'"{label.strip(chr(34))}"' for label in labels)])
    return header, found.start(2)


def lost(piece: str) -> Iterator[Lost]:
    """Yield what a piece that cannot be read may have declared."""
    lines = piece.split("\n")
    first = _first(lines, 0)
    limit = _indent(lines[first])
    in_locals = False
    for line in lines[first:]:
        word, nameless = _FIRST_WORD.match(line), _NAMELESS.match(line)
        is_head = word is not None and _indent(line) <= limit
        in_locals = word[1] == "locals" if word and is_head else in_locals
        if in_locals:
            yield from _lost_locals(line)
        if nameless:
            yield Lost(ANY, nameless[1])
        elif word and is_head:
            yield _lost_head(line, word[1])


def _lost_head(line: str, word: str) -> Lost:
    labelled, assigned = _LABELLED.match(line), _ASSIGNED.match(line)
    if assigned and not (labelled and "{" in line):
        return Lost("", assigned[1])
    return Lost(word, labelled[2] if labelled else ANY)


def _lost_locals(line: str) -> Iterator[Lost]:
    first = _FIRST_WORD.match(line)
    yield from (Lost("local", name) for name in (*_NAMED.findall(line), *([first[1]] if first else [])))
    if line.strip().startswith("="):
        yield Lost("local", ANY)
