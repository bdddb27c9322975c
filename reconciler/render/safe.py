"""Text from elsewhere, made harmless: names, logs, labels and exit messages may hold terminal escapes.

Sources: CVE-2021-25743 (kubectl printed escape sequences as they came); GitHub's workflow commands begin with `::`.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def safe(text: str) -> str:
    """Return text without escape sequences and control characters; tabs and newlines stay, bidi marks are shown."""
    text = _CONTROLS.sub("", _ESCAPES.sub("", text))
    return _BIDI.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)


def one_line(text: str) -> str:
    """Return safe text on a single line."""
    return " ".join(safe(text).split())


def defused(text: str) -> str:
    """Return text in which no line begins with a workflow command."""
    return re.sub(r"^(\s*)::", r"\1: :", text, flags=re.MULTILINE)
