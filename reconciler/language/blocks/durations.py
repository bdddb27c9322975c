"""Durations: a number of seconds, or text such as "500ms", "30s", "1h30m"."""

from __future__ import annotations

import re
from fractions import Fraction

from reconciler.language.expressions.values import NUMBER, STRING, Number, Value

DURATION_HELP = 'Write a number of seconds, or text such as "500ms", "30s", "5m" or "1h30m".'

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600), "d": Fraction(86_400)}


def seconds(value: Value) -> Number | None:
    """Return how many seconds a known value means; None when it is no duration."""
    if value.type == NUMBER:
        amount: Number = value.data
        return amount if amount >= 0 else None
    if value.type != STRING:
        return None
    return parse(value.data)


def parse(text: str) -> Number | None:
    """Return how many seconds a text means; None when it is no duration.

    >>> parse("1h30m")
    Fraction(5400, 1)
    """
    if re.fullmatch(r"\d+", text, re.ASCII) and len(text) < 12:
        return int(text)
    parts = _PART.findall(text)
    if not parts or "".join(amount + unit for amount, unit in parts) != text or len(text) > 40:
        return None
    return sum((Fraction(amount) * _SECONDS[unit] for amount, unit in parts), Fraction(0))
