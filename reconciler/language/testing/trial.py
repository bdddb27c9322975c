"""One run of a test file, evaluated: the stack as the run's values make it, and whether it is as the run says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from reconciler.errors import StackError
from reconciler.language.blocks import conditions
from reconciler.language.blocks.interpreter import Attributes, Interpreter
from reconciler.language.blocks.stack_builder import build
from reconciler.language.diagnostics import from_evaluation, make
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import Value, object_of
from reconciler.language.loader import Source
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place, span
from reconciler.language.report import Report, SkippedError
from reconciler.language.testing.bench import is_meant
from reconciler.language.testing.files import Run, Suite, attribute
from reconciler.language.testing.names import ConditionNames
from reconciler.language.testing.parts import parts
from reconciler.language.testing.values import values_of
from reconciler.model.diagnostic import Diagnostic, Span
from reconciler.model.stack import Output, Stack
from reconciler.model.test_result import Status, worst


class Verdict(NamedTuple):
    """How a run ended, and why."""

    status: Status
    diagnostics: tuple[Diagnostic, ...] = ()


class Trial:
    """A run under way. `earlier` are the outputs of the runs before it, by name.

    Whoever carries it out takes `stack`, asks for `outputs` as what runs gets known, and for the `verdict` last.
    """

    def __init__(self, source: Source, suite: Suite, run: Run, earlier: Mapping[str, Value]) -> None:
        self.suite, self.run, self.earlier = suite, run, earlier
        self._report = Report(source.texts)
        self._values = values_of(source, suite, run, earlier, self._report)
        self._source = source._replace(given=self._values.given)
        self._attributes: Attributes = {}
        self._interpreter: Interpreter | None = None
        self.stack = None if self._report.has_errors else self._build()

    @property
    def place(self) -> Span:
        """Where the run is declared."""
        return span(self.suite.file, self.run.place)

    def renamed(self, names: Mapping[str, str]) -> Stack:
        """Return the stack with the names that moved objects keep; raise StackError when they collide."""
        self._source = self._source._replace(names=names)
        self.stack = self._build()
        if self.stack is None:
            raise StackError(self._report.diagnostics())
        return self.stack

    def outputs(self, attributes: Attributes) -> tuple[Output, ...]:
        """Return the outputs, given attributes that only what runs can tell: everything is evaluated with them."""
        if self._interpreter is None or attributes != self._attributes:
            self._attributes = attributes
            self._interpreter = self._interpreted()
        return tuple(each for _, each in sorted(self._interpreter.outputs.items()))

    @property
    def values(self) -> Value:
        """What later runs refer to as `run.NAME`."""
        return object_of(self._interpreter.output_values if self._interpreter is not None else {})

    def verdict(self) -> Verdict:
        """Compare what failed with what was to fail, then look at the assertions."""
        failed = [each for each in self._report.diagnostics() if each.severity == "error" or each.subject]
        others = [each for each in failed if not any(is_meant(each.subject, one) for one in self.run.expected)]
        if others or self._interpreter is None:
            return Verdict(Status.ERROR, tuple(map(_as_error, others)))
        if self.run.applies and self.stack is None:
            detail = "Say command = plan: there is nothing to apply once a rule has failed."
            summary = "what was to fail ended the plan, so nothing was applied"
            return Verdict(Status.ERROR, (self._made("E0713", summary, detail, self.run.place), *failed))
        found = [*self._missing(failed), *self._judged(self._interpreter)]
        return Verdict(worst(status for status, _ in found), tuple(diagnostic for _, diagnostic in found))

    def _build(self) -> Stack | None:
        self._interpreter = self._interpreted()
        stack = build(self._interpreter, self._source.files, self._source.name)
        return None if self._report.has_errors else stack

    def _interpreted(self) -> Interpreter:
        self._report = Report(self._source.texts)
        return self._source.interpret(self._report, self._attributes)

    def _missing(self, failed: list[Diagnostic]) -> Iterator[tuple[Status, Diagnostic]]:
        for each in self.run.expected:
            if not any(is_meant(found.subject, each) for found in failed):
                detail = "All its rules hold in this run: correct them, the run's variables, or expect_failures."
                yield Status.FAIL, self._made("E0712", f"{each.address} was to fail, and did not", detail, each.place)

    def _judged(self, interpreter: Interpreter) -> Iterator[tuple[Status, Diagnostic]]:
        names = ConditionNames(interpreter, self.earlier, self._values.own)
        for block in self.run.assertions:
            scope = Scope(names, interpreter.root.files, file=self.suite.file)
            try:
                yield from self._assertion(block, scope)
            except SkippedError as error:
                detail = "Leave it out of the condition: an assertion can only be about what is there."
                yield Status.ERROR, self._made("E0714", "this failed, as it was to", detail, error.place)
            except EvaluationError as error:
                error.file = error.file or self.suite.file
                yield Status.ERROR, from_evaluation(error, self._source.texts)

    def _assertion(self, block: syntax.Block, scope: Scope) -> Iterator[tuple[Status, Diagnostic]]:
        condition, message = attribute(block, "condition"), attribute(block, "error_message")
        assert condition is not None and message is not None
        truth = conditions.truth(condition, scope)
        if truth:
            return
        if truth is None:
            detail = f'Say command = apply in run "{self.run.name}", or ask for something else.'
            if self.run.applies:
                detail = "It is not known after an apply on the simulated engine either: ask for something else."
            found = self._made("E0711", "the condition is known only after apply", detail, condition.place)
        else:
            found = self._made("E0710", conditions.message(message, scope), "", condition.place)
        status = Status.ERROR if truth is None else Status.FAIL
        yield status, replace(found, parts=parts(condition, scope))

    def _made(self, code: str, summary: str, detail: str, place: Place) -> Diagnostic:
        text = self._source.texts.get(self.suite.file, "")
        return make(code, summary, detail, self.suite.file, place, text)


def _as_error(found: Diagnostic) -> Diagnostic:
    """A check that nobody expected to fail ends a test, though it would stop no apply (Terraform)."""
    if found.severity == "error":
        return found
    return replace(found, severity="error", detail=f"If it is to fail here: expect_failures = [{found.subject}]")
