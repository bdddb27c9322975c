"""What tests of the loop share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.scenarios.play import Play
from tests.stories.traffic_safety import TrafficSafety


@pytest.fixture
def play() -> Iterator[Play]:
    """A play on which the rules of traffic safety are held against every effect."""
    play = Play()
    safety, told = TrafficSafety(play.site.engine), play.site.observe
    play.site.engine.perform = safety.watching(play.site.engine.perform)  # type: ignore[method-assign]

    def observe(decision: Any, shown: Any) -> None:
        safety.at_look(decision, shown)
        told(decision, shown)

    play.site.observe = observe
    yield play
    assert play.site.engine.lost == []
