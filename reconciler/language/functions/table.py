"""The table of functions: what each one takes and gives, and how a call treats null, unknown and sensitive values.

A body is given str, int, Fraction or bool for parameters of a primitive type, and Values for all others; it returns a
Value, or a primitive that `returns` gives its type. Unless a parameter says otherwise: null is refused, an unknown
makes the result unknown, and a sensitive argument makes the result sensitive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.scope import TOO_MUCH
from reconciler.language.expressions.values import (
    ANY,
    PRIMITIVES,
    Type,
    Unknown,
    Value,
    has_sensitive,
    is_wholly_known,
    string,
    unknown,
    unmark,
)
from reconciler.language.limits import LimitError, check_elements, check_text

WRONG_COUNT = "E0322"
SHORTEST_SECRET = 3
"""Characters of a sensitive text that are looked for in messages."""


class FunctionError(ValueError):
    """A call fails; `argument` counts from 0."""

    def __init__(self, summary: str, argument: int | None = None, detail: str = "", code: str = "E0321") -> None:
        super().__init__(summary)
        self.argument, self.detail, self.code = argument, detail, code


class Parameter(NamedTuple):
    """What one argument may be. `takes_unknown` and `takes_sensitive` hand such values to the body as they are."""

    type: Type
    nullable: bool = False
    takes_unknown: bool = False
    takes_sensitive: bool = False


class Function(NamedTuple):
    """One function."""

    name: str
    parameters: tuple[Parameter, ...]
    variadic: Parameter | None
    optional: int
    returns: Type
    body: Callable[..., Any]
    contextual: bool


TABLE: dict[str, Function] = {}

Spec = Type | Parameter


def function(
    *parameters: Spec,
    returns: Type = ANY,
    variadic: Spec | None = None,
    optional: int = 0,
    name: str = "",
    contextual: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter the decorated body in the table.

    The last `optional` parameters may be left out; a `contextual` body is given a Context before the arguments.
    """

    def enter(body: Callable[..., Any]) -> Callable[..., Any]:
        known_as = name or body.__name__.rstrip("_")
        rest = None if variadic is None else _parameter(variadic)
        fixed = tuple(map(_parameter, parameters))
        TABLE[known_as] = Function(known_as, fixed, rest, optional, returns, body, contextual)
        return body

    return enter


def _parameter(spec: Spec) -> Parameter:
    return spec if isinstance(spec, Parameter) else Parameter(spec)


def apply(entry: Function, arguments: Sequence[Value], *extra: Any) -> Value:
    """Call a function with evaluated arguments (`extra` goes first, unchecked); raise FunctionError."""
    _check_count(entry, len(arguments))
    given: list[Any] = []
    sensitive, known = False, True
    for position, argument in enumerate(arguments):
        fixed = position < len(entry.parameters)
        parameter = entry.parameters[position] if fixed else entry.variadic
        assert parameter is not None
        value = _fitted(argument, parameter, position)
        if not parameter.takes_sensitive and has_sensitive(value):
            sensitive = True
            value = unmark(value)
        if not parameter.takes_unknown and not is_wholly_known(value):
            known = False
        raw = parameter.type in PRIMITIVES and not parameter.nullable and not parameter.takes_unknown
        given.append(value.data if raw else value)
    if not known:
        return unknown(entry.returns, True).mark(sensitive)
    try:
        result = entry.body(*extra, *given)
    except FunctionError as error:
        secrets = [item for argument in arguments for item in _secrets(argument)]
        error.args = (_without(str(error), secrets),)
        error.detail = _without(error.detail, secrets)
        raise
    except LimitError as error:
        raise FunctionError(str(error), None, "", TOO_MUCH) from None
    except ConversionError as error:
        raise FunctionError(str(error)) from None
    return _checked(_valued(entry, result)).mark(sensitive)


def _secrets(value: Value, is_sensitive: bool = False) -> Iterator[str]:
    """Yield every text in a value that is sensitive."""
    marked = is_sensitive or value.sensitive
    if isinstance(value.data, str) and marked and len(value.data) >= SHORTEST_SECRET:
        yield value.data
    elif isinstance(value.data, tuple | dict):
        inner = value.data.values() if isinstance(value.data, dict) else value.data
        yield from (text for item in inner for text in _secrets(item, marked))


def _without(message: str, secrets: list[str]) -> str:
    for each in secrets:
        message = message.replace(each, "(sensitive value)")
    return message


def _valued(entry: Function, result: Any) -> Value:
    if isinstance(result, Value):
        return result
    return string(result) if isinstance(result, str) else Value(entry.returns, result)


def expanded(last: Value, position: int) -> tuple[Value, ...] | None:
    """Return the values of an argument that `...` spreads; None when they are unknown."""
    if last.data is None or last.type.kind not in ("list", "tuple", "set", "any"):
        raise FunctionError("only a list, set or tuple can be expanded with ...", position)
    if isinstance(last.data, Unknown):
        return None
    return tuple(item.mark(last.sensitive) for item in last.data)


def _check_count(entry: Function, count: int) -> None:
    least, most = len(entry.parameters) - entry.optional, len(entry.parameters)
    if count < least or (count > most and entry.variadic is None):
        wanted = str(least) if least == most else f"{least} to {most}"
        wanted = f"at least {least}" if entry.variadic is not None else wanted
        plural = "" if wanted == "1" else "s"
        extra = most if count > most else None
        raise FunctionError(f"{wanted} argument{plural} wanted, {count} given", extra, "", WRONG_COUNT)


def _fitted(argument: Value, parameter: Parameter, position: int) -> Value:
    if argument.data is None:
        if not parameter.nullable:
            raise FunctionError("the argument is null", position, "Use coalesce() or a conditional to avoid null.")
        return argument
    try:
        return convert(argument, parameter.type)
    except ConversionError as error:
        raise FunctionError(str(error), position) from None


def _checked(value: Value) -> Value:
    try:
        if isinstance(value.data, str):
            check_text(len(value.data))
        elif isinstance(value.data, tuple | dict):
            check_elements(len(value.data))
    except LimitError as error:
        raise FunctionError(str(error), None, "", TOO_MUCH) from None
    return value
