"""What the parser hands to the builder, and where it stands: tokens, nodes, and what other rules returned."""

from __future__ import annotations

from typing import Any

from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place

Item = Any  # a lark token or what another method returned


def word(item: Item) -> str:
    """Return the name of a variable, or of a keyword that stands for itself."""
    if isinstance(item, syntax.Variable):
        return item.name
    name: str = {True: "true", False: "false", None: "null"}.get(item.value, item.value)
    return name


def is_of(item: Item, kind: str) -> bool:
    """Say whether an item is a token of a kind."""
    return getattr(item, "type", None) == kind


def at(token: Item) -> Place:
    """Return the place of a token."""
    return (token.line, token.column, token.end_line, token.end_column)


def between(first: Place, last: Place) -> Place:
    """Return the place from the beginning of one to the end of another."""
    return (first[0], first[1], last[2], last[3])


def place_of(item: Item) -> Place:
    """Return the place of a token or node."""
    return item.place if hasattr(item, "place") else at(item)


def ends(items: list[Item]) -> Place:
    """Return the place from the first to the last of tokens."""
    return between(at(items[0]), at(items[-1]))


def around(items: list[Item]) -> Place:
    """Return the place from the first to the last of tokens or nodes."""
    return between(place_of(items[0]), place_of(items[-1]))


def nodes(items: list[Item]) -> Any:
    """Return the nodes among items."""
    return tuple(item for item in items if hasattr(item, "place"))


def tuples(items: list[Item]) -> list[Item]:
    """Return the items that are tuples: nodes, and what rules without a node of their own returned."""
    return [item for item in items if isinstance(item, tuple)]
