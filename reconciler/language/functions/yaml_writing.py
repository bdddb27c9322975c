"""YAML as Terraform writes it: strings in double quotes, folded at 80 columns, or as `|` blocks of several lines."""

from __future__ import annotations

import re
from fractions import Fraction

from reconciler.language.expressions import numbers
from reconciler.language.expressions.values import Value, string

WIDTH = 80
STEP = 2
LONGEST_KEY = 128

_BREAKS = "\n\r\x85\u2028\u2029"
_SPECIAL = re.compile(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_ESCAPED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_NAMED = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\u2028": "L",
    "\u2029": "P",
}


def encode(value: Value) -> str:
    """Return block-style YAML, as `yamlencode` gives it."""
    writer = _Writer()
    writer.node(value, -STEP)
    writer.indent(0)
    bare = value.data is None or isinstance(value.data, bool | int | Fraction)
    return "".join(writer.parts) + ("...\n" if bare else "")


class _Writer:
    """Writes one document. `fresh` says that only blanks and dashes stand on the line so far."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0
        self.spaced = self.fresh = True

    def node(self, value: Value, indent: int, of_mapping: bool = False) -> None:
        """Write a value; `indent` is that of what holds it."""
        data = value.data
        if isinstance(data, dict) and data:
            for name, item in data.items():
                self._entry(name, item, indent + STEP)
        elif isinstance(data, tuple) and data:
            inner = indent if of_mapping and not self.fresh else indent + STEP
            for item in data:
                self.indent(inner)
                self._mark("-", fresh=True)
                self.node(item, inner)
        elif isinstance(data, str):
            self._string(data, max(indent, 0) + STEP)
        else:
            self._mark(_bare(value))

    def _entry(self, name: str, item: Value, indent: int) -> None:
        self.indent(indent)
        simple = len(name.encode()) <= LONGEST_KEY and not any(letter in name for letter in _BREAKS)
        if simple:
            self._quoted(name, None)
            self._put(":")
        else:
            self._mark("?", fresh=True)
            self.node(string(name), indent)
            self.indent(indent)
            self._mark(":", fresh=True)
        self.spaced = False
        self.node(item, indent, of_mapping=True)

    def indent(self, column: int) -> None:
        """Begin a line, or go on with one that is fresh, at a column."""
        if not self.fresh or self.column > column or (self.column == column and not self.spaced):
            self._break()
        self._put(" " * (column - self.column))
        self.spaced = self.fresh = True

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.column += len(text)

    def _break(self) -> None:
        self.parts.append("\n")
        self.column = 0

    def _mark(self, text: str, fresh: bool = False) -> None:
        self._put(text if self.spaced else " " + text)
        self.spaced, self.fresh = False, self.fresh and fresh

    def _string(self, text: str, indent: int) -> None:
        if "\n" in text and not _SPECIAL.search(text) and " \n" not in text and not text.endswith(" "):
            self._literal(text, indent)
        else:
            self._quoted(text, indent)

    def _literal(self, text: str, indent: int) -> None:
        hint = str(STEP) if text[0] == " " or text[0] in _BREAKS else ""
        chomping = "-" if not text.endswith("\n") else "+" if text == "\n" or text[-2] in _BREAKS else ""
        self._mark("|" + hint + chomping)
        self._break()
        for line in re.findall("[^\n\u2028\u2029]*[\n\u2028\u2029]|[^\n\u2028\u2029]+", text):
            self.parts.append(line if line in _BREAKS else " " * indent + line)
        self.column = 0 if text[-1] in _BREAKS else indent + 1
        self.spaced = self.fresh = text[-1] in _BREAKS

    def _quoted(self, text: str, indent: int | None) -> None:
        """Write a string in quotes; without `indent` (a key) it is never folded."""
        self._mark('"')
        words = re.split("( )", text)
        position, after_space = 0, False
        for word in words:
            if word == " ":
                inside = 0 < position < len(text.encode()) - 1
                if indent is not None and not after_space and self.column > WIDTH and inside:
                    self._fold(indent, text.encode()[position + 1 : position + 2] == b" ")
                else:
                    self._put(word)
                after_space = True
            elif word:
                self._put(_ESCAPED.sub(_escape, word))
                after_space = False
            position += len(word.encode())
        self._put('"')
        self.spaced = self.fresh = False

    def _fold(self, indent: int, space_follows: bool) -> None:
        self.fresh = False
        self.indent(indent)
        if space_follows:
            self._put("\\")


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in _NAMED:
        return "\\" + _NAMED[letter]
    code = ord(letter)
    return f"\\x{code:02X}" if code <= 0xFF else f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def _bare(value: Value) -> str:
    data = value.data
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, dict | tuple):
        return "{}" if isinstance(data, dict) else "[]"
    return numbers.text(data)
