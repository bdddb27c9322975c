"""Runs a pattern over a text in time linear in both, and finds what backtracking would find: Go's leftmost match.

A way that was tried from a step and place is never tried again, for it failed: so no pattern can take for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.language.functions.regular.program import (
    ASSERT,
    DONE,
    JUMP,
    LETTER,
    ONE_OF,
    SAVE,
    SPLIT,
    Program,
)
from reconciler.language.limits import LimitError

Match = list[int]
"""Where the match and its groups begin and end, in turn; -1 for a group that took no part."""


class Matcher:
    """Searches one text; `effort` counts what was done, at most `limit`."""

    def __init__(self, program: Program, text: str, limit: int) -> None:
        self._steps, self._text = program.steps, text
        self._groups = 2 * (len(program.names) + 1)
        self._limit = limit
        self._first = next(step for step in program.steps if step[0] != SAVE)
        self.effort = 0

    def all(self) -> Iterator[Match]:
        """Yield all matches; an empty one never touches the match before it."""
        position, previous = 0, -1
        while position <= len(self._text):
            found = self.search(position)
            if found is None:
                return
            start, end = found[:2]
            accepted = end != position or start != previous
            position = end if end > position else position + 1
            previous = end
            if accepted:
                yield found

    def search(self, position: int) -> Match | None:
        """Return the first match that begins at `position` or later."""
        tried: set[int] = set()
        kind, expected = self._first[:2]
        while position <= len(self._text):
            if kind == LETTER:
                position = self._text.find(expected, position)
            if position < 0 or (position and kind == ASSERT and expected == "begin"):
                return None
            found = self._run(position, tried)
            if found is not None:
                return found
            position += 1
        return None

    def _run(self, start: int, tried: set[int]) -> Match | None:
        steps, text, length, size = self._steps, self._text, len(self._text), len(self._steps)
        places = [-1] * self._groups
        pending = [(0, start)]
        left = self._limit - self.effort
        while pending:
            at, position = pending.pop()
            if at < 0:
                places[~at] = position
                continue
            while True:
                left -= 1
                if left < 0:
                    raise LimitError("the regular expression needs too many steps for this text")
                kind, detail, other = steps[at]
                if kind <= ONE_OF:
                    if position == length:
                        break
                    if text[position] != detail if kind == LETTER else text[position] not in detail:
                        break
                    position += 1
                    at += 1
                elif kind == SPLIT:
                    mark = position * size + at
                    if mark in tried:
                        break
                    tried.add(mark)
                    pending.append((other, position))
                    at = detail
                elif kind == JUMP:
                    at = detail
                elif kind == SAVE:
                    pending.append((~detail, places[detail]))
                    places[detail] = position
                    at += 1
                elif kind == ASSERT:
                    if not self._holds(detail, position):
                        break
                    at += 1
                elif kind == DONE:
                    self.effort = self._limit - left
                    return places
        self.effort = self._limit - left
        return None

    def _holds(self, kind: str, position: int) -> bool:
        text = self._text
        before, after = text[position - 1 : position] if position else "", text[position : position + 1]
        if kind in ("begin", "line_begin"):
            return not before or (kind == "line_begin" and before == "\n")
        if kind in ("end", "line_end"):
            return not after or (kind == "line_end" and after == "\n")
        return (_is_word(before) != _is_word(after)) == (kind == "boundary")


def _is_word(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter == "_")
