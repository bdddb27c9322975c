"""Functions of sets."""

from __future__ import annotations

import itertools
import math

from reconciler.language.expressions.conversion import convert
from reconciler.language.expressions.unification import unify
from reconciler.language.expressions.values import (
    ANY,
    Type,
    Value,
    identity_key,
    list_of,
    set_of,
    set_type,
    tuple_of,
)
from reconciler.language.functions.collections import sequence
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.limits import check_elements


def _unified(sets: tuple[Value, ...]) -> tuple[Type, list[dict[object, Value]]]:
    kind = unify([value.type.element or ANY for value in sets if value.data or value.type.element != ANY])
    if kind is None or (kind == ANY and any(value.type.element != ANY for value in sets)):
        raise FunctionError("the sets must be of one type")
    members = [[convert(item, kind) for item in value.data] for value in sets]
    return kind, [{identity_key(item): item for item in some} for some in members]


@function(set_type(ANY), returns=set_type(ANY), variadic=set_type(ANY))
def setunion(*sets: Value) -> Value:
    """Return what is in any of the sets."""
    kind, members = _unified(sets)
    return set_of(kind, [item for some in members for item in some.values()])


@function(set_type(ANY), returns=set_type(ANY), variadic=set_type(ANY))
def setintersection(*sets: Value) -> Value:
    """Return what is in all of the sets."""
    kind, members = _unified(sets)
    return set_of(kind, [item for key, item in members[0].items() if all(key in some for some in members[1:])])


@function(set_type(ANY), set_type(ANY), returns=set_type(ANY))
def setsubtract(*sets: Value) -> Value:
    """Return what is in the first set and not in the second."""
    kind, members = _unified(sets)
    return set_of(kind, [item for key, item in members[0].items() if key not in members[1]])


@function(returns=ANY, variadic=Parameter(ANY, takes_sensitive=True))
def setproduct(*sets: Value) -> Value:
    """Return every combination of one element from each."""
    if len(sets) < 2:
        raise FunctionError(f"at least 2 arguments wanted, {len(sets)} given", None, "", "E0322")
    columns = [sequence(value, position) for position, value in enumerate(sets)]
    check_elements(math.prod(map(len, columns)))
    kinds = [unify([item.type for item in column]) if column else ANY for column in columns]
    settled = [value.type.element or kind for value, kind in zip(sets, kinds, strict=True)]
    if any(kind is None for kind in settled):
        raise FunctionError("the elements of each list must be of one type")
    types = tuple(kind for kind in settled if kind is not None)
    rows = [
        tuple_of([convert(item, kind) for item, kind in zip(row, types, strict=True)])
        for row in itertools.product(*columns)
    ]
    element = Type("tuple", None, types)
    if any(value.type.kind == "set" for value in sets):
        return set_of(element, rows).mark(any(value.sensitive for value in sets))
    return list_of(element, rows).mark(any(value.sensitive for value in sets))
