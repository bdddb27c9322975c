"""What all random stories share: which are told, with which random ids, and how one that fails is cut down and shown.

A story that fails is cut down to the fewest chapters, kinds of faults and names that still fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from random import Random
from typing import Protocol, Self, TypeVar

import pytest

from reconciler.engine import session

REPLAYED = os.environ.get("RECONCILER_STORY", "")

Failure = tuple[str, list[str]]
"""What went wrong, and a trace of what happened."""


class Chapter(Protocol):
    """A dataclass: a part of a story, told while faults are at work."""

    seed: str
    faults: frozenset[str]

    @property
    def names(self) -> Set[str]:
        """What there is to leave out."""
        ...

    def without(self, name: str) -> Self:
        """Return the same without that."""
        ...


AnyChapter = TypeVar("AnyChapter", bound=Chapter)


def seeds(variable: str, count: int) -> Sequence[int]:
    """Return which stories are told: the one to be told again, or as many as the environment says."""
    return (int(REPLAYED),) if REPLAYED else range(int(os.environ.get(variable, str(count))))


def with_random_ids(seed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a story's ids follow from its seed."""
    dice = Random(seed)
    monkeypatch.setattr(session.randomness, "token_hex", lambda size: f"{dice.getrandbits(8 * size):0{2 * size}x}")


def report(
    seed: int,
    told: tuple[AnyChapter, ...],
    faults: Sequence[str],
    failure: Callable[[tuple[AnyChapter, ...]], Failure | None],
    tests: str,
) -> str:
    """Cut a failing story down, and tell it."""
    for smaller in _smaller_ones(told, faults, failure):
        told = smaller
    found = failure(told)
    assert found is not None
    problem, trace = found
    lines = "\n".join(f"  {line}" for line in trace)
    return f"story {seed}: {problem}\n{lines}\nreplay: RECONCILER_STORY={seed} pytest {tests}"


def _smaller_ones(
    told: tuple[AnyChapter, ...],
    faults: Sequence[str],
    failure: Callable[[tuple[AnyChapter, ...]], Failure | None],
) -> Iterator[tuple[AnyChapter, ...]]:
    """Yield ever smaller stories that still fail."""
    for chapter in told:
        rest = tuple(each for each in told if each is not chapter)
        if rest and failure(rest) is not None:
            told = rest
            yield told
    for fault in faults:
        without = tuple(replace(each, faults=each.faults - {fault}) for each in told)  # type: ignore[type-var]
        if without != told and failure(without) is not None:
            told = without
            yield told
    for name in sorted({name for chapter in told for name in chapter.names}):
        fewer = tuple(each.without(name) for each in told)
        if failure(fewer) is not None:
            told = fewer
            yield told
