"""Version requirements such as ">= 0.1, < 2.0" and "~> 1.2"."""

from __future__ import annotations

import re
from collections.abc import Callable

_CLAUSE = re.compile(r"(=|!=|>=|<=|>|<|~>)?\s*v?(\d+(?:\.\d+){0,2})\Z", re.ASCII)

Version = tuple[int, ...]


class VersionError(ValueError):
    """The text is no requirement."""


def allows(requirement: str, version: str) -> bool:
    """Say whether a version meets every clause of a requirement; raise VersionError.

    >>> allows(">= 0.1, < 1.0", "0.3.1")
    True
    """
    return all(_clause(clause.strip(), _numbers(version)) for clause in requirement.split(","))


def _clause(clause: str, version: Version) -> bool:
    found = _CLAUSE.match(clause)
    if found is None:
        raise VersionError(f'"{clause}" is no version requirement')
    operator, wanted = found[1] or "=", _numbers(found[2])
    if operator == "~>":
        parts = found[2].count(".")
        return version >= wanted and version[: max(1, parts)] == wanted[: max(1, parts)]
    return _OPERATORS[operator](version, wanted)


def _numbers(text: str) -> Version:
    numbers = [int(number) for number in re.findall(r"\d+", text)[:3]]
    return tuple(numbers + [0] * (3 - len(numbers)))


_OPERATORS: dict[str, Callable[[Version, Version], bool]] = {
    "=": lambda version, wanted: version == wanted,
    "!=": lambda version, wanted: version != wanted,
    ">=": lambda version, wanted: version >= wanted,
    "<=": lambda version, wanted: version <= wanted,
    ">": lambda version, wanted: version > wanted,
    "<": lambda version, wanted: version < wanted,
}
