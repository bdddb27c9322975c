"""A minute of the soak; `make soak` takes half an hour.

Without the mark `engine`: it has an engine of its own, and need not be alone with the other one.
"""

from __future__ import annotations

import pytest

from .soak import soak


@pytest.mark.timeout(900)
def test_a_watch_ends_steady_after_a_minute_of_kills_restarts_and_applies() -> None:
    counted = soak(60, seed=5)
    assert counted.problems == ()
    assert counted.tried >= 60
