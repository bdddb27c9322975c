"""What an expression refers to, which blocks must therefore come first, and circles among them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place

AnyKey = TypeVar("AnyKey", bound=Hashable)

MODULE = "module"


class Key(NamedTuple):
    """A definition of the stack: `var.tag`, `local.port`, `service.web`, `module.mail`.

    One output of a module is written with the module in `root`: Key("module.mail", "url").
    """

    root: str
    name: str

    def __str__(self) -> str:
        return f"{self.root}.{self.name}"


class Reference(NamedTuple):
    """What a block's value stands for: the addresses of its instances. `is_map` when for_each made them."""

    block_type: str
    addresses: tuple[str, ...]
    is_map: bool = False


def references(node: Expression, bound: frozenset[str] = frozenset()) -> Iterator[tuple[Key, Place]]:
    """Yield every `root.name` in an expression that is no loop variable; `bound` are those around it."""
    pending: list[tuple[Expression, frozenset[str]]] = [(node, bound)]
    while pending:
        current, bound = pending.pop()
        if isinstance(current, syntax.Literal):
            continue
        output = _module_output(current) if MODULE not in bound else None
        if output is not None:
            yield output, current.place
            pending.extend((key, bound) for key in _index_keys(current))
            continue
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


def _module_output(node: Expression) -> Key | None:
    """Return the output that `module.m.out`, `module.m["k"].out` or `module.m[*].out` names."""
    if isinstance(node, syntax.GetAttribute):
        call = _call(node.base)
        return Key(f"{MODULE}.{call}", node.name) if call is not None else None
    if isinstance(node, syntax.Splat):
        call, each = _call(node.base), node.each
        while isinstance(each, syntax.GetAttribute | syntax.Index) and not isinstance(each.base, syntax.SplatItem):
            each = each.base
        if call is not None and isinstance(each, syntax.GetAttribute):
            return Key(f"{MODULE}.{call}", each.name)
    return None


def _call(node: Expression) -> str | None:
    """Return the name in `module.name`, also with an index behind it."""
    while isinstance(node, syntax.Index):
        node = node.base
    if not isinstance(node, syntax.GetAttribute) or not isinstance(node.base, syntax.Variable):
        return None
    return node.name if node.base.name == MODULE else None


def _index_keys(node: Expression) -> Iterator[Expression]:
    """Yield the expressions in brackets behind a module's name."""
    while isinstance(node, syntax.GetAttribute | syntax.Splat | syntax.Index):
        if isinstance(node, syntax.Index):
            yield node.key
        node = node.base


def body_references(body: syntax.Body, bound: frozenset[str] = frozenset()) -> Iterator[tuple[Key, Place]]:
    """Yield every reference in a block, nested blocks included."""
    yield from _attribute_references(body, bound)
    for block in body.blocks:
        iterator = dynamic_iterator(block)
        if not iterator:
            yield from body_references(block.body, bound)
            continue
        yield from _attribute_references(block.body, bound)
        for content in block.body.blocks:
            yield from body_references(content.body, bound | {iterator})


def _attribute_references(body: syntax.Body, bound: frozenset[str]) -> Iterator[tuple[Key, Place]]:
    for attribute in body.attributes:
        yield from references(attribute.value, bound)


def dynamic_iterator(block: syntax.Block) -> str:
    """Return the name that a `dynamic` block's content knows its element by; empty for other blocks."""
    if block.type != "dynamic" or not block.labels:
        return ""
    for attribute in block.body.attributes:
        if attribute.name == "iterator" and isinstance(attribute.value, syntax.Variable):
            return attribute.value.name
    return block.labels[0].text


def in_order(needs: Mapping[AnyKey, Iterable[AnyKey]]) -> tuple[list[AnyKey], list[tuple[AnyKey, ...]]]:
    """Return the keys so that each follows what it needs, and the circles found on the way. Ties keep their order."""
    ordered: list[AnyKey] = []
    circles: list[tuple[AnyKey, ...]] = []
    done: set[AnyKey] = set()
    path: dict[AnyKey, Iterator[AnyKey]] = {}
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
