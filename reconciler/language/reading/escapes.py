"""What a backslash means inside quotes, and how heredocs lose their indentation."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_MEANING = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescape(text: str) -> tuple[str, int | None]:
    """Return the meaning of `text`, and the offset of the first bad escape (None when there is none)."""
    if "\\" not in text:
        return normalise(text), None
    bad: list[int] = []

    def meaning(found: re.Match[str]) -> str:
        escape = found[1]
        if escape in _MEANING:
            return _MEANING[escape]
        if len(escape) > 1 and int(escape[1:], 16) <= 0x10FFFF and not 0xD800 <= int(escape[1:], 16) <= 0xDFFF:
            return chr(int(escape[1:], 16))
        bad.append(found.start())
        return ""

    value = _ESCAPE.sub(meaning, text)
    return normalise(value), bad[0] if bad else None


def normalise(text: str) -> str:
    """Return `text` in Unicode's normal form C, as every string of the language is."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def indentation(line: str) -> int:
    """Return how much white space `line` begins with."""
    return len(line) - len(line.lstrip())
