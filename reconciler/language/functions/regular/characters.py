"""Classes of characters: ranges, categories and scripts of Unicode, letters of either case."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from reconciler.language.functions.regular.scripts import script

Range = tuple[int, int]

MAXIMUM = 0x10FFFF
CATEGORIES = {"C": "cfos", "L": "lmotu", "M": "cen", "N": "dlo", "P": "cdefios", "S": "ckmo", "Z": "lps"}
PERL: dict[str, str] = {"d": "09", "s": "\t\n\f\r  ", "w": "09AZaz__"}
POSIX: dict[str, str] = {
    "alnum": "09AZaz",
    "alpha": "AZaz",
    "ascii": "\x00\x7f",
    "blank": "\t\t  ",
    "cntrl": "\x00\x1f\x7f\x7f",
    "digit": "09",
    "graph": "!~",
    "lower": "az",
    "print": " ~",
    "punct": "!/:@[`{~",
    "space": "\t\r  ",
    "upper": "AZ",
    "word": "09AZaz__",
    "xdigit": "09AFaf",
}

# Letters that are the same but for case, where it is more than a small and a capital one.
_FAMILIES = (
    "kK\u212a sS\u017f åÅ\u212b ßẞ βΒϐ εΕϵ θΘϑϴ ιΙ\u0345\u1fbe κΚϰ μΜµ πΠϖ ρΡϱ σΣς φΦϕ ωΩ\u2126 ṡṠẛ ǆǅǄ ǉǈǇ ǌǋǊ ǳǲǱ"
)
_CASES = {letter: frozenset(family) for family in _FAMILIES.split() for letter in family}
_CASELESS = frozenset("ıİ")


def cases(letter: str) -> frozenset[str]:
    """Return a letter in all its cases."""
    if letter in _CASELESS:
        return frozenset(letter)
    found = _CASES.get(letter)
    return found or frozenset(form for form in (letter, letter.lower(), letter.upper()) if len(form) == 1)


def pairs(spelled: str) -> list[Range]:
    """Return ranges that are spelled as their first and last characters in turn."""
    return [(ord(first), ord(last)) for first, last in zip(spelled[::2], spelled[1::2], strict=True)]


def complement(ranges: list[Range]) -> list[Range]:
    """Return the ranges of all other characters."""
    others, following = [], 0
    for first, last in sorted(ranges):
        if following < first:
            others.append((following, first - 1))
        following = max(following, last + 1)
    return [*others, (following, MAXIMUM)] if following <= MAXIMUM else others


class Property(NamedTuple):
    """Characters of a category (`Lu`) or script (`Greek`), or all others."""

    name: str
    negated: bool

    def __contains__(self, letter: object) -> bool:
        assert isinstance(letter, str)
        return _has(self.name, letter) != self.negated


def is_property(name: str) -> bool:
    """Say whether there is such a category or script."""
    return _is_category(name) or name == "Any" or script(name) is not None


def _is_category(name: str) -> bool:
    return name[:1] in CATEGORIES and (len(name) == 1 or (len(name) == 2 and name[1] in CATEGORIES[name[0]]))


def _has(name: str, letter: str) -> bool:
    if _is_category(name):
        category = unicodedata.category(letter)
        return category != "Cn" and category.startswith(name)
    ranges = script(name)
    return ranges is None or any(first <= ord(letter) <= last for first, last in ranges)


class CharacterSet:
    """A class in brackets, or `.`, `\\d` and their kin; remembers what it was asked."""

    def __init__(
        self,
        ranges: list[Range],
        properties: tuple[Property, ...] = (),
        negated: bool = False,
        any_case: bool = False,
    ) -> None:
        self._ranges, self._properties = tuple(ranges), properties
        self._negated, self._any_case = negated, any_case
        self._known: dict[str, bool] = {}

    def __contains__(self, letter: str) -> bool:
        known = self._known.get(letter)
        if known is None:
            forms = cases(letter) if self._any_case else (letter,)
            known = self._known[letter] = any(map(self._holds, forms)) != self._negated
        return known

    def _holds(self, letter: str) -> bool:
        code = ord(letter)
        return any(first <= code <= last for first, last in self._ranges) or any(
            letter in each for each in self._properties
        )


@lru_cache(maxsize=64)
def perl(letter: str) -> tuple[Range, ...]:
    """Return the ranges of `\\d`, `\\S` and their kin."""
    ranges = pairs(PERL[letter.lower()])
    return tuple(complement(ranges) if letter.isupper() else ranges)
