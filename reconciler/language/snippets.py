"""What tools show around a place: its lines, its offsets in bytes, and the block at the top that it stands in.

All as Terraform's `validate -json` has it: of a JSON file the block is the path of what holds the place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from reconciler.language.reading.recovery import TopBlock, top_blocks
from reconciler.language.reading.syntax import Place
from reconciler.model.diagnostic import Snippet

if TYPE_CHECKING:
    from reconciler.language.reading.json_reader import Json

MAXIMUM_AROUND = 2000
"""Characters before and behind a place that are shown of a line without end."""

_NAME = re.compile(r"[^\W\d][\w-]*")


def snippet(text: str, place: Place, is_json: bool) -> Snippet:
    """Return what stands around a place of a text."""
    found = _text(text, is_json)
    start, end = found.offset(place[0], place[1]), found.offset(place[2], place[3])
    first = max(found.starts[min(place[0], len(found.starts)) - 1], start - MAXIMUM_AROUND)
    last = text.find("\n", max(start, end - 1))
    last = min(len(text) if last < 0 else last, end + MAXIMUM_AROUND)
    code = text[first : max(last, first)].removesuffix("\r")
    return Snippet(
        found.context(start - 1), code, found.bytes_before(first), found.bytes_before(start), found.bytes_before(end)
    )


def lines_to(text: str, line: int, count: int) -> list[tuple[int, str]]:
    """Return a line of a text and `count` lines before it, with their numbers."""
    starts = _text(text, False).starts
    last = min(line, len(starts))
    numbers = range(max(1, last - count), last + 1)
    return [(number, _line(text, starts, number)) for number in numbers]


def _line(text: str, starts: list[int], number: int) -> str:
    end = starts[number] - 1 if number < len(starts) else len(text)
    return text[starts[number - 1] : end].removesuffix("\r")


@lru_cache(maxsize=8)
def _text(text: str, is_json: bool) -> _Text:
    return _Text(text, is_json)


class _Text:
    """A text with what is found in it for every diagnostic."""

    def __init__(self, text: str, is_json: bool) -> None:
        self.text, self.is_json, self.is_ascii = text, is_json, text.isascii()
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._blocks: list[TopBlock] | None = None

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place in characters; beyond the end it is the end."""
        start = self.starts[line - 1] if line <= len(self.starts) else len(self.text)
        return min(start + column - 1, len(self.text))

    def bytes_before(self, offset: int) -> int:
        """Return an offset in bytes."""
        return offset if self.is_ascii else len(self.text[:offset].encode("utf-8", "surrogatepass"))

    def context(self, offset: int) -> str:
        """Return the header of the block at the top that holds a character, empty outside of all."""
        if self.is_json:
            return _path(self.text, offset)
        if self._blocks is None:
            self._blocks = list(top_blocks(self.text))
        index = bisect_right(self._blocks, offset, key=lambda block: block.start) - 1
        return self._blocks[index].header if index >= 0 and offset < self._blocks[index].end else ""


@lru_cache(maxsize=8)
def _json(text: str) -> Json | None:
    from reconciler.language.reading.json_reader import JsonError, JsonReader

    try:
        return JsonReader(text).read()
    except JsonError:
        return None


class _Step(NamedTuple):
    text: str
    node: Json


def _path(text: str, offset: int) -> str:
    node = _json(text)
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    path = ""
    while node is not None:
        step = next((each for each in _steps(node) if _holds(each.node, offset, starts)), None)
        if step is None:
            break
        path += step.text
        node = step.node
    return path.removeprefix(".")


def _steps(node: Json) -> list[_Step]:
    """Return the containers directly inside of a value, with what leads to them."""
    steps: list[_Step] = []
    if isinstance(node.value, list):
        steps = [_Step(_key(str(member.key.value)), member.value) for member in node.value]
    elif isinstance(node.value, tuple):
        steps = [_Step(f"[{index}]", each) for index, each in enumerate(node.value)]
    return [each for each in steps if isinstance(each.node.value, list | tuple)]


def _key(name: str) -> str:
    return f".{name}" if _NAME.fullmatch(name) else f'["{name}"]'


def _holds(node: Json, offset: int, starts: list[int]) -> bool:
    return node.offset <= offset < starts[node.place[2] - 1] + node.place[3] - 1
