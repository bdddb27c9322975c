"""A pattern's tree as steps of a small machine."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from reconciler.language.functions.regular.pattern import (
    Assertion,
    Choice,
    Group,
    Letter,
    Node,
    OneOf,
    PatternError,
    PatternReader,
    Repeat,
    Sequence,
)

MAXIMUM_STEPS = 20_000

LETTER, ONE_OF, SPLIT, JUMP, SAVE, ASSERT, DONE = range(7)

Step = tuple[int, Any, int]
"""What to do, with what; of a SPLIT the way to try first and the other one."""


class Program(NamedTuple):
    """The steps of a pattern, and the names of its groups."""

    steps: tuple[Step, ...]
    names: tuple[str, ...]


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Program:
    """Return the steps of a pattern; raise PatternError."""
    reader = PatternReader(pattern)
    compiler = _Compiler()
    compiler.add(Group(reader.read(), 0))
    compiler.steps.append((DONE, None, 0))
    return Program(tuple(compiler.steps), tuple(reader.names))


class _Compiler:
    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, node: Node) -> None:
        """Append the steps of a node."""
        if len(self.steps) > MAXIMUM_STEPS:
            raise PatternError("the pattern is too large")
        match node:
            case Letter(letter):
                self.steps.append((LETTER, letter, 0))
            case OneOf(members):
                self.steps.append((ONE_OF, members, 0))
            case Assertion(kind):
                self.steps.append((ASSERT, kind, 0))
            case Sequence(parts):
                for part in parts:
                    self.add(part)
            case Group(part, index):
                self.steps.append((SAVE, 2 * index, 0))
                self.add(part)
                self.steps.append((SAVE, 2 * index + 1, 0))
            case Choice(parts):
                self._choice(parts)
            case Repeat():
                self._repeat(node)

    def _choice(self, parts: tuple[Node, ...]) -> None:
        jumps = []
        for part in parts[:-1]:
            split = self._hole()
            self.add(part)
            jumps.append(self._hole())
            self._split(split, split + 1, len(self.steps), True)
        self.add(parts[-1])
        for jump in jumps:
            self.steps[jump] = (JUMP, len(self.steps), 0)

    def _repeat(self, node: Repeat) -> None:
        for _ in range(node.least if node.most is not None else max(0, node.least - 1)):
            self.add(node.part)
        if node.most is not None:
            self._optional(node, node.most - node.least)
        elif node.least:
            self._loop(node)
        else:
            split = self._hole()
            self._loop(node)
            self._split(split, split + 1, len(self.steps), node.greedy)

    def _optional(self, node: Repeat, times: int) -> None:
        """Add (part(part(part)?)?)?, every one given up together with those inside."""
        splits = []
        for _ in range(times):
            splits.append(self._hole())
            self.add(node.part)
        for split in splits:
            self._split(split, split + 1, len(self.steps), node.greedy)

    def _loop(self, node: Repeat) -> None:
        """Add the part once or more often."""
        start = len(self.steps)
        self.add(node.part)
        split = self._hole()
        self._split(split, start, split + 1, node.greedy)

    def _hole(self) -> int:
        self.steps.append((JUMP, 0, 0))
        return len(self.steps) - 1

    def _split(self, at: int, inside: int, behind: int, greedy: bool) -> None:
        self.steps[at] = (SPLIT, inside, behind) if greedy else (SPLIT, behind, inside)
