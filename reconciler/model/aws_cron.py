"""AWS's six cron fields, told to cronsim in its five: `cron(minutes hours day-of-month month day-of-week year)`.

Sources: EventBridge Scheduler, schedule types (fields, wildcards, and that one of the two days is `?`).
"""

from __future__ import annotations

from dataclasses import dataclass

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
FIRST_YEAR, LAST_YEAR = 1970, 2199


class UnreadableError(ValueError):
    """An expression says no times; its text tells people why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Cron:
    """When a cron expression is due on clocks that never change.

    `fields` are cronsim's five. `years` are the only ones, None is every year; `near` is the day of the month whose
    nearest weekday is meant (AWS `15W`), 0 is none. `continues` says that it is no daily job: it goes by elapsed
    time when clocks change.
    """

    fields: str
    continues: bool
    years: tuple[int, ...] | None = None
    near: int = 0


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    hint: str = ""


_MINUTES = _Field("minutes", 0, 59)
_HOURS = _Field("hours", 0, 23)
_DAY_OF_MONTH = _Field("day-of-month", 1, 31, hint=", L, LW or 15W")
_MONTH = _Field("month", 1, 12, MONTHS)
_DAY_OF_WEEK = _Field("day-of-week", 1, 7, DAYS, ", L, 6L or 6#3")
_YEAR = _Field("year", FIRST_YEAR, LAST_YEAR)


def aws_cron(inside: str) -> Cron:
    """Return what stands between the brackets of `cron(...)`; raises UnreadableError.

    >>> aws_cron("0 10 ? * MON-FRI *")
    Cron(fields='0 10 * * 1,2,3,4,5', continues=False, years=None, near=0)
    """
    parts = inside.upper().split()
    if len(parts) != 6:
        raise UnreadableError(
            f"cron(...) has six fields (minutes hours day-of-month month day-of-week year), here are {len(parts)}; "
            'five fields are written without cron( ): "0 3 * * *"'
        )
    minutes, hours, day, month, weekday, year = parts
    if (day == "?") == (weekday == "?"):
        raise UnreadableError(
            "in cron(...) exactly one of day-of-month and day-of-week is ?, and the other one says the days: "
            f"cron({minutes} {hours} * {month} ? {year}) is every day"
        )
    near = _near(day)
    fields = (
        _listed(minutes, _MINUTES),
        _listed(hours, _HOURS),
        _days_around(near) if near else _day_of_month(day),
        _listed(month, _MONTH),
        _day_of_week(weekday),
    )
    return Cron(
        fields=" ".join(fields),
        continues=minutes.startswith(("*", "0/")) or fields[1] == "*",
        years=None if year == "*" else tuple(sorted(_expanded(year, _YEAR))),
        near=near,
    )


def _near(day: str) -> int:
    """Return 15 for `15W`, else 0."""
    if not day.endswith("W") or day == "LW":
        return 0
    return _number(day[:-1], day, _DAY_OF_MONTH)


def _days_around(near: int) -> str:
    """Return the days that may be the nearest weekday of one."""
    return ",".join(str(each) for each in range(max(near - 2, 1), min(near + 2, 31) + 1))


def _day_of_month(text: str) -> str:
    if text in ("?", "L", "LW"):
        return "*" if text == "?" else text
    return _listed(text, _DAY_OF_MONTH)


def _day_of_week(text: str) -> str:
    """Return cronsim's days, which begin with 0: AWS's begin with SUN = 1. `L` alone is the last day of a week."""
    if text in ("?", "L"):
        return "*" if text == "?" else "6"
    if text.endswith("L"):
        return f"{_number(text[:-1], text, _DAY_OF_WEEK) - 1}L"
    day, mark, nth = text.partition("#")
    if mark:
        if nth not in ("1", "2", "3", "4", "5"):
            raise _wrong(text, _DAY_OF_WEEK)
        return f"{_number(day, text, _DAY_OF_WEEK) - 1}#{nth}"
    found = _expanded(text, _DAY_OF_WEEK)
    return "*" if len(found) == 7 else ",".join(str(each - 1) for each in sorted(found))


def _listed(text: str, field: _Field) -> str:
    found = _expanded(text, field)
    return "*" if len(found) == field.high - field.low + 1 else ",".join(map(str, sorted(found)))


def _expanded(text: str, field: _Field) -> set[int]:
    """Return the numbers that a list of values, ranges and steps stands for."""
    return {each for term in text.split(",") for each in _term(term, text, field)}


def _term(term: str, text: str, field: _Field) -> range:
    values, slash, step = term.partition("/")
    first, dash, last = values.partition("-")
    if values == "*":
        low, high = field.low, field.high
    else:
        low = _number(first, text, field)
        high = _number(last, text, field) if dash else field.high if slash else low
    stride = int(step) if step.isascii() and step.isdigit() and len(step) < 5 else 0
    if (slash and not stride) or high < low:
        raise _wrong(text, field)
    return range(low, high + 1, stride or 1)


def _number(word: str, text: str, field: _Field) -> int:
    if word in field.names:
        return field.names.index(word) + field.low
    if not (word.isascii() and word.isdigit()) or len(word) > 4 or not field.low <= int(word) <= field.high:
        raise _wrong(text, field)
    return int(word)


def _wrong(text: str, field: _Field) -> UnreadableError:
    names = f" or {field.names[0]}-{field.names[-1]}" if field.names else ""
    return UnreadableError(
        f'the {field.name} field "{text}" is not right: it takes {field.low}-{field.high}{names}, *, a range 2-5, '
        f"a step 0/2 and lists of them{field.hint}"
    )
