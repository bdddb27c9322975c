"""From samples to the values of periods. Samples fall due on a grid of time, so that no period goes without one.

Periods follow the clock, as CloudWatch's do: one of 60 s begins with the minute. What a sample says lies before it,
so one that is due at the end of a period belongs to that period, and ends it. A period's value is the mean of its
samples, None without any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from reconciler.model.beside import PolicyRecord

SAMPLE_SECONDS = 10.0
"""How often is sampled (our choice, L11); with a shorter period, once in each."""

_TINY = 1e-6


def sample_interval(periods: Iterable[float]) -> float:
    """Return the seconds from one sample to the next, given the lengths of the periods."""
    return min((SAMPLE_SECONDS, *periods))


def due_at(now: float, interval: float) -> float:
    """Return when the newest sample was due: a time of the grid, not after `now`."""
    return math.floor(now / interval + _TINY) * interval


def ends_at(at: float, period: float) -> bool:
    """Whether a period ends with the sample that is due then."""
    return abs(at / period - round(at / period)) < _TINY


class Sampled(NamedTuple):
    """The record with a sample; and whether a period ended with it, so that there is a new value to act on."""

    record: PolicyRecord
    has_ended: bool


def begun(name: str, period: float, at: float, sample: float | None) -> PolicyRecord:
    """Return the record of a policy with its first sample. One at the end of a period is too late for it."""
    began = math.floor(at / period + _TINY) * period
    samples = () if sample is None or at <= began + _TINY else (sample,)
    return PolicyRecord(name=name, period_began=began, sampled_at=at, samples=samples)


def sampled(record: PolicyRecord, period: float, at: float, sample: float | None, kept: int) -> Sampled:
    """Record the sample (None: there was none) that was due `at`, and the values of periods that ended by then.

    `kept` newest values are kept. A clock that was set back, or a longer period, begins anew.
    """
    began = _beginning(at, period)
    passed = round((began - record.period_began) / period)
    if passed < 0:
        record, passed = record.changed(samples=(), values=()), 0
    values, samples = record.values, record.samples
    if passed:
        values, samples = (*values, _mean(samples), *_nothing(min(passed - 1, kept))), ()
    samples = samples if sample is None else (*samples, sample)
    is_end = at >= began + period - _TINY
    if is_end:
        values, samples, began = (*values, _mean(samples)), (), began + period
    changed = record.changed(period_began=began, sampled_at=at, samples=samples, values=values[-kept:])
    return Sampled(changed, has_ended=bool(passed) or is_end)


def in_a_row(values: tuple[float | None, ...], count: int, holds: Callable[[float], bool]) -> bool:
    """Whether something holds of the last `count` values; of a missing one nothing does."""
    last = values[-count:]
    return len(last) == count and all(each is not None and holds(each) for each in last)


def _beginning(at: float, period: float) -> float:
    """Return the beginning of the period that a sample of that time belongs to."""
    return (math.ceil(at / period - _TINY) - 1) * period


def _mean(samples: tuple[float, ...]) -> float | None:
    return sum(samples) / len(samples) if samples else None


def _nothing(count: int) -> tuple[None, ...]:
    return (None,) * count
