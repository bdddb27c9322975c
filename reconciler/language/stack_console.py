"""One expression after the other, with the names of a stack: what `reconciler console` evaluates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reconciler.errors import StackError
from reconciler.language.blocks.variables import Given
from reconciler.language.console import FILE, OnlyVariables
from reconciler.language.diagnostics import from_evaluation, from_problem
from reconciler.language.expressions.evaluator import evaluate as evaluate_node
from reconciler.language.expressions.scope import EvaluationError, FileReader, Names, Scope
from reconciler.language.expressions.values import Type, Value, object_of, unknown
from reconciler.language.files import FolderReader
from reconciler.language.functions.table import TABLE
from reconciler.language.loader import VariableSources, read
from reconciler.language.reading import syntax
from reconciler.language.reading.parser import parse_expression
from reconciler.language.reading.syntax import Expression
from reconciler.language.report import Report, SkippedError
from reconciler.language.source_files import stack_files
from reconciler.model.diagnostic import Diagnostic

TYPE = "type"


class Console:
    """Evaluates expressions with the names of a stack, or of nothing at all where a folder holds none.

    `names` are what can be typed: references and functions.
    """

    def __init__(self, scope_names: Names, files: FileReader | None, names: tuple[str, ...] = ()) -> None:
        self._names, self._files = scope_names, files
        self.names = (*names, *(f"{each}(" for each in (*TABLE, "try", "can", TYPE)))

    def answer(self, text: str, line: int = 1) -> Value | Type:
        """Return the value of an expression, or of `type(x)` the type; raise StackError.

        `line` is where the text begins in what is being read, for the places of errors.
        """
        try:
            node = _node(text)
            inner = _asked_type(node)
            value = self._evaluated(inner or node, text)
        except StackError as problem:
            raise StackError(tuple(_shifted(each, line - 1) for each in problem.diagnostics)) from None
        return value.type if inner is not None else value

    def attributes(self, base: str) -> tuple[str, ...]:
        """Return what can be typed behind `base.`; nothing where that has no value."""
        try:
            data = self._evaluated(_node(base), base).data
        except StackError:
            return ()
        return tuple(data) if isinstance(data, dict) else ()

    def _evaluated(self, node: Expression, text: str) -> Value:
        try:
            return evaluate_node(node, Scope(self._names, self._files, file=FILE))
        except SkippedError as problem:
            summary = "the value depends on something that failed"
            failed = EvaluationError("E0404", summary, "`reconciler validate` tells what.", problem.place, FILE)
            raise StackError((from_evaluation(failed, {FILE: text}),)) from None
        except EvaluationError as problem:
            raise StackError((from_evaluation(problem, {FILE: text}),)) from None


def open_console(folder: Path, sources: VariableSources) -> tuple[Console, tuple[Diagnostic, ...]]:
    """Return the console of a folder and what is wrong with the stack; variables without a value are unknown."""
    if not stack_files(folder):
        return Console(OnlyVariables(object_of({})), FolderReader(folder)), ()
    report = Report()
    source = read(folder, sources, report)
    if source is None:
        raise StackError(report.diagnostics())
    declared = source.module.declarations
    missing = {name: Given("", value=unknown()) for name in declared.variables if name not in source.given}
    optional = {name for name, each in declared.variables.items() if _has_default(each.block)}
    given = {**source.given, **{name: each for name, each in missing.items() if name not in optional}}
    interpreter = source._replace(given=given).interpret(report, {})
    names = (
        *(f"var.{name}" for name in declared.variables),
        *(f"local.{name}" for name in declared.values),
        *(f"module.{name}" for name in declared.calls),
        *map(str, declared.resources),
        *("path.module", "path.root", "stack.name"),
    )
    return Console(interpreter.root.names, source.files, names), report.diagnostics()


def _has_default(block: syntax.Block | None) -> bool:
    return block is not None and any(each.name == "default" for each in block.body.attributes)


def _node(text: str) -> Expression:
    node, problems = parse_expression(text)
    if node is None:
        raise StackError(tuple(from_problem(problem, FILE, text) for problem in problems))
    return node


def _asked_type(node: Expression) -> Expression | None:
    """Return what `type(...)` around a whole expression asks the type of."""
    while isinstance(node, syntax.Parentheses):
        node = node.inner
    if not isinstance(node, syntax.Call) or node.name != TYPE or len(node.arguments) != 1 or node.expand:
        return None
    return node.arguments[0]


def _shifted(diagnostic: Diagnostic, lines: int) -> Diagnostic:
    span = diagnostic.span
    if span is None or not lines:
        return diagnostic
    moved = span._replace(line=span.line + lines, end_line=span.end_line + lines)
    source = tuple((number + lines, text) for number, text in diagnostic.source)
    return replace(diagnostic, span=moved, source=source)
