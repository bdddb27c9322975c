"""One expression at a time, without a stack: what tools and tests call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.errors import StackError
from reconciler.language.diagnostics import from_evaluation, from_problem
from reconciler.language.expressions import access
from reconciler.language.expressions.evaluator import evaluate as evaluate_node
from reconciler.language.expressions.scope import EvaluationError, FileReader, Scope
from reconciler.language.expressions.values import Value, from_python, is_wholly_known, object_of, to_python
from reconciler.language.files import FolderReader
from reconciler.language.reading.parser import parse_expression
from reconciler.language.reading.syntax import Place
from reconciler.language.undeclared import check_names
from reconciler.model.diagnostic import error

FILE = "expression"


class OnlyVariables:
    """The only name there is: `var`."""

    def __init__(self, variables: Value) -> None:
        self.variables = variables

    def bare(self, root: str, place: Place) -> Value:
        """Refuse: no name stands alone here."""
        raise EvaluationError("E0401", f'there is nothing called "{root}"', "Put text in quotes.", place)

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return a variable."""
        if root != "var":
            return self.bare(root, place)
        try:
            return access.attribute(self.variables, name)
        except access.AccessError as error:
            raise EvaluationError("E0402", f'there is no variable "{name}"', error.detail, place) from None


def value_of(
    expression: str, variables: Mapping[str, object] | None = None, files: FileReader | None = None
) -> Value:
    """Return the value of an expression; raise StackError with its diagnostics."""
    node, problems = parse_expression(expression)
    if node is None:
        raise StackError(tuple(from_problem(problem, FILE, expression) for problem in problems))
    given = object_of({name: from_python(value) for name, value in (variables or {}).items()})
    names = OnlyVariables(given)
    try:
        check_names(node, names)
        return evaluate_node(node, Scope(names, files, file=FILE))
    except EvaluationError as error:
        raise StackError((from_evaluation(error, {FILE: expression}),)) from None


def python_value(expression: str, variables: Mapping[str, object], folder: Path | None) -> object:
    """Return the value of an expression as JSON-like Python; raise StackError, also when it is unknown."""
    value = value_of(expression, variables, FolderReader(folder) if folder is not None else None)
    if not is_wholly_known(value):
        raise StackError((error("E0404", "the value is known only after apply"),))
    return to_python(value)
