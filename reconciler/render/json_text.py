"""JSON that is safe to print: characters that a terminal obeys are escaped, all others stay readable."""

from __future__ import annotations

import json
import re
from typing import Any

_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def compact(value: Any) -> str:
    """Return a value on one line.

    >>> compact({"name": "caf\\u00e9 \\x9b"})
    '{"name": "café \\\\u009b"}'
    """
    return escaped(json.dumps(value, ensure_ascii=False))


def indented(value: Any) -> str:
    """Return a value as people read it."""
    return escaped(json.dumps(value, ensure_ascii=False, indent=2))


def escaped(text: str) -> str:
    """Return JSON with such characters escaped; they only stand in its strings, where an escape means the same."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
