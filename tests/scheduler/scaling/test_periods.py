"""Samples and periods: a grid that leaves no period empty, means, gaps, and clocks that were set back (L11)."""

from __future__ import annotations

import pytest

from reconciler.model.beside import PolicyRecord
from reconciler.scheduler.scaling.periods import Sampled, begun, due_at, in_a_row, sample_interval, sampled


def record(**fields: object) -> PolicyRecord:
    return PolicyRecord(**{"name": "cpu", "period_began": 600.0, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("periods", "seconds"), [((60.0,), 10.0), ((60.0, 5.0), 5.0), ((10.0, 300.0), 10.0), ((15.0,), 10.0)]
)
def test_samples_come_every_ten_seconds_or_once_in_the_shortest_period(
    periods: tuple[float, ...], seconds: float
) -> None:
    assert sample_interval(periods) == seconds


@pytest.mark.parametrize(("now", "at"), [(600.0, 600.0), (609.9, 600.0), (610.0, 610.0), (610.0 - 1e-9, 610.0)])
def test_a_sample_is_due_with_the_clock(now: float, at: float) -> None:
    assert due_at(now, 10.0) == at


@pytest.mark.parametrize(
    ("at", "samples"), [(600.0, ()), (610.0, (7.0,)), (650.0, (7.0,))], ids=["at its end", "in it", "at last"]
)
def test_a_policy_begins_with_the_period_that_it_finds(at: float, samples: tuple[float, ...]) -> None:
    assert begun("cpu", 60.0, at, 7.0) == record(samples=samples, sampled_at=at)


def test_a_period_ends_with_the_sample_at_its_end_and_is_their_mean() -> None:
    before = record(samples=(10.0, 20.0), sampled_at=650.0)
    after = record(period_began=660.0, values=(20.0,), sampled_at=660.0)
    assert sampled(before, 60.0, 660.0, 30.0, 5) == Sampled(after, has_ended=True)


def test_within_a_period_samples_are_gathered() -> None:
    found = sampled(record(samples=(10.0,)), 60.0, 640.0, 30.0, 5)
    assert found == Sampled(record(samples=(10.0, 30.0), sampled_at=640.0), has_ended=False)


def test_a_sample_that_came_to_nothing_is_left_out_of_the_mean() -> None:
    found = sampled(record(samples=(10.0,)), 60.0, 660.0, None, 5)
    assert found.record.values == (10.0,)


def test_a_period_without_samples_has_no_value() -> None:
    assert sampled(record(), 60.0, 660.0, None, 5).record.values == (None,)


def test_periods_that_nobody_watched_have_no_value() -> None:
    before = record(samples=(10.0,), values=(5.0,))
    found = sampled(before, 60.0, 850.0, 30.0, 5)
    after = record(period_began=840.0, samples=(30.0,), values=(5.0, 10.0, None, None, None), sampled_at=850.0)
    assert found == Sampled(after, has_ended=True)


def test_a_day_that_nobody_watched_is_as_many_values_as_are_kept() -> None:
    found = sampled(record(samples=(10.0,)), 60.0, 600.0 + 86_410.0, 30.0, 3)
    assert found.record.values == (None, None, None)


def test_only_the_newest_values_are_kept() -> None:
    assert sampled(record(values=(1.0, 2.0, 3.0)), 60.0, 660.0, 4.0, 3).record.values == (2.0, 3.0, 4.0)


def test_a_clock_that_was_set_back_begins_anew_but_forgets_no_activity() -> None:
    before = record(samples=(10.0,), values=(1.0,), raised_at=590.0, added=2)
    after = record(period_began=300.0, samples=(30.0,), sampled_at=310.0, raised_at=590.0, added=2)
    assert sampled(before, 60.0, 310.0, 30.0, 5) == Sampled(after, has_ended=False)


@pytest.mark.parametrize("period", [1.0, 5.0, 7.0, 10.0, 15.0, 60.0, 61.0])
def test_no_period_goes_without_a_sample_whatever_its_length(period: float) -> None:
    interval = sample_interval((period,))
    found = begun("cpu", period, due_at(600.0, interval), 1.0)
    values: list[float | None] = []
    for index in range(1, 500):
        taken = sampled(found, period, due_at(600.0 + index * interval + 0.3, interval), 1.0, 1)
        found = taken.record
        values += found.values if taken.has_ended else ()
    assert set(values) == {1.0} and len(values) >= 500 * interval / period - 2


@pytest.mark.parametrize(
    ("values", "holds"),
    [
        ((70.0, 70.0), True),
        ((50.0, 70.0, 70.0), True),
        ((70.0, 50.0), False),
        ((70.0, None), False),
        ((None, 70.0), False),
        ((70.0,), False),
        ((), False),
    ],
)
def test_a_missing_value_interrupts_a_row(values: tuple[float | None, ...], holds: bool) -> None:
    assert in_a_row(values, 2, lambda each: each > 60) is holds
