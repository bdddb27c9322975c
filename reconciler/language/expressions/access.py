"""What `.name` and `[key]` find in a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from fractions import Fraction

from reconciler.language.blocks.references import MODULE, Reference
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.values import ANY, NUMBER, STRING, Type, Unknown, Value, unknown

MAXIMUM_NAMED = 8


class AccessError(ValueError):
    """There is no such attribute or element; `detail` is the next step."""

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(summary)
        self.detail = detail


def similar(name: str, names: Iterable[str]) -> str:
    """Return a sentence that proposes the nearest of `names`, or an empty one."""
    found = difflib.get_close_matches(name, sorted(names), 1, 0.6)
    return f'Did you mean "{found[0]}"?' if found else ""


def attribute(base: Value, name: str) -> Value:
    """Return `base.name`."""
    kind, data = base.type, base.data
    if data is None:
        raise AccessError(f'"{name}" is asked of null', "Use try() or a conditional where the value may be null.")
    if isinstance(data, Unknown):
        return _unknown_attribute(base, name)
    if isinstance(data, dict):
        found: Value | None = data.get(name)
        if found is not None:
            return found.mark(base.sensitive)
        raise _missing(base, name)
    if kind.kind in ("list", "tuple", "set"):
        hint = f"Use [*].{name} for the attribute of every element, or [0].{name} for that of the first."
        raise AccessError(f'"{name}" is asked of {type_name(kind)}', hint)
    raise AccessError(f'"{name}" is asked of {type_name(kind)}, which has no attributes')


def _missing(base: Value, name: str) -> AccessError:
    """Return why an object or map has no attribute of that name: of a block, what it stands for says more."""
    block, near = base.identity, similar(name, base.data)
    if isinstance(block, Reference) and block.is_map:
        copies = f'["{next(iter(base.data))}"].{name}' if base.data else "there is none"
        return AccessError(f'"{name}" is asked of a block that has for_each', f"Name the copy: {copies}.")
    if isinstance(block, Reference) and block.block_type == MODULE:
        detail = f'What is inside a module is seen by its outputs only: add `output "{name}" {{ ... }}` there.'
        return AccessError(f'the module has no output "{name}"', near or detail)
    word = "attribute" if base.type.kind == "object" else "element"
    return AccessError(f'there is no {word} "{name}"', near or _there_are(base))


def _there_are(base: Value) -> str:
    """Return a sentence that names what a value holds."""
    if base.sensitive or not base.data:
        return "" if base.sensitive else "It is empty."
    names = list(base.data)
    more = f" and {len(names) - MAXIMUM_NAMED} more" if len(names) > MAXIMUM_NAMED else ""
    return f"There {'is only' if len(names) == 1 else 'are'} {', '.join(names[:MAXIMUM_NAMED])}{more}."


def _unknown_attribute(base: Value, name: str) -> Value:
    kind = base.type
    if kind.kind == "object":
        if name not in kind.attributes:
            raise AccessError(f'there is no attribute "{name}"', similar(name, kind.attributes))
        return unknown(kind.attributes[name]).mark(base.sensitive)
    if kind.kind == "map":
        return unknown(kind.element or ANY).mark(base.sensitive)
    if kind == ANY:
        return unknown().mark(base.sensitive)
    raise AccessError(f'"{name}" is asked of {type_name(kind)}, which has no attributes')


def index(base: Value, key: Value) -> Value:
    """Return `base[key]`."""
    kind, data = base.type, base.data
    if data is None:
        raise AccessError("an element is asked of null", "Use try() or a conditional where the value may be null.")
    if key.data is None:
        raise AccessError("the key is null")
    sensitive = base.sensitive or key.sensitive
    if kind.kind in ("map", "object"):
        return _by_name(base, key).mark(sensitive)
    if kind.kind in ("list", "tuple"):
        return _by_number(base, key).mark(sensitive)
    if kind == ANY and isinstance(data, Unknown):
        return unknown().mark(sensitive)
    hint = "Use tolist() first: a set has no order." if kind.kind == "set" else ""
    raise AccessError(f"an element is asked of {type_name(kind)}", hint)


def _by_name(base: Value, key: Value) -> Value:
    try:
        name = convert(key, STRING)
    except ConversionError as error:
        raise AccessError(f"the key does not fit: {error}") from None
    if name.is_unknown:
        return unknown(base.type.element or ANY)
    if isinstance(base.data, Unknown):
        return _unknown_attribute(base, name.data)
    found: Value | None = base.data.get(name.data)
    if found is None:
        shown = "" if key.sensitive else f' "{name.data}"'
        if base.identity is not None and key.type == NUMBER:
            is_map = isinstance(base.identity, Reference) and base.identity.is_map
            detail = _there_are(base) if is_map else "Leave the brackets out: it has no `count`."
            raise AccessError("the block is not counted", detail)
        detail = "" if key.sensitive else similar(name.data, base.data) or _there_are(base)
        raise AccessError(f"there is no element{shown}", detail)
    return found


def _by_number(base: Value, key: Value) -> Value:
    try:
        position = convert(key, NUMBER)
    except ConversionError as error:
        raise AccessError(f"the index does not fit: {error}") from None
    element: Type = base.type.element or ANY
    if position.is_unknown:
        return unknown(element)
    if isinstance(position.data, Fraction) or position.data < 0:
        raise AccessError("an index is a whole number from 0 up", "Use length(x) - 1 for the last element.")
    if isinstance(base.data, Unknown):
        parts = base.type.elements
        if base.type.kind == "tuple" and position.data >= len(parts):
            raise AccessError(f"there is no element [{position.data}]")
        return unknown(parts[position.data] if base.type.kind == "tuple" else element)
    if position.data >= len(base.data):
        many = len(base.data)
        detail = f"There {'is' if many == 1 else 'are'} {many} element{'' if many == 1 else 's'}, counted from 0."
        raise AccessError(
            "there is no such element" if key.sensitive else f"there is no element [{position.data}]", detail
        )
    found: Value = base.data[position.data]
    return found
