"""What a reader counts as characters, which is how HCL counts lengths and columns."""

from __future__ import annotations

import re
import unicodedata


def graphemes(text: str) -> list[str]:
    """Return what a reader counts as characters: a letter with its combining marks, a joined emoji."""
    if text.isascii():
        return re.findall(r"\r\n|.", text, re.DOTALL) if "\r\n" in text else list(text)
    clusters: list[str] = []
    for character in text:
        if clusters and _extends(clusters[-1], character):
            clusters[-1] += character
        else:
            clusters.append(character)
    return clusters


def _extends(cluster: str, character: str) -> bool:
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or character in "\u200d\ufe0f\ufe0e":
        return cluster[-1] not in "\r\n"
    if 0x1F3FB <= ord(character) <= 0x1F3FF or 0xE0020 <= ord(character) <= 0xE007F:
        return True
    if cluster[-1] == "\u200d":
        return ord(character) > 0x2000
    if _is_flag(character) and _is_flag(cluster[-1]):
        return sum(map(_is_flag, cluster)) % 2 == 1
    return cluster == "\r" and character == "\n"


def _is_flag(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF
