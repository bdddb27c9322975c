"""What the figures of traffic call wrong: requests too early, too late, or lost without an excuse."""

from __future__ import annotations

from .attempt import Attempt, Attempts, Result
from .request_log import Seen
from .shift import Moments, judged
from .sudden_death import elsewhere

MOMENTS = Moments(99.2, 100.0, 101.0)
"""Tests are on green from the first on; the shift begins after the second, is done at the third. 2 is green."""
GOOD = (("production-1", "1", 99.0), ("test-1", "2", 99.5), ("production-2", "2", 101.5))


def _found(*requests: tuple[str, str, float], sent: tuple[tuple[str, float], ...] = ()) -> list[str]:
    """Judge requests: each with its id, the version that saw it, and when; sent as they were seen, or as told."""
    every = (*GOOD, *requests)
    seen = [Seen(version, f"host{version}", "web", at, "began", name, "/") for name, version, at in every]
    times = sent or tuple((name, at) for name, _, at in every)
    attempts = Attempts(Attempt(name, "GET", "/", True, at, at, Result.ANSWERED, 200) for name, at in times)
    return [each.partition(" Seen")[0] for each in judged(seen, attempts, "2", MOMENTS)[0]]


def test_a_shift_in_order_is_right() -> None:
    assert _found() == []


def test_production_on_green_before_the_shift_is_wrong() -> None:
    assert _found(("production-3", "2", 99.9)) == ["green saw"]


def test_what_was_sent_before_the_end_of_the_shift_may_be_seen_by_blue_after_it() -> None:
    assert _found(("production-3", "1", 101.2), sent=(("production-3", 100.9),)) == []


def test_what_was_sent_after_the_shift_may_not_be_seen_by_blue() -> None:
    assert _found(("production-3", "1", 101.2)) == ["blue saw"]


def test_of_a_repeated_request_the_attempt_that_was_seen_counts() -> None:
    again = (("production-3", 100.9), ("production-3", 101.3))
    assert _found(("production-3", "1", 101.2), sent=again) == []


def test_tests_on_green_before_the_shift_are_not_production() -> None:
    assert _found(("test-2", "2", 99.9)) == []


def test_a_test_on_blue_after_tests_have_shifted_is_wrong() -> None:
    assert _found(("test-2", "1", 99.1)) == []
    assert _found(("test-2", "1", 99.9)) == ["blue saw the test"]


def test_a_failure_is_excused_when_the_task_had_begun_it_or_may_have_been_sent_it() -> None:
    def failed(name: str, sent_at: float) -> Attempt:
        return Attempt(name, "POST", "/", True, sent_at, sent_at + 1, Result.CLOSED)

    every = Attempts((failed("begun", 98.0), failed("unread", 99.9), failed("other", 98.0), failed("after", 100.5)))
    found = [each.split(": ")[1].split()[0] for each in elsewhere(every, frozenset({"begun"}), 99.75, 100.1)]
    assert found == ["other", "after"]
