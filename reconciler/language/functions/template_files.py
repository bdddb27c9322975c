"""Functions that fill templates: of files, and of strings that come from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.language.expressions import access
from reconciler.language.expressions.dispatch import evaluate
from reconciler.language.expressions.scope import TOO_MUCH, EvaluationError, Scope
from reconciler.language.expressions.values import ANY, STRING, Value
from reconciler.language.functions.context import Context
from reconciler.language.functions.encoding import utf8
from reconciler.language.functions.files import read
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Expression, Place
from reconciler.language.undeclared import check_names

CHARACTERS_A_TURN = 50
"""Reading so many characters of a template costs as much as one turn of a loop."""

_NAME = re.compile(r"[^\W\d][\w-]*\Z")


@function(STRING, Parameter(ANY), returns=STRING, contextual=True)
def templatefile(context: Context, path: str, variables: Value) -> Value:
    """Fill a file's template with variables of its own."""
    return _filled(context, utf8(read(context, path), "the file"), path, variables)


@function(Parameter(ANY), Parameter(ANY), returns=STRING, contextual=True)
def templatestring(context: Context, template: Value, variables: Value) -> Value:
    """Fill the template that a reference stands for with variables of its own."""
    if not _is_reference(context.arguments[0]):
        detail = "Write the template as an expression of its own, or refer to one that was read elsewhere."
        raise FunctionError("the template must be a reference", 0, detail)
    if template.type != STRING:
        raise FunctionError("the template must be a string", 0)
    value = _filled(context, template.data, "the template", variables)
    if value.type != STRING:
        raise FunctionError("the template does not make a string", 0)
    return value


def _is_reference(node: Expression) -> bool:
    while isinstance(node, syntax.GetAttribute | syntax.Index):
        node = node.base
    return isinstance(node, syntax.Variable)


def _filled(context: Context, text: str, name: str, variables: Value) -> Value:
    from reconciler.language.reading.parser import parse_template

    if not isinstance(variables.data, dict):
        raise FunctionError("the variables must be a map or object", 1)
    for each in variables.data:
        if not _NAME.match(each):
            raise FunctionError(f'"{each}" cannot be the name of a variable', 1)
    if context.scope.in_template:
        raise FunctionError("a template cannot fill another one", 0, "Pass it what the other one gives.")
    context.scope.budget.spend(len(text) // CHARACTERS_A_TURN)
    node, problems = parse_template(text)
    if node is None:
        raise FunctionError(f"{name}, line {problems[0].place[0]}: {problems[0].summary}", 0)
    names = _OnlyVariables(variables.data)
    inner = Scope(names, context.scope.files, {}, context.scope.budget, in_template=True)
    try:
        check_names(node, names)
        return evaluate(node, inner)
    except EvaluationError as error:
        code = TOO_MUCH if error.code == TOO_MUCH else "E0321"
        raise FunctionError(f"{name}, line {error.place[0]}: {error.summary}", 0, error.detail, code) from None


class _OnlyVariables:
    """The names inside a template: the variables that it is given."""

    def __init__(self, variables: Mapping[str, Value]) -> None:
        self.variables = variables

    def bare(self, root: str, place: Place) -> Value:
        """Return a variable."""
        found = self.variables.get(root)
        if found is None:
            detail = "Pass it in the function's second argument."
            raise EvaluationError("E0401", f'the template is not given "{root}"', detail, place)
        return found

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return an attribute of a variable."""
        try:
            return access.attribute(self.bare(root, place), name)
        except access.AccessError as error:
            raise EvaluationError("E0303", str(error), error.detail, place) from None
