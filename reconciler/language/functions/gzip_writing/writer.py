"""gzip, byte by byte as Go writes it: one block of the content, then the two empty ones of a flush and of the end."""

from __future__ import annotations

import gzip
import zlib
from bisect import bisect_right
from itertools import groupby
from typing import NamedTuple

from reconciler.language.functions.gzip_writing.huffman import Code, canonical, codes_of
from reconciler.language.functions.gzip_writing.matches import Token, tokens_of

LARGEST = 16_000
"""Larger contents are of several blocks: they are compressed well, but not as Go would."""

_HEADER = bytes.fromhex("1f8b08000000000000ff")
_EMPTY_BLOCK, _LAST_EMPTY_BLOCK = bytes.fromhex("000000ffff"), bytes.fromhex("010000ffff")
_END_OF_BLOCK, _LONGEST = 256, 258
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
_FIXED_LITERALS = canonical([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)
_FIXED_DISTANCES = canonical([5] * 30)


def _bases(first: int, plain: int, same: int, count: int) -> list[int]:
    """Return where the ranges of a code begin: `plain` of one value, then `same` ranges of each doubled width."""
    bases = [first]
    for index in range(count - 1):
        bases.append(bases[-1] + (1 << max(0, (index - plain) // same + 1)))
    return bases


_LENGTHS = [*_bases(3, 8, 4, 28), _LONGEST]
_DISTANCES = _bases(1, 4, 2, 30)


class _Symbol(NamedTuple):
    """A symbol of a code, and the bits that follow it."""

    code: int
    extra: int = 0
    bits: int = 0


def compressed(content: bytes) -> bytes:
    """Return the gzip of a content."""
    if len(content) > LARGEST:
        return gzip.compress(content, mtime=0)
    ending = zlib.crc32(content).to_bytes(4, "little") + len(content).to_bytes(4, "little")
    writer = _BitWriter()
    if content:
        _write_block(writer, content, tokens_of(content))
    writer.put(0, 3)
    return _HEADER + writer.aligned() + _EMPTY_BLOCK[1:] + _LAST_EMPTY_BLOCK + ending


class _BitWriter:
    """Packs bits into bytes, first bit lowest."""

    def __init__(self) -> None:
        self._value = self._count = 0

    def put(self, value: int, count: int) -> None:
        """Append the lowest bits of a value."""
        self._value |= value << self._count
        self._count += count

    def aligned(self) -> bytes:
        """Return the bytes so far, the last one filled up with zeros."""
        return self._value.to_bytes((self._count + 7) // 8, "little")


def _write_block(writer: _BitWriter, content: bytes, tokens: list[Token]) -> None:
    """Write the content stored, or in fixed or its own codes: whichever is shortest."""
    pairs = [_symbols(token) for token in tokens]
    literals = [0] * 286
    distances = [0] * 30
    literals[_END_OF_BLOCK] = 1
    for literal, distance in pairs:
        literals[literal.code] += 1
        if distance is not None:
            distances[distance.code] += 1
    distances[0] += not any(distances)
    own = codes_of(literals, 15), codes_of(distances, 15)
    header = _Header(own[0], own[1])
    sizes = {
        "fixed": 3 + _size(_FIXED_LITERALS, literals) + _size(_FIXED_DISTANCES, distances),
        "own": header.size() + _size(own[0], literals) + _size(own[1], distances),
    }
    extra = sum(symbol.bits for pair in pairs for symbol in pair if symbol is not None)
    kind = "own" if sizes["own"] < sizes["fixed"] else "fixed"
    if (len(content) + 5) * 8 < sizes[kind] + extra:
        _store(writer, content)
        return
    writer.put(2 if kind == "fixed" else 4, 3)
    if kind == "own":
        header.write(writer)
    codes = own if kind == "own" else (_FIXED_LITERALS, _FIXED_DISTANCES)
    for pair in [*pairs, (_Symbol(_END_OF_BLOCK), None)]:
        for symbol, code in zip(pair, codes, strict=True):
            if symbol is not None:
                writer.put(*code[symbol.code])
                writer.put(symbol.extra, symbol.bits)


def _store(writer: _BitWriter, content: bytes) -> None:
    writer.put(0, 3)
    start = len(writer.aligned()) * 8
    writer.put(0, start - writer._count)
    length = len(content)
    for byte in length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + content:
        writer.put(byte, 8)


def _symbols(token: Token) -> tuple[_Symbol, _Symbol | None]:
    if isinstance(token, int):
        return _Symbol(token), None
    return _ranged(token.length, _LENGTHS, 257), _ranged(token.distance, _DISTANCES, 0)


def _ranged(value: int, bases: list[int], first: int) -> _Symbol:
    index = bisect_right(bases, value) - 1
    width = bases[index + 1] - bases[index] if index + 1 < len(bases) else 1 << 13
    bits = 0 if value == _LONGEST and first else (width - 1).bit_length()
    return _Symbol(first + index, value - bases[index], bits)


def _size(codes: list[Code], frequencies: list[int]) -> int:
    return sum(codes[symbol].length * frequency for symbol, frequency in enumerate(frequencies))


class _Header:
    """What tells the reader a block's own codes: their lengths, in a code of their own."""

    def __init__(self, literals: list[Code], distances: list[Code]) -> None:
        lengths, others = _trimmed(literals), _trimmed(distances)
        self._literals, self._distances = len(lengths), len(others)
        self._symbols = [symbol for length, run in groupby(lengths + others) for symbol in _run(length, len([*run]))]
        frequencies = [0] * len(_ORDER)
        for symbol in self._symbols:
            frequencies[symbol.code] += 1
        self._codes = codes_of(frequencies, 7)
        used = [index for index, code in enumerate(_ORDER) if frequencies[code]]
        self._count = max(4, used[-1] + 1)

    def size(self) -> int:
        """Return how many bits it takes, the block's type included."""
        symbols = sum(self._codes[symbol.code].length + symbol.bits for symbol in self._symbols)
        return 17 + 3 * self._count + symbols

    def write(self, writer: _BitWriter) -> None:
        """Write it, the block's type not included."""
        writer.put(self._literals - 257, 5)
        writer.put(self._distances - 1, 5)
        writer.put(self._count - 4, 4)
        for code in _ORDER[: self._count]:
            writer.put(self._codes[code].length, 3)
        for symbol in self._symbols:
            writer.put(*self._codes[symbol.code])
            writer.put(symbol.extra, symbol.bits)


def _trimmed(codes: list[Code]) -> list[int]:
    lengths = [code.length for code in codes]
    while not lengths[-1]:
        lengths.pop()
    return lengths


def _run(length: int, count: int) -> list[_Symbol]:
    """Return the symbols for so many equal lengths: repetitions as long as they can be."""
    symbols: list[_Symbol] = []
    if length:
        symbols.append(_Symbol(length))
        count -= 1
        while count >= 3:
            times = min(6, count)
            symbols.append(_Symbol(16, times - 3, 2))
            count -= times
    else:
        while count >= 11:
            times = min(138, count)
            symbols.append(_Symbol(18, times - 11, 7))
            count -= times
        if count >= 3:
            symbols.append(_Symbol(17, count - 3, 3))
            count = 0
    return symbols + [_Symbol(length)] * count
