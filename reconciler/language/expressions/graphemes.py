"""What a reader counts as characters, which is how HCL counts lengths and columns.

The rules are those of Unicode's annex 29 for extended grapheme clusters, as of Unicode 15.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import pairwise

_CONTROL, _MARK, _JOINER, _PREPENDED = "control", "mark", "joiner", "prepended"
_FLAG, _PICTURE, _OTHER = "flag", "picture", "other"
_LEAD, _VOWEL, _TAIL, _SYLLABLE, _CLOSED_SYLLABLE = "lead", "vowel", "tail", "syllable", "closed syllable"

_CATEGORIES = {"Cc": _CONTROL, "Cf": _CONTROL, "Zl": _CONTROL, "Zp": _CONTROL, "Mn": _MARK, "Me": _MARK, "Mc": _MARK}

_RANGES = (
    (0x00A9, 0x00A9, _PICTURE),
    (0x00AE, 0x00AE, _PICTURE),
    (0x0600, 0x0605, _PREPENDED),
    (0x06DD, 0x06DD, _PREPENDED),
    (0x070F, 0x070F, _PREPENDED),
    (0x0890, 0x0891, _PREPENDED),
    (0x08E2, 0x08E2, _PREPENDED),
    (0x0D4E, 0x0D4E, _PREPENDED),
    (0x0E33, 0x0E33, _MARK),
    (0x0EB3, 0x0EB3, _MARK),
    (0x102B, 0x102C, _OTHER),
    (0x1038, 0x1038, _OTHER),
    (0x1062, 0x1064, _OTHER),
    (0x1067, 0x106D, _OTHER),
    (0x1083, 0x1083, _OTHER),
    (0x1087, 0x108C, _OTHER),
    (0x108F, 0x108F, _OTHER),
    (0x109A, 0x109C, _OTHER),
    (0x1100, 0x115F, _LEAD),
    (0x1160, 0x11A7, _VOWEL),
    (0x11A8, 0x11FF, _TAIL),
    (0x1A61, 0x1A61, _OTHER),
    (0x1A63, 0x1A64, _OTHER),
    (0x200C, 0x200C, _MARK),
    (0x200D, 0x200D, _JOINER),
    (0x203C, 0x203C, _PICTURE),
    (0x2049, 0x2049, _PICTURE),
    (0x2122, 0x2122, _PICTURE),
    (0x2139, 0x2139, _PICTURE),
    (0x2194, 0x21AA, _PICTURE),
    (0x231A, 0x23FF, _PICTURE),
    (0x24C2, 0x24C2, _PICTURE),
    (0x25AA, 0x27BF, _PICTURE),
    (0x2934, 0x2935, _PICTURE),
    (0x2B05, 0x2B55, _PICTURE),
    (0x3030, 0x3030, _PICTURE),
    (0x303D, 0x303D, _PICTURE),
    (0x3297, 0x3299, _PICTURE),
    (0xA960, 0xA97C, _LEAD),
    (0xAA7B, 0xAA7B, _OTHER),
    (0xAA7D, 0xAA7D, _OTHER),
    (0xD7B0, 0xD7C6, _VOWEL),
    (0xD7CB, 0xD7FB, _TAIL),
    (0xFF9E, 0xFF9F, _MARK),
    (0x110BD, 0x110BD, _PREPENDED),
    (0x110CD, 0x110CD, _PREPENDED),
    (0x111C2, 0x111C3, _PREPENDED),
    (0x11720, 0x11721, _OTHER),
    (0x1193F, 0x1193F, _PREPENDED),
    (0x11941, 0x11941, _PREPENDED),
    (0x11A3A, 0x11A3A, _PREPENDED),
    (0x11A84, 0x11A89, _PREPENDED),
    (0x11D46, 0x11D46, _PREPENDED),
    (0x11F02, 0x11F02, _PREPENDED),
    (0x1F000, 0x1F1E5, _PICTURE),
    (0x1F1E6, 0x1F1FF, _FLAG),
    (0x1F200, 0x1F3FA, _PICTURE),
    (0x1F3FB, 0x1F3FF, _MARK),
    (0x1F400, 0x1FAFF, _PICTURE),
    (0x1FC00, 0x1FFFD, _PICTURE),
    (0xE0020, 0xE007F, _MARK),
)
"""Characters whose kind their general category does not tell: first, last, kind."""

_STARTS = [first for first, _, _ in _RANGES]
_FIRST_SYLLABLE, _LAST_SYLLABLE, _TAILS = 0xAC00, 0xD7A3, 28

_JOINED = {
    _LEAD: (_LEAD, _VOWEL, _SYLLABLE, _CLOSED_SYLLABLE),
    _SYLLABLE: (_VOWEL, _TAIL),
    _VOWEL: (_VOWEL, _TAIL),
    _CLOSED_SYLLABLE: (_TAIL,),
    _TAIL: (_TAIL,),
}
"""Kind of Hangul -> what joins it."""


def graphemes(text: str) -> list[str]:
    """Return the characters of a text: a letter with its combining marks, a syllable, a flag, a joined emoji."""
    if text.isascii():
        return re.findall(r"\r\n|.", text, re.DOTALL) if "\r\n" in text else list(text)
    starts: list[int] = []
    before, base = _CONTROL, _OTHER
    flags = 0
    for place, character in enumerate(text):
        kind = _kind(character)
        flags = flags + 1 if kind == _FLAG else 0
        is_joined = (
            _is_joined(before, kind)
            or (kind == base == _PICTURE and before == _JOINER)
            or (kind == _FLAG and flags % 2 == 0)
            or (character == "\n" and text[place - 1 : place] == "\r")
        )
        if not is_joined:
            starts.append(place)
        base = base if kind in (_MARK, _JOINER) else kind
        before = kind
    return [text[start:end] for start, end in pairwise((*starts, len(text)))]


def _is_joined(before: str, kind: str) -> bool:
    if before == _CONTROL or kind == _CONTROL:
        return False
    return kind in (_MARK, _JOINER) or before == _PREPENDED or kind in _JOINED.get(before, ())


@cache
def _kind(character: str) -> str:
    number = ord(character)
    if _FIRST_SYLLABLE <= number <= _LAST_SYLLABLE:
        return _CLOSED_SYLLABLE if (number - _FIRST_SYLLABLE) % _TAILS else _SYLLABLE
    at = bisect_right(_STARTS, number) - 1
    if at >= 0 and number <= _RANGES[at][1]:
        return _RANGES[at][2]
    return _CATEGORIES.get(unicodedata.category(character), _OTHER)
