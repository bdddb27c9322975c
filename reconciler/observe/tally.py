"""Counts that only grow, since the process began."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of all histograms, in seconds."""


@dataclass(slots=True)
class Histogram:
    """How many durations were at most as long as each bound; the last bucket has no bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration. A bound is part of its bucket (Prometheus `le`)."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds

    def copy(self) -> Histogram:
        """Return what it is now, for whoever reads it on another thread."""
        return Histogram(list(self.counts), self.sum)

    @property
    def cumulative(self) -> list[tuple[str, int]]:
        """Return (bound, how many were at most as long), as Prometheus wants it: `+Inf` is all of them."""
        total, found = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


@dataclass(slots=True)
class Tally:
    """What is counted of one stack: tasks and containers by group, events by kind and type, durations."""

    starts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    reconcile: Histogram = field(default_factory=Histogram)
    look: Histogram = field(default_factory=Histogram)
    decide: Histogram = field(default_factory=Histogram)

    def copy(self) -> Tally:
        """Return what it is now, for whoever reads it on another thread."""
        return Tally(
            Counter(self.starts),
            Counter(self.failures),
            Counter(self.restarts),
            Counter(self.events),
            self.reconcile.copy(),
            self.look.copy(),
            self.decide.copy(),
        )
