"""Rows of figures as a table for people and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from benchmarks.measure import Samples


class Row(NamedTuple):
    """One figure. With a peer the goal is the largest ratio of median wall times, without one it is seconds.

    `is_paired`: of runs that belong together, one of ours and one of the peer's, the median of their ratios counts.
    """

    what: str
    ours: Samples
    peer: Samples | None
    goal: float | None
    is_paired: bool = False

    @property
    def value(self) -> float:
        """What is held against the goal."""
        if self.peer and self.is_paired:
            return median(ours.wall / peer.wall for ours, peer in zip(self.ours, self.peer, strict=True))
        return self.ours.wall / self.peer.wall if self.peer else self.ours.wall

    @property
    def is_met(self) -> bool:
        """Whether the goal is met, as measured; no goal is always met."""
        return self.goal is None or self.value <= self.goal

    def cells(self) -> tuple[str, ...]:
        """Return the texts of the first table."""
        if self.goal is None:
            goal = "-"
        else:
            goal = f"<= {self.goal:.2f}" if self.peer else f"<= {seconds(self.goal)} (absolute)"
        peer = seconds(self.peer.wall) if self.peer else "-"
        ratio = f"{self.value:.2f}" if self.peer else "-"
        met = "-" if self.goal is None else "yes" if self.is_met else "no"
        return self.what, seconds(self.ours.wall), peer, ratio, goal, met

    def details(self) -> tuple[str, ...]:
        """Return the texts of the second table."""
        of_peer = _of(self.peer) if self.peer else ("-", "-", "-")
        return self.what, str(len(self.ours)), *_of(self.ours), *of_peer


HEADINGS = ("what", "ours", "peer", "ratio", "goal", "met")
DETAIL_HEADINGS = (
    "what",
    "runs",
    "ours: min-max",
    "ours: CPU",
    "engine's CPU",
    "peer: min-max",
    "peer: CPU",
    "engine's CPU",
)


def seconds(value: float) -> str:
    """Return a duration: `0.134 s`, `12.3 s`."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table for a terminal."""
    every = [tuple(headings), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in every) for column in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in every]
    return "\n".join(line.rstrip() for line in lines)


def markdown(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    every = [tuple(headings), ("---",) * len(headings), *map(tuple, rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in every)


def _of(samples: Samples) -> tuple[str, str, str]:
    low, high = samples.range
    return f"{seconds(low)} - {seconds(high)}", seconds(samples.cpu), seconds(samples.engine_cpu)
