"""Which value may stand where another type is wanted, and what it becomes there.

The rules are Terraform's: "5" is a number where a number is wanted, a tuple is a list when its elements share a
type, an object is a map likewise; a bool is never a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.language.expressions import numbers
from reconciler.language.expressions.unification import convertible, unify
from reconciler.language.expressions.values import (
    ANY,
    BOOL,
    NUMBER,
    PRIMITIVES,
    STRING,
    Type,
    Unknown,
    Value,
    boolean,
    list_type,
    map_type,
    number,
    set_of,
    string,
)


class ConversionError(ValueError):
    """The value cannot be of the wanted type; the text says why, and where inside the value."""


def type_name(kind: Type) -> str:
    """Return the kind of a type as a word with its article: "a string", "an object"."""
    names = {"any": "a value", "object": "an object", "bool": "a bool"}
    if kind.element in PRIMITIVES:
        return f"a {kind.kind} of {kind.element}s"
    if kind.element is not None and kind.element != ANY:
        return f"a {kind}"
    return names.get(kind.kind, f"a {kind.kind}")


def convert(value: Value, kind: Type) -> Value:
    """Return `value` as `kind`; raise ConversionError, or LimitError for a number of too many digits."""
    if kind == ANY or (value.type == kind and not kind.optional and kind in PRIMITIVES):
        return value
    if value.data is None or isinstance(value.data, Unknown):
        return _convert_absent(value, kind)
    if kind in PRIMITIVES:
        return _to_primitive(value, kind)
    converted = _CONVERTERS[kind.kind](value, kind)
    return converted._replace(identity=value.identity).mark(value.sensitive)


def _settled(kind: Type) -> Type:
    return kind._replace(optional={}) if kind.optional else kind


def _convert_absent(value: Value, kind: Type) -> Value:
    """Convert a null or an unknown, of which the type alone counts."""
    if not convertible(value.type, kind):
        raise ConversionError(f"{type_name(kind)} is required, not {type_name(value.type)}")
    data = value.data
    if isinstance(data, Unknown):
        same_text = value.type == STRING and kind == STRING
        data = Unknown(data.not_null, data.prefix if same_text else "")
    return Value(_filled(value.type, kind), data, value.sensitive, value.identity)


def _filled(source: Type, target: Type) -> Type:
    """Return `target` with every `any` in it replaced by what `source` has there."""
    if source == ANY or target == ANY:
        return source if target == ANY else _settled(target)
    if target.element is not None:
        parts = list(source.attributes.values()) if source.kind == "object" else list(source.elements)
        inner = source.element if source.element is not None else unify(parts)
        return Type(target.kind, _filled(inner or ANY, target.element))
    if target.kind == "tuple" and source.kind == "tuple":
        pairs = zip(source.elements, target.elements, strict=True)
        return Type("tuple", None, tuple(_filled(*pair) for pair in pairs))
    if target.kind == "object":
        attributes = {
            name: _filled(source.element or source.attributes.get(name, ANY), kind)
            for name, kind in sorted(target.attributes.items())
        }
        return Type("object", None, (), attributes)
    return target


def _to_primitive(value: Value, kind: Type) -> Value:
    data = value.data
    result: Value | None = None
    if kind == STRING and value.type in PRIMITIVES:
        result = string(data if isinstance(data, str) else primitive_text(data))
    elif kind == NUMBER and value.type == STRING:
        parsed = numbers.parse(data)
        result = None if parsed is None else number(parsed)
    elif kind == BOOL and value.type == STRING:
        truth = {"true": True, "1": True, "false": False, "0": False}.get(data)
        result = None if truth is None else boolean(truth)
    elif value.type == kind:
        result = value
    if result is None:
        raise ConversionError(f"{type_name(kind)} is required{_instead(value, kind)}")
    return result.mark(value.sensitive)


def _instead(value: Value, kind: Type) -> str:
    if value.type == STRING and kind == BOOL and not value.sensitive and value.data.lower() in ("true", "false"):
        return f'; write "{value.data.lower()}" in lower case'
    return f", not {type_name(value.type)}" if value.type != STRING else ""


def primitive_text(data: Any) -> str:
    """Return a number or bool as the text it has in a template."""
    if isinstance(data, bool):
        return "true" if data else "false"
    return numbers.text(data)


def _to_list(value: Value, kind: Type) -> Value:
    items = _sequence(value, kind)
    element, converted = _elements(items, kind, value.type, [f"[{index}]" for index in range(len(items))])
    if value.type.kind == "set" and value.sensitive:
        converted = [item.mark(False) for item in converted]
    return Value(list_type(element), tuple(converted))


def _to_set(value: Value, kind: Type) -> Value:
    items = _sequence(value, kind)
    element, converted = _elements(items, kind, value.type, [f"[{index}]" for index in range(len(items))])
    return set_of(element, converted)


def _sequence(value: Value, kind: Type) -> tuple[Value, ...]:
    if value.type.kind not in ("list", "set", "tuple"):
        raise ConversionError(f"{type_name(kind)} is required, not {type_name(value.type)}")
    items: tuple[Value, ...] = value.data
    return items


def _to_map(value: Value, kind: Type) -> Value:
    if value.type.kind not in ("map", "object"):
        raise ConversionError(f"{type_name(kind)} is required, not {type_name(value.type)}")
    items: dict[str, Value] = value.data
    element, converted = _elements(tuple(items.values()), kind, value.type, [f'["{name}"]' for name in items])
    return Value(map_type(element), dict(zip(items, converted, strict=True)))


def _elements(items: Sequence[Value], kind: Type, source: Type, steps: list[str]) -> tuple[Type, list[Value]]:
    """Convert the elements of a collection; `any` as element type means the one type they share."""
    element = kind.element or ANY
    if not items and source.element is not None and not convertible(source.element, element):
        raise ConversionError(f"elements of {type_name(source.element)} do not fit")
    if element == ANY:
        if source.element is not None:
            return source.element, list(items)
        element = _shared(items, kind)
    converted = []
    for step, item in zip(steps, items, strict=True):
        try:
            converted.append(convert(item, element))
        except ConversionError as error:
            raise ConversionError(f"element {step}: {error}") from None
    if _mentions_any(element) and converted:
        element = _alike(converted, kind)
        return element, [item if item.type == element else convert(item, element) for item in converted]
    return _settled(element), converted


def _shared(items: Sequence[Value], kind: Type) -> Type:
    shared = unify([item.type for item in items])
    if shared is None or (shared == ANY and kind.kind != "map" and any(item.type != ANY for item in items)):
        raise ConversionError(f"all elements of a {kind.kind} must be of the same type")
    return shared


def _alike(items: Sequence[Value], kind: Type) -> Type:
    """Return the type of converted elements where it was not said in full: they must come out alike, but for null."""
    distinct = [item.type for item in items if item.type != ANY]
    shared = unify(distinct)
    if shared is None or (_mentions_any(shared) and any(one != shared for one in distinct)):
        raise ConversionError(f"all elements of a {kind.kind} must be of the same type")
    return shared


def _mentions_any(kind: Type) -> bool:
    if kind == ANY:
        return True
    inner = [*kind.elements, *kind.attributes.values()]
    return any(map(_mentions_any, inner)) or (kind.element is not None and _mentions_any(kind.element))


def _to_tuple(value: Value, kind: Type) -> Value:
    if value.type.kind != "tuple" or len(value.data) != len(kind.elements):
        raise ConversionError(f"a tuple of {len(kind.elements)} elements is required")
    parts = tuple(convert(item, element) for item, element in zip(value.data, kind.elements, strict=True))
    return Value(Type("tuple", None, tuple(part.type for part in parts)), parts)


def _to_object(value: Value, kind: Type) -> Value:
    if value.type.kind not in ("map", "object"):
        raise ConversionError(f"an object is required, not {type_name(value.type)}")
    attributes: dict[str, Value] = {}
    for name, wanted in sorted(kind.attributes.items()):
        given = value.data.get(name)
        default = kind.optional.get(name)
        if given is None and name not in kind.optional:
            raise ConversionError(f'attribute "{name}" is required')
        if default is not None and (given is None or given.is_null):
            given = default
        try:
            attributes[name] = convert(given if given is not None else Value(wanted, None), wanted)
        except ConversionError as error:
            raise ConversionError(f'attribute "{name}": {error}') from None
    types = {name: item.type for name, item in attributes.items()}
    return Value(Type("object", None, (), types), attributes)


_CONVERTERS = {"list": _to_list, "set": _to_set, "map": _to_map, "tuple": _to_tuple, "object": _to_object}
