"""Variables: where their values come from, of which type they are, and which rules they meet.

Precedence, lowest first: the default, RECONCILER_VAR_name, *.auto.vars.hcl in order of names, --var-file, --var.
"""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.blocks.declarations import Declaration
from reconciler.language.blocks.decode import Decoded, Decoder
from reconciler.language.blocks.references import Key, references
from reconciler.language.expressions.constraints import variable_type
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import ANY, PRIMITIVES, Type, Value, has_sensitive, string
from reconciler.language.reading import parser, syntax
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report, SkippedError
from reconciler.language.schema_stack import VARIABLE


class Given(NamedTuple):
    """A value given for a variable: text, an expression of a file of values, or what a module's call evaluated to."""

    origin: str
    text: str = ""
    expression: syntax.Expression | None = None
    file: str = ""
    place: Place = (1, 1, 1, 1)
    value: Value | None = None
    is_lost: bool = False
    """Whether it stands where a file of values could not be read."""


RESERVED = ("count", "depends_on", "for_each", "lifecycle", "locals", "providers", "source", "version")
"""Names that mean something else in the call of a module: Terraform's."""


class Variable(NamedTuple):
    """A variable's block, decoded, its type, and its default of that type; None when it has none."""

    declaration: Declaration
    decoded: Decoded
    type: Type
    default: Value | None

    @property
    def name(self) -> str:
        """Return its name."""
        return self.declaration.key.name

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is None


def declare(declaration: Declaration, report: Report, scope: Scope) -> Variable | None:
    """Decode a variable block; None after reporting what is wrong."""
    block, file = declaration.block, declaration.file
    assert block is not None
    decoded = Decoder(report, file, scope).block(block, VARIABLE)
    kind = ANY
    for attribute in block.body.attributes:
        if attribute.name == "type":
            try:
                kind = variable_type(attribute.value, scope)
            except EvaluationError as error:
                error.file = error.file or file
                report.evaluation(error)
                decoded.failed = True
    if declaration.key.name in RESERVED:
        detail = "The call of a module could not give it a value: choose another name."
        report.error(
            "E0203", f'a variable cannot be called "{declaration.key.name}"', detail, file, block.labels[0].place
        )
        decoded.failed = True
    _check_rules(declaration, report)
    if not decoded.failed:
        variable = Variable(declaration, decoded, kind, None)
        try:
            return variable._replace(default=_declared_default(variable, report, scope))
        except SkippedError:
            pass
    return None


def _check_rules(declaration: Declaration, report: Report) -> None:
    """Report rules that are not about the variable itself: they would hold, or not, whatever its value is."""
    block, own = declaration.block, Key("var", declaration.key.name)
    assert block is not None
    for rule in block.body.blocks:
        for each in rule.body.attributes:
            if each.name == "condition" and own not in {key for key, _ in references(each.value)}:
                detail = f"A rule is about the variable's own value: say what {own} must be."
                report.error(
                    "E0306", f"the condition does not ask for {own}", detail, declaration.file, each.value.place
                )


def _declared_default(variable: Variable, report: Report, scope: Scope) -> Value | None:
    """Return the default, also checked when another value is given; raise SkippedError after reporting."""
    declaration = variable.declaration
    assert declaration.block is not None
    attributes = declaration.block.body.attributes
    node = next((each.value for each in attributes if each.name == "default"), None)
    if node is None:
        return None
    value = _evaluated(node, declaration.file, scope, report)
    return _settled(variable, value, (declaration.file, node.place, "the default"), report)


def value_of(variable: Variable, given: Given | None, report: Report, scope: Scope) -> Value:
    """Return a variable's value, given or default; raise SkippedError after reporting what is wrong."""
    declaration, decoded = variable.declaration, variable.decoded
    if given is not None and given.is_lost:
        raise SkippedError(declaration.place)
    if given is None and variable.default is not None:
        return variable.default
    if given is None:
        name, description = variable.name, decoded.get("description")
        about = f" ({description})" if description else ""
        detail = f"Give it{about}: --var {name}=VALUE, RECONCILER_VAR_{name}=VALUE, or a line in *.auto.vars.hcl."
        report.error("E0501", f'the variable "{name}" has no value', detail, declaration.file, declaration.place)
        raise SkippedError(declaration.place)
    if given.value is not None:
        return _settled(variable, given.value, (given.file, given.place, given.origin), report)
    if given.expression is not None:
        value = _evaluated(given.expression, given.file, scope, report)
        return _settled(variable, value, (given.file, given.place, given.origin), report)
    value = _from_text(variable, given, report, scope)
    return _settled(variable, value, (declaration.file, declaration.place, given.origin), report)


def _evaluated(node: syntax.Expression, file: str, scope: Scope, report: Report) -> Value:
    try:
        return evaluate(node, Scope(scope.names, scope.files, {}, scope.budget, file))
    except EvaluationError as error:
        error.file = error.file or file
        report.evaluation(error)
        raise SkippedError(node.place) from None


def _from_text(variable: Variable, given: Given, report: Report, scope: Scope) -> Value:
    """Read text of the command line: as it is for a primitive type, else as an expression."""
    if variable.type in (*PRIMITIVES, ANY):
        return string(given.text)
    node, problems = parser.parse_expression(given.text)
    try:
        if node is None:
            raise EvaluationError("E0504", problems[0].summary, problems[0].detail, (1, 1, 1, 1))
        return evaluate(node, scope)
    except EvaluationError as error:
        declaration = variable.declaration
        shown = "" if variable.decoded.get("sensitive") else f": {error.summary}"
        summary = f'{given.origin} is no value of type {variable.type} for "{variable.name}"{shown}'
        detail = "Write it as in a stack file, such as '[\"a\", \"b\"]' or '{ a = 1 }'."
        report.error("E0504", summary, detail, declaration.file, declaration.place)
        raise SkippedError(declaration.place) from None


def _settled(variable: Variable, value: Value, source: tuple[str, Place, str], report: Report) -> Value:
    """Convert a value to the variable's type, and mark it when the variable is sensitive."""
    file, place, origin = source
    name, decoded = variable.name, variable.decoded
    if value.data is None and decoded.get("nullable") is False:
        if variable.default is not None:
            return variable.default
        report.error("E0506", f'the variable "{name}" must not be null', "Give it a value.", file, place)
        raise SkippedError(place)
    try:
        return convert(value, variable.type).mark(bool(decoded.get("sensitive")))
    except ConversionError as error:
        hidden = decoded.get("sensitive") or has_sensitive(value)
        reason = "its type is another" if hidden else str(error)
        detail = f"The type of the variable is {variable.type}."
        report.error("E0502", f'{origin} does not fit the variable "{name}": {reason}', detail, file, place)
        raise SkippedError(place) from None


class _NoNames:
    """Defaults and files of values refer to nothing."""

    def bare(self, root: str, place: Place) -> Value:
        """Refuse."""
        detail = "A variable's default and the values given for it are constants; use a local for more."
        raise EvaluationError("E0401", "names cannot be used here", detail, place)

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Refuse."""
        return self.bare(root, place)


_NO_NAMES = _NoNames()


def constant_scope() -> Scope:
    """Return the scope of defaults and of files of values: functions, and no names."""
    return Scope(_NO_NAMES)
