"""What a call of a module says: its arguments, and what all that is in the module comes after."""

from __future__ import annotations

from reconciler.language.blocks.attribute_values import UnfitError, python_value
from reconciler.language.blocks.declarations import Declaration
from reconciler.language.blocks.modules import Module
from reconciler.language.blocks.references import Key
from reconciler.language.expressions.access import similar
from reconciler.language.expressions.evaluator import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.report import Report
from reconciler.language.schema_stack import DEPENDS_ON
from reconciler.language.schema_stack import MODULE as MODULE_BLOCK


def check_arguments(call: Declaration, module: Module, report: Report) -> None:
    """Report what a call gives that the module does not take."""
    assert call.block is not None
    known = module.declarations.variables
    for each in call.block.body.attributes:
        if each.name in known or MODULE_BLOCK.attribute(each.name) is not None:
            continue
        if module.declarations.is_lost(Key("var", each.name)):
            continue
        if each.name in MODULE_BLOCK.aws_only:
            detail = f"Remove it. Instead: {MODULE_BLOCK.aws_only[each.name]}."
        else:
            detail = similar(each.name, known) or f'Declare it there: variable "{each.name}" {{}}'
        summary = f'module "{call.key.name}" has no variable "{each.name}"'
        report.error("E0202", summary, detail, call.file, each.name_place)
    for block in call.block.body.blocks:
        detail = "A call of a module holds attributes only."
        report.error("E0201", f'unknown block "{block.type}" in a module', detail, call.file, block.place)


def after(call: Declaration, scope: Scope) -> tuple[str, ...]:
    """Return the services that a call's depends_on names."""
    assert call.block is not None
    node = next((each.value for each in call.block.body.attributes if each.name == "depends_on"), None)
    if node is None:
        return ()
    try:
        found: tuple[str, ...] = python_value(evaluate(node, scope), DEPENDS_ON)
    except UnfitError as error:
        detail = error.detail or f"It is a {DEPENDS_ON.kind}: {DEPENDS_ON.doc}"
        raise EvaluationError(error.code, f'"depends_on": {error}', detail, node.place) from None
    return found
