"""What tasks logged of the requests that reached them (scripts/demo/target.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

NO_ID = "-"
"""What is logged of a request without an id: the balancer's health checks."""


class Seen(NamedTuple):
    """One line of a task's log: the moment at which a request had come, or was answered."""

    version: str
    host: str
    service: str
    at: float
    word: str
    request: str
    path: str


def seen(logs: Path, word: str = "began") -> tuple[Seen, ...]:
    """Return what all tasks logged of a load's requests, in order of time."""
    found = (each for file in logs.glob("*.log") for each in _lines(file))
    return tuple(sorted((each for each in found if each.word == word), key=lambda each: each.at))


def begun_not_ended(logs: Path, host: str) -> frozenset[str]:
    """Return the ids of the requests that a task had begun and never answered."""
    every = tuple(each for file in logs.glob(f"*.{host}.*.log") for each in _lines(file))
    begun, ended = ({each.request for each in every if each.word == word} for word in ("began", "ended"))
    return frozenset(begun - ended)


def _lines(file: Path) -> Iterator[Seen]:
    version, host, service, _ = file.name.split(".")
    for line in file.read_text().splitlines():
        at, word, request, _, path = line.split()
        if request != NO_ID:
            yield Seen(version, host, service, float(at), word, request, path)
