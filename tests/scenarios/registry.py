"""All scenarios by name; a module of scenarios marks each with `@scenario`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.scenarios.play import Play

Scenario = Callable[[Play], None]
GOLDEN = Path(__file__).parent / "golden"
SCENARIOS: dict[str, Scenario] = {}


def scenario(act: Scenario) -> Scenario:
    """Make a function a scenario of its name."""
    SCENARIOS[act.__name__] = act
    return act
