"""What effects ask before they change anything: the lease of the newest converge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.guard import Guard
from reconciler.errors import StaleError
from reconciler.store.memory import MemoryStore
from tests.builders import declared, stack
from tests.site import Site


def test_the_loop_says_at_first_which_lease_everything_is_done_under() -> None:
    site, guard = Site(), Guard()
    seen: list[bool] = []
    site.observe = lambda decision, snapshot: seen.append(guard.is_lost)
    site.apply(stack(declared("web", 1)), replace(site.world(), hold=guard.hold))
    assert seen
    assert not any(seen)
    assert guard.is_lost, "the lease was given up at the end"


def test_before_there_is_a_lease_nothing_is_refused() -> None:
    guard = Guard()
    guard.check()
    assert not guard.is_lost


def test_once_the_stack_is_somebody_elses_everything_is_refused() -> None:
    store, guard = MemoryStore(), Guard()
    guard.hold(store.acquire("shop", "watch", 0))
    guard.check()
    store.unlock("shop")
    with pytest.raises(StaleError, match="somebody else took over"):
        guard.check()
    guard.hold(store.acquire("shop", "watch", 0))
    guard.check()
