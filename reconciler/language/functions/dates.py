"""Functions of points in time that are given as text; those of the clock are known only once it is read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from reconciler.language.expressions import numbers
from reconciler.language.expressions.values import NUMBER, STRING, Value, unknown
from reconciler.language.functions.table import FunctionError, function

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
LONGEST = 2**63

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)\Z", re.ASCII
)
_LENIENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-](?:[01]\d|2[0-4]):(?:[0-5]\d|60))\Z", re.ASCII
)
_PART = re.compile(r"(?=\.?\d)(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 10**6, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class _Moment(NamedTuple):
    """A point in time: nanoseconds since the year 0 as its zone's clocks show them, and the zone's minutes."""

    local: int
    zone: int

    @property
    def utc(self) -> int:
        return self.local - self.zone * 60 * SECOND

    def clock(self) -> tuple[int, int, int]:
        """Return hour, minute and second."""
        seconds = self.local % DAY // SECOND
        return seconds // 3600, seconds // 60 % 60, seconds % 60

    def date(self) -> tuple[int, int, int]:
        """Return year, month and day."""
        days = self.local // DAY
        year = days * 400 // 146_097 + 1
        while _days_before(year) > days:
            year -= 1
        days -= _days_before(year)
        month = 1
        while days >= _days_of(year, month):
            days -= _days_of(year, month)
            month += 1
        return year, month, days + 1

    def weekday(self) -> int:
        """Return the day of the week, 0 for Monday."""
        return (self.local // DAY + 5) % 7

    def offset(self, colon: str) -> str:
        """Return the zone as +hh:mm."""
        minutes = abs(self.zone)
        return f"{'-' if self.zone < 0 else '+'}{minutes // 60:02}{colon}{minutes % 60:02}"


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_of(year: int, month: int) -> int:
    return 29 if month == 2 and _is_leap(year) else _MONTHS[month - 1]


def _days_before(year: int) -> int:
    """Return the days from the start of the year 0 to that of `year`."""
    past = year - 1
    return year * 365 + past // 4 - past // 100 + past // 400 + 1


def _moment(text: str, argument: int, pattern: re.Pattern[str] = _TIMESTAMP) -> _Moment:
    found = pattern.match(text)
    if found is None:
        raise FunctionError("a time such as 2026-01-31T12:00:00Z is required", argument)
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= _days_of(year, month) and hour < 24 and minute < 60 and second < 60):
        raise FunctionError("there is no such time", argument)
    days = _days_before(year) + sum(_days_of(year, before) for before in range(1, month)) + day - 1
    fraction = int((found[7] or "")[:9].ljust(9, "0"))
    zone = 0 if found[8] == "Z" else int(found[8][:3]) * 60 + int(found[8][0] + found[8][4:])
    return _Moment(days * DAY + (hour * 3600 + minute * 60 + second) * SECOND + fraction, zone)


@function(returns=STRING)
def timestamp() -> Value:
    """Return the time of the apply: unknown before it."""
    return unknown(STRING, True)


@function(returns=STRING)
def plantimestamp() -> Value:
    """Return the time of the plan, which its files do not tell: unknown."""
    return unknown(STRING, True)


@function(STRING, STRING, returns=STRING)
def timeadd(timestamp: str, duration: str) -> str:
    """Return the time after a duration such as 1h30m, or before it when that is negative."""
    moment = _moment(timestamp, 0)
    moment = moment._replace(local=moment.local + _duration(duration))
    (year, month, day), (hour, minute, second) = moment.date(), moment.clock()
    zone = moment.offset(":") if moment.zone else "Z"
    sign, years = ("-" if year < 0 else ""), abs(year)
    return f"{sign}{years:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{zone}"


def _duration(text: str) -> int:
    """Return the nanoseconds of a duration, parts of one dropped."""
    negative, digits = text.startswith("-"), text[1:] if text[:1] in ("+", "-") else text
    if digits == "0":
        return 0
    parts = list(_PART.finditer(digits))
    if not parts or sum(len(part[0]) for part in parts) != len(digits):
        raise FunctionError("a duration such as 1h30m is required", 1)
    amount = sum(_nanoseconds(part) for part in parts)
    if amount > LONGEST - (not negative):
        raise FunctionError("the duration is longer than 292 years", 1)
    return -amount if negative else amount


def _nanoseconds(part: re.Match[str]) -> int:
    unit, decimals = _UNITS[part[3]], (part[2] or "")[:18]
    fraction: int = int(decimals or 0) * unit // 10 ** len(decimals)
    return int((part[1] or "0")[:30]) * unit + fraction


@function(STRING, STRING, returns=NUMBER)
def timecmp(first: str, second: str) -> int:
    """Return -1, 0 or 1 as the first time is before, at or after the second."""
    left, right = _moment(first, 0, _LENIENT).utc, _moment(second, 1, _LENIENT).utc
    return numbers.Whole((left > right) - (left < right))


_TOKENS = re.compile(r"''|'(?:[^']|'')+'|([A-Za-z])\1*|[^A-Za-z']+|'")


@function(STRING, STRING, returns=STRING)
def formatdate(pattern: str, timestamp: str) -> str:
    """Show a time: YYYY MM DD hh mm ss and their kin; text in single quotes stays."""
    moment = _moment(timestamp, 1)
    shown = []
    for found in _TOKENS.finditer(pattern):
        token = found[0]
        if token == "'":
            raise FunctionError("a single quote is not closed", 0)
        if token.startswith("'"):
            shown.append("'" if token == "''" else token[1:-1].replace("''", "'"))
        elif not found[1]:
            shown.append(token)
        elif token in _VERBS:
            shown.append(_VERBS[token](moment))
        else:
            raise FunctionError(f'"{token}" is no part of a date', 0, "Put plain text in single quotes.")
    return "".join(shown)


_VERBS: dict[str, Callable[[_Moment], str]] = {
    "YYYY": lambda moment: f"{moment.date()[0]:04}",
    "YY": lambda moment: f"{moment.date()[0] % 100:02}",
    "MMMM": lambda moment: _MONTH_NAMES[moment.date()[1] - 1],
    "MMM": lambda moment: _MONTH_NAMES[moment.date()[1] - 1][:3],
    "MM": lambda moment: f"{moment.date()[1]:02}",
    "M": lambda moment: str(moment.date()[1]),
    "DD": lambda moment: f"{moment.date()[2]:02}",
    "D": lambda moment: str(moment.date()[2]),
    "EEEE": lambda moment: _DAY_NAMES[moment.weekday()],
    "EEE": lambda moment: _DAY_NAMES[moment.weekday()][:3],
    "hh": lambda moment: f"{moment.clock()[0]:02}",
    "h": lambda moment: str(moment.clock()[0]),
    "HH": lambda moment: f"{(moment.clock()[0] - 1) % 12 + 1:02}",
    "H": lambda moment: str((moment.clock()[0] - 1) % 12 + 1),
    "AA": lambda moment: "AM" if moment.clock()[0] < 12 else "PM",
    "aa": lambda moment: "am" if moment.clock()[0] < 12 else "pm",
    "mm": lambda moment: f"{moment.clock()[1]:02}",
    "m": lambda moment: str(moment.clock()[1]),
    "ss": lambda moment: f"{moment.clock()[2]:02}",
    "s": lambda moment: str(moment.clock()[2]),
    "ZZZZZ": lambda moment: moment.offset(":"),
    "ZZZZ": lambda moment: moment.offset(""),
    "ZZZ": lambda moment: moment.offset("") if moment.zone else "UTC",
    "Z": lambda moment: moment.offset(":") if moment.zone else "Z",
}
