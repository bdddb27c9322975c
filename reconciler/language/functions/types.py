"""Functions that convert, and those that mark."""

from __future__ import annotations

from reconciler.language.expressions.conversion import convert
from reconciler.language.expressions.values import (
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
from reconciler.language.functions.table import Parameter, function

_ANYTHING = Parameter(ANY, nullable=True, takes_unknown=True, takes_sensitive=True)


def _converter(name: str, kind: Type, what: str) -> None:
    def body(value: Value) -> Value:
        return convert(value, kind)

    body.__doc__ = f"Return the argument as {what}."
    function(_ANYTHING, returns=kind, name=name)(body)


for _name, _kind, _what in (
    ("tostring", STRING, "a string"),
    ("tonumber", NUMBER, "a number"),
    ("tobool", BOOL, "true or false"),
    ("tolist", list_type(), "a list, the elements made one type"),
    ("toset", set_type(), "a set, without order and doubles, the elements made one type"),
    ("tomap", map_type(), "a map, the elements made one type"),
):
    _converter(_name, _kind, _what)


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
