"""Terraform's functions, by area; `call` is how the evaluator reaches them."""

from __future__ import annotations

from reconciler.language.expressions import access
from reconciler.language.expressions.dispatch import evaluate
from reconciler.language.expressions.scope import EvaluationError, Scope
from reconciler.language.expressions.values import Value, unknown
from reconciler.language.functions import (
    collections,
    dates,
    encoding,
    files,
    hashing,
    maps,
    networks,
    numeric,
    patterns,
    rsa,
    sets,
    strings,
    template_files,
    types,
)
from reconciler.language.functions.context import Context
from reconciler.language.functions.special import SPECIAL
from reconciler.language.functions.table import TABLE, apply, expanded
from reconciler.language.reading import syntax

AREAS = (
    *(collections, dates, encoding, files, hashing, maps, networks, numeric),
    *(patterns, rsa, sets, strings, template_files, types),
)


def call(node: syntax.Call, scope: Scope) -> Value:
    """Evaluate a call; raise FunctionError, or the EvaluationError of an argument."""
    name = node.name.removeprefix("core::")
    if name in SPECIAL:
        return SPECIAL[name](node, scope)
    entry = TABLE.get(name)
    if entry is None:
        raise _unknown_function(node, name)
    arguments = [evaluate(argument, scope) for argument in node.arguments]
    if node.expand:
        last = arguments.pop()
        parts = expanded(last, len(node.arguments) - 1)
        if parts is None:
            return unknown(entry.returns).mark(last.sensitive)
        arguments.extend(parts)
    extra = (Context(scope, node.arguments),) if entry.contextual else ()
    result = apply(entry, arguments, *extra)
    if isinstance(result.data, tuple | dict):
        scope.budget.spend(len(result.data))
    return result


def _unknown_function(node: syntax.Call, name: str) -> EvaluationError:
    detail = access.similar(name, [*TABLE, *SPECIAL]) or "`reconciler docs functions` lists them."
    return EvaluationError("E0323", f'there is no function "{name}"', detail, node.name_place)


__all__ = ["AREAS", "call"]
