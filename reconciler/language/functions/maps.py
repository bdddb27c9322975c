"""Functions of maps and objects."""

from __future__ import annotations

from reconciler.language.expressions import access
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.values import (
    ANY,
    STRING,
    Type,
    Value,
    list_of,
    list_type,
    map_of,
    map_type,
    object_of,
    string,
    tuple_of,
    unknown,
)
from reconciler.language.functions.collections import PARTLY, sequence
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.limits import check_elements


def mapping(value: Value, argument: int) -> dict[str, Value]:
    """Return the elements of a map or object; raise FunctionError for anything else."""
    if value.type.kind not in ("map", "object"):
        raise FunctionError(f"a map or object is required, not {type_name(value.type)}", argument)
    items: dict[str, Value] = value.data
    return items


@function(Parameter(ANY, takes_unknown=True, takes_sensitive=True), returns=ANY)
def keys(items: Value) -> Value:
    """Return the keys, in order."""
    if items.is_unknown:
        return unknown(list_type(STRING), True).mark(items.sensitive)
    names = [string(name) for name in mapping(items, 0)]
    result = list_of(STRING, names) if items.type.kind == "map" else tuple_of(names)
    return result.mark(items.sensitive)


@function(
    PARTLY, STRING, returns=ANY, variadic=Parameter(ANY, nullable=True, takes_unknown=True, takes_sensitive=True)
)
def lookup(items: Value, key: str, *default: Value) -> Value:
    """Return an element by key, or the default."""
    if len(default) > 1:
        raise FunctionError(f"2 to 3 arguments wanted, {2 + len(default)} given", None, "", "E0322")
    if items.is_unknown:
        return unknown(items.type.element or ANY).mark(items.sensitive)
    found = mapping(items, 0).get(key)
    otherwise = _default(items, default[0]) if default else None
    if found is None and otherwise is None:
        raise FunctionError(f'there is no element "{key}"', 1, access.similar(key, items.data))
    result = found if found is not None else otherwise
    assert result is not None
    return result.mark(items.sensitive)


def _default(items: Value, default: Value) -> Value:
    if items.type.element is None:
        return default
    try:
        return convert(default, items.type.element)
    except ConversionError as error:
        raise FunctionError(f"the default must be like the map's elements: {error}", 2) from None


@function(returns=ANY, variadic=Parameter(ANY, nullable=True, takes_unknown=True, takes_sensitive=True))
def merge(*maps: Value) -> Value:
    """Join maps and objects; the last one wins. Null is skipped."""
    sensitive = any(value.sensitive for value in maps)
    items: dict[str, Value] = {}
    for position, value in enumerate(maps):
        if value.type.kind not in ("map", "object", "any"):
            raise FunctionError(f"a map or object is required, not {type_name(value.type)}", position)
        if value.is_unknown:
            return unknown(ANY, True).mark(sensitive)
        items.update(value.data or {})
    check_elements(len(items))
    if maps and maps[0].type.kind == "map" and all(value.type == maps[0].type for value in maps):
        return map_of(maps[0].type.element or ANY, items).mark(sensitive)
    return object_of(items).mark(sensitive)


@function(map_type(list_type(STRING)), returns=map_type(list_type(STRING)))
def transpose(items: Value) -> Value:
    """Make of a map of lists the map from each listed string to the keys it was listed under."""
    turned: dict[str, list[Value]] = {}
    for name, members in items.data.items():
        if members.data is None:
            raise FunctionError("an element is null", 0)
        for member in members.data:
            if member.data is None:
                raise FunctionError("an element is null", 0)
            turned.setdefault(member.data, []).append(string(name))
    return map_of(list_type(STRING), {name: list_of(STRING, members) for name, members in turned.items()})


@function(PARTLY, returns=ANY)
def values(items: Value) -> Value:
    """Return the elements in the order of their keys."""
    if items.is_unknown:
        return unknown(ANY, True).mark(items.sensitive)
    parts = mapping(items, 0).values()
    result = list_of(items.type.element or ANY, parts) if items.type.kind == "map" else tuple_of(parts)
    return result.mark(items.sensitive)


@function(list_type(STRING), PARTLY, returns=ANY)
def zipmap(names: Value, items: Value) -> Value:
    """Pair keys with values."""
    if items.is_unknown:
        return unknown(ANY, True).mark(items.sensitive)
    parts = sequence(items, 1, ("list", "tuple"))
    if len(parts) != len(names.data):
        raise FunctionError(f"{len(names.data)} keys and {len(parts)} values: there must be as many", 1)
    if any(name.data is None for name in names.data):
        raise FunctionError("a key is null", 0)
    pairs = {name.data: part for name, part in zip(names.data, parts, strict=True)}
    kind: Type | None = items.type.element
    result = map_of(kind, pairs) if kind is not None else object_of(pairs)
    return result.mark(items.sensitive)
