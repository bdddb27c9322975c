"""Rules that a stack states about itself: validation, precondition, postcondition, and the assertions of checks."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.language.blocks.decode import Decoder
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import BOOL, STRING, has_sensitive
from reconciler.language.reading import syntax
from reconciler.language.reading.syntax import Place
from reconciler.language.report import Report
from reconciler.language.schema_stack import CHECK

HIDDEN = "a rule is not met (its message holds a sensitive value)"


class Unmet(NamedTuple):
    """A rule that does not hold: its message, and the place of its condition."""

    message: str
    place: Place


class Breach(NamedTuple):
    """What it means that a rule does not hold: the code, how the sentence begins, and the address it is about.

    `at` is the file and place of what breaks it, where that is not the rule itself.
    """

    code: str
    what: str
    subject: str
    at: tuple[str, Place] | None = None


def unmet(rule: syntax.Block, scope: Scope) -> Unmet | None:
    """Evaluate one rule. One that is not known yet may still hold. Raises EvaluationError."""
    parts = {each.name: each.value for each in rule.body.attributes}
    if "condition" not in parts or "error_message" not in parts:
        return None  # the table reports that
    condition = parts["condition"]
    if truth(condition, scope) is not False:
        return None
    return Unmet(message(parts["error_message"], scope), condition.place)


def truth(condition: syntax.Expression, scope: Scope) -> bool | None:
    """Return what a condition evaluates to, None when that is not known yet. Raises EvaluationError."""
    try:
        result = convert(evaluate(condition, scope), BOOL)
    except ConversionError as error:
        raise _no_truth(f"the condition does not fit: {error}", condition) from None
    if result.data is None:
        raise _no_truth("the condition is null", condition)
    return None if result.is_unknown else bool(result.data)


def message(node: syntax.Expression, scope: Scope) -> str:
    """Return an error message as it may be shown. Raises EvaluationError."""
    try:
        value = convert(evaluate(node, scope), STRING)
    except ConversionError as error:
        raise EvaluationError(
            "E0306", f"error_message does not fit: {error}", "It is a string.", node.place
        ) from None
    if has_sensitive(value):
        return HIDDEN
    text = value.data.strip().rstrip(".") if isinstance(value.data, str) else ""
    return text or "a rule is not met"


def _no_truth(summary: str, node: syntax.Expression) -> EvaluationError:
    return EvaluationError("E0306", summary, "It must be true or false.", node.place)


def hold(rules: list[syntax.Block], breach: Breach, scope: Scope, report: Report) -> bool:
    """Report every rule that does not hold, or cannot be evaluated; say whether all do."""
    good = True
    for rule in rules:
        try:
            found = unmet(rule, scope)
        except EvaluationError as error:
            error.file = error.file or scope.file
            report.evaluation(error)
            good = False
            continue
        if found is not None:
            file, place = breach.at or (scope.file, found.place)
            detail = f"This rule decides: {scope.file}:{found.place[0]}."
            report.error(breach.code, f"{breach.what}: {found.message}", detail, file, place)
            report.blame(breach.subject)
            good = False
    return good


def tell(block: syntax.Block, address: str, scope: Scope, report: Report) -> None:
    """Warn of every assertion of a check that does not hold; one that cannot be evaluated is an error."""
    if Decoder(report, scope.file, scope).block(block, CHECK).failed:
        return
    for rule in rules(block, "assert"):
        try:
            found = unmet(rule, scope)
        except EvaluationError as error:
            error.file = error.file or scope.file
            report.evaluation(error)
            continue
        if found is not None:
            detail = "A check is a warning: it stops nothing."
            report.warning("E0409", f"{address}: {found.message}", detail, scope.file, found.place)
            report.blame(address)


def rules(block: syntax.Block, word: str) -> list[syntax.Block]:
    """Return the blocks of that word inside a block."""
    return [each for each in block.body.blocks if each.type == word]


def lifecycle_rules(block: syntax.Block, word: str) -> list[syntax.Block]:
    """Return the blocks of that word inside a block's lifecycle."""
    return [each for outer in rules(block, "lifecycle") for each in rules(outer, word)]
