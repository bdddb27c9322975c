"""Terraform's functions, by area; `call` is how the evaluator reaches them.

Planned and not here yet are named in `UNSUPPORTED`, so that a call says so instead of proposing a similar name.
"""

from __future__ import annotations

from reconciler.language import access, syntax
from reconciler.language.dispatch import evaluate
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
    sets,
    strings,
    types,
)
from reconciler.language.functions.context import Context
from reconciler.language.functions.table import TABLE, FunctionError, apply
from reconciler.language.scope import TOO_MUCH, EvaluationError, Scope
from reconciler.language.values import ANY, FALSE, TRUE, Unknown, Value, is_wholly_known, unknown

AREAS = (collections, dates, encoding, files, hashing, maps, networks, numeric, patterns, sets, strings, types)

UNSUPPORTED = frozenset({"bcrypt", "rsadecrypt", "timestamp", "plantimestamp", "uuid", "convert", "ephemeralasnull"})


def call(node: syntax.Call, scope: Scope) -> Value:
    """Evaluate a call; raise FunctionError, or the EvaluationError of an argument."""
    name = node.name.removeprefix("core::")
    if name in ("try", "can"):
        return _try(node, scope) if name == "try" else _can(node, scope)
    entry = TABLE.get(name)
    if entry is None:
        raise _unknown_function(node, name)
    arguments = [evaluate(argument, scope) for argument in node.arguments]
    if node.expand:
        last = arguments.pop()
        expanded = _expanded(last, len(node.arguments) - 1)
        if expanded is None:
            return unknown(entry.returns).mark(last.sensitive)
        arguments.extend(expanded)
    extra = (Context(scope, node.arguments),) if entry.contextual else ()
    result = apply(entry, arguments, *extra)
    if isinstance(result.data, tuple | dict):
        scope.budget.spend(len(result.data))
    return result


def _expanded(last: Value, position: int) -> tuple[Value, ...] | None:
    """Return the values of an expanded argument; None when they are unknown."""
    if last.data is None or last.type.kind not in ("list", "tuple", "set", "any"):
        raise FunctionError("only a list, set or tuple can be expanded with ...", position)
    if isinstance(last.data, Unknown):
        return None
    return tuple(item.mark(last.sensitive) for item in last.data)


def _unknown_function(node: syntax.Call, name: str) -> EvaluationError:
    if name in UNSUPPORTED:
        summary = f'the function "{name}" is not supported yet'
        return EvaluationError("E0324", summary, "Use a variable for what it would give.", node.name_place)
    detail = access.similar(name, [*TABLE, "try", "can"])
    return EvaluationError("E0323", f'there is no function "{name}"', detail, node.name_place)


def _try(node: syntax.Call, scope: Scope) -> Value:
    """Return the first argument that has a value; an unknown one makes the result unknown."""
    errors: list[EvaluationError] = []
    for argument in node.arguments:
        try:
            value = evaluate(argument, scope)
        except EvaluationError as error:
            if error.code == TOO_MUCH:
                raise
            errors.append(error)
            continue
        return value if is_wholly_known(value) else unknown(ANY).mark(value.sensitive)
    if not errors:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    raise FunctionError(f"no argument has a value; the last one fails: {errors[-1].summary}")


def _can(node: syntax.Call, scope: Scope) -> Value:
    """Say whether the argument has a value."""
    if len(node.arguments) != 1 or node.expand:
        raise FunctionError(f"1 argument wanted, {len(node.arguments)} given", None, "", "E0322")
    try:
        value = evaluate(node.arguments[0], scope)
    except EvaluationError as error:
        if error.code == TOO_MUCH:
            raise
        return FALSE
    return TRUE if is_wholly_known(value) else unknown(TRUE.type, True)


__all__ = ["AREAS", "UNSUPPORTED", "call"]
