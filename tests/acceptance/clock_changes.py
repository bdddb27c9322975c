"""Schedules around every change of clocks: they never stick nor go back, and a daily job has one run for each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reconciler.model.schedule import Schedule
from reconciler.model.timetable import next_after

from .figure import Counted

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Adak",
    "America/Anchorage",
    "America/Asuncion",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Miquelon",
    "America/New_York",
    "America/Nuuk",
    "America/Port-au-Prince",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "America/Tijuana",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Atlantic/Azores",
    "Atlantic/Bermuda",
    "Atlantic/Canary",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/Helsinki",
    "Europe/Lisbon",
    "Europe/London",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Norfolk",
)
"""Forty zones whose clocks change: by half an hour to two, at midnight and in the night, north and south."""

DAILY = (
    "0 0 * * *",
    "30 0 * * *",
    "30 1 * * *",
    "0 2 * * *",
    "30 2 * * *",
    "15 3 * * *",
    "45 23 * * *",
    "@daily",
    "cron(30 2 * * ? *)",
    "cron(59 1 ? * * *)",
)
EVERY_HOUR = ("0 * * * *", "@hourly", "cron(10 * * * ? *)")
"""By elapsed time: 24 runs in 24 hours, whatever clocks show, but for one where they change by half an hour."""

OTHERS = (
    "*/15 * * * *",
    "*/5 1-3 * * *",
    "0,30 2,3 * * *",
    "cron(0/20 0/2 * * ? *)",
    "0 */6 * * *",
    "rate(7 minutes)",
    "0 3 * * SUN",
)
EXPRESSIONS = (*DAILY, *EVERY_HOUR, *OTHERS)
DAYS = 3
"""So many days before and after a change are looked at."""


class Change(NamedTuple):
    """A change of clocks: the first second that shows the new offset."""

    zone: str
    at: float


def changes(zone: str, first_year: int = 2024, last_year: int = 2037) -> Iterator[Change]:
    """Yield every change of a zone's clocks in these years."""
    clock = ZoneInfo(zone)
    day = datetime(first_year, 1, 1, tzinfo=UTC)
    while day.year <= last_year:
        following = day + timedelta(days=1)
        if _offset(clock, day.timestamp()) != _offset(clock, following.timestamp()):
            yield Change(zone, _first_second(clock, int(day.timestamp()), int(following.timestamp())))
        day = following


def clock_changes(count: int, seed: int = 1) -> Counted:
    """Check so many pairs of a change and an expression, out of all of them."""
    pairs = [(change, each) for zone in ZONES for change in changes(zone) for each in EXPRESSIONS]
    chosen = Random(seed).sample(pairs, count)
    problems = [problem for change, each in chosen for problem in _problems(change, each)]
    remark = (
        f"{len(pairs) // len(EXPRESSIONS)} changes of clocks in {len(ZONES)} zones, {len(EXPRESSIONS)} expressions"
    )
    return Counted(len(chosen), tuple(problems), remark)


def all_pairs() -> int:
    """Return how many pairs there are."""
    return sum(len(EXPRESSIONS) for zone in ZONES for _ in changes(zone))


def _problems(change: Change, expression: str) -> Iterator[str]:
    schedule = Schedule(expression=expression, timezone=change.zone)
    clock = ZoneInfo(change.zone)
    noon = datetime.fromtimestamp(change.at, clock).replace(hour=12, minute=0, second=0, fold=0)
    begin, end = ((noon + timedelta(days=days)).timestamp() for days in (-DAYS, DAYS))
    slots = _slots(schedule, begin, end)
    what = f"{expression} in {change.zone} around {datetime.fromtimestamp(change.at, UTC):%Y-%m-%d %H:%M}Z"
    if any(later <= earlier for earlier, later in pairwise(slots)):
        yield f"{what}: not strictly increasing"
    if expression in DAILY and len(slots) != 2 * DAYS:
        yield f"{what}: {len(slots)} runs in {2 * DAYS} days"
    if expression in DAILY and any(not 21 <= (later - earlier) / 3600 <= 27 for earlier, later in pairwise(slots)):
        yield f"{what}: two runs of a day, or none"
    if expression in EVERY_HOUR and abs(len(slots) - (end - begin) / 3600) > 0.5:
        yield f"{what}: {len(slots)} runs in {(end - begin) / 3600:g} hours"
    if not slots:
        yield f"{what}: stuck"


def _slots(schedule: Schedule, begin: float, end: float) -> list[float]:
    """Return the slots in (begin, end], each found from the one before."""
    slots, at = [], begin
    while (found := next_after(schedule, at, begin)) is not None and found <= end:
        slots.append(found)
        if found <= at:
            break
        at = found
    return slots


def _offset(clock: ZoneInfo, at: float) -> timedelta | None:
    return datetime.fromtimestamp(at, clock).utcoffset()


def _first_second(clock: ZoneInfo, low: int, high: int) -> float:
    """Return the first second in (low, high] with another offset than `low`."""
    before = _offset(clock, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(clock, middle) == before else (low, middle)
    return float(high)
