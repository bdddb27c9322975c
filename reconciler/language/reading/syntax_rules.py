"""What is wrong at the place where reading stopped: rules in order, of which the first that has an answer decides."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.language.reading import syntax_expressions as expressions
from reconciler.language.reading import syntax_statements as statements
from reconciler.language.reading import syntax_unclosed as unclosed
from reconciler.language.reading.syntax import Problem
from reconciler.language.reading.syntax_habits import ANYWHERE, OPERATORS, VALUES, habit, odd_character
from reconciler.language.reading.syntax_spot import Spot


def explained(here: Spot) -> Problem:
    """Return the problem of a place."""
    return next(problem for rule in _RULES if (problem := rule(here)) is not None)


def _anywhere(here: Spot) -> Problem | None:
    return habit(here, ANYWHERE)


def _expression(here: Spot) -> Problem | None:
    if here.begins_line and here.is_in_body:
        return None
    return odd_character(here) or (habit(here, OPERATORS) if here.follows_value else None) or habit(here, VALUES)


def _misfit(here: Spot) -> Problem | None:
    return here.problem("E0101", f"{here.named} does not fit here", "Look for a typo just before it.")


_RULES: tuple[Callable[[Spot], Problem | None], ...] = (
    unclosed.heredoc,
    unclosed.comment,
    unclosed.string_over_lines,
    _anywhere,
    statements.statement,
    statements.header,
    expressions.interpolation,
    _expression,
    statements.one_line_block,
    expressions.line_ended,
    expressions.for_expression,
    expressions.closer,
    expressions.item,
    expressions.comma,
    statements.new_line,
    statements.line_begins,
    odd_character,
    _misfit,
)
