"""A destroy of which nobody remembers how tasks were targets: the balancer's volume does."""

from __future__ import annotations

from reconciler.drivers.simulated import Behaviour
from reconciler.store.memory import MemoryStore
from tests.builders import EMPTY, balanced, stack
from tests.site import Site


def test_a_destroy_after_a_lost_state_drains_before_it_stops() -> None:
    site = Site()
    site.engine.behave = lambda step: Behaviour(request_seconds=3.0)
    assert site.apply(stack(balanced("web", 2))).decision.is_steady
    site.store = MemoryStore()
    assert site.apply(EMPTY).decision.is_steady
    assert site.engine.lost == []
    assert site.live == ()
    assert site.engine.observed_balancers() == ()
