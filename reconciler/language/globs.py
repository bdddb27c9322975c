"""Patterns of paths, as fileset() takes them: `*`, `?`, `[...]` and `{a,b}` inside a name, `**` for any folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

_TOKEN = re.compile(
    r"\\(?P<plain>.)|\[(?P<not>\^?)(?P<set>(?:\\.|[^\]\\])+)\]|\{(?P<either>(?:\\.|[^{}\\])*)\}|(?P<other>.)",
    re.DOTALL,
)
_WILD = {"*": ".*", "?": "."}


@lru_cache(maxsize=64)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what says whether a path with slashes matches; raise ValueError for a pattern that is none."""
    parts = [None if part == "**" else re.compile(_name(part), re.DOTALL) for part in pattern.split("/")]
    return lambda path: _matches(parts, path.split("/"))


def _matches(parts: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    """Say whether the names of a path fit; `reached` holds how many parts may have been used up so far."""
    reached = _skipping(parts, {0})
    for name in names:
        following = set()
        for at in reached:
            part = parts[at] if at < len(parts) else re.compile(r"(?!)")
            if part is None:
                following.add(at)
            elif part.fullmatch(name):
                following.add(at + 1)
        reached = _skipping(parts, following)
    return len(parts) in reached


def _skipping(parts: Sequence[re.Pattern[str] | None], reached: set[int]) -> set[int]:
    """Add what is reached where `**` stands for nothing."""
    found = set(reached)
    for at in sorted(reached):
        while at < len(parts) and parts[at] is None:
            at += 1
            found.add(at)
    return found


def _name(pattern: str) -> str:
    """Return the regular expression of one name's pattern."""
    parts = []
    for found in _TOKEN.finditer(pattern):
        if found["set"] is not None:
            inside = re.sub(r"([\[&~|])", r"\\\1", found["set"])
            parts.append(f"[{found['not']}{inside}]")
        elif found["either"] is not None:
            parts.append("(?:" + "|".join(map(_name, found["either"].split(","))) + ")")
        elif found["plain"] is not None:
            parts.append(re.escape(found["plain"]))
        elif found["other"] in "[{":
            raise ValueError(f'"{pattern}" is no pattern of file names: a "{found["other"]}" is not closed')
        else:
            parts.append(_WILD.get(found["other"], re.escape(found["other"])))
    try:
        return re.compile("".join(parts)).pattern
    except re.error:
        raise ValueError(f'"{pattern}" is no pattern of file names') from None
