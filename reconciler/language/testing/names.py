"""What the expressions of a test file may refer to: the stack, `output.NAME`, and `run.NAME` of earlier runs."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.language.blocks import variables
from reconciler.language.blocks.declarations import Declarations
from reconciler.language.blocks.interpreter import Interpreter
from reconciler.language.blocks.references import Key
from reconciler.language.blocks.variables import Given, constant_scope
from reconciler.language.expressions.access import similar
from reconciler.language.expressions.scope import EvaluationError
from reconciler.language.expressions.values import Value
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report, SkippedError
from reconciler.language.testing.files import RUNS

OUTPUTS = "output"


class ConditionNames:
    """The names of a condition: the stack's own, its outputs, earlier runs, and values of the test file alone."""

    def __init__(self, stack: Interpreter, runs: Mapping[str, Value], own: Mapping[str, Value]) -> None:
        self.stack, self.inner, self.runs, self.own = stack, stack.root.names, runs, own

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return what `root.name` stands for."""
        if root == OUTPUTS:
            return self._output(name, place)
        if root == RUNS and name in self.runs:
            return self.runs[name]
        if root == "var" and name in self.own:
            return self.own[name]
        return self.inner.resolve(root, name, place)

    def bare(self, root: str, place: Place) -> Value:
        """Refuse: no name stands alone."""
        if root in (OUTPUTS, RUNS):
            raise EvaluationError("E0401", f'"{root}" alone is no value', f"Write {root}.NAME.", place)
        return self.inner.bare(root, place)

    def _output(self, name: str, place: Place) -> Value:
        if name in self.stack.output_values:
            return self.stack.output_values[name]
        declared = self.inner.declarations.outputs
        if name in declared or self.inner.declarations.is_lost(Key(OUTPUTS, name)):
            raise SkippedError(place)
        detail = similar(name, declared) or f'Declare it: output "{name}" {{ ... }}'
        raise EvaluationError("E0402", f'there is no output "{name}"', detail, place)


class ValueNames:
    """The names of a `variables` block: `var.NAME` as given outside of it, and earlier runs."""

    def __init__(
        self, declared: Declarations, given: Mapping[str, Given], own: Mapping[str, Value], runs: Mapping[str, Value]
    ) -> None:
        self.declared, self.given, self.own, self.runs = declared, dict(given), dict(own), runs

    def resolve(self, root: str, name: str, place: Place) -> Value:
        """Return what `root.name` stands for."""
        if root == RUNS and name in self.runs:
            return self.runs[name]
        if root != "var":
            return self.bare(root, place)
        if name in self.own:
            return self.own[name]
        if name not in self.declared.variables:
            detail = similar(name, self.declared.variables) or "Only variables that are given outside are known here."
            raise EvaluationError("E0402", f'there is no variable "{name}"', detail, place)
        return self._value(name, place)

    def bare(self, root: str, place: Place) -> Value:
        """Refuse what is known only once the stack is evaluated with these very values."""
        detail = (
            "Values may refer to var.NAME as given outside of this block, and those of a run to run.EARLIER.OUTPUT."
        )
        raise EvaluationError("E0401", f'"{root}" cannot be used here', detail, place)

    def _value(self, name: str, place: Place) -> Value:
        """Evaluate a variable; what is wrong with it is reported when the stack is evaluated."""
        report = Report()
        variable = variables.declare(self.declared.variables[name], report, constant_scope())
        if variable is None:
            raise SkippedError(place)
        try:
            return variables.value_of(variable, self.given.get(name), report, constant_scope())
        except SkippedError:
            summary = f'the variable "{name}" has no value here'
            raise EvaluationError("E0402", summary, "Give it one outside of this block.", place) from None
