"""Health checks of simulated targets: what a balancer knows of a target, as a function of when it answers.

A new target that passes is healthy at once; all else takes the thresholds of the target group (ELB).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.model.load_balancer import TargetHealthCheck
from reconciler.model.routing import CheckResult

Period = tuple[float, float]
"""From when, until when: the end is not in it."""

SHORTEST_INTERVAL = 1.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Check:
    """A target's verdict after `done` checks, the last `against` of which spoke against it.

    Checks are at `listed_at` + 1, 2, 3 ... intervals.
    """

    settings: TargetHealthCheck
    listed_at: float
    result: CheckResult = CheckResult.NONE
    done: int = 0
    against: int = 0

    def is_due(self, now: float) -> bool:
        """Whether a check was made since."""
        return self._checks_until(now) > self.done

    def until(self, now: float, answers: Sequence[Period]) -> Check:
        """Return how it stands after all checks up to now; `answers` is when the target answers."""
        check, last = self, self._checks_until(now)
        while (following := check._following(answers)) is not None and following.done <= last:
            check = following
        return replace(check, done=max(last, check.done))

    def next_verdict_at(self, answers: Sequence[Period]) -> float | None:
        """Return when the verdict will be another one, if nothing else happens."""
        check = self._following(answers)
        while check is not None and check.result is self.result:
            check = check._following(answers)
        return None if check is None else check._at(check.done)

    @property
    def _interval(self) -> float:
        return max(self.settings.interval, SHORTEST_INTERVAL)

    def _at(self, number: int) -> float:
        return self.listed_at + number * self._interval

    def _checks_until(self, now: float) -> int:
        return math.floor((now - self.listed_at) / self._interval + _ROUNDING)

    def _following(self, answers: Sequence[Period]) -> Check | None:
        """Return it after the next check that changes anything: those that only confirm are many."""
        number = self.done + 1
        while self.against == 0 and self._confirms(number, answers):
            at = self._at(number)
            change = min((edge for period in answers for edge in period if at < edge < math.inf), default=None)
            if change is None:
                return None
            number = max(number + 1, math.ceil((change - self.listed_at) / self._interval - _ROUNDING))
        return self._checked(number, answers)

    def _confirms(self, number: int, answers: Sequence[Period]) -> bool:
        return self.result is self._verdict(number, answers)

    def _verdict(self, number: int, answers: Sequence[Period]) -> CheckResult:
        at = self._at(number)
        is_answered = any(begin <= at < end for begin, end in answers)
        return CheckResult.PASSED if is_answered else CheckResult.FAILED

    def _checked(self, number: int, answers: Sequence[Period]) -> Check:
        verdict = self._verdict(number, answers)
        if verdict is self.result:
            return replace(self, done=number, against=0)
        against = self.against + 1
        if against < self._needed(verdict):
            return replace(self, done=number, against=against)
        return replace(self, done=number, result=verdict, against=0)

    def _needed(self, verdict: CheckResult) -> int:
        if verdict is CheckResult.FAILED:
            return self.settings.unhealthy_threshold
        return 1 if self.result is CheckResult.NONE else self.settings.healthy_threshold
