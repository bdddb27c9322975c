"""Values of expressions that may fail unseen: the other branch of a conditional, the other side of `&&` and `||`.

What fails still has a type where that does not depend on its parts: `1 + null` is a number, `[null.a]` a tuple of
one. That type decides whether the whole fits together, even where the failing part is not what it comes down to.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language import syntax
from reconciler.language.dispatch import evaluate
from reconciler.language.scope import UNFORGIVEN, EvaluationError, Scope
from reconciler.language.syntax import Expression
from reconciler.language.unification import unify
from reconciler.language.values import ANY, BOOL, NUMBER, STRING, Type, Value, object_of, tuple_of, unknown

ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


class Attempt(NamedTuple):
    """A value; or why there is none, and an unknown of the type it would have had."""

    value: Value
    error: EvaluationError | None = None


def attempt(node: Expression, scope: Scope) -> Attempt:
    """Evaluate an expression that may fail."""
    try:
        return Attempt(evaluate(node, scope))
    except EvaluationError as error:
        if error.code in UNFORGIVEN:
            raise
        scope.budget.spend(1)
        return Attempt(_outline(node, scope), error)


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
    return unknown(_static_type(node, scope))


def _static_type(node: Expression, scope: Scope) -> Type:
    if isinstance(node, syntax.Conditional):
        results = [*(then for _, then in node.cases), node.otherwise]
        return unify([attempt(result, scope).value.type for result in results]) or ANY
    if isinstance(node, syntax.Chain):
        return NUMBER if node.rest[-1][0] in ARITHMETIC else BOOL
    if isinstance(node, syntax.Unary):
        return NUMBER if node.operator == "-" else BOOL
    return STRING if isinstance(node, syntax.Template) and len(node.parts) != 1 else ANY
