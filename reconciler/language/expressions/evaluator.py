"""Expressions to values, with Terraform's meaning.

The modules imported here evaluate one family of nodes each. An error is an EvaluationError with the place of the
smallest expression that is wrong. Depth comes from brackets only (at most 64), for chains are flat; a RecursionError
ends as an error too.
"""

from __future__ import annotations

from reconciler.language.expressions import conditionals, dispatch, interpolation, loops, operations, terms
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import Value
from reconciler.language.reading.syntax import Expression

FAMILIES = (conditionals, interpolation, loops, operations, terms)


def evaluate(node: Expression, scope: Scope) -> Value:
    """Return the value of `node`; raise EvaluationError."""
    try:
        return dispatch.evaluate(node, scope)
    except RecursionError:
        detail = "Split it in several locals."
        raise EvaluationError(
            "E0104", "the expression is nested too deeply", detail, node.place, scope.file
        ) from None
    except EvaluationError as error:
        error.file = error.file or scope.file
        raise
