"""When a step that failed may be tried again, where nobody who decided it counts its failures; in memory only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.model.address import block_type
from reconciler.model.step import ASIDES, BuildImage, Outcome, ProbeAlarm, PullImage, RunHook, StartContainer, Step

TRIES = 5
"""How often a step that serves no single task is tried, and how often an engine out of reach is asked again."""

MOST_DOUBLINGS = 9
"""A watch tries for ever, about every four minutes in the end."""

_TOLD_TO_DEPLOYMENTS = (StartContainer, PullImage, BuildImage, RunHook, ProbeAlarm)
"""Steps whose failures `decide` counts and throttles itself."""


@dataclass
class Retries:
    """The failures of steps, by their keys. `pause` is that after the first failure, in seconds."""

    pause: float
    is_patient: bool
    """Whether nothing is ever given up."""
    hopeless: str = ""
    """What failed too often, for people; empty while nothing did."""
    _failures: dict[str, int] = field(default_factory=dict)
    _not_before: dict[str, float] = field(default_factory=dict)

    def may_try(self, key: str, now: float) -> bool:
        """Whether a step may be tried now."""
        return self._not_before.get(key, 0.0) <= now

    def ahead(self, now: float) -> list[float]:
        """Return when steps may be tried that may not be tried now."""
        return [at for at in self._not_before.values() if at > now]

    def note(self, outcomes: Iterable[Outcome], now: float) -> None:
        """Space out the tries of a failing step that serves no single task."""
        for outcome in outcomes:
            key = outcome.step.key
            if outcome.ok or _is_told(outcome.step):
                self._failures.pop(key, None)
                self._not_before.pop(key, None)
            else:
                self.space_out(key, f"{outcome.step.address}: {outcome.code}: {outcome.reason}", now)

    def space_out(self, key: str, problem: str, now: float) -> None:
        """Count a failure: each doubles the pause until the next try."""
        tries = self._failures.get(key, 0) + 1
        self._failures[key] = tries
        self._not_before[key] = now + self.pause * 2.0 ** (min(tries, MOST_DOUBLINGS) - 1)
        if tries >= TRIES and not (self.is_patient or key.startswith(ASIDES)):
            self.hopeless = f"{problem}\nTried {tries} times."


def _is_told(step: Step) -> bool:
    """Whether whoever decided a step throttles it too; of a load balancer's image that is not so."""
    if step.key.startswith(ASIDES):
        return True
    is_balancers = block_type(step.address) == "load_balancer"
    return isinstance(step, _TOLD_TO_DEPLOYMENTS) and not is_balancers
