"""The verbs of `format`: Go's, as Terraform documents them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from fractions import Fraction

from reconciler.language import numbers
from reconciler.language.conversion import ConversionError, convert, type_name
from reconciler.language.functions.table import FunctionError
from reconciler.language.limits import check_text
from reconciler.language.values import BOOL, NUMBER, PRIMITIVES, STRING, Number, Value, has_sensitive

_VERB = re.compile(r"%([-+ #0]*)(\d*)(?:\.(\d*))?(?:\[(\d+)\])?([a-zA-Z%]|$)|%(.)", re.DOTALL)
MAXIMUM_WIDTH = 10_000


def format_text(pattern: str, arguments: Sequence[Value]) -> str:
    """Return `pattern` with its verbs filled from `arguments`; raise FunctionError."""
    used: set[int] = set()
    position = 0
    explicit = False

    def filled(found: re.Match[str]) -> str:
        nonlocal position, explicit
        verb = found[5]
        if found[6] is not None or not verb:
            raise FunctionError(f'"{found[0]}" is no verb', 0)
        if verb == "%":
            return "%"
        if found[4]:
            position, explicit = int(found[4]) - 1, True
        if not 0 <= position < len(arguments):
            raise FunctionError(f'there is no argument for "{found[0]}"', 0)
        used.add(position)
        argument = arguments[position]
        position += 1
        return _one(found, verb, argument, position)

    text = _VERB.sub(filled, pattern)
    if not explicit and len(used) < len(arguments):
        raise FunctionError(f"{len(arguments)} arguments for {len(used)} verbs", len(used) + 1)
    check_text(len(text))
    return text


def _one(found: re.Match[str], verb: str, value: Value, argument: int) -> str:
    flags, width = found[1], int(found[2] or 0)
    precision = None if found[3] is None else int(found[3] or 0)
    if width > MAXIMUM_WIDTH or (precision or 0) > MAXIMUM_WIDTH:
        raise FunctionError(f'"{found[0]}" asks for too much', 0)
    if value.data is None and verb != "v" and verb != "#v":
        raise FunctionError(f'"{found[0]}" cannot show null', argument)
    try:
        text = _shown(verb, flags, precision, value)
    except ConversionError as error:
        raise FunctionError(f'"{found[0]}": {error}', argument) from None
    if text is None:
        raise FunctionError(f'"{found[0]}" is no verb', 0)
    return _padded(text, flags, width, verb)


def _shown(verb: str, flags: str, precision: int | None, value: Value) -> str | None:
    if verb == "v":
        return _default(value, "#" in flags)
    if verb == "t":
        return "true" if convert(value, BOOL).data else "false"
    if verb in "sq":
        text: str = convert(value, STRING).data if value.type in PRIMITIVES else _refuse(value)
        text = text if precision is None else text[:precision]
        return json.dumps(text, ensure_ascii=False) if verb == "q" else text
    if verb in "bdoxXeEfFgG":
        amount: Number = convert(value, NUMBER).data
        return _signed(flags, _number(verb, precision, amount, "#" in flags))
    return None


def _refuse(value: Value) -> str:
    raise ConversionError(f"a string is required, not {type_name(value.type)}")


def _default(value: Value, quoted: bool) -> str:
    from reconciler.language.functions.encoding import encode_json

    assert not has_sensitive(value)
    if value.data is None:
        return "null"
    if value.type == STRING and not quoted:
        return str(value.data)
    if value.type == NUMBER:
        return _general(value.data)
    return encode_json(value)


_PREFIXES = {"x": "0x", "X": "0X", "o": "0", "b": "0b", "d": ""}


def _number(verb: str, precision: int | None, amount: Number, prefixed: bool) -> str:
    if verb in "bdoxX":
        if isinstance(amount, Fraction):
            raise ConversionError("a whole number is required")
        digits = f"{abs(amount):{verb}}"
        return ("-" if amount < 0 else "") + (_PREFIXES[verb] if prefixed else "") + digits
    if verb in "fF":
        return _fixed(amount, 6 if precision is None else precision)
    if verb in "eE":
        return f"{float(amount):.{6 if precision is None else precision}{verb}}"
    if precision is None:
        return _general(amount, verb)
    return f"{float(amount):.{precision}{verb}}"


def _general(amount: Number, verb: str = "g") -> str:
    """Return all digits, with an exponent where that is below -4 or above 5."""
    text = numbers.text(amount).removeprefix("-")
    whole, _, decimals = text.partition(".")
    digits = (whole + decimals).lstrip("0").rstrip("0") or "0"
    exponent = len(whole) - 1 if whole != "0" else len(decimals.lstrip("0")) - len(decimals) - 1
    if amount == 0 or -4 <= exponent < 6:
        return numbers.text(amount)
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    letter = "E" if verb == "G" else "e"
    return f"{'-' if amount < 0 else ''}{mantissa}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def _fixed(amount: Number, places: int) -> str:
    scaled = round(Fraction(amount) * 10**places)
    digits = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 or (scaled == 0 and amount < 0) else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _signed(flags: str, text: str) -> str:
    if text.startswith("-"):
        return text
    return ("+" if "+" in flags else " " if " " in flags else "") + text


def _padded(text: str, flags: str, width: int, verb: str) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and verb not in "sqvt":
        sign = text[0] if text[:1] in ("-", "+", " ") else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width, "0" if "0" in flags else " ")
