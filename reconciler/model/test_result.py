"""How the runs of test files ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan


class Status(StrEnum):
    """How a run ended, from good to bad: FAIL is an assertion that does not hold, ERROR all that ends a file."""

    PASS = "pass"
    SKIP = "skip"
    FAIL = "fail"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run: what is wrong with it, how long it took, and what it planned."""

    name: str
    status: Status
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class FileResult:
    """The runs of one file, in order."""

    file: str
    runs: tuple[RunResult, ...]

    @property
    def status(self) -> Status:
        """The worst of its runs."""
        return worst(each.status for each in self.runs)

    def count(self, *statuses: Status) -> int:
        """Return how many runs ended in one of these ways."""
        return sum(each.status in statuses for each in self.runs)

    @property
    def seconds(self) -> float:
        """How long all of them took."""
        return sum(each.seconds for each in self.runs)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst; nothing at all is a pass."""
    order = list(Status)
    return max(statuses, key=order.index, default=Status.PASS)
