"""Functions of lists, sets and tuples; of any collection where it is all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.language.expressions.conversion import convert, type_name
from reconciler.language.expressions.graphemes import graphemes
from reconciler.language.expressions.operators import equal
from reconciler.language.expressions.unification import unify
from reconciler.language.expressions.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Number,
    Unknown,
    Value,
    boolean,
    count,
    has_sensitive,
    identity_key,
    is_wholly_known,
    list_of,
    list_type,
    null,
    tuple_of,
    unknown,
    unmark,
)
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.limits import check_elements

SEQUENCES = ("list", "set", "tuple")
LISTS = ("list", "tuple")
PARTLY = Parameter(ANY, takes_unknown=True, takes_sensitive=True)


def sequence(value: Value, argument: int, kinds: Sequence[str] = SEQUENCES) -> tuple[Value, ...]:
    """Return the elements of a list, set or tuple; raise FunctionError for anything else."""
    if value.type.kind not in kinds:
        raise FunctionError(f"a {' or '.join(kinds)} is required, not {type_name(value.type)}", argument)
    items: tuple[Value, ...] = value.data
    return items


def same_kind(source: Value, items: Iterable[Value]) -> Value:
    """Return `items` as a list if `source` is one (or a set), else as a tuple."""
    if source.type.kind in ("list", "set"):
        return list_of(source.type.element or ANY, items)
    return tuple_of(items)


@function(Parameter(list_type(BOOL), takes_unknown=True), returns=BOOL)
def alltrue(items: Value) -> Value:
    """Say whether every element is true; true for no element."""
    return _any_or_all(items, False)


@function(Parameter(list_type(BOOL), takes_unknown=True), returns=BOOL)
def anytrue(items: Value) -> Value:
    """Say whether any element is true; false for no element."""
    return _any_or_all(items, True)


def _any_or_all(items: Value, decisive: bool) -> Value:
    """Look from left to right: what settles the answer after an unknown settles `anytrue` only."""
    if items.is_unknown:
        return unknown(BOOL, True)
    seen_unknown = False
    for item in items.data:
        if item.is_unknown:
            seen_unknown = True
            if not decisive:
                return unknown(BOOL, True)
        elif item.data is None:
            if not decisive:
                return boolean(False)
        elif item.data is decisive:
            return boolean(decisive)
    return unknown(BOOL, True) if seen_unknown else boolean(not decisive)


@function(Parameter(list_type(ANY), takes_sensitive=True), NUMBER, returns=list_type(list_type(ANY)))
def chunklist(items: Value, size: Number) -> Value:
    """Cut a list into lists of `size` elements; size 0 means one list."""
    if not isinstance(size, int) or size < 0:
        raise FunctionError("a whole number from 0 up is required", 1)
    step = size or max(1, len(items.data))
    element = items.type.element or ANY
    chunks = [list_of(element, items.data[start : start + step]) for start in range(0, len(items.data), step)]
    return list_of(list_type(element), chunks).mark(items.sensitive)


@function(returns=ANY, variadic=Parameter(ANY, nullable=True))
def coalesce(*candidates: Value) -> Value:
    """Return the first argument that is neither null nor an empty string, all made one type."""
    if not candidates:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    kind = unify([value.type for value in candidates])
    if kind is None:
        raise FunctionError("the arguments must be of one type")
    for value in candidates:
        if value.data is not None and not (kind == STRING and value.data == ""):
            return convert(value, kind)
    raise FunctionError("no argument has a value that is neither null nor empty")


@function(returns=ANY, variadic=Parameter(ANY, nullable=True))
def coalescelist(*candidates: Value) -> Value:
    """Return the first list that is not empty."""
    if not candidates:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    for position, value in enumerate(candidates):
        _require_list(value, position)
    for value in candidates:
        if value.data:
            return value
    raise FunctionError("no argument is a list with elements")


def _require_list(value: Value, argument: int) -> None:
    if value.type.kind not in LISTS:
        raise FunctionError(f"a list or tuple is required, not {type_name(value.type)}", argument)


@function(list_type(STRING), returns=list_type(STRING))
def compact(items: Value) -> Value:
    """Remove null and empty strings."""
    return list_of(STRING, [item for item in items.data if item.data not in (None, "")])


@function(returns=ANY, variadic=PARTLY)
def concat(*lists: Value) -> Value:
    """Join lists: to a list if all are lists of one type, else to a tuple."""
    if not lists:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    sensitive = any(value.sensitive for value in lists)
    if any(value.is_unknown for value in lists):
        return unknown(ANY, True).mark(sensitive)
    items: list[Value] = []
    for position, value in enumerate(lists):
        items.extend(sequence(value, position, ("list", "tuple")))
    check_elements(len(items))
    if all(value.type.kind == "list" for value in lists):
        element = unify([value.type.element or ANY for value in lists])
        if element is not None:
            return list_of(element, [convert(item, element) for item in items]).mark(sensitive)
    return tuple_of(items).mark(sensitive)


@function(PARTLY, PARTLY, returns=BOOL)
def contains(items: Value, wanted: Value) -> Value:
    """Say whether a list, set or tuple has an element."""
    sensitive = has_sensitive(items) or has_sensitive(wanted)
    if items.is_unknown:
        return unknown(BOOL, True).mark(sensitive)
    results = [equal(*_comparable(item, wanted)) for item in sequence(items, 0)]
    if True in results:
        return boolean(True).mark(sensitive)
    return (unknown(BOOL, True) if None in results else boolean(False)).mark(sensitive)


def _comparable(item: Value, wanted: Value) -> tuple[Value, Value]:
    return unmark(item), unmark(wanted)


@function(list_type(ANY), returns=list_type(ANY))
def distinct(items: Value) -> Value:
    """Remove doubles, keeping the first."""
    found: dict[object, Value] = {}
    for item in items.data:
        found.setdefault(identity_key(item), item)
    return list_of(items.type.element or ANY, found.values())


@function(PARTLY, NUMBER, returns=ANY)
def element(items: Value, position: Number) -> Value:
    """Return an element; positions beyond the last begin again at the first, -1 is the last."""
    if items.is_unknown:
        return unknown(items.type.element or ANY).mark(items.sensitive)
    parts = sequence(items, 0, ("list", "tuple"))
    if not parts:
        raise FunctionError("the list is empty", 0)
    if not isinstance(position, int):
        raise FunctionError("a whole number is required", 1)
    return parts[position % len(parts)].mark(items.sensitive)


@function(PARTLY, returns=ANY)
def flatten(items: Value) -> Value:
    """Replace every list inside a list by its elements, however deep."""
    if not is_wholly_known(items):
        return unknown(ANY, True).mark(has_sensitive(items))
    flat: list[Value] = []
    sensitive = _flatten(items, flat, 0)
    check_elements(len(flat))
    return tuple_of(flat).mark(sensitive)


def _flatten(items: Value, flat: list[Value], argument: int) -> bool:
    sensitive = items.sensitive
    for item in sequence(items, argument):
        if item.type.kind in SEQUENCES and item.data is not None:
            sensitive = _flatten(item, flat, argument) or sensitive
        else:
            flat.append(item)
    return sensitive


@function(ANY, ANY, returns=NUMBER)
def index(items: Value, wanted: Value) -> Value:
    """Return the position of the first element that equals `wanted`."""
    for position, item in enumerate(sequence(items, 0, ("list", "tuple"))):
        if equal(item, wanted):
            return count(position)
    raise FunctionError("the list has no such element")


@function(Parameter(ANY, takes_unknown=True, takes_sensitive=True), returns=NUMBER)
def length(value: Value) -> Value:
    """Count elements, or the characters of a string as readers count them."""
    sensitive = value.sensitive
    if value.type == STRING and not value.is_unknown:
        return count(len(graphemes(value.data))).mark(sensitive)
    if value.type.kind == "tuple":
        return count(len(value.type.elements)).mark(sensitive)
    if value.type.kind == "object":
        return count(len(value.type.attributes)).mark(sensitive)
    if value.type not in (ANY, STRING) and value.type.kind not in ("list", "set", "map"):
        raise FunctionError(f"a string or collection is required, not {type_name(value.type)}", 0)
    if isinstance(value.data, Unknown):
        return unknown(NUMBER, True).mark(sensitive)
    if value.type.kind == "set" and not is_wholly_known(value):
        return unknown(NUMBER, True).mark(sensitive)
    return count(len(value.data)).mark(sensitive)


@function(list_type(ANY), list_type(ANY), list_type(ANY), returns=list_type(ANY))
def matchkeys(values: Value, names: Value, wanted: Value) -> Value:
    """Return the values whose key, at the same position, is among the wanted."""
    if len(values.data) != len(names.data):
        raise FunctionError("values and keys must be of one length", 0)
    kind = unify([names.type.element or ANY, wanted.type.element or ANY])
    if kind is None:
        raise FunctionError("keys and wanted keys must be of one type", 2)
    chosen = {identity_key(convert(item, kind)) for item in wanted.data}
    pairs = zip(values.data, names.data, strict=True)
    return list_of(
        values.type.element or ANY, [value for value, name in pairs if identity_key(convert(name, kind)) in chosen]
    )


@function(Parameter(ANY, nullable=True), returns=ANY)
def one(items: Value) -> Value:
    """Return the only element, or null for none."""
    if items.data is None:
        raise FunctionError("the argument is null", 0)
    parts = sequence(items, 0)
    if len(parts) > 1:
        raise FunctionError(f"a collection of no or one element is required, not of {len(parts)}", 0)
    return parts[0] if parts else null(items.type.element or ANY)


@function(PARTLY, returns=ANY)
def reverse(items: Value) -> Value:
    """Return the elements from last to first."""
    if items.is_unknown:
        return unknown(items.type).mark(items.sensitive)
    return same_kind(items, reversed(sequence(items, 0))).mark(items.sensitive)


@function(PARTLY, NUMBER, NUMBER, returns=ANY)
def slice_(items: Value, start: Number, end: Number) -> Value:
    """Return the elements from `start` up to, not including, `end`."""
    if items.is_unknown:
        return unknown(ANY, True).mark(items.sensitive)
    parts = sequence(items, 0, ("list", "tuple"))
    for position, bound in ((1, start), (2, end)):
        if not isinstance(bound, int) or not 0 <= bound <= len(parts):
            raise FunctionError(f"a whole number from 0 to {len(parts)} is required", position)
    if start > end:
        raise FunctionError("the start lies behind the end", 1)
    return same_kind(items, parts[int(start) : int(end)]).mark(items.sensitive)


@function(list_type(STRING), returns=list_type(STRING))
def sort(items: Value) -> Value:
    """Sort strings by their bytes."""
    if any(item.data is None for item in items.data):
        raise FunctionError("an element is null", 0)
    return list_of(STRING, sorted(items.data, key=lambda item: item.data.encode()))
