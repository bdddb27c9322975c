"""Values of expressions that may fail unseen: the other branch of a conditional, the other side of `&&` and `||`.

What fails still has a type where that does not depend on its parts: `1 + null` is a number, `[null.a]` a tuple of
one. That type decides whether the whole fits together, even where the failing part is not what it comes down to.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.expressions.dispatch import evaluate
from reconciler.language.expressions.scope import UNFORGIVEN, EvaluationError, Scope
from reconciler.language.expressions.unification import unify
from reconciler.language.expressions.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Type,
    Value,
    list_type,
    object_of,
    tuple_of,
    unknown,
)
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression

ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


class Attempt(NamedTuple):
    """A value; or why there is none, and an unknown of the type it would have had."""

    value: Value
    error: EvaluationError | None = None


def attempt(node: Expression, scope: Scope) -> Attempt:
    """Evaluate an expression that may fail; once only, where it does."""
    known = scope.failed.get(id(node))
    if known is not None:
        failed: Attempt = known[1]
        return failed
    try:
        return Attempt(evaluate(node, scope))
    except EvaluationError as error:
        if error.code in UNFORGIVEN:
            raise
        scope.budget.spend(1)
        result = Attempt(_outline(node, scope), error)
        scope.failed[id(node)] = (node, result)  # holding the node, lest another be given its number
        return result


def _outline(node: Expression, scope: Scope) -> Value:
    """Return what is known of the value of an expression that fails."""
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    if isinstance(node, syntax.TupleConstructor):
        return tuple_of([attempt(item, scope).value for item in node.items])
    if isinstance(node, syntax.ObjectConstructor):
        keys = [key.value for key, _ in node.items if isinstance(key, syntax.Literal)]
        values = [attempt(value, scope).value for _, value in node.items]
        known = len(keys) == len(values)
        return object_of(dict(zip(map(str, keys), values, strict=True))) if known else unknown()
    if isinstance(node, syntax.Splat):
        source = attempt(node.base, scope)
        return unknown() if source.error is not None else _splat_outline(source.value)
    return unknown(_static_type(node, scope))


def _splat_outline(source: Value) -> Value:
    kind = source.type
    if kind == ANY or source.data is None:
        return unknown()
    if kind.kind in ("list", "set"):
        return unknown(list_type(ANY))
    count = len(kind.elements) if kind.kind == "tuple" else 1
    return tuple_of([unknown()] * count)


def _static_type(node: Expression, scope: Scope) -> Type:
    if isinstance(node, syntax.Conditional):
        shared = attempt(node.otherwise, scope).value
        for _, then in reversed(node.cases):
            shared = _either(attempt(then, scope).value, shared)
        return shared.type
    if isinstance(node, syntax.Chain):
        return NUMBER if node.rest[-1][0] in ARITHMETIC else BOOL
    if isinstance(node, syntax.Unary):
        return NUMBER if node.operator == "-" else BOOL
    if isinstance(node, syntax.Template):
        return STRING if len(node.parts) != 1 or isinstance(node.parts[0], syntax.TemplateIf) else ANY
    return ANY


def _either(then: Value, otherwise: Value) -> Value:
    """Return an unknown of the type that both results of a conditional share: `any` with one that may be anything."""
    if any(value.is_unknown and value.type == ANY for value in (then, otherwise)):
        return unknown()
    kinds = [value.type for value in (then, otherwise) if value.type != ANY]
    return unknown((unify(kinds) if kinds else ANY) or ANY)
