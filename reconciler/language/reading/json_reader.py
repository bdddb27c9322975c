"""JSON text to values with places, exactly: numbers are never floats, and of an object every member is kept."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from reconciler.language.expressions.access import similar
from reconciler.language.limits import MAXIMUM_DEPTH
from reconciler.language.reading.escapes import normalise
from reconciler.language.reading.syntax import Place, Problem

MAXIMUM_DIGITS = 4000

_BLANKS = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]+))?(?![\w.])")
_CHARACTER = re.compile(r"(?:\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[\s\S])")
_WORDS = {"true": True, "false": False, "null": None}
_COMMA = "Separate members and elements with commas, and set none behind the last."


class Json(NamedTuple):
    """A value and where it stands. `offset` is that of its first character in the text."""

    place: Place
    offset: int
    value: JsonValue


class Member(NamedTuple):
    """One `"key": value` of an object."""

    key: Json
    value: Json


JsonValue: TypeAlias = str | int | Fraction | bool | tuple[Json, ...] | list[Member] | None
"""Arrays are tuples, objects are lists of members."""


class JsonError(Exception):
    """The text is no JSON."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem


class JsonReader:
    """Reads one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._position = 0

    def read(self) -> Json:
        """Return the value that the text is; raise JsonError."""
        self._skip()
        if self._position == len(self.text):
            raise self._error("the file is empty", "Write at least {}.", 0, 1)
        value = self._value(0)
        self._skip()
        if self._position < len(self.text):
            raise self._error("something follows the end of the JSON value", "Remove it.", self._position)
        return value

    def at(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def characters(self, string: Json) -> list[int]:
        """Return the offset of every character of a string's value, and that of its closing quote."""
        found = _STRING.match(self.text, string.offset)
        assert found is not None
        offsets = [each.start() for each in _CHARACTER.finditer(self.text, string.offset + 1, found.end() - 1)]
        return [*offsets, found.end() - 1]

    def _value(self, depth: int) -> Json:
        start, character = self._position, self.text[self._position : self._position + 1]
        if character in ("{", "["):
            if depth >= MAXIMUM_DEPTH:
                detail = f"At most {MAXIMUM_DEPTH} may be open at once."
                raise self._error("the brackets are nested too deeply", detail, start, code="E0104")
            self._position += 1
            value: JsonValue = self._members(depth + 1, start) if character == "{" else self._items(depth + 1, start)
        elif character == '"':
            value = self._string()
        elif found := _NUMBER.match(self.text, start):
            self._position = found.end()
            value = self._number(found)
        elif (word := self._word()) in _WORDS:
            self._position += len(word)
            value = _WORDS[word]
        else:
            raise self._misfit()
        return Json(self._place(start, self._position), start, value)

    def _members(self, depth: int, start: int) -> list[Member]:
        members: list[Member] = []
        while not self._closes("}", start, bool(members)):
            key_at = self._position
            if self.text[key_at : key_at + 1] != '"':
                raise self._no_key()
            key = Json((0, 0, 0, 0), key_at, self._string())
            key = key._replace(place=self._place(key_at, self._position))
            self._skip()
            if self.text[self._position : self._position + 1] != ":":
                detail = 'Write `"name": value`.'
                raise self._error("a colon is missing behind the name", detail, self._position)
            self._position += 1
            self._skip()
            members.append(Member(key, self._value(depth)))
        return members

    def _items(self, depth: int, start: int) -> tuple[Json, ...]:
        items: list[Json] = []
        while not self._closes("]", start, bool(items)):
            items.append(self._value(depth))
        return tuple(items)

    def _closes(self, closer: str, start: int, is_comma_due: bool) -> bool:
        """Go to the next member or element; say whether the bracket is closed instead."""
        self._skip()
        character = self.text[self._position : self._position + 1]
        if not character:
            raise self._error(f'"{self.text[start]}" is never closed', f'Add the closing "{closer}".', start)
        if character == closer:
            self._position += 1
            return True
        if character in "}]":
            summary = f'the "{self.text[start]}" is not closed before "{character}"'
            raise self._error(summary, f'Close it with "{closer}" first.', self._position)
        if not is_comma_due:
            return False
        if character != ",":
            raise self._error("a comma is missing", _COMMA, self._position)
        comma = self._position
        self._position += 1
        self._skip()
        if self.text[self._position : self._position + 1] == closer:
            raise self._error("a comma is too many", _COMMA, comma)
        return False

    def _string(self) -> str:
        start = self._position
        found = _STRING.match(self.text, start)
        if found is None:
            raise self._bad_string()
        self._position = found.end()
        text = found[0][1:-1]
        if "\\" in text:
            text = json.loads(found[0])
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def _bad_string(self) -> JsonError:
        start = self._position
        good = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*').match(self.text, start)
        end = good.end() if good else start
        if self.text[end : end + 1] == "\\":
            detail = r"Known are \n, \r, \t, \b, \f, \", \\, \/ and \uNNNN; write \\ for a backslash."
            return self._error(f'unknown escape "{self.text[end : end + 2]}"', detail, end, 2, "E0113")
        if self.text[end : end + 1] in ("", "\n", "\r"):
            return self._error("the string is not closed on its line", 'Add the closing ", or write \\n.', end, 1)
        return self._error(
            "a control character stands in the string", "Write it as an escape, \\t for example.", end, 1
        )

    def _number(self, found: re.Match[str]) -> int | Fraction:
        exponent = int(found[1] or 0) if len(found[1] or "") < 6 else MAXIMUM_DIGITS + 1
        if len(found[0]) > MAXIMUM_DIGITS or abs(exponent) > MAXIMUM_DIGITS:
            raise self._error("the number is too large", "Use a number of fewer digits.", found.start(), code="E0112")
        value = Fraction(found[0])
        return value.numerator if value.denominator == 1 else value

    def _misfit(self) -> JsonError:
        start, word = self._position, self._word()
        character = self.text[start : start + 1]
        if word:
            detail = similar(word.lower(), _WORDS) or 'Put text in double quotes, and an expression in "${...}".'
            return self._error(f'"{word}" is no JSON', detail, start, len(word))
        return self._unexpected(character)

    def _no_key(self) -> JsonError:
        start, word = self._position, self._word()
        if word:
            return self._error("a name stands in quotes", f'Write "{word}".', start, len(word))
        return self._unexpected(self.text[start : start + 1])

    def _unexpected(self, character: str) -> JsonError:
        start = self._position
        if not character:
            return self._error("the file ends too early", "Finish the last value.", start, 1)
        if character == "'":
            return self._error("strings are written in double quotes", "Write \"...\" instead of '...'.", start)
        if character in "/#":
            return self._error("JSON has no comments", 'Write a member called "//" instead.', start)
        if character == ",":
            return self._error("a comma is too many", _COMMA, start)
        return self._error(f'"{character}" does not fit here', "Look for a typo just before it.", start)

    def _word(self) -> str:
        found = re.compile(r"[^\W\d][\w-]*").match(self.text, self._position)
        return found[0] if found else ""

    def _skip(self) -> None:
        found = _BLANKS.match(self.text, self._position)
        assert found is not None
        self._position = found.end()

    def _place(self, start: int, end: int) -> Place:
        return (*self.at(start), *self.at(end))

    def _error(self, summary: str, detail: str, start: int, length: int = 1, code: str = "E0117") -> JsonError:
        line, column = self.at(start)
        return JsonError(Problem(code, summary, detail, (line, column, line, column + length)))


def text_of(string: Json) -> str:
    """Return the value of a string as the language has it."""
    return normalise(str(string.value))
