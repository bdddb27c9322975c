"""Where a text repeats itself: literals and matches, found as Go's compress/flate finds them at its usual level."""

from __future__ import annotations

from typing import NamedTuple

SHORTEST, LONGEST = 4, 258
WINDOW = 1 << 15

_GOOD, _LAZY, _NICE, _TRIES = 8, 16, 128, 128
_NEAR = 4096
_HASH_FACTOR, _HASH_BITS = 0x1E35A7BD, 17


class Match(NamedTuple):
    """A repetition of what stood `distance` bytes before."""

    length: int
    distance: int


Token = int | Match
"""A literal byte, or a match."""


def tokens_of(content: bytes) -> list[Token]:
    """Return what `content` (at most two windows of it) is made of."""
    finder = _Finder(content)
    tokens: list[Token] = []
    previous = Match(SHORTEST - 1, 0)
    pending = False
    at = 0
    while at < len(content):
        head = finder.look(at)
        found = Match(SHORTEST - 1, 0)
        if head is not None and head >= max(0, at - WINDOW) and previous.length < min(_LAZY, len(content) - at):
            found = finder.longest(at, head)
        if previous.length >= SHORTEST and found.length <= previous.length:
            tokens.append(previous)
            for inside in range(at + 1, at + previous.length - 1):
                finder.insert(inside)
            at += previous.length - 1
            previous, pending = Match(SHORTEST - 1, 0), False
            continue
        if pending:
            tokens.append(content[at - 1])
        previous, pending = found, True
        at += 1
    return [*tokens, content[at - 1]] if pending else tokens


class _Finder:
    """Remembers where each four bytes stood."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._heads: dict[int, int] = {}
        self._before: dict[int, int | None] = {}
        self._head: int | None = None

    def look(self, at: int) -> int | None:
        """Return where the like of the bytes here stood last, and remember them; the last three change nothing."""
        if self.insert(at):
            self._head = self._before[at]
        return self._head

    def insert(self, at: int) -> bool:
        """Remember the bytes here, if there are enough."""
        if at >= len(self._content) - (SHORTEST - 1):
            return False
        word = int.from_bytes(self._content[at : at + SHORTEST], "big")
        key = (word * _HASH_FACTOR & 0xFFFFFFFF) >> (32 - _HASH_BITS)
        self._before[at] = self._heads.get(key)
        self._heads[key] = at
        return True

    def longest(self, at: int, head: int) -> Match:
        """Return the longest match among the last ones of this hash; of equal ones the nearest."""
        content, most = self._content, min(LONGEST, len(self._content) - at)
        best = Match(SHORTEST - 1, 0)
        following: int | None = head
        for _ in range(_TRIES):
            if following is None or following < max(0, at - WINDOW):
                break
            may_be_longer = best.length < most and content[following + best.length] == content[at + best.length]
            length = self._equal_length(following, at, most) if may_be_longer else 0
            if length > best.length and (length > SHORTEST or at - following <= _NEAR):
                best = Match(length, at - following)
                if length >= min(_NICE, most):
                    break
            if following == at - WINDOW:
                break
            following = self._before[following]
        return best if best.distance else Match(SHORTEST - 1, 0)

    def _equal_length(self, first: int, second: int, most: int) -> int:
        content = self._content
        length = 0
        while length < most and content[first + length] == content[second + length]:
            length += 1
        return length
