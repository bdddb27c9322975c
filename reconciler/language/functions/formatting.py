"""The verbs of `format`: Go's, as Terraform documents them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from reconciler.language.expressions import numbers
from reconciler.language.expressions.conversion import ConversionError, convert, type_name
from reconciler.language.expressions.graphemes import graphemes
from reconciler.language.expressions.values import ANY, BOOL, NUMBER, PRIMITIVES, STRING, Number, Value
from reconciler.language.functions.table import FunctionError
from reconciler.language.limits import LimitError, check_text

MAXIMUM_WIDTH = 100_000

_VERB = re.compile(r"%([-+ #0]*)(\d*)(?:\.(\d*))?(?:\[(\d*)\])?([a-zA-Z%])?", re.ASCII)


class _Verb(NamedTuple):
    """A verb as it is written, and its parts; width and precision are None where they are not written."""

    text: str
    flags: str
    width: int | None
    precision: int | None
    letter: str


def format_text(pattern: str, arguments: Sequence[Value]) -> str:
    """Return `pattern` with its verbs filled from `arguments`; raise FunctionError."""
    highest = position = 0

    def filled(found: re.Match[str]) -> str:
        nonlocal position, highest
        if found[0] == "%%":
            return "%"
        verb = _verb(found)
        position = int(found[4] or 0) if found[4] is not None else position + 1
        highest = max(highest, position)
        if not 0 < position <= len(arguments):
            raise FunctionError(f'there is no argument for "{verb.text}"', 0)
        return _shown(verb, arguments[position - 1], position)

    text = _VERB.sub(filled, pattern)
    if highest < len(arguments):
        raise FunctionError(f"{len(arguments)} arguments for {highest} verbs", highest + 1)
    check_text(len(text))
    return text


def _verb(found: re.Match[str]) -> _Verb:
    width, precision = (None if digits is None else int(digits[:9] or 0) for digits in (found[2] or None, found[3]))
    if max(width or 0, precision or 0) > MAXIMUM_WIDTH:
        raise LimitError(f'"{found[0]}" asks for more than {MAXIMUM_WIDTH} characters')
    if found[5] not in _SHOWN:
        raise FunctionError(f'"{found[0]}" is no verb', 0)
    return _Verb(found[0], found[1], width, precision, found[5])


def _shown(verb: _Verb, value: Value, argument: int) -> str:
    if value.data is None and (verb.letter != "v" or value.type == ANY):
        raise FunctionError(f'"{verb.text}" cannot show null', argument)
    try:
        return _SHOWN[verb.letter](verb, value)
    except ConversionError as error:
        raise FunctionError(f'"{verb.text}": {error}', argument) from None


def _as_it_is(verb: _Verb, value: Value) -> str:
    from reconciler.language.functions.encoding import encode_json

    if "#" not in verb.flags and value.data is not None:
        if value.type == STRING:
            return _padded(verb, value.data)
        if value.type == NUMBER:
            return _padded(verb, _general(value.data, None, "e"))
    return _padded(verb, encode_json(value))


def _truth(verb: _Verb, value: Value) -> str:
    return "true" if convert(value, BOOL).data else "false"


def _text(verb: _Verb, value: Value) -> str:
    if value.type not in PRIMITIVES:
        raise ConversionError(f"a string is required, not {type_name(value.type)}")
    text: str = convert(value, STRING).data
    return _padded(verb, "".join(graphemes(text)[: verb.precision]) if verb.precision else text)


def _quoted(verb: _Verb, value: Value) -> str:
    from reconciler.language.functions.encoding import json_text

    return _padded(verb, json_text(_text(verb._replace(width=None), value)))


def _padded(verb: _Verb, text: str) -> str:
    missing = (verb.width or 0) - len(graphemes(text))
    padding = ("0" if "0" in verb.flags else " ") * max(0, missing)
    return text + padding if "-" in verb.flags else padding + text


# Numbers

_PREFIXES = {"x": "0x", "X": "0X", "o": "0", "b": "0b", "d": ""}


def _whole(verb: _Verb, value: Value) -> str:
    amount: Number = convert(value, NUMBER).data
    if isinstance(amount, Fraction):
        raise ConversionError("a whole number is required")
    digits = f"{abs(amount):{verb.letter}}"
    if amount == 0 and verb.precision == 0:
        return ""
    prefix = _PREFIXES[verb.letter] if "#" in verb.flags else ""
    digits = digits.rjust(verb.precision or 0, "0")
    return _aligned(verb, _sign(verb, amount < 0) + prefix, digits, verb.precision is None)


def _sign(verb: _Verb, negative: bool) -> str:
    return "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""


def _aligned(verb: _Verb, head: str, digits: str, zeros: bool = True) -> str:
    """Fill up to the width: with blanks, or with zeros behind sign and prefix."""
    missing = max(0, (verb.width or 0) - len(head) - len(digits))
    if "0" in verb.flags and zeros and ("-" not in verb.flags or verb.letter in "eEfgG"):
        return head + "0" * missing + digits
    if "-" in verb.flags:
        return head + digits + " " * missing
    return " " * missing + head + digits


def _decimal(verb: _Verb, value: Value) -> str:
    amount: Number = convert(value, NUMBER).data
    size = max(amount, -amount) if amount else 0
    places = 6 if verb.precision is None else verb.precision
    if verb.letter == "f":
        shown = _fixed(size, places)
    elif verb.letter in "eE":
        shown = _exponential(*_digits(size, places + 1), places, verb.letter)
    else:
        shown = _general(size, verb.precision, "E" if verb.letter == "G" else "e")
    return _aligned(verb, _sign(verb, numbers.is_negative(amount)), shown)


def _general(amount: Number, precision: int | None, letter: str) -> str:
    """Return so many digits (None: as few as tell the number), with an exponent where it is below -4 or too large."""
    size = max(amount, -amount) if amount else 0
    sign = "-" if numbers.is_negative(amount) else ""
    if precision is None:
        digits, point = numbers.decimal(size, numbers.precision(amount))
        limit = 6
    else:
        digits, point = _digits(size, precision or 1)
        digits = digits.rstrip("0") or "0"
        limit = len(digits) if len(digits) < (precision or 1) and len(digits) >= point else precision or 1
    exponent = point - 1 if amount else 0
    if not -4 <= exponent < limit:
        return sign + _exponential(digits, point, len(digits) - 1, letter)
    return sign + _fixed(Fraction(int(digits)) * Fraction(10) ** (point - len(digits)), max(0, len(digits) - point))


def _digits(amount: Number, count: int) -> tuple[str, int]:
    """Return so many digits, rounded half to even, and where the point is among them."""
    if amount == 0:
        return "0" * count, 1
    _, point = numbers.decimal(amount, numbers.precision(amount))
    scaled = round(Fraction(amount) * Fraction(10) ** (count - point))
    if len(str(scaled)) > count:
        scaled, point = scaled // 10, point + 1
    return str(scaled), point


def _exponential(digits: str, point: int, places: int, letter: str) -> str:
    exponent = point - 1 if digits.strip("0") else 0
    mantissa = digits[0] + ("." + digits[1:].ljust(places, "0") if places else "")
    return f"{mantissa}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _fixed(amount: Number, places: int) -> str:
    digits = str(round(Fraction(amount) * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


_SHOWN = {
    "v": _as_it_is,
    "t": _truth,
    "s": _text,
    "q": _quoted,
    **dict.fromkeys("bdoxX", _whole),
    **dict.fromkeys("eEfgG", _decimal),
}
