"""When schedules are due: each form and field, what is refused, and what happens when clocks change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reconciler.model.schedule import Schedule
from reconciler.model.timetable import check, next_after
from tests.acceptance.clock_changes import ZONES, changes, clock_changes


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def following(expression: str, after: str, count: int, zone: str = "UTC") -> list[str]:
    """Return the next slots as the zone's clocks show them."""
    schedule, now = Schedule(expression=expression, timezone=zone), at(after, zone)
    anchor, found = now, []
    while len(found) < count and (slot := next_after(schedule, now, anchor)) is not None:
        found.append(datetime.fromtimestamp(slot, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M"))
        now = slot
    return found


# Most are the examples of EventBridge's documentation. 2026-11-28 is a Saturday.
AWS = {
    "cron(0 10 * * ? *)": ["2026-11-28 10:00", "2026-11-29 10:00"],
    "CRON(0 10 * * ? *)": ["2026-11-28 10:00", "2026-11-29 10:00"],
    "cron(15 12 * * ? *)": ["2026-11-28 12:15", "2026-11-29 12:15"],
    "cron(0 18 ? * MON-FRI *)": ["2026-11-30 18:00", "2026-12-01 18:00"],
    "cron(0 8 1 * ? *)": ["2026-12-01 08:00", "2027-01-01 08:00"],
    "cron(0/15 * * * ? *)": ["2026-11-28 00:15", "2026-11-28 00:30"],
    "cron(0/10 * ? * MON-FRI *)": ["2026-11-30 00:00", "2026-11-30 00:10"],
    "cron(0/5 8-17 ? * MON-FRI *)": ["2026-11-30 08:00", "2026-11-30 08:05"],
    "cron(0/30 20-23 ? * MON-FRI *)": ["2026-11-30 20:00", "2026-11-30 20:30"],
    "cron(15 10 ? * 6L 2026-2027)": ["2026-12-25 10:15", "2027-01-29 10:15"],
    "cron(0 0 ? * 3#2 *)": ["2026-12-08 00:00", "2027-01-12 00:00"],
    "cron(0 0 ? * TUE#2 *)": ["2026-12-08 00:00", "2027-01-12 00:00"],
    "cron(0 0 ? * L *)": ["2026-12-05 00:00", "2026-12-12 00:00"],
    "cron(0 0 ? * 1 *)": ["2026-11-29 00:00", "2026-12-06 00:00"],
    "cron(0 0 ? * 7 *)": ["2026-12-05 00:00", "2026-12-12 00:00"],
    "cron(0 0 L * ? *)": ["2026-11-30 00:00", "2026-12-31 00:00"],
    "cron(0 0 LW * ? *)": ["2026-11-30 00:00", "2026-12-31 00:00"],
    "cron(0 0 15W * ? *)": ["2026-12-15 00:00", "2027-01-15 00:00"],
    "cron(0 0 1W 8 ? *)": ["2027-08-02 00:00", "2028-08-01 00:00"],
    "cron(0 0 31W * ? *)": ["2026-12-31 00:00", "2027-01-29 00:00"],
    "cron(0 12 1 1,jul ? *)": ["2027-01-01 12:00", "2027-07-01 12:00"],
    "cron(0 0 29 2 ? 2027-2032)": ["2028-02-29 00:00", "2032-02-29 00:00"],
    "cron(0 0 1 1 ? 2030/5)": ["2030-01-01 00:00", "2035-01-01 00:00"],
    "cron(0 0 1 1 ? 2028)": ["2028-01-01 00:00"],
    "cron(0 0 ? * 2-6/2 *)": ["2026-11-30 00:00", "2026-12-02 00:00"],
}
FIVE = {
    "0 3 * * *": ["2026-11-28 03:00", "2026-11-29 03:00"],
    "*/20 * * * *": ["2026-11-28 00:20", "2026-11-28 00:40"],
    "0 0 * * 0": ["2026-11-29 00:00", "2026-12-06 00:00"],
    "0 0 * * 7": ["2026-11-29 00:00", "2026-12-06 00:00"],
    "0 0 * * mon-fri": ["2026-11-30 00:00", "2026-12-01 00:00"],
    "0 0 13 * 5": ["2026-12-04 00:00", "2026-12-11 00:00"],
    "0 0 29 2 *": ["2028-02-29 00:00", "2032-02-29 00:00"],
    "@hourly": ["2026-11-28 01:00", "2026-11-28 02:00"],
    "@daily": ["2026-11-29 00:00", "2026-11-30 00:00"],
    "@midnight": ["2026-11-29 00:00", "2026-11-30 00:00"],
    "@weekly": ["2026-11-29 00:00", "2026-12-06 00:00"],
    "@monthly": ["2026-12-01 00:00", "2027-01-01 00:00"],
    "@yearly": ["2027-01-01 00:00", "2028-01-01 00:00"],
    "@annually": ["2027-01-01 00:00", "2028-01-01 00:00"],
    "rate(1 minute)": ["2026-11-28 00:01", "2026-11-28 00:02"],
    "rate(5 minutes)": ["2026-11-28 00:05", "2026-11-28 00:10"],
    "rate(12 hours)": ["2026-11-28 12:00", "2026-11-29 00:00"],
    "rate(1 day)": ["2026-11-29 00:00", "2026-11-30 00:00"],
    "at(2026-12-24T18:00:00)": ["2026-12-24 18:00"],
    "at(2026-11-27T18:00:00)": [],
}


@pytest.mark.parametrize(("expression", "expected"), [*AWS.items(), *FIVE.items()], ids=[*AWS, *FIVE])
def test_a_schedule_is_due_then(expression: str, expected: list[str]) -> None:
    assert following(expression, "2026-11-28T00:00:00", 2) == expected
    assert check(expression, "UTC") == ""


@pytest.mark.parametrize(("expression", "expected"), [*AWS.items(), *FIVE.items()], ids=[*AWS, *FIVE])
def test_where_clocks_never_change_every_zone_shows_the_same(expression: str, expected: list[str]) -> None:
    assert following(expression, "2026-11-28T00:00:00", 2, "Asia/Tokyo") == expected


FIELDS = "it takes {}, *, a range 2-5, a step 0/2 and lists of them"
FIVE_FIELDS = "it takes {}, *, a range 2-5 with its lower end first, a step */2 and lists of them"
REFUSED = {
    "0 3 * * ? *": '"0 3 * * ? *" has six fields: AWS\'s six are written in brackets, cron(0 3 * * ? *)',
    "cron(0 3 * * *)": (
        "cron(...) has six fields (minutes hours day-of-month month day-of-week year), here are 5; "
        'five fields are written without cron( ): "0 3 * * *"'
    ),
    "cron(0 3 * * * *)": (
        "in cron(...) exactly one of day-of-month and day-of-week is ?, and the other one says the days: "
        "cron(0 3 * * ? *) is every day"
    ),
    "cron(60 3 * * ? *)": f'the minutes field "60" is not right: {FIELDS.format("0-59")}',
    "cron(0 24 * * ? *)": f'the hours field "24" is not right: {FIELDS.format("0-23")}',
    "cron(0 0 0 * ? *)": f'the day-of-month field "0" is not right: {FIELDS.format("1-31")}, L, LW or 15W',
    "cron(0 0 * foo ? *)": f'the month field "FOO" is not right: {FIELDS.format("1-12 or JAN-DEC")}',
    "cron(0 0 ? * 0 *)": f'the day-of-week field "0" is not right: {FIELDS.format("1-7 or SUN-SAT")}, L, 6L or 6#3',
    "cron(0 0 ? * 6#6 *)": (
        f'the day-of-week field "6#6" is not right: {FIELDS.format("1-7 or SUN-SAT")}, L, 6L or 6#3'
    ),
    "cron(0 0 * * ? 1969)": f'the year field "1969" is not right: {FIELDS.format("1970-2199")}',
    "cron(5-1 0 * * ? *)": f'the minutes field "5-1" is not right: {FIELDS.format("0-59")}',
    "cron(0/0 0 * * ? *)": f'the minutes field "0/0" is not right: {FIELDS.format("0-59")}',
    "cron(0 0 30 2 ? *)": '"cron(0 0 30 2 ? *)" is never due: no month has such a day',
    "cron(0 0 31W 2 ? *)": '"cron(0 0 31W 2 ? *)" is never due: no month has such a day',
    "cron(0 0 29 2 ? 2027)": '"cron(0 0 29 2 ? 2027)" is never due: no month has such a day',
    "61 * * * *": f'the minute field "61" is not right: {FIVE_FIELDS.format("0-59")}',
    "*/0 * * * *": f'the minute field "*/0" is not right: {FIVE_FIELDS.format("0-59")}',
    "0 24 * * *": f'the hour field "24" is not right: {FIVE_FIELDS.format("0-23")}',
    "0 17-9 * * *": f'the hour field "17-9" is not right: {FIVE_FIELDS.format("0-23")}',
    "0 0 30 2 *": '"0 0 30 2 *" is never due: no month has such a day',
    "0 0 31 apr,jun *": '"0 0 31 apr,jun *" is never due: no month has such a day',
    "0 0 32 2 *": f'the day-of-month field "32" is not right: {FIVE_FIELDS.format("1-31, L is the last")}',
    "0 0 * 13 *": f'the month field "13" is not right: {FIVE_FIELDS.format("1-12 or JAN-DEC")}',
    "0 0 * * fri-mon": (
        'the day-of-week field "fri-mon" is not right: '
        f"{FIVE_FIELDS.format('0-7 (0 and 7 are Sunday) or SUN-SAT, 5L or 5#2')}"
    ),
    "rate(0 minutes)": '"rate(0 minutes)" is not right: write rate(1 minute), rate(5 minutes), rate(2 hours)',
    "rate(5 seconds)": '"rate(5 seconds)" is not right: write rate(1 minute), rate(5 minutes), rate(2 hours)',
    "at(2026-12-24)": (
        '"at(2026-12-24)" is not right: write at(2026-12-24T18:00:00), a local time in the schedule\'s zone'
    ),
    "at(2026-02-30T00:00:00)": (
        '"at(2026-02-30T00:00:00)" is not right: write at(2026-12-24T18:00:00), a local time in the schedule\'s zone'
    ),
    f"{'1' * 5000} * * * *": "it has 5008 characters; a schedule has 256 at most",
    "@reboot": 'there is no "@reboot": there are @annually, @daily, @hourly, @midnight, @monthly, @weekly, @yearly',
    "": (
        '"" is no schedule: write "0 3 * * *", "cron(0 3 * * ? *)", "rate(5 minutes)", '
        '"at(2026-12-24T18:00:00)" or "@daily"'
    ),
}


@pytest.mark.parametrize(("expression", "why"), REFUSED.items(), ids=[each[:40] for each in REFUSED])
def test_what_is_wrong_is_said_with_what_would_be_right(expression: str, why: str) -> None:
    assert check(expression, "UTC") == why
    if not expression.startswith("cron(0 0 29"):  # that one is right for years that have the day
        assert next_after(Schedule(expression=expression), 0.0, 0.0) is None


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        ("Europe/Berlni", 'there is no time zone "Europe/Berlni": did you mean "Europe/Berlin"?'),
        ("../x", 'there is no time zone "../x": zones have names such as "Europe/Berlin" or "UTC"'),
        ("", 'there is no time zone "": zones have names such as "Europe/Berlin" or "UTC"'),
        ("Europe", 'there is no time zone "Europe": zones have names such as "Europe/Berlin" or "UTC"'),
    ],
)
def test_an_unknown_zone_is_refused(zone: str, why: str) -> None:
    assert check("@daily", zone) == why


class TestTheSkippedHour:
    """Berlin, 2026-03-29: 02:00 is 03:00."""

    DAY = "2026-03-28T12:00:00"

    def test_a_daily_job_in_it_runs_once_right_after_it(self) -> None:
        assert following("30 2 * * *", self.DAY, 2, "Europe/Berlin") == ["2026-03-29 03:00", "2026-03-30 02:30"]

    def test_so_does_aws_s(self) -> None:
        assert following("cron(30 2 * * ? *)", self.DAY, 2, "Europe/Berlin") == [
            "2026-03-29 03:00",
            "2026-03-30 02:30",
        ]

    def test_several_slots_in_it_are_one_run(self) -> None:
        expected = ["2026-03-29 03:00", "2026-03-30 02:00", "2026-03-30 02:30", "2026-03-30 03:00"]
        assert following("0,30 2,3 * * *", self.DAY, 5, "Europe/Berlin") == [
            "2026-03-29 03:00",
            "2026-03-29 03:30",
            *expected[1:],
        ]

    def test_what_runs_every_half_hour_goes_on(self) -> None:
        assert following("*/30 * * * *", "2026-03-29T01:00:00", 3, "Europe/Berlin") == [
            "2026-03-29 01:30",
            "2026-03-29 03:00",
            "2026-03-29 03:30",
        ]

    def test_a_time_in_it_is_when_it_ends(self) -> None:
        assert following("at(2026-03-29T02:30:00)", self.DAY, 2, "Europe/Berlin") == ["2026-03-29 03:00"]


class TestTheRepeatedHour:
    """Berlin, 2026-10-25: 03:00 is 02:00 again."""

    DAY = "2026-10-24T12:00:00"

    def test_a_daily_job_in_it_runs_the_first_time_only(self) -> None:
        schedule = Schedule(expression="30 2 * * *", timezone="Europe/Berlin")
        first = next_after(schedule, at(self.DAY), 0.0)
        assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
        assert next_after(schedule, first, 0.0) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC).timestamp()

    def test_what_runs_every_half_hour_runs_in_both(self) -> None:
        assert following("*/30 * * * *", "2026-10-25T01:30:00", 5, "Europe/Berlin") == [
            "2026-10-25 02:00",
            "2026-10-25 02:30",
            "2026-10-25 02:00",
            "2026-10-25 02:30",
            "2026-10-25 03:00",
        ]

    def test_from_within_the_second_one_a_daily_job_is_due_tomorrow(self) -> None:
        schedule = Schedule(expression="30 2 * * *", timezone="Europe/Berlin")
        within = datetime(2026, 10, 25, 1, 10, tzinfo=UTC).timestamp()
        assert next_after(schedule, within, 0.0) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("expression", ["*/10 * * * *", "7 * * * *", "cron(0/20 1-3 * * ? *)"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "America/Nuuk"])
def test_what_goes_by_elapsed_time_is_due_whenever_the_clock_shows_it(expression: str, zone: str) -> None:
    """The oracle reads the clock at every minute."""
    for change in list(changes(zone, 2026, 2027)):
        begin, end = change.at - 6 * 3600, change.at + 6 * 3600
        assert slots(expression, zone, begin, end) == [
            minute
            for minute in minutes(begin, end)
            if shows(expression, datetime.fromtimestamp(minute, ZoneInfo(zone)))
        ]


def minutes(begin: float, end: float) -> Iterator[float]:
    yield from (begin + 60 * number for number in range(1, int(end - begin) // 60 + 1))


def shows(expression: str, clock: datetime) -> bool:
    return {
        "*/10 * * * *": clock.minute % 10 == 0,
        "7 * * * *": clock.minute == 7,
        "cron(0/20 1-3 * * ? *)": clock.minute % 20 == 0 and clock.hour in (1, 2, 3),
    }[expression]


def slots(expression: str, zone: str, begin: float, end: float) -> list[float]:
    schedule, found, now = Schedule(expression=expression, timezone=zone), [], begin
    while (slot := next_after(schedule, now, begin)) is not None and slot <= end:
        found.append(slot)
        now = slot
    return found


def test_a_rate_counts_whole_periods_from_its_anchor() -> None:
    schedule = Schedule(expression="rate(5 minutes)")
    assert [next_after(schedule, after, 1000.7) for after in (0.0, 1000.7, 1299.9, 1300.0, 1_000_000.0)] == [
        1300.0,
        1300.0,
        1300.0,
        1600.0,
        1_000_300.0,
    ]


def test_fractions_of_a_second_neither_repeat_nor_skip_a_slot() -> None:
    schedule = Schedule(expression="* * * * *")
    assert [next_after(schedule, after, 0.0) for after in (59.999, 60.0, 60.001, 119.0)] == [
        60.0,
        120.0,
        120.0,
        120.0,
    ]


def test_forty_zones_change_their_clocks_in_these_years() -> None:
    assert all(list(changes(zone)) for zone in ZONES)
    assert len(set(ZONES)) == 40


def test_around_changes_of_clocks_a_daily_job_runs_once_a_day_and_nothing_sticks() -> None:
    """A tenth; `make acceptance` checks all pairs."""
    counted = clock_changes(2136)
    assert (counted.tried, counted.problems) == (2136, ())
