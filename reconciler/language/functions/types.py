"""Functions that convert, and those that mark."""

from __future__ import annotations

from reconciler.language.conversion import convert
from reconciler.language.functions.table import Parameter, function
from reconciler.language.values import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Type,
    Value,
    boolean,
    list_type,
    map_type,
    set_type,
)

_ANYTHING = Parameter(ANY, nullable=True, takes_unknown=True, takes_sensitive=True)


def _converter(name: str, kind: Type) -> None:
    def body(value: Value) -> Value:
        """Return the argument as another type."""
        return convert(value, kind)

    function(_ANYTHING, returns=kind, name=name)(body)


for _name, _kind in {
    "tostring": STRING,
    "tonumber": NUMBER,
    "tobool": BOOL,
    "tolist": list_type(),
    "toset": set_type(),
    "tomap": map_type(),
}.items():
    _converter(_name, _kind)


@function(_ANYTHING, returns=ANY)
def sensitive(value: Value) -> Value:
    """Mark a value: it is never shown."""
    return value.mark()


@function(_ANYTHING, returns=ANY)
def nonsensitive(value: Value) -> Value:
    """Take the mark off."""
    return value._replace(sensitive=False)


@function(_ANYTHING, returns=BOOL)
def issensitive(value: Value) -> Value:
    """Say whether a value is marked."""
    return boolean(value.sensitive)


@function(_ANYTHING, returns=ANY)
def ephemeralasnull(value: Value) -> Value:
    """Return the value: no value of a stack is ephemeral."""
    return value
