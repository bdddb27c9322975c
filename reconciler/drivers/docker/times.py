"""What the engine says of time: stamps, ages in words, and how far its clock is from ours."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

_HOUR = 3600.0
_UNITS = {"second": 1.0, "minute": 60.0, "day": 24 * _HOUR, "week": 168 * _HOUR, "month": 720 * _HOUR}
_YEAR = 8760 * _HOUR
_WORDS = {
    "Less than a second": (0.0, 1.0),
    "About a minute": (60.0, 120.0),
    "About an hour": (_HOUR, 1.5 * _HOUR),
}
_COUNT = re.compile(r"(\d+) (second|minute|hour|day|week|month|year)s?")


class AgeRange(NamedTuple):
    """An age in seconds, as far as the engine's words tell: `low <= age < high`."""

    low: float
    high: float

    def allows(self, age: float) -> bool:
        """Whether an age may be meant; two clocks and a slow answer are allowed two seconds."""
        return self.low - 2 <= age < self.high + 2


@lru_cache(maxsize=4096)
def age_range(words: str) -> AgeRange:
    """Return what an age in the engine's words means (go-units HumanDuration, which rounds hours and cuts the rest).

    >>> age_range("About a minute"), age_range("3 hours")
    (AgeRange(low=60.0, high=120.0), AgeRange(low=9000.0, high=12600.0))
    """
    if words in _WORDS:
        return AgeRange(*_WORDS[words])
    match = _COUNT.fullmatch(words)
    if match is None:
        return AgeRange(0.0, float("inf"))
    count, unit = int(match[1]), match[2]
    if unit in ("second", "minute"):
        return AgeRange(count * _UNITS[unit], (count + 1) * _UNITS[unit])
    if unit == "hour":
        return AgeRange((count - 0.5) * _HOUR, (count + 0.5) * _HOUR)
    length = _UNITS.get(unit, _YEAR)
    return AgeRange(count * length - 0.5 * _HOUR, (count + 1) * length + 0.5 * _HOUR)


def engine_seconds(stamp: str) -> float | None:
    """Return a stamp of the engine's as seconds since the epoch by its clock; None for Go's zero time."""
    if not stamp or stamp.startswith("0001-"):
        return None
    return datetime.fromisoformat(stamp).timestamp()
