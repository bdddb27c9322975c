"""Counted figures as they were last measured: kept as JSON, from which benchmarks/acceptance.md is written.

All of them in full take hours. So each is recorded as soon as it is measured, with its commit and its day, and a run
that was interrupted has lost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import markdown
from tests.acceptance.figure import Figure

HEADINGS = ("figure", "stated", "measured", "problems", "met", "took", "on", "commit", "how")
NEVER = (*("-",) * (len(HEADINGS) - 2), "not measured in full yet")


class Recorded(NamedTuple):
    """A figure as the texts of its row, under HEADINGS, and what went wrong."""

    row: list[str]
    problems: list[str]


def recorded(figure: Figure, day: str, commit: str) -> Recorded:
    """Return what is kept of a figure that was measured on a day, YYYY-MM-DD, at a commit."""
    minutes, seconds = divmod(round(figure.seconds), 60)
    counted = figure.counted
    row = [
        figure.what,
        f"{figure.stated:,}",
        f"{counted.tried:,}",
        str(len(counted.problems)),
        "yes" if figure.is_met else "no",
        f"{minutes}m{seconds:02d}s",
        day,
        commit,
        counted.remark,
    ]
    return Recorded(row, list(counted.problems))


def load(path: Path) -> dict[str, Recorded]:
    """Return what was measured so far, by the figures' names."""
    if not path.exists():
        return {}
    return {name: Recorded(**entry) for name, entry in json.loads(path.read_text()).items()}


def save(path: Path, known: Mapping[str, Recorded]) -> None:
    """Keep what was measured."""
    entries = {name: each._asdict() for name, each in sorted(known.items())}
    path.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n")


def document(names: Mapping[str, str], known: Mapping[str, Recorded], machine: tuple[tuple[str, str], ...]) -> str:
    """Return the tables as Markdown; `names` are all figures with what they are, whether measured or not."""
    rows = [known[name].row if name in known else (what, *NEVER) for name, what in names.items()]
    parts = [markdown(HEADINGS, rows), "\nThe machine of the last run:\n", markdown(("machine", ""), machine)]
    problems = [problem for name in names if name in known for problem in known[name].problems]
    if problems:
        parts += ["\n## Problems\n", *(f"```\n{problem}\n```" for problem in problems)]
    return "\n".join(parts) + "\n"
