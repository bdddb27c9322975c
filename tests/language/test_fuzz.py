"""A part of the generated stacks that `make acceptance` runs in full."""

from __future__ import annotations

import pytest

from tests.acceptance.fuzz import fuzz


@pytest.mark.parametrize("seed", range(10, 15))
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(seed: int) -> None:
    counted = fuzz(200, seed)
    assert (counted.tried, counted.problems) == (200, ())
