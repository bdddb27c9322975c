"""The text of YAML's scalars: plain, quoted and block, as their lines are joined."""

from __future__ import annotations

import re

from reconciler.language.functions.yaml_reading.source import BLANKS, BREAKS, SPACES, SPACES_AND_TABS, Source

_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_PLAIN_END = re.compile(r":(?=[ \t\r\n\x85\u2028\u2029\0])|[ \t\r\n\x85\u2028\u2029\0]")
_PLAIN_END_IN_FLOW = re.compile(r":(?=[ \t\r\n\x85\u2028\u2029\0])|[ \t\r\n\x85\u2028\u2029\0,?\[\]{}]")


class _Space:
    """What stands between two words: blanks that stay, or line breaks that fold to a blank or to fewer breaks."""

    def __init__(self) -> None:
        self.blanks, self.first_break, self.more_breaks = "", "", ""
        self.broken = False

    def read(self, source: Source, indent: int = 0) -> None:
        """Read blanks and breaks; tabs before column `indent` of a further line are wrong."""
        while source.here() in BLANKS or source.here() in BREAKS:
            if source.here() in BLANKS:
                if self.broken and source.column < indent and source.here() == "\t":
                    raise source.error("a tab stands where blanks must indent")
                self.blanks += "" if self.broken else source.here()
                source.skip()
            elif self.broken:
                self.more_breaks += source.read_break()
            else:
                self.blanks, self.broken = "", True
                self.first_break = source.read_break()

    def text(self) -> str:
        """Return what stands for it in the scalar."""
        if not self.broken:
            return self.blanks
        if self.first_break == "\n":
            return self.more_breaks or " "
        return self.first_break + self.more_breaks


def plain(source: Source, indent: int, in_flow: bool) -> tuple[str, bool]:
    """Read a plain scalar; return it, and whether a line break followed it."""
    end = _PLAIN_END_IN_FLOW if in_flow else _PLAIN_END
    text, space = "", _Space()
    while not source.at_document_mark() and source.here() != "#":
        word = source.take(end)
        if word:
            text += space.text() + word
            space = _Space()
        if source.here() not in BLANKS and source.here() not in BREAKS:
            break
        space.read(source, indent)
        if not in_flow and source.column < indent:
            break
    return text, space.broken


def quoted(source: Source) -> str:
    """Read a scalar in single or double quotes."""
    quote = source.here()
    line = source.line
    source.skip()
    text = ""
    while True:
        if source.at_document_mark():
            raise source.error("the document ends inside of a quoted text", line)
        space = _Space()
        words, space.broken = _quoted_word(source, quote)
        text += words
        if source.here() == quote:
            source.skip()
            return text
        if source.at_end():
            raise source.error("a quote is never closed", line)
        space.read(source)
        text += space.text()


_QUOTED = {
    "'": re.compile(r"(?:[^ \t\r\n\x85\u2028\u2029\0']|'')*"),
    '"': re.compile(r'[^ \t\r\n\x85\u2028\u2029\0"\\]*'),
}


def _quoted_word(source: Source, quote: str) -> tuple[str, bool]:
    """Read up to a blank, a line break or the closing quote; say whether an escaped line break ended it."""
    word = source.run(_QUOTED[quote])
    if quote == "'":
        return word.replace("''", "'"), False
    while source.here() == "\\":
        source.skip()
        if source.here() in BREAKS:
            source.read_break()
            return word, True
        word += _escape(source) + source.run(_QUOTED[quote])
    return word, False


def _escape(source: Source) -> str:
    letter = source.here()
    if letter in _HEX_DIGITS:
        count = _HEX_DIGITS[letter]
        source.skip()
        digits = source.ahead(count)
        if not re.fullmatch("[0-9A-Fa-f]{%d}" % count, digits):  # noqa: UP031
            raise source.error("an escape lacks hexadecimal digits")
        code = int(digits, 16)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            raise source.error("an escape is no character")
        source.skip(count)
        return chr(code)
    if letter not in _ESCAPES:
        raise source.error(f'unknown escape "\\{letter}"')
    source.skip()
    return _ESCAPES[letter]


def block(source: Source, parent: int) -> str:
    """Read a block scalar, `|` or `>`; `parent` is the indentation of what holds it."""
    literal = source.here() == "|"
    source.skip()
    chomping, increment = _header(source)
    indent = max(0, parent) + increment if increment else 0
    breaks, indent = _indentation(source, indent, parent)
    text, pending, after_blank = "", "", False
    while source.column == indent and not source.at_end():
        on_blank = source.here() in BLANKS
        if not literal and pending == "\n" and not after_blank and not on_blank:
            text += "" if breaks else " "
        else:
            text += pending
        text += breaks + source.rest_of_line()
        after_blank = on_blank
        pending = source.read_break()
        breaks, indent = _indentation(source, indent, parent)
    return text + ("" if chomping == "-" else pending) + (breaks if chomping == "+" else "")


def _header(source: Source) -> tuple[str, int]:
    """Read what follows `|` or `>` on its line."""
    chomping, increment = "", 0
    for _ in range(2):
        if source.here() in ("+", "-") and not chomping:
            chomping = source.here()
            source.skip()
        elif source.here().isascii() and source.here().isdigit() and not increment:
            increment = int(source.here())
            if not increment:
                raise source.error("the indentation of a block cannot be 0")
            source.skip()
    source.skip_blanks(SPACES_AND_TABS)
    if source.here() == "#":
        source.rest_of_line()
    if not source.at_end() and source.here() not in BREAKS:
        raise source.error('the text of a block begins on the line after "|" or ">"')
    source.read_break()
    return chomping, increment


def _indentation(source: Source, indent: int, parent: int) -> tuple[str, int]:
    """Skip the indentation of the next line that is not empty; return the breaks before it, and how much it was."""
    breaks, deepest = "", 0
    while True:
        source.skip_blanks(SPACES, indent or None)
        deepest = max(deepest, source.column)
        if (not indent or source.column < indent) and source.here() == "\t":
            raise source.error("a tab stands where blanks must indent")
        if source.at_end() or source.here() not in BREAKS:
            break
        breaks += source.read_break()
    return breaks, indent or max(deepest, parent + 1, 1)
