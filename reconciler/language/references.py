"""What an expression refers to, which blocks must therefore come first, and circles among them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reconciler.language import syntax
from reconciler.language.syntax import Expression, Place


class Key(NamedTuple):
    """A definition of the stack: `var.tag`, `local.port`, `service.web`."""

    root: str
    name: str

    def __str__(self) -> str:
        return f"{self.root}.{self.name}"


class Reference(NamedTuple):
    """What a block's value stands for: the addresses of its instances."""

    block_type: str
    addresses: tuple[str, ...]


def references(node: Expression) -> Iterator[tuple[Key, Place]]:
    """Yield every `root.name` in an expression that is no loop variable."""
    pending: list[tuple[Expression, frozenset[str]]] = [(node, frozenset())]
    while pending:
        current, bound = pending.pop()
        if isinstance(current, syntax.GetAttribute) and isinstance(current.base, syntax.Variable):
            if current.base.name not in bound:
                yield Key(current.base.name, current.name), current.place
            continue
        if isinstance(current, syntax.For | syntax.TemplateFor):
            inner = bound | {current.value} | ({current.key} if current.key else frozenset())
            pending.append((current.collection, bound))
            pending.extend((child, inner) for child in syntax.children(current)[1:])
            continue
        pending.extend((child, bound) for child in syntax.children(current))


def body_references(body: syntax.Body) -> Iterator[tuple[Key, Place]]:
    """Yield every reference in a block, nested blocks included."""
    for attribute in body.attributes:
        yield from references(attribute.value)
    for block in body.blocks:
        yield from body_references(block.body)


def in_order(needs: Mapping[Key, Iterable[Key]]) -> tuple[list[Key], list[tuple[Key, ...]]]:
    """Return the keys so that each follows what it needs, and the circles found on the way. Ties keep their order."""
    ordered: list[Key] = []
    circles: list[tuple[Key, ...]] = []
    done: set[Key] = set()
    path: dict[Key, Iterator[Key]] = {}
    for start in needs:
        if start in done:
            continue
        path[start] = iter(needs[start])
        while path:
            current = next(reversed(path))
            following = next((each for each in path[current] if each in needs and each not in done), None)
            if following is None:
                path.pop(current)
                done.add(current)
                ordered.append(current)
            elif following in path:
                keys = list(path)
                circles.append((*keys[keys.index(following) :], following))
            else:
                path[following] = iter(needs[following])
    return ordered, circles


def similar(name: str, names: Iterable[str]) -> str:
    """Return a sentence that proposes the nearest of `names`, or an empty one."""
    found = difflib.get_close_matches(name, sorted(names), 1, 0.6)
    return f'Did you mean "{found[0]}"?' if found else ""
