"""What runs over collections: for expressions and splats."""

from __future__ import annotations

from reconciler.language import syntax
from reconciler.language.conditionals import truth
from reconciler.language.conversion import type_name, unify
from reconciler.language.dispatch import evaluate, evaluates, fail
from reconciler.language.scope import Scope
from reconciler.language.syntax import Place
from reconciler.language.terms import key_text
from reconciler.language.values import (
    ANY,
    Type,
    Unknown,
    Value,
    list_of,
    number,
    object_of,
    string,
    tuple_of,
    unknown,
)

LOOPABLE = "Give it a list, set, map, tuple or object."


@evaluates(syntax.For)
def _for(node: syntax.For, scope: Scope) -> Value:
    source = evaluate(node.collection, scope)
    pairs = pairs_of(source, node.collection.place)
    if pairs is None:
        return unknown(ANY, True).mark(source.sensitive)
    scope.budget.spend(len(pairs))
    results: list[tuple[Value | None, Value]] = []
    sensitive, known = source.sensitive, True
    inner = scope.inside()
    for key, value in pairs:
        turn(node, inner, key, value)
        if node.condition is not None:
            test = truth(node.condition, inner, "the for expression's condition")
            sensitive = sensitive or test.sensitive
            known = known and not test.is_unknown
            if test.data is False:
                continue
        result_key = evaluate(node.result_key, inner) if node.result_key is not None else None
        results.append((result_key, evaluate(node.result, inner)))
    if not known:
        return unknown(ANY, True).mark(sensitive)
    if node.result_key is None:
        return tuple_of([value for _, value in results]).mark(sensitive)
    return _for_object(node, node.result_key.place, results).mark(sensitive)


def turn(node: syntax.For | syntax.TemplateFor, inner: Scope, key: Value, value: Value) -> None:
    """Set the variables of a loop for one turn."""
    if node.key is not None:
        inner.variables[node.key] = key
    inner.variables[node.value] = value


def _for_object(node: syntax.For, place: Place, results: list[tuple[Value | None, Value]]) -> Value:
    groups: dict[str, list[Value]] = {}
    sensitive, known = False, True
    for key, value in results:
        assert key is not None
        text = key_text(key, place)
        sensitive = sensitive or key.sensitive
        if text is None:
            known = False
            continue
        if text in groups and not node.grouping:
            shown = "" if key.sensitive else f' "{text}"'
            detail = "Add ... after the value to group the values of equal keys."
            fail("E0308", f"two elements have the same key{shown}", detail, place)
        groups.setdefault(text, []).append(value)
    if not known:
        return unknown(ANY, True).mark(sensitive)
    items = {key: tuple_of(values) if node.grouping else values[0] for key, values in groups.items()}
    return object_of(items).mark(sensitive)


def pairs_of(source: Value, place: Place) -> list[tuple[Value, Value]] | None:
    """Return the keys and values that a loop runs over; None when they are unknown."""
    if source.data is None:
        fail("E0309", "a loop cannot run over null", LOOPABLE, place)
    data = source.data
    if source.type.kind not in ("any", "list", "set", "map", "tuple", "object"):
        fail("E0309", f"a loop cannot run over {type_name(source.type)}", LOOPABLE, place)
    if isinstance(data, Unknown):
        return None
    if isinstance(data, dict):
        return [(string(key), value) for key, value in data.items()]
    if source.type.kind == "set":
        return [(value, value) for value in data]
    return [(number(position), value) for position, value in enumerate(data)]


@evaluates(syntax.Splat)
def _splat(node: syntax.Splat, scope: Scope) -> Value:
    source = evaluate(node.base, scope)
    kind, data = source.type, source.data
    if data is None:
        return tuple_of(()).mark(source.sensitive)
    if isinstance(data, Unknown):
        return unknown(ANY if kind.kind not in ("list", "set") else Type("list", ANY), kind != ANY).mark(
            source.sensitive
        )
    inner = scope.inside()
    if kind.kind not in ("list", "set", "tuple"):
        inner.variables["*"] = source
        return tuple_of([evaluate(node.each, inner)])
    scope.budget.spend(len(data))
    items = []
    for item in data:
        inner.variables["*"] = item
        items.append(evaluate(node.each, inner))
    if kind.kind == "tuple":
        return tuple_of(items).mark(source.sensitive)
    element = unify([item.type for item in items]) if items else ANY
    result = tuple_of(items) if element is None else list_of(element, items)
    return result.mark(source.sensitive)


@evaluates(syntax.SplatItem)
def _splat_item(node: syntax.SplatItem, scope: Scope) -> Value:
    return scope.variables["*"]
