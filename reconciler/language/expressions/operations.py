"""Operators: chains of one precedence from left to right, and `&&` and `||` that one side may settle."""

from __future__ import annotations

from reconciler.language.expressions.attempts import Attempt, attempt
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.dispatch import evaluate, evaluates, fail
from reconciler.language.expressions.operators import OPERAND, InfiniteError, OperatorError, binary, unary
from reconciler.language.expressions.scope import TOO_MUCH, EvaluationError, Scope
from reconciler.language.expressions.values import BOOL, Value, boolean, unknown
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place


@evaluates(syntax.Unary)
def _unary(node: syntax.Unary, scope: Scope) -> Value:
    operand = evaluate(node.operand, scope)
    try:
        return unary(node.operator, operand)
    except OperatorError as error:
        fail("E0302", str(error), error.detail, node.operand.place)


@evaluates(syntax.Chain)
def _chain(node: syntax.Chain, scope: Scope) -> Value:
    if node.rest[0][0] in ("&&", "||"):
        return _logic(node, scope)
    value, left = evaluate(node.first, scope), node.first.place
    for operator, operand in node.rest:
        right = evaluate(operand, scope)
        try:
            value = binary(operator, value, right)
        except OperatorError as error:
            fail("E0302", str(error), error.detail, left if error.is_left else operand.place)
        except InfiniteError as error:
            fail(TOO_MUCH, str(error), error.detail, operand.place)
        left = (*left[:2], *operand.place[2:])
    return value


def _logic(node: syntax.Chain, scope: Scope) -> Value:
    """Evaluate `a && b && ...`. What fails is no error where the other side settles the result, left or right."""
    left, first = attempt(node.first, scope), node.first.place
    for operator, operand in node.rest:
        try:
            left = Attempt(_settle(operator, left, attempt(operand, scope), (first, operand.place)))
        except EvaluationError as error:
            left = Attempt(unknown(BOOL), error)
        first = (*first[:2], *operand.place[2:])
    if left.error is not None:
        raise left.error
    return left.value


def _settle(operator: str, left: Attempt, right: Attempt, places: tuple[Place, Place]) -> Value:
    """Return what `operator` makes of both sides. Null settles `&&` as false does: Terraform's rule since 1.12."""
    decisive = operator == "||"
    first, second = _truth(left, operator, "left", places[0]), _truth(right, operator, "right", places[1])
    sensitive = first.sensitive or second.sensitive
    sides = ((first, left), (second, right))
    if any(not value.is_unknown and (value.data is True) == decisive for value, _ in sides):
        return boolean(decisive).mark(sensitive)
    for value, side in sides:
        if value.is_unknown and side.error is not None:
            raise side.error
        if value.is_unknown:
            return unknown(BOOL, True).mark(sensitive)
    if first.data is None or second.data is None:
        name = "left" if first.data is None else "right"
        fail("E0302", f"the {name} operand of {operator} is null", OPERAND, places[name == "right"])
    return boolean(not decisive).mark(sensitive)


def _truth(side: Attempt, operator: str, name: str, place: Place) -> Value:
    try:
        return convert(side.value, BOOL)
    except ConversionError as error:
        if side.error is not None:
            raise side.error from None
        fail("E0302", f"the {name} operand of {operator} does not fit: {error}", OPERAND, place)
