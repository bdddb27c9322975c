"""Functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from reconciler.language import numbers
from reconciler.language.functions.table import FunctionError, Parameter, function
from reconciler.language.limits import check_elements
from reconciler.language.values import ANY, NUMBER, STRING, Number, Value, list_of, list_type, number

MAXIMUM_RANGE = 1024


def _whole(amount: Number, argument: int) -> int:
    if isinstance(amount, Fraction):
        raise FunctionError("a whole number is required", argument)
    return amount


@function(NUMBER, returns=NUMBER, name="abs")
def absolute(num: Number) -> Number:
    """Return the number without its sign."""
    return -num if num < 0 else num


@function(NUMBER, returns=NUMBER)
def ceil(num: Number) -> Number:
    """Return the whole number at or above."""
    return math.ceil(num)


@function(NUMBER, returns=NUMBER)
def floor(num: Number) -> Number:
    """Return the whole number at or below."""
    return math.floor(num)


@function(NUMBER, returns=NUMBER)
def signum(num: Number) -> Number:
    """Return -1, 0 or 1."""
    return (num > 0) - (num < 0)


@function(NUMBER, NUMBER, returns=NUMBER)
def log(num: Number, base: Number) -> Value:
    """Return the logarithm of `num` to `base`, as precise as a double."""
    return _of_doubles(lambda: math.log(float(num)) / math.log(float(base)))


@function(NUMBER, NUMBER, returns=NUMBER)
def pow_(num: Number, power: Number) -> Value:
    """Return `num` to the power of `power`, as precise as a double."""
    return _of_doubles(lambda: math.pow(float(num), float(power)))


def _of_doubles(work: Callable[[], float]) -> Value:
    try:
        result = work()
    except (ValueError, ZeroDivisionError, OverflowError):
        raise FunctionError("the result is not a number") from None
    if math.isnan(result) or math.isinf(result):
        raise FunctionError("the result is not a number")
    return number(_shortest(result))


def _shortest(amount: float) -> Fraction:
    """Return the decimal of fewest digits within half a step of a double."""
    for digits in range(17):
        candidate = Fraction(f"{amount:.{digits}e}")
        if abs(candidate - Fraction(amount)) < Fraction(math.ulp(amount)) / 2:
            return candidate
    return Fraction(amount)


@function(returns=NUMBER, variadic=NUMBER, name="max")
def largest(*amounts: Number) -> Number:
    """Return the largest argument."""
    if not amounts:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    return max(amounts)


@function(returns=NUMBER, variadic=NUMBER, name="min")
def smallest(*amounts: Number) -> Number:
    """Return the smallest argument."""
    if not amounts:
        raise FunctionError("at least 1 argument wanted, 0 given", None, "", "E0322")
    return min(amounts)


@function(Parameter(ANY), returns=NUMBER)
def sum_(items: Value) -> Value:
    """Return the sum of a list of numbers, which must not be empty."""
    from reconciler.language.conversion import ConversionError, convert

    if items.type.kind not in ("list", "set", "tuple") or not items.data:
        raise FunctionError("a list, set or tuple of at least one number is required", 0)
    total: Number = 0
    for item in items.data:
        if item.data is None:
            raise FunctionError("an element is null", 0)
        try:
            total += convert(item, NUMBER).data
        except ConversionError as error:
            raise FunctionError(str(error), 0) from None
    return number(numbers.bounded(total))


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@function(Parameter(ANY), NUMBER, returns=NUMBER)
def parseint(source: Value, base: Number) -> Number:
    """Return the whole number that `text` spells in base 2 to 62; up to 36 capital letters are small ones."""
    radix = _whole(base, 1)
    if source.type != STRING:
        raise FunctionError("a string is required", 0)
    text: str = source.data
    if not 2 <= radix <= 62:
        raise FunctionError("the base must be between 2 and 62", 1)
    digits = text[1:] if text[:1] in ("-", "+") else text
    values = [_DIGITS.find(digit if radix > 36 else digit.lower()) for digit in digits]
    if not digits or any(value < 0 or value >= radix for value in values) or len(digits) > 4000:
        raise FunctionError(f"the text is no whole number in base {radix}", 0)
    total = 0
    for value in values:
        total = total * radix + value
    return -total if text.startswith("-") else total


@function(variadic=NUMBER, returns=list_type(NUMBER), name="range")
def range_(*parts: Number) -> Value:
    """Return range(end), range(start, end) or range(start, end, step): at most 1024 numbers."""
    if not 1 <= len(parts) <= 3:
        raise FunctionError(f"1 to 3 arguments wanted, {len(parts)} given", None, "", "E0322")
    start, end = (0, parts[0]) if len(parts) == 1 else (parts[0], parts[1])
    step: Number = parts[2] if len(parts) == 3 else (1 if end >= start else -1)
    if step == 0 and start != end:
        raise FunctionError("the step must not be zero", 2)
    if start != end and (step > 0) != (end > start):
        raise FunctionError("the step leads away from the end", 2)
    count = math.ceil(Fraction(end - start) / step) if step else 0
    if count > MAXIMUM_RANGE:
        raise FunctionError(f"the range has more than {MAXIMUM_RANGE} numbers")
    check_elements(count)
    return list_of(NUMBER, [number(start + step * position) for position in range(max(0, count))])
