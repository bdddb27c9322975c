"""What runs over collections: for expressions and splats."""

from __future__ import annotations

from reconciler.language.expressions.attempts import attempt
from reconciler.language.expressions.conditionals import truth
from reconciler.language.expressions.conversion import type_name
from reconciler.language.expressions.dispatch import evaluate, evaluates, fail
from reconciler.language.expressions.scope import Scope
from reconciler.language.expressions.terms import key_text
from reconciler.language.expressions.unification import convertible
from reconciler.language.expressions.values import (
    ANY,
    BOOL,
    Type,
    Unknown,
    Value,
    count,
    list_of,
    object_of,
    string,
    tuple_of,
    unknown,
)
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place

CONDITION = "the for expression's condition"
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
    if not pairs and node.condition is not None:
        _check_condition(node, node.condition, inner)
    for key, value in pairs:
        turn(node, inner, key, value)
        if node.condition is not None:
            test = truth(node.condition, inner, CONDITION)
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


def _check_condition(node: syntax.For, condition: Expression, inner: Scope) -> None:
    """Look whether a condition that no element asks is a truth at all."""
    turn(node, inner, unknown(), unknown())
    value = attempt(condition, inner).value
    if value.data is None or not convertible(value.type, BOOL):
        truth(condition, inner, CONDITION)


def turn(node: syntax.For | syntax.TemplateFor, inner: Scope, key: Value, value: Value) -> None:
    """Set the variables of a loop for one turn."""
    inner.failed.clear()
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
    return [(count(position), value) for position, value in enumerate(data)]


@evaluates(syntax.Splat)
def _splat(node: syntax.Splat, scope: Scope) -> Value:
    source = evaluate(node.base, scope)
    kind, inner = source.type.kind, scope.inside()
    listed = kind in ("list", "set")
    if source.data is None:
        if listed or kind == "tuple":
            fail("E0309", f"a splat cannot run over a null {kind}", LOOPABLE, node.base.place)
        return tuple_of(()).mark(source.sensitive)
    if isinstance(source.data, Unknown):
        return _unknown_splat(node, source, inner).mark(source.sensitive)
    items = source.data if listed or kind == "tuple" else (source._replace(sensitive=False),)
    scope.budget.spend(len(items))
    results = [_each(node, inner, item) for item in items]
    if not listed:
        return tuple_of(results).mark(source.sensitive)
    if not results:
        element = _each(node, inner, unknown(source.type.element or ANY)).type
        return list_of(element, ()).mark(source.sensitive)
    if any(result.type != results[0].type for result in results):
        detail = "Use a for expression: a splat inside a splat gives null no element, and others one."
        fail("E0309", "the results of the splat differ in type", detail, node.place)
    return list_of(results[0].type, results).mark(source.sensitive)


def _unknown_splat(node: syntax.Splat, source: Value, inner: Scope) -> Value:
    """Return what is known of the result: its type, wherever the source is a collection for certain."""
    kind = source.type
    if kind.kind in ("list", "set"):
        return unknown(Type("list", _each(node, inner, unknown(kind.element or ANY)).type), True)
    if kind.kind == "tuple":
        return unknown(tuple_of(_each(node, inner, unknown(element)) for element in kind.elements).type, True)
    if kind == ANY or not source.data.not_null:
        return unknown()
    return tuple_of([_each(node, inner, source)])


def _each(node: syntax.Splat, inner: Scope, item: Value) -> Value:
    inner.failed.clear()
    inner.variables["*"] = item
    return evaluate(node.each, inner)


@evaluates(syntax.SplatItem)
def _splat_item(node: syntax.SplatItem, scope: Scope) -> Value:
    return scope.variables["*"]
