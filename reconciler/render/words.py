"""Small words for numbers and times."""

from __future__ import annotations

from reconciler.model.timestamp import timestamp as timestamp


def duration(seconds: float) -> str:
    """Return `42s`, `1m32s` or `2h05m`.

    >>> [duration(each) for each in (0.4, 42, 92, 7500)]
    ['0.4s', '42s', '1m32s', '2h05m']
    """
    if seconds < 10:
        return f"{seconds:.1f}".rstrip("0").rstrip(".") + "s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def count(number: int, noun: str) -> str:
    """Return `1 task` or `3 tasks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
