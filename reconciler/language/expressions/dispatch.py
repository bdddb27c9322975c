"""Which function evaluates which kind of node, and the one way from a node to its value.

The modules that evaluate enter their functions with `evaluates`; they reach the nodes inside theirs with `evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from reconciler.language.expressions.access import AccessError
from reconciler.language.expressions.operators import OperatorError
from reconciler.language.expressions.scope import TOO_MUCH, EvaluationError, Scope
from reconciler.language.expressions.values import Value
from reconciler.language.limits import MAXIMUM_STEPS, LimitError
from reconciler.language.reading.syntax import Expression, Place

Evaluator = TypeVar("Evaluator", bound=Callable[[Any, Scope], Value])

EVALUATORS: dict[type, Callable[[Any, Scope], Value]] = {}


def evaluates(kind: type) -> Callable[[Evaluator], Evaluator]:
    """Enter the decorated function as the one that evaluates nodes of a kind."""

    def enter(evaluator: Evaluator) -> Evaluator:
        EVALUATORS[kind] = evaluator
        return evaluator

    return enter


def evaluate(node: Expression, scope: Scope) -> Value:
    """Return the value of a node inside another; raise EvaluationError, or RecursionError when nested too deeply."""
    budget = scope.budget
    budget.steps -= 1
    if budget.steps < 0:
        fail(
            TOO_MUCH,
            f"the expression takes more than {MAXIMUM_STEPS} steps",
            "Split it in several locals.",
            node.place,
        )
    try:
        return EVALUATORS[type(node)](node, scope)
    except (OperatorError, AccessError, LimitError) as error:
        code = TOO_MUCH if isinstance(error, LimitError) else "E0302"
        fail(code, str(error), getattr(error, "detail", "") or "Correct the expression.", node.place)


def fail(code: str, summary: str, detail: str, place: Place) -> NoReturn:
    """Raise EvaluationError."""
    raise EvaluationError(code, summary, detail, place)
