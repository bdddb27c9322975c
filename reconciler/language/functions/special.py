"""Calls whose arguments are not simply values: what may fail, and types."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.language.expressions.constraints import constraint
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.dispatch import evaluate
from reconciler.language.expressions.scope import UNFORGIVEN, EvaluationError, Scope
from reconciler.language.expressions.values import ANY, BOOL, FALSE, TRUE, Value, is_wholly_known, unknown
from reconciler.language.functions.table import FunctionError, expanded
from reconciler.language.reading import syntax


def try_(node: syntax.Call, scope: Scope) -> Value:
    """Return the first argument that has a value."""
    last: EvaluationError | None = None
    for attempt in _attempts(node, scope):
        if not isinstance(attempt, EvaluationError):
            return attempt if is_wholly_known(attempt) else unknown(ANY).mark(attempt.sensitive)
        last = attempt
    if last is None:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    raise FunctionError(f"no argument has a value; the last one fails: {last.summary}")


def can(node: syntax.Call, scope: Scope) -> Value:
    """Say whether the argument has a value."""
    attempts = list(_attempts(node, scope))
    if len(attempts) != 1:
        raise FunctionError(f"1 argument wanted, {len(attempts)} given", None, "", "E0322")
    if isinstance(attempts[0], EvaluationError):
        return FALSE
    return TRUE if is_wholly_known(attempts[0]) else unknown(BOOL, True)


def _attempts(node: syntax.Call, scope: Scope) -> Iterator[Value | EvaluationError]:
    """Yield each argument's value, or why it has none; what passes a limit ends the call."""
    for position, argument in enumerate(node.arguments):
        try:
            value = evaluate(argument, scope)
        except EvaluationError as error:
            if error.code in UNFORGIVEN:
                raise
            yield error
            continue
        if node.expand and position == len(node.arguments) - 1:
            parts = expanded(value, position)
            yield from (unknown(ANY),) if parts is None else parts
        else:
            yield value


def convert_(node: syntax.Call, scope: Scope) -> Value:
    """Return the first argument as the type that the second one is: `convert([], list(string))`."""
    if len(node.arguments) != 2 or node.expand:
        raise FunctionError(f"2 arguments wanted, {len(node.arguments)} given", None, "", "E0322")
    value = evaluate(node.arguments[0], scope)
    kind = constraint(node.arguments[1], scope)
    try:
        return convert(value, kind)
    except ConversionError as error:
        raise FunctionError(str(error), 0) from None


SPECIAL: dict[str, Callable[[syntax.Call, Scope], Value]] = {"try": try_, "can": can, "convert": convert_}
