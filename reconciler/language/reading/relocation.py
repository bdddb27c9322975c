"""Places inside of a JSON string, found again in the file: escapes make a string longer than what it says."""

from __future__ import annotations

from typing import Any

from reconciler.language.reading.json_reader import Json, JsonReader
from reconciler.language.reading.syntax import Expression, Place


class Relocation:
    """Moves the places of what was read from a string's text to where that stands in the file."""

    def __init__(self, reader: JsonReader, string: Json, text: str) -> None:
        self._reader, self._offsets = reader, reader.characters(string)
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def place(self, place: Place) -> Place:
        """Return the place in the file."""
        return (*self._at(place[0], place[1]), *self._at(place[2], place[3]))

    def node(self, node: Expression) -> Any:
        """Return a node with all places in it moved."""
        return self._moved(node)

    def _at(self, line: int, column: int) -> tuple[int, int]:
        start = self._starts[min(line, len(self._starts)) - 1]
        return self._reader.at(self._offsets[min(start + column - 1, len(self._offsets) - 1)])

    def _moved(self, part: Any) -> Any:
        fields = getattr(part, "_fields", None)
        if fields is not None:
            values = (
                self.place(value) if name.endswith("place") else self._moved(value)
                for name, value in zip(fields, part, strict=True)
            )
            return type(part)(*values)
        if isinstance(part, tuple | list):
            return type(part)(self._moved(each) for each in part)
        return part
