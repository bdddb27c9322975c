"""Huffman codes of limited length, chosen among equals as Go's compress/flate chooses them."""

from __future__ import annotations

from typing import NamedTuple

_ENDLESS = 1 << 31


class Code(NamedTuple):
    """The bits of a symbol, first bit lowest, and how many they are."""

    bits: int
    length: int


def codes_of(frequencies: list[int], most_bits: int) -> list[Code]:
    """Return a code for each symbol; those that never occur have length 0."""
    used = [(frequency, symbol) for symbol, frequency in enumerate(frequencies) if frequency]
    lengths = [0] * len(frequencies)
    if len(used) <= 2:
        for _, symbol in used:
            lengths[symbol] = 1
        return canonical(lengths)
    used.sort()
    remaining = used
    for length, count in enumerate(_counts([frequency for frequency, _ in used], most_bits), start=1):
        for _, symbol in remaining[len(remaining) - count :]:
            lengths[symbol] = length
        remaining = remaining[: len(remaining) - count]
    return canonical(lengths)


def canonical(lengths: list[int]) -> list[Code]:
    """Return the codes that symbols of these lengths have: shorter ones first, then in order of symbols."""
    codes = [Code(0, 0)] * len(lengths)
    code = 0
    for length in range(1, max(lengths) + 1):
        code <<= 1
        for symbol, its in enumerate(lengths):
            if its == length:
                codes[symbol] = Code(int(f"{code:0{length}b}"[::-1], 2), length)
                code += 1
    return codes


class _Level:
    """One row of the package-merge algorithm: what it gave last, and what it can give next."""

    def __init__(self, number: int, frequencies: list[int]) -> None:
        self.number, self.needed = number, 0
        self.last, self.leaf = frequencies[1], frequencies[2]
        self.pair = frequencies[0] + frequencies[1] if number > 1 else _ENDLESS


def _counts(frequencies: list[int], most_bits: int) -> list[int]:
    """Return how many symbols have codes of 1, 2, 3 ... bits; `frequencies` are sorted."""
    size = len(frequencies)
    frequencies = [*frequencies, _ENDLESS]
    top = min(most_bits, size - 1)
    levels = [_Level(number, frequencies) for number in range(top + 2)]
    leaves = [[0] * (top + 1) for _ in range(top + 1)]
    for number in range(1, top + 1):
        leaves[number][number] = 2
    levels[top].needed = 2 * size - 4
    at = top
    while True:
        level = levels[at]
        if level.pair == level.leaf == _ENDLESS:
            level.needed = 0
            levels[at + 1].pair = _ENDLESS
            at += 1
            continue
        before = level.last
        if level.leaf < level.pair:
            leaves[at][at] += 1
            level.last, level.leaf = level.leaf, frequencies[leaves[at][at]]
        else:
            level.last = level.pair
            leaves[at][:at] = leaves[at - 1][:at]
            levels[at - 1].needed = 2
        level.needed -= 1
        if level.needed == 0:
            if at == top:
                break
            levels[at + 1].pair = before + level.last
            at += 1
        else:
            while levels[at - 1].needed > 0:
                at -= 1
    counts = leaves[top]
    return [counts[number] - counts[number - 1] for number in range(top, 0, -1)]
