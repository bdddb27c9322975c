"""Functions of points in time that are given as text; none of them reads a clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from reconciler.language.functions.table import FunctionError, function
from reconciler.language.values import NUMBER, STRING

_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def _moment(text: str, argument: int) -> datetime:
    found = _TIMESTAMP.match(text)
    try:
        if found is None:
            raise ValueError(text)
        year, month, day, hour, minute, second = map(int, found.groups()[:6])
        zone = UTC if found[8] == "Z" else _zone(found[8])
        fraction = int(float(found[7] or 0) * 1_000_000)
        return datetime(year, month, day, hour, minute, second, fraction, zone)
    except (ValueError, OverflowError):
        raise FunctionError("a time such as 2026-01-31T12:00:00Z is required", argument) from None


def _zone(text: str) -> timezone:
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


@function(STRING, STRING, returns=STRING)
def timeadd(timestamp: str, duration: str) -> str:
    """Return the time after a duration such as 1h30m, or before it when that is negative."""
    sign, text = (-1, duration[1:]) if duration.startswith("-") else (1, duration.removeprefix("+"))
    parts = _DURATION.findall(text)
    if text != "0" and (not parts or "".join(amount + unit for amount, unit in parts) != text):
        raise FunctionError("a duration such as 1h30m is required", 1)
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in parts)
    try:
        moment = _moment(timestamp, 0) + timedelta(seconds=sign * seconds)
    except OverflowError:
        raise FunctionError("the result lies beyond the calendar") from None
    return _text(moment)


def _text(moment: datetime) -> str:
    offset = moment.strftime("%z")
    zone = "Z" if offset in ("+0000", "-0000") else f"{offset[:3]}:{offset[3:5]}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + zone


@function(STRING, STRING, returns=NUMBER)
def timecmp(first: str, second: str) -> int:
    """Return -1, 0 or 1 as the first time is before, at or after the second."""
    left, right = _moment(first, 0), _moment(second, 1)
    return (left > right) - (left < right)


_TOKENS = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'")


@function(STRING, STRING, returns=STRING)
def formatdate(pattern: str, timestamp: str) -> str:
    """Show a time: YYYY MM DD hh mm ss and their kin; text in single quotes stays."""
    moment = _moment(timestamp, 1)
    shown = []
    for found in _TOKENS.finditer(pattern):
        token = found[0]
        if token.startswith("'"):
            if len(token) < 2:
                raise FunctionError("a single quote is not closed", 0)
            shown.append(token[1:-1].replace("''", "'") or "")
        elif not found[1]:
            shown.append(token)
        elif token in _VERBS:
            shown.append(_VERBS[token](moment))
        else:
            raise FunctionError(f'"{token}" is no part of a date', 0, "Put plain text in single quotes.")
    return "".join(shown)


def _offset(moment: datetime, colon: str) -> str:
    text = moment.strftime("%z")
    return f"{text[:3]}{colon}{text[3:5]}"


_VERBS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda moment: f"{moment.year:04}",
    "YY": lambda moment: f"{moment.year % 100:02}",
    "MMMM": lambda moment: moment.strftime("%B"),
    "MMM": lambda moment: moment.strftime("%b"),
    "MM": lambda moment: f"{moment.month:02}",
    "M": lambda moment: str(moment.month),
    "DD": lambda moment: f"{moment.day:02}",
    "D": lambda moment: str(moment.day),
    "EEEE": lambda moment: moment.strftime("%A"),
    "EEE": lambda moment: moment.strftime("%a"),
    "hh": lambda moment: f"{moment.hour:02}",
    "h": lambda moment: str(moment.hour),
    "HH": lambda moment: f"{(moment.hour - 1) % 12 + 1:02}",
    "H": lambda moment: str((moment.hour - 1) % 12 + 1),
    "AA": lambda moment: "AM" if moment.hour < 12 else "PM",
    "aa": lambda moment: "am" if moment.hour < 12 else "pm",
    "mm": lambda moment: f"{moment.minute:02}",
    "m": lambda moment: str(moment.minute),
    "ss": lambda moment: f"{moment.second:02}",
    "s": lambda moment: str(moment.second),
    "ZZZZZ": lambda moment: _offset(moment, ":"),
    "ZZZZ": lambda moment: _offset(moment, ""),
    "ZZZ": lambda moment: "UTC" if not moment.utcoffset() else _offset(moment, ""),
    "Z": lambda moment: "Z" if not moment.utcoffset() else _offset(moment, ":"),
}
