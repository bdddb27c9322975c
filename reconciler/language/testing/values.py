"""Values that a test file gives to variables: those of the run over those of the file over all others (Terraform)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.language.blocks.variables import Given
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import Value, is_wholly_known
from reconciler.language.loader import Source
from reconciler.language.reading import syntax
from reconciler.language.report import Report
from reconciler.language.testing.files import Run, Suite
from reconciler.language.testing.names import ValueNames


class Values(NamedTuple):
    """What the stack's variables are given, and what has a name of the test file's own."""

    given: Mapping[str, Given]
    own: Mapping[str, Value]


def values_of(source: Source, suite: Suite, run: Run, earlier: Mapping[str, Value], report: Report) -> Values:
    """Evaluate what a run gives to variables; report what cannot be evaluated."""
    declared = source.module.declarations
    given, own = dict(source.given), dict[str, Value]()
    for attributes in (suite.variables, run.variables):
        scope = Scope(ValueNames(declared, given, own, earlier), source.files, file=suite.file)
        for each in attributes:
            value = _evaluated(each, scope, report)
            if value is None:
                continue
            if each.name in declared.variables:
                given[each.name] = Given("this value", "", None, suite.file, each.value.place, value)
            else:
                own[each.name] = value
    return Values(given, own)


def _evaluated(attribute: syntax.Attribute, scope: Scope, report: Report) -> Value | None:
    try:
        value = evaluate(attribute.value, scope)
    except EvaluationError as error:
        error.file = error.file or scope.file
        report.evaluation(error)
        return None
    if is_wholly_known(value):
        return value
    summary = f'the value of "{attribute.name}" is known only after apply'
    detail = "Say command = apply in the run that it comes from."
    report.error("E0706", summary, detail, scope.file, attribute.value.place)
    return None
