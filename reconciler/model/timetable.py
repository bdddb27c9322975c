"""When a schedule is due. Pure: the time is an argument, the zones come from the time zone database.

When clocks change: a daily job in the hour that is skipped is due once, right after it; in the hour that is repeated
it is due once, the first time. What runs every hour or every few minutes goes on by elapsed time.
Sources: EventBridge Scheduler (cron, rate, at); Debian's cron, for five fields and for the hours that are skipped.
"""

from __future__ import annotations

import calendar
import difflib
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from reconciler.model.aws_cron import Cron, UnreadableError, aws_cron
from reconciler.model.schedule import Schedule

MOST_YEARS = 50
"""So far ahead a slot is looked for; 29 February on a Monday comes every 28 years."""

LONGEST = 256
"""Characters of an expression (EventBridge Scheduler)."""

_LONGEST_FOLD = timedelta(hours=3)
"""No zone sets its clocks back by more than two hours."""

_SHORTHANDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}
_RATE = re.compile(r"(\d{1,6})\s+(minute|hour|day)s?", re.ASCII)
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_CALL = re.compile(r"(cron|rate|at)\s*\((.*)\)", re.DOTALL | re.IGNORECASE)
_FORMS = '"0 3 * * *", "cron(0 3 * * ? *)", "rate(5 minutes)", "at(2026-12-24T18:00:00)" or "@daily"'
_BOUNDS = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L is the last",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 (0 and 7 are Sunday) or SUN-SAT, 5L or 5#2",
}
_NEVER_DUE = '"{}" is never due: no month has such a day'
_LISTS = "*, a range 2-5 with its lower end first, a step */2 and lists of them"

_Rule = Cron | int | datetime
"""A cron expression, the seconds of a rate, or the local time of an `at`."""


def check(expression: str, timezone: str) -> str:
    """Return why a schedule is wrong, with what would be right; empty when it is right."""
    if _zone(timezone) is None:
        close = difflib.get_close_matches(timezone, sorted(available_timezones()), n=1, cutoff=0.8)
        hint = f'did you mean "{close[0]}"?' if close else 'zones have names such as "Europe/Berlin" or "UTC"'
        return f'there is no time zone "{timezone}": {hint}'
    try:
        rule = _rule(expression)
    except UnreadableError as problem:
        return str(problem)
    is_never = isinstance(rule, Cron) and next(_slots(rule, datetime(1970, 1, 1)), None) is None
    return _NEVER_DUE.format(expression.strip()) if is_never else ""


def next_after(schedule: Schedule, after: float, anchor: float) -> float | None:
    """Return when a schedule is due next, in seconds since the epoch; None when nothing more comes.

    It is strictly later than `after`. A rate counts from `anchor`. Of a schedule that `check` refuses nothing comes.
    """
    return _next_after(schedule.expression, schedule.timezone, after, math.floor(anchor))


@lru_cache(maxsize=4096)
def _next_after(expression: str, timezone: str, after: float, anchor: int) -> float | None:
    zone = _zone(timezone)
    try:
        rule = _rule(expression)
    except UnreadableError:
        return None
    if zone is None:
        return None
    if isinstance(rule, int):
        return float(anchor + rule * max(math.floor((after - anchor) / rule) + 1, 1))
    if isinstance(rule, datetime):
        due = _first_moment(rule, zone)
        return due if due > after else None
    search = _by_elapsed_time if rule.continues else _once_a_slot
    return search(rule, zone, after)


@lru_cache(maxsize=1024)
def _zone(timezone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache(maxsize=1024)
def _rule(expression: str) -> _Rule:
    text = expression.strip()
    if len(text) > LONGEST:
        raise UnreadableError(f"it has {len(text)} characters; a schedule has {LONGEST} at most")
    call = _CALL.fullmatch(text)
    if call is not None:
        return _CALLS[call[1].lower()](call[2].strip())
    if text.startswith("@"):
        if text.lower() not in _SHORTHANDS:
            raise UnreadableError(f'there is no "{text}": there are {", ".join(sorted(_SHORTHANDS))}')
        return _five_fields(_SHORTHANDS[text.lower()])
    return _five_fields(text)


def _six_fields(inside: str) -> Cron:
    cron = aws_cron(inside)
    try:
        CronSim(cron.fields, datetime(1970, 1, 1))
    except CronSimError as problem:
        raise UnreadableError(_NEVER_DUE.format(f"cron({inside})")) from problem
    return cron


def _five_fields(text: str) -> Cron:
    parts = text.split()
    if len(parts) == 6:
        raise UnreadableError(f'"{text}" has six fields: AWS\'s six are written in brackets, cron({text})')
    if len(parts) != 5:
        raise UnreadableError(f'"{text}" is no schedule: write {_FORMS}')
    fields = " ".join(parts)
    try:
        hours = CronSim(fields, datetime(1970, 1, 1)).hours
    except CronSimError as problem:
        raise _wrong_field(parts, str(problem)) from problem
    return Cron(fields=fields, continues=parts[0].startswith(("*", "0/")) or len(hours) == 24)


def _wrong_field(parts: list[str], problem: str) -> UnreadableError:
    """Say which field is wrong: cronsim says `Bad minute`, and `Bad day-of-month` of one that no named month has."""
    name = problem.removeprefix("Bad ")
    if name == "day-of-month" and _is_readable([*parts[:3], "*", parts[4]]):
        return UnreadableError(_NEVER_DUE.format(" ".join(parts)))
    index = list(_BOUNDS).index(name) if name in _BOUNDS else 0
    takes = f"it takes {_BOUNDS[name]}, {_LISTS}" if name in _BOUNDS else f"write {_FORMS}"
    return UnreadableError(f'the {name} field "{parts[index]}" is not right: {takes}')


def _is_readable(parts: list[str]) -> bool:
    try:
        CronSim(" ".join(parts), datetime(1970, 1, 1))
    except CronSimError:
        return False
    return True


def _rate(inside: str) -> int:
    found = _RATE.fullmatch(inside)
    if found is None or int(found[1]) == 0:
        raise UnreadableError(f'"rate({inside})" is not right: write rate(1 minute), rate(5 minutes), rate(2 hours)')
    return int(found[1]) * _UNITS[found[2]]


def _at(inside: str) -> datetime:
    try:
        if _AT.fullmatch(inside) is None:
            raise ValueError
        return datetime.fromisoformat(inside)
    except ValueError as problem:
        hint = "write at(2026-12-24T18:00:00), a local time in the schedule's zone"
        raise UnreadableError(f'"at({inside})" is not right: {hint}') from problem


_CALLS: Mapping[str, Callable[[str], _Rule]] = {"cron": _six_fields, "rate": _rate, "at": _at}


def _slots(cron: Cron, start: datetime) -> Iterator[datetime]:
    """Yield the local times after `start` that match, in order, on clocks that never change."""
    if cron.years is None:
        yield from _matching(cron, start, start.year + MOST_YEARS)
        return
    for year in cron.years:
        if year >= start.year:
            yield from _matching(cron, max(start, datetime(year, 1, 1) - timedelta(seconds=1)), year)


def _matching(cron: Cron, start: datetime, last_year: int) -> Iterator[datetime]:
    for slot in takewhile(lambda each: each.year <= last_year, CronSim(cron.fields, start)):
        if not cron.near or slot.day == _nearest_weekday(slot.year, slot.month, cron.near):
            yield slot


def _nearest_weekday(year: int, month: int, day: int) -> int:
    """Return the weekday nearest to a day, in the same month; 0 when the month has no such day.

    >>> _nearest_weekday(2026, 8, 1), _nearest_weekday(2026, 8, 15), _nearest_weekday(2026, 8, 16)
    (3, 14, 17)
    """
    first_weekday, last = calendar.monthrange(year, month)
    weekday = (first_weekday + day - 1) % 7
    if day > last:
        return 0
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _once_a_slot(cron: Cron, zone: ZoneInfo, after: float) -> float | None:
    """Return the next moment of a daily job: every slot is one moment, whatever clocks do.

    A slot that is not later than `after` on the clock is not later in time either.
    """
    moments = (_first_moment(each, zone) for each in _slots(cron, _local(after, zone)))
    return next((each for each in moments if each > after), None)


def _by_elapsed_time(cron: Cron, zone: ZoneInfo, after: float) -> float | None:
    """Return the next moment at which the clock shows a slot: twice in a repeated hour, never in a skipped one."""
    here = _local(after, zone)
    is_set_back_soon = _local(after + _LONGEST_FOLD.total_seconds(), zone) < here + _LONGEST_FOLD
    best: float | None = None
    for slot in _slots(cron, here - _LONGEST_FOLD if is_set_back_soon else here):
        later = [each for each in _moments(slot, zone) if each > after]
        best = min(later if best is None else [*later, best], default=None)
        if best is not None and slot > here:
            break
    return best


def _local(at: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(math.floor(at), zone).replace(tzinfo=None, fold=0)


def _moments(local: datetime, zone: ZoneInfo) -> tuple[float, ...]:
    """Return when a clock of the zone shows a time: once, twice when it is set back over it, or never."""
    first, second = _readings(local, zone)
    if first > second:
        return ()
    return (first,) if first == second else (first, second)


def _first_moment(local: datetime, zone: ZoneInfo) -> float:
    """Return when a clock of the zone shows a time first; of one that is skipped, when the clock was set forward."""
    first, second = _readings(local, zone)
    if first <= second:
        return first
    between = range(int(second), int(first) + 1)
    return float(between[bisect_left(between, local, key=lambda at: _local(at, zone))])


def _readings(local: datetime, zone: ZoneInfo) -> tuple[float, float]:
    """Return a local time by the offset before a change of clocks and by the one after it (PEP 495)."""
    aware = local.replace(tzinfo=zone)
    return aware.timestamp(), aware.replace(fold=1).timestamp()
