"""The text of a YAML document and where reading has got to."""

from __future__ import annotations

import re

END = "\0"
"""Stands behind the last character: no text that is read holds it."""

SPACES = re.compile(" *")
SPACES_AND_TABS = re.compile(r"[ \t]*")
BLANKS = frozenset(" \t")
BREAKS = frozenset("\r\n\x85\u2028\u2029")

_DOCUMENT_MARK = re.compile(r"(?:---|\.\.\.)(?=[ \t\r\n\x85\u2028\u2029\0])")
_LINE = re.compile(r"[^\r\n\x85\u2028\u2029\0]*")
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)


class YamlError(ValueError):
    """The text is not YAML, or not what is understood of it."""


class Source:
    """A text, read from left to right; lines count from 1 and columns from 0."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("\ufeff") + END
        self.position = 0
        self.line, self.column = 1, 0
        forbidden = _FORBIDDEN.search(self._text, 0, len(self._text) - 1)
        if forbidden is not None:
            line = self._text.count("\n", 0, forbidden.start()) + 1
            raise YamlError(f"line {line}: the text holds a control character")

    def here(self) -> str:
        """Return the character here, END behind the last one."""
        return self._text[self.position]

    def ahead(self, count: int) -> str:
        """Return the next characters."""
        return self._text[self.position : self.position + count]

    def starts_with(self, text: str) -> bool:
        """Say whether `text` stands here."""
        return self._text.startswith(text, self.position)

    def at_end(self) -> bool:
        """Say whether nothing is left."""
        return self._text[self.position] == END

    def is_space(self, distance: int = 0) -> bool:
        """Say whether a blank, a line break or the end stands so many characters further on."""
        letter = self._text[self.position + distance]
        return letter in BLANKS or letter in BREAKS or letter == END

    def at_document_mark(self) -> bool:
        """Say whether `---` or `...` stands alone at the start of a line."""
        return self.column == 0 and _DOCUMENT_MARK.match(self._text, self.position) is not None

    def skip(self, count: int = 1) -> None:
        """Go on over characters that are no line breaks."""
        self.position += count
        self.column += count

    def skip_blanks(self, blanks: re.Pattern[str], limit: int | None = None) -> None:
        """Go on over blanks, at most up to a column."""
        found = blanks.match(self._text, self.position)
        assert found is not None
        count = len(found[0])
        self.skip(count if limit is None else max(0, min(count, limit - self.column)))

    def take(self, end: re.Pattern[str]) -> str:
        """Read up to what the pattern matches, on this line."""
        found = end.search(self._text, self.position)
        assert found is not None
        taken = self._text[self.position : found.start()]
        self.skip(len(taken))
        return taken

    def run(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here, on this line."""
        found = pattern.match(self._text, self.position)
        assert found is not None
        self.skip(len(found[0]))
        return found[0]

    def rest_of_line(self) -> str:
        """Read up to the end of the line."""
        return self.run(_LINE)

    def read_break(self) -> str:
        """Read a line break if one stands here; return it as it counts."""
        if self.at_end() or self.here() not in BREAKS:
            return ""
        width = 2 if self.starts_with("\r\n") else 1
        found = self.here() if self.here() in "\u2028\u2029" else "\n"
        self.position += width
        self.line, self.column = self.line + 1, 0
        return found

    def error(self, message: str, line: int = 0) -> YamlError:
        """Return an error about a line, by default this one."""
        return YamlError(f"line {line or self.line}: {message}")
