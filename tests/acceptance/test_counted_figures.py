"""The part of the counted figures that runs in CI; `make acceptance` runs them in full."""

from __future__ import annotations

import pytest

from .adoption import adoption
from .figure import Counted
from .kills import kills
from .locks import locks
from .reading import reading

pytestmark = pytest.mark.engine


def test_an_apply_killed_at_a_random_moment_is_finished_by_the_next_one() -> None:
    assert _right(kills(5, seed=5)) == 5


def test_of_applies_at_once_one_works_at_a_time() -> None:
    assert _right(locks(2, seed=8)) == 2


def test_a_lost_state_is_adopted_from_labels() -> None:
    assert _right(adoption(2, seed=5)) == 2


def test_a_plan_only_reads() -> None:
    assert _right(reading(("hello", "shop"), also_applied=("hello",))) == 5


def _right(counted: Counted) -> int:
    """Return how often it was tried; every problem is a failure, told in full."""
    if counted.problems:
        pytest.fail("\n".join((counted.remark, *counted.problems)), pytrace=False)
    return counted.tried
