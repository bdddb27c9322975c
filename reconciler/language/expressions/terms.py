"""What stands in an expression by itself: literals, names and what is inside them, collections, calls."""

from __future__ import annotations

from reconciler.language.expressions import access
from reconciler.language.expressions.access import AccessError
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.dispatch import evaluate, evaluates, fail
from reconciler.language.expressions.scope import Scope
from reconciler.language.expressions.values import (
    ANY,
    STRING,
    Value,
    boolean,
    null,
    number,
    object_of,
    string,
    tuple_of,
    unknown,
)
from reconciler.language.functions import call
from reconciler.language.functions.table import WRONG_COUNT, FunctionError
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place

AMBIGUOUS = "an object's key is either a name or an expression in parentheses"
NO_ATTRIBUTES = "See what the value before the dot holds."


@evaluates(syntax.Literal)
def _literal(node: syntax.Literal, scope: Scope) -> Value:
    value = node.value
    if isinstance(value, str):
        return string(value)
    if value is None:
        return null()
    return boolean(value) if isinstance(value, bool) else number(value)


@evaluates(syntax.Variable)
def _variable(node: syntax.Variable, scope: Scope) -> Value:
    found = scope.variables.get(node.name)
    return found if found is not None else scope.names.bare(node.name, node.place)


@evaluates(syntax.GetAttribute)
def _get_attribute(node: syntax.GetAttribute, scope: Scope) -> Value:
    """Walk a chain of names down to its base without recursion: `a.b.c.d` may be long."""
    steps: list[syntax.GetAttribute] = []
    base: Expression = node
    while isinstance(base, syntax.GetAttribute):
        steps.append(base)
        base = base.base
    if isinstance(base, syntax.Variable) and base.name not in scope.variables:
        first = steps.pop()
        value = scope.names.resolve(base.name, first.name, first.place)
    else:
        value = evaluate(base, scope)
    for step in reversed(steps):
        try:
            value = access.attribute(value, step.name)
        except AccessError as error:
            fail("E0303", str(error), error.detail or NO_ATTRIBUTES, _after(step.base, step.place))
    return value


@evaluates(syntax.Index)
def _index(node: syntax.Index, scope: Scope) -> Value:
    base, key = evaluate(node.base, scope), evaluate(node.key, scope)
    try:
        return access.index(base, key)
    except AccessError as error:
        detail = error.detail or "Look at what stands in the brackets."
        fail("E0304", str(error), detail, _after(node.base, node.place))


def _after(base: Expression, place: Place) -> Place:
    """Return the place of `.name` or `[key]` behind what it is asked of."""
    return (*base.place[2:], *place[2:])


@evaluates(syntax.Parentheses)
def _parentheses(node: syntax.Parentheses, scope: Scope) -> Value:
    return evaluate(node.inner, scope)


@evaluates(syntax.TupleConstructor)
def _tuple(node: syntax.TupleConstructor, scope: Scope) -> Value:
    return tuple_of([evaluate(item, scope) for item in node.items])


@evaluates(syntax.ObjectConstructor)
def _object(node: syntax.ObjectConstructor, scope: Scope) -> Value:
    attributes: dict[str, Value] = {}
    known, sensitive = True, False
    for key_node, value_node in node.items:
        if _is_ambiguous(key_node):
            fail("E0114", AMBIGUOUS, "Put the key in parentheses, or in quotes.", key_node.place)
        key, value = evaluate(key_node, scope), evaluate(value_node, scope)
        text = key_text(key, key_node.place)
        sensitive = sensitive or key.sensitive
        if text is None:
            known = False
        else:
            attributes[text] = value
    result = object_of(attributes) if known else unknown(ANY, True)
    return result.mark(sensitive)


def _is_ambiguous(key: Expression) -> bool:
    """Say whether an object's key is a reference such as `a.b`, which may be meant as a name."""
    steps = 0
    while isinstance(key, syntax.GetAttribute | syntax.Index):
        key, steps = key.base, steps + 1
    return steps > 0 and isinstance(key, syntax.Variable)


def key_text(key: Value, place: Place) -> str | None:
    """Return an object's key as text; None when it is unknown."""
    if key.data is None:
        fail("E0307", "an object's key is null", "A key must be a string.", place)
    try:
        text = convert(key, STRING)
    except ConversionError:
        fail("E0307", f"an object's key is {type_name(key.type)}", "A key must be a string.", place)
    return None if text.is_unknown else text.data


@evaluates(syntax.Call)
def _call(node: syntax.Call, scope: Scope) -> Value:
    try:
        return call(node, scope)
    except FunctionError as error:
        only = 0 if len(node.arguments) == 1 and error.code != WRONG_COUNT else None
        position = only if error.argument is None else error.argument
        is_there = position is not None and position < len(node.arguments)
        place = node.arguments[position or 0].place if is_there else node.place
        detail = error.detail or f"`reconciler docs {node.name}` tells what it takes."
        fail(error.code, f"{node.name}(): {error}", detail, place)
