"""Conditionals: the branch not taken still gives the result its type, and may fail unseen."""

from __future__ import annotations

from reconciler.language.expressions.attempts import Attempt, attempt
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.dispatch import evaluate, evaluates, fail
from reconciler.language.expressions.operators import equal
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.unification import unify
from reconciler.language.expressions.values import ANY, BOOL, NUMBER, Type, Value, is_known_not_null, unknown
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place

SAME_TYPE = "Make both results of one type."


@evaluates(syntax.Conditional)
def _conditional(node: syntax.Conditional, scope: Scope) -> Value:
    """Choose from right to left, unifying types pairwise as nested conditionals would."""
    chosen = attempt(node.otherwise, scope)
    for condition, then in reversed(node.cases):
        place = (*then.place[:2], *node.otherwise.place[2:])
        chosen = _choose(condition, (attempt(then, scope), chosen), scope, place)
    if chosen.error is not None:
        raise chosen.error
    return chosen.value


def _choose(condition: Expression, branches: tuple[Attempt, Attempt], scope: Scope, place: Place) -> Attempt:
    """Return what the condition picks, of the type that both branches share."""
    then, otherwise = (branch.value for branch in branches)
    kind = _shared_type(then, otherwise)
    if kind is None:
        summary = f"the two results of the conditional differ: {type_name(then.type)} and {type_name(otherwise.type)}"
        return Attempt(unknown(), EvaluationError("E0305", summary, SAME_TYPE, place))
    open_kind = ANY if any(value.is_unknown and value.type == ANY for value in (then, otherwise)) else kind
    try:
        test = truth(condition, scope, "the condition")
    except EvaluationError as error:
        return Attempt(unknown(open_kind), error)
    if test.is_unknown:
        return Attempt(_undecided(then, otherwise, open_kind).mark(test.sensitive))
    picked = branches[0 if test.data else 1]
    if picked.error is not None or (picked.value.is_unknown and picked.value.type == ANY):
        return Attempt(picked.value.mark(test.sensitive), picked.error)
    try:
        value = convert(picked.value, kind)
    except ConversionError as error:
        summary = f"the results of the conditional do not fit: {error}"
        return Attempt(unknown(kind), EvaluationError("E0305", summary, SAME_TYPE, place))
    return Attempt(value.mark(test.sensitive or then.sensitive or otherwise.sensitive))


def _undecided(then: Value, otherwise: Value, kind: Type) -> Value:
    """Return what is known of the result while the condition is not."""
    sensitive = then.sensitive or otherwise.sensitive
    if then.data is None and otherwise.data is None:
        return Value(kind, None).mark(sensitive)
    if then.type == otherwise.type == NUMBER and not then.is_unknown and equal(then, otherwise):
        return then.mark(sensitive)
    return unknown(kind, is_known_not_null(then) and is_known_not_null(otherwise)).mark(sensitive)


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
