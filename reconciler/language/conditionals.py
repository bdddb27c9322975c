"""Conditionals: the branch not taken still gives the result its type, and may fail unseen."""

from __future__ import annotations

from typing import TypeAlias

from reconciler.language import syntax
from reconciler.language.conversion import ConversionError, convert, type_name, unify
from reconciler.language.dispatch import evaluate, evaluates, fail
from reconciler.language.operators import equal
from reconciler.language.scope import EvaluationError, Scope
from reconciler.language.syntax import Expression, Place
from reconciler.language.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Type,
    Value,
    has_sensitive,
    is_wholly_known,
    unknown,
    unmark,
)

Attempt: TypeAlias = Value | EvaluationError

SAME_TYPE = "Make both results of one type."


@evaluates(syntax.Conditional)
def _conditional(node: syntax.Conditional, scope: Scope) -> Value:
    """Choose from right to left, unifying types pairwise as nested conditionals would."""
    chosen: Attempt = _attempt(node.otherwise, scope)
    kind = _static_type(node.otherwise)
    for condition, then in reversed(node.cases):
        kinds = (_static_type(then), kind)
        chosen = _choose(condition, (_attempt(then, scope), chosen), kinds, scope, node.place)
        kind = ANY
    if isinstance(chosen, EvaluationError):
        raise chosen
    return chosen


def _attempt(node: Expression, scope: Scope) -> Attempt:
    try:
        return evaluate(node, scope)
    except EvaluationError as error:
        return error


def _static_type(node: Expression) -> Type:
    """Return the type that an expression has whatever its parts are; `any` where that depends on them."""
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    if isinstance(node, syntax.Chain):
        return NUMBER if node.rest[-1][0] in ("+", "-", "*", "/", "%") else BOOL
    if isinstance(node, syntax.Unary):
        return NUMBER if node.operator == "-" else BOOL
    return STRING if isinstance(node, syntax.Template) and len(node.parts) != 1 else ANY


def _choose(
    condition: Expression, attempts: tuple[Attempt, Attempt], kinds: tuple[Type, Type], scope: Scope, place: Place
) -> Attempt:
    """Return what the condition picks. A branch that fails counts with the type it would have had (`kinds`)."""
    try:
        test = truth(condition, scope, "the condition")
    except EvaluationError as error:
        return error
    picked = attempts[0] if test.data is True else attempts[1]
    if isinstance(picked, EvaluationError) and not test.is_unknown:
        return picked
    then, otherwise = (
        unknown(kind) if isinstance(attempt, EvaluationError) else attempt
        for attempt, kind in zip(attempts, kinds, strict=True)
    )
    if test.is_unknown and any(isinstance(attempt, EvaluationError) for attempt in attempts):
        return unknown().mark(test.sensitive)
    kind = _shared_type(then, otherwise)
    if kind is None:
        summary = f"the two results of the conditional differ: {type_name(then.type)} and {type_name(otherwise.type)}"
        return EvaluationError("E0305", summary, SAME_TYPE, place)
    if test.is_unknown:
        if is_wholly_known(then) and is_wholly_known(otherwise) and equal(unmark(then), unmark(otherwise)):
            return then.mark(test.sensitive)
        not_null = all(value.data is not None and not value.is_unknown for value in (then, otherwise))
        return unknown(kind, not_null).mark(test.sensitive or has_sensitive(then) or has_sensitive(otherwise))
    try:
        return convert(then if test.data else otherwise, kind).mark(
            test.sensitive or then.sensitive or otherwise.sensitive
        )
    except ConversionError as error:
        return EvaluationError("E0305", f"the results of the conditional do not fit: {error}", SAME_TYPE, place)


def _shared_type(then: Value, otherwise: Value) -> Type | None:
    if then.type == ANY and then.is_null:
        return otherwise.type
    if otherwise.type == ANY and otherwise.is_null:
        return then.type
    return unify([then.type, otherwise.type])


def truth(node: Expression, scope: Scope, what: str) -> Value:
    """Return the value of a condition as a bool, or as an unknown one; `what` names it in errors."""
    value = evaluate(node, scope)
    if value.data is None:
        fail("E0306", f"{what} is null", "It must be true or false.", node.place)
    try:
        return convert(value, BOOL)
    except ConversionError as error:
        fail("E0306", f"{what} does not fit: {error}", "It must be true or false.", node.place)
