"""Operators: chains of one precedence from left to right, and `&&` and `||` that stop early."""

from __future__ import annotations

from reconciler.language import syntax
from reconciler.language.conversion import ConversionError, convert
from reconciler.language.dispatch import evaluate, evaluates, fail
from reconciler.language.operators import OperatorError, binary, unary
from reconciler.language.scope import EvaluationError, Scope
from reconciler.language.syntax import Expression
from reconciler.language.values import (
    BOOL,
    Value,
    boolean,
)

OPERAND = "Convert it first, with tonumber() for example, or give it a value."


@evaluates(syntax.Unary)
def _unary(node: syntax.Unary, scope: Scope) -> Value:
    return unary(node.operator, evaluate(node.operand, scope))


@evaluates(syntax.Chain)
def _chain(node: syntax.Chain, scope: Scope) -> Value:
    value, first = evaluate(node.first, scope), node.first.place
    for operator, operand in node.rest:
        if operator in ("&&", "||") and _decided(operator, value):
            sensitive = value.sensitive or _asks_sensitive(operand, scope, operator)
            value = boolean(operator == "||").mark(sensitive)
            continue
        right = evaluate(operand, scope)
        try:
            value = binary(operator, value, right)
        except OperatorError as error:
            fail("E0302", str(error), OPERAND, (*first[:2], *operand.place[2:]))
    return value


def _decided(operator: str, left: Value) -> bool:
    """Say whether the left side settles `&&` or `||` already, so that the right side is not asked."""
    if left.data is None or left.is_unknown:
        return False
    try:
        return bool(convert(left, BOOL).data == (operator == "||"))
    except ConversionError:
        return False


def _asks_sensitive(operand: Expression, scope: Scope, operator: str) -> bool:
    """Ask the right side all the same: `false && "x"` is wrong, `false && missing.thing` is not; marks count."""
    try:
        value = evaluate(operand, scope)
    except EvaluationError:
        return False
    return binary(operator, boolean(operator == "||"), value).sensitive
