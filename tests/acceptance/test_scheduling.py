"""The part of the figures of scheduled tasks that needs no engine; `make acceptance` runs them in full."""

from __future__ import annotations

from .scheduling import double_runs, overlaps


def test_two_watches_that_die_and_are_paused_run_no_slot_twice() -> None:
    counted = double_runs(50, seed=5)
    assert (counted.tried, counted.problems) == (50, ())


def test_runs_overlap_only_as_declared() -> None:
    counted = overlaps(102, seed=5)
    assert (counted.tried, counted.problems) == (102, ())
