"""Values of the language: exact numbers, the five kinds of collections, unknowns and sensitive marks.

A Value is a tuple of its type, its data, whether it is sensitive, and the address it stands for (a reference such as
`network.back`). Data is None for null, an Unknown, or: str, bool, int or Fraction, a tuple of Values (list, set,
tuple), a dict of Values (map, object; in order of keys).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from reconciler.language.expressions import numbers
from reconciler.language.expressions.numbers import Number as Number
from reconciler.language.reading.escapes import normalise


class Type(NamedTuple):
    """A type or a type constraint. `optional` maps an object's optional attributes to their default (None: null)."""

    kind: str
    element: Type | None = None
    elements: tuple[Type, ...] = ()
    attributes: Mapping[str, Type] = {}
    optional: Mapping[str, Value | None] = {}

    def __str__(self) -> str:
        if self.element is not None:
            return f"{self.kind}({self.element})"
        if self.kind == "tuple":
            return f"tuple([{', '.join(map(str, self.elements))}])"
        if self.kind == "object":
            return f"object({{{', '.join(f'{name} = {kind}' for name, kind in self.attributes.items())}}})"
        return self.kind


STRING, NUMBER, BOOL, ANY = Type("string"), Type("number"), Type("bool"), Type("any")
PRIMITIVES = (STRING, NUMBER, BOOL)


def list_type(element: Type = ANY) -> Type:
    """Return the type of lists of `element`."""
    return Type("list", element)


def set_type(element: Type = ANY) -> Type:
    """Return the type of sets of `element`."""
    return Type("set", element)


def map_type(element: Type = ANY) -> Type:
    """Return the type of maps of `element`."""
    return Type("map", element)


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """What is not known before apply; `not_null` and `prefix` are what is known about it all the same."""

    not_null: bool = False
    prefix: str = ""


class Value(NamedTuple):
    """A value. Compare with `operators.equal`, never with `==`: 1, True and Fraction(1) differ in the language."""

    type: Type
    data: Any
    sensitive: bool = False
    identity: Any = None

    @property
    def is_null(self) -> bool:
        """Say whether this is null."""
        return self.data is None

    @property
    def is_unknown(self) -> bool:
        """Say whether the value itself (not only a part of it) is unknown."""
        return isinstance(self.data, Unknown)

    def mark(self, sensitive: bool = True) -> Value:
        """Return the value, sensitive if `sensitive` or already so."""
        return self._replace(sensitive=True) if sensitive and not self.sensitive else self


TRUE, FALSE = Value(BOOL, True), Value(BOOL, False)
NULL = Value(ANY, None)


def string(text: str) -> Value:
    """Return a string, in Unicode's normal form C as all are."""
    return Value(STRING, normalise(text))


def number(amount: Number) -> Value:
    """Return a number that is rounded and, where it is whole, an int already."""
    return Value(NUMBER, amount)


def count(amount: int) -> Value:
    """Return a whole number that was counted: a length, a position."""
    return Value(NUMBER, numbers.Whole(amount))


def boolean(truth: bool) -> Value:
    """Return a bool."""
    return TRUE if truth else FALSE


def null(kind: Type = ANY) -> Value:
    """Return a null of a type."""
    return Value(kind, None)


def unknown(kind: Type = ANY, not_null: bool = False, prefix: str = "") -> Value:
    """Return an unknown of a type."""
    return Value(kind, Unknown(not_null, prefix))


def tuple_of(items: Iterable[Value]) -> Value:
    """Return a tuple."""
    parts = tuple(items)
    return Value(Type("tuple", None, tuple(part.type for part in parts)), parts)


def object_of(attributes: Mapping[str, Value], identity: Any = None) -> Value:
    """Return an object, its attributes in order of names."""
    ordered = {name: attributes[name] for name in sorted(attributes)}
    kind = Type("object", None, (), {name: value.type for name, value in ordered.items()})
    return Value(kind, ordered, False, identity)


def list_of(element: Type, items: Iterable[Value]) -> Value:
    """Return a list of values that are of type `element` already."""
    return Value(list_type(element), tuple(items))


def map_of(element: Type, items: Mapping[str, Value]) -> Value:
    """Return a map of values that are of type `element` already, in order of keys."""
    return Value(map_type(element), {key: items[key] for key in sorted(items)})


def set_of(element: Type, items: Iterable[Value]) -> Value:
    """Return a set: without doubles, in the order sets iterate. A sensitive member makes the whole set sensitive."""
    members: dict[Any, Value] = {}
    sensitive = False
    for item in items:
        sensitive = sensitive or has_sensitive(item)
        members.setdefault(identity_key(item), unmark(item))
    return Value(set_type(element), tuple(sorted(members.values(), key=order_key)), sensitive)


def identity_key(value: Value) -> Any:
    """Return what two values share exactly when they are the same value (types aside from structure)."""
    data = value.data
    if isinstance(data, tuple):
        return (value.type.kind, tuple(map(identity_key, data)))
    if isinstance(data, dict):
        return (value.type.kind, tuple((name, identity_key(item)) for name, item in data.items()))
    if isinstance(data, Unknown):
        return ("unknown", id(data))
    return (type(data).__name__ if isinstance(data, bool) else value.type.kind, data)


def order_key(value: Value) -> Any:
    """Return the key by which sets are ordered: by size or code point, false before true, null last."""
    data = value.data
    if data is None:
        return (9, "")
    if value.type == STRING and isinstance(data, str):
        return (1, data)
    if value.type in (NUMBER, BOOL) and not isinstance(data, Unknown):
        return (0, data)
    return (5, _written(value).encode())


def _written(value: Value) -> str:
    """Return a value as the text by which Terraform orders what has no order: `<1;"a";>` for a tuple or object."""
    data = value.data
    if data is None or isinstance(data, Unknown):
        return "~" if data is None else "?"
    if isinstance(data, bool):
        return "T" if data else "F"
    if isinstance(data, str):
        return '"' + data.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(data, dict) and value.type.kind == "map":
        return "{" + "".join(f"{_written(string(name))}:{_written(item)};" for name, item in data.items()) + "}"
    if isinstance(data, dict | tuple):
        opening, closing = "[]" if value.type.element is not None else "<>"
        parts = data.values() if isinstance(data, dict) else data
        return opening + "".join(f"{_written(part)};" for part in parts) + closing
    return numbers.brief(data)


def elements(value: Value) -> tuple[Value, ...]:
    """Return the elements of a known collection, in the order of iteration; marks of a set reach its elements."""
    items = tuple(value.data.values()) if isinstance(value.data, dict) else value.data
    return tuple(item.mark() for item in items) if value.sensitive else items


def is_wholly_known(value: Value) -> bool:
    """Say whether no part of the value is unknown."""
    if isinstance(value.data, Unknown):
        return False
    if isinstance(value.data, dict):
        return all(map(is_wholly_known, value.data.values()))
    return all(map(is_wholly_known, value.data)) if isinstance(value.data, tuple) else True


def is_known_not_null(value: Value) -> bool:
    """Say whether the value itself is certain not to be null, though it may be unknown."""
    return value.data.not_null if isinstance(value.data, Unknown) else value.data is not None


def has_sensitive(value: Value) -> bool:
    """Say whether any part of the value is sensitive."""
    if value.sensitive:
        return True
    if isinstance(value.data, dict):
        return any(map(has_sensitive, value.data.values()))
    if isinstance(value.data, tuple):
        return any(map(has_sensitive, value.data))
    return False


def unmark(value: Value) -> Value:
    """Return the value with no part of it sensitive."""
    if not has_sensitive(value):
        return value
    data = value.data
    if isinstance(data, dict):
        data = {name: unmark(item) for name, item in data.items()}
    elif isinstance(data, tuple):
        data = tuple(map(unmark, data))
    return Value(value.type, data, False, value.identity)


def to_python(value: Value) -> Any:
    """Return the value as JSON-like Python: numbers int or Fraction as their text spells them, sets as lists."""
    data = value.data
    if isinstance(data, dict):
        return {name: to_python(item) for name, item in data.items()}
    if isinstance(data, Unknown):
        raise ValueError("the value is not known yet")
    if isinstance(data, tuple):
        return [to_python(item) for item in data]
    return numbers.exact(data) if value.type == NUMBER and data is not None else data


def from_python(source: Any) -> Value:
    """Return JSON-like Python as a value: dicts are objects and lists tuples, as literals would be."""
    if source is None:
        return NULL
    if isinstance(source, Value):
        return source
    if isinstance(source, bool):
        return boolean(source)
    if isinstance(source, str):
        return string(source)
    if isinstance(source, int | Fraction):
        return number(numbers.settled(source))
    if isinstance(source, float):
        return number(numbers.settled(Fraction(repr(source))))
    if isinstance(source, Mapping):
        return object_of({str(name): from_python(item) for name, item in source.items()})
    if isinstance(source, Iterable):
        return tuple_of(map(from_python, source))
    return number(numbers.settled(Fraction(str(source))))


def number_to_python(source: Any) -> Any:
    """Return JSON-like Python with fractions as floats, which is what JSON has for them."""
    if isinstance(source, Fraction):
        return float(source)
    if isinstance(source, dict):
        return {name: number_to_python(item) for name, item in source.items()}
    return [number_to_python(item) for item in source] if isinstance(source, list) else source
