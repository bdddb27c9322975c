"""A counted figure: so many times tried, so many times right."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Counted(NamedTuple):
    """How often something was tried, what went wrong, and what else is worth telling."""

    tried: int
    problems: tuple[str, ...]
    remark: str = ""


class Figure(NamedTuple):
    """A figure as it was measured."""

    what: str
    stated: int
    counted: Counted
    seconds: float

    @property
    def is_met(self) -> bool:
        """Whether it was tried as often as stated, and nothing went wrong."""
        return self.counted.tried >= self.stated and not self.counted.problems

    def __str__(self) -> str:
        told = [f"{self.what}: {self.counted.tried} of {self.stated}, {len(self.counted.problems)} problems"]
        return "\n  ".join((*told, *self.counted.problems))


def measured(what: str, stated: int, count: Callable[[int], Counted]) -> Figure:
    """Count, and time it."""
    began_at = time.monotonic()
    counted = count(stated)
    return Figure(what, stated, counted, time.monotonic() - began_at)


def told(where: str, found: Iterable[str]) -> list[str]:
    """Return problems with the place where they were found."""
    return [f"{where}: {each}" for each in found]


def right(counted: Counted) -> int:
    """Return how often it was tried; raises AssertionError with every problem in full."""
    if counted.problems:
        raise AssertionError("\n".join((counted.remark, *counted.problems)))
    return counted.tried
