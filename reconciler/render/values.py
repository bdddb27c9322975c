"""How one value became another, as short as it can be read: long texts are cut around what differs."""

from __future__ import annotations

import json
from typing import Any

SENSITIVE = "(sensitive value)"
LONGEST = 100
"""Characters of a value that are shown unless the whole of it is asked for."""

LARGEST_WHOLE = 1e15
"""From here on a number is written with its exponent."""

_KEPT = 24
"""Characters shown before the first difference of two long values."""


def shown(value: Any, *, sensitive: bool = False, full: bool = False) -> str:
    """Return one value as the stack language writes it.

    >>> shown("a"), shown('["a", "b"]'), shown(True), shown("x", sensitive=True)
    ('"a"', '["a", "b"]', 'true', '(sensitive value)')
    """
    if sensitive:
        return SENSITIVE
    text = _text(value)
    return text if full else _cut(text, 0)


def changed(old: Any, new: Any, *, sensitive: bool = False, full: bool = False) -> str:
    """Return `old -> new`; of long ones the part that differs is shown."""
    if sensitive:
        return f"{SENSITIVE} -> {SENSITIVE}"
    before, after = _text(old), _text(new)
    if full:
        return f"{before} -> {after}"
    start = max(0, _equal_length(before, after) - _KEPT) if max(len(before), len(after)) > LONGEST else 0
    return f"{_cut(before, start)} -> {_cut(after, start)}"


def line_changes(old: Any, new: Any) -> tuple[str, ...]:
    """Return the changed lines of a text of several lines, as `- old` and `+ new`; empty when it has only one."""
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) < 2:
        return ()
    import difflib  # only paid for when a text of several lines did change

    found = difflib.unified_diff(before, after, lineterm="", n=1)
    return tuple(f"{each[:1]} {each[1:]}" for each in list(found)[2:] if not each.startswith("@@"))


def _text(value: Any) -> str:
    return json.dumps(_unpacked(value), ensure_ascii=False)


def _unpacked(value: Any) -> Any:
    """Lists come as JSON: `["a", "b"]` is a list, and `[a` is a text. A whole number is written as one: 60."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        return int(value)
    if isinstance(value, str) and value.startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _lines(value: Any) -> list[str]:
    """Return the lines of a text, or of a list whose texts have several."""
    found = _unpacked(value)
    if isinstance(found, list) and any(isinstance(each, str) and "\n" in each for each in found):
        return [line for each in found for line in str(each).splitlines()]
    return found.splitlines() if isinstance(found, str) else []


def _equal_length(before: str, after: str) -> int:
    pairs = zip(before, after, strict=False)
    return next((index for index, (left, right) in enumerate(pairs) if left != right), min(len(before), len(after)))


def _cut(text: str, start: int) -> str:
    head = "..." if start else ""
    rest = text[start:]
    return head + (rest if len(rest) <= LONGEST else rest[: LONGEST - 3] + "...")
