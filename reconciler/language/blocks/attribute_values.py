"""An attribute's value as the Python that the model wants: of its kind, and within its bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from reconciler.language.blocks.durations import DURATION_HELP, seconds
from reconciler.language.blocks.references import Reference
from reconciler.language.expressions.access import similar
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.values import BOOL, NUMBER, STRING, Value, list_type, map_type, unmark
from reconciler.language.schema import Attribute, Kind

MAXIMUM_CHOICES_SHOWN, MAXIMUM_SHOWN = 6, 80


class UnfitError(ValueError):
    """A value does not fit its attribute."""

    def __init__(self, summary: str, detail: str = "", code: str = "E0206") -> None:
        super().__init__(summary)
        self.detail, self.code = detail, code


def python_value(value: Value, attribute: Attribute) -> Any:
    """Return a known value that is not null as Python; raise UnfitError."""
    return _PYTHON[attribute.kind](value, attribute)


def _converted(value: Value, kind: Any) -> Value:
    try:
        return unmark(convert(value, kind))
    except ConversionError as error:
        raise UnfitError(str(error)) from None


def _string(value: Value, attribute: Attribute) -> str:
    return _chosen(str(_converted(value, STRING).data), attribute)


def _chosen(text: str, attribute: Attribute) -> str:
    """Return a text that is one of the attribute's choices, if it has any."""
    if not attribute.choices or text in attribute.choices:
        return text
    options = ", ".join(f'"{choice}"' for choice in attribute.choices)
    if text in attribute.later:
        detail = f"It comes with a later version; today there is {options}."
        raise UnfitError(f'"{text}" is not supported yet', detail, "E0210")
    if text in attribute.unsupported:
        raise UnfitError(f'"{text}" is not supported', attribute.unsupported[text], "E0209")
    if len(attribute.choices) > MAXIMUM_CHOICES_SHOWN:
        detail = " ".join(filter(None, (similar(text, attribute.choices), f"Known are {options}.")))
        raise UnfitError(f'"{text[:MAXIMUM_SHOWN]}" is not known', detail)
    same = next((each for each in attribute.choices if each.lower() == text.lower()), "")
    detail = f'Did you mean "{same}"?' if same else similar(text, attribute.choices)
    raise UnfitError(f'"{text[:MAXIMUM_SHOWN]}" is not one of {options}', detail)


def _integer(value: Value, attribute: Attribute) -> int:
    amount = _converted(value, NUMBER).data
    if isinstance(amount, Fraction):
        raise UnfitError("a whole number is required")
    return int(_bounded(amount, attribute, ""))


def _number(value: Value, attribute: Attribute) -> float:
    return float(_bounded(_converted(value, NUMBER).data, attribute, ""))


def _bool(value: Value, attribute: Attribute) -> bool:
    return bool(_converted(value, BOOL).data)


def _duration(value: Value, attribute: Attribute) -> float:
    amount = seconds(value)
    if amount is None:
        raise UnfitError("a duration is required", DURATION_HELP)
    return float(_bounded(amount, attribute, " s"))


def _bounded(amount: Any, attribute: Attribute, unit: str) -> Any:
    low, high = attribute.minimum, attribute.maximum
    if (low is not None and amount < low) or (high is not None and amount > high):
        given = f"{float(amount):g}{unit}"
        if low is not None and high is not None:
            raise UnfitError(f"{given} is not between {low:.12g}{unit} and {high:.12g}{unit}")
        raise UnfitError(
            f"{given} is less than {low:.12g}{unit}" if high is None else f"{given} is more than {high:.12g}{unit}"
        )
    return amount


def _strings(value: Value, attribute: Attribute) -> tuple[str, ...]:
    return tuple(_chosen(_item(item), attribute) for item in _converted(value, list_type(STRING)).data)


def _item(item: Value) -> str:
    if item.data is None:
        raise UnfitError("an element is null")
    return str(item.data)


def _integers(value: Value, attribute: Attribute) -> tuple[int, ...]:
    items = _converted(value, list_type(NUMBER)).data
    if any(not isinstance(item.data, int) for item in items):
        raise UnfitError("a list of whole numbers is required")
    return tuple(int(item.data) for item in items)


def _map(value: Value, attribute: Attribute) -> dict[str, str]:
    """Return a map of strings; an element that is null is left out."""
    return {name: str(item.data) for name, item in _strings_by_name(value).items() if item.data is not None}


def _strings_by_name(value: Value) -> dict[str, Value]:
    if value.type.kind not in ("map", "object"):
        _converted(value, map_type(STRING))
    items: dict[str, Value] = {}
    for name, item in value.data.items():
        try:
            items[name] = convert(item, STRING)
        except ConversionError:
            raise UnfitError(f'element "{name}" is {type_name(item.type)}, and must be a string') from None
    return items


def _reference(value: Value, attribute: Attribute) -> str:
    found = _addresses(value, attribute)
    if len(found) != 1:
        detail = 'Choose one with ["key"] or [index].'
        raise UnfitError(f"one {_of(attribute)} is required, not {len(found)} of them", detail)
    return found[0]


def _references(value: Value, attribute: Attribute) -> tuple[str, ...]:
    if value.identity is not None:
        return _addresses(value, attribute)
    if value.type.kind not in ("list", "set", "tuple"):
        raise UnfitError(f"a list of references is required, not {type_name(value.type)}", _example(attribute, True))
    return tuple(dict.fromkeys(address for item in value.data for address in _addresses(item, attribute)))


def _reference_map(value: Value, attribute: Attribute) -> dict[str, str]:
    if value.type.kind not in ("map", "object") or value.identity is not None:
        raise UnfitError(f"a map of references is required, not {type_name(value.type)}", _example(attribute, False))
    present = {name: item for name, item in value.data.items() if item.data is not None}
    return {name: _reference(item, attribute) for name, item in present.items()}


def _addresses(value: Value, attribute: Attribute) -> tuple[str, ...]:
    found = value.identity
    if not isinstance(found, Reference):
        raise UnfitError(
            f"a reference to a {_of(attribute)} is required, not {type_name(value.type)}", _example(attribute, False)
        )
    if found.block_type not in attribute.of:
        raise UnfitError(f"a reference to a {_of(attribute)} is required, not to a {found.block_type}")
    return found.addresses


def _of(attribute: Attribute) -> str:
    return " or ".join(attribute.of)


def _example(attribute: Attribute, listed: bool) -> str:
    example = _EXAMPLES.get(attribute.of[0], f"{attribute.of[0]}.name")
    return f"Write `{attribute.name} = {f'[{example}]' if listed else example}`, without quotes."


_EXAMPLES = {"listener": "load_balancer.name.listener.name"}
"""How what stands inside another block is referred to."""

_PYTHON: dict[Kind, Any] = {
    Kind.STRING: _string,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOL: _bool,
    Kind.DURATION: _duration,
    Kind.STRINGS: _strings,
    Kind.INTEGERS: _integers,
    Kind.MAP: _map,
    Kind.REFERENCE: _reference,
    Kind.REFERENCES: _references,
    Kind.REFERENCE_MAP: _reference_map,
    Kind.ANY: lambda value, attribute: value,
}
