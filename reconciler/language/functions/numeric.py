"""Functions of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from reconciler.language.expressions import numbers
from reconciler.language.expressions.conversion import convert
from reconciler.language.expressions.operators import InfiniteError, binary
from reconciler.language.expressions.values import ANY, NUMBER, STRING, Number, Value, list_of, list_type, number
from reconciler.language.functions import logarithms
from reconciler.language.functions.table import FunctionError, Parameter, function

MAXIMUM_RANGE = 1024
EXACT = 1 << 50
"""Whole numbers below are exact however many binary digits they are kept with."""


def _whole(amount: Number, argument: int) -> int:
    if isinstance(amount, Fraction) or amount.bit_length() > 63:
        raise FunctionError("a whole number of at most 64 bits is required", argument)
    return amount


@function(NUMBER, returns=NUMBER, name="abs")
def absolute(num: Number) -> Number:
    """Return the number without its sign."""
    return numbers.settled(max(num, -num), numbers.precision(num)) if num else 0


@function(NUMBER, returns=NUMBER)
def ceil(num: Number) -> Number:
    """Return the whole number at or above."""
    return numbers.settled(math.ceil(num), numbers.precision(num))


@function(NUMBER, returns=NUMBER)
def floor(num: Number) -> Number:
    """Return the whole number at or below."""
    return numbers.settled(math.floor(num), numbers.precision(num))


@function(NUMBER, returns=NUMBER)
def signum(num: Number) -> Number:
    """Return -1, 0 or 1, of a whole number."""
    amount = _whole(num, 0)
    return numbers.Whole((amount > 0) - (amount < 0))


@function(NUMBER, NUMBER, returns=NUMBER)
def log(num: Number, base: Number) -> Value:
    """Return the logarithm of `num` to `base`, as precise as a double."""
    return _of_doubles(lambda: _divided(logarithms.log(_double(num)), logarithms.log(_double(base))))


@function(NUMBER, NUMBER, returns=NUMBER)
def pow_(num: Number, power: Number) -> Value:
    """Return `num` to the power of `power`, as precise as a double."""
    return _of_doubles(lambda: logarithms.power(_double(num), _double(power)))


def _double(amount: Number) -> float:
    return -0.0 if amount is numbers.NEGATIVE_ZERO else float(amount)


def _divided(top: float, bottom: float) -> float:
    return math.nan if top == bottom in (0, -math.inf) else top / bottom


def _of_doubles(work: Callable[[], float]) -> Value:
    try:
        result = work()
    except (ZeroDivisionError, OverflowError):
        raise InfiniteError("the result is infinite") from None
    except ValueError:
        raise FunctionError("the result is not a number") from None
    if math.isnan(result):
        raise FunctionError("the result is not a number")
    if math.isinf(result):
        raise InfiniteError("the result is infinite")
    if result == 0:
        return Value(NUMBER, numbers.zero(math.copysign(1, result) < 0))
    return Value(NUMBER, numbers.settled(Fraction(result), numbers.DOUBLE))


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
    if items.type.kind not in ("list", "set", "tuple") or not items.data:
        raise FunctionError("a list, set or tuple of at least one number is required", 0)
    if any(item.data is None for item in items.data):
        raise FunctionError("an element is null", 0)
    first, *others = (convert(item, NUMBER) for item in items.data)
    for item in others:
        first = binary("+", first, item)
    return first


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
    if not digits or any(value < 0 or value >= radix for value in values):
        raise FunctionError(f"the text is no whole number in base {radix}", 0)
    if len(digits) > numbers.MAXIMUM_DIGITS:
        raise numbers.NumberTooLargeError("the number has too many digits")
    total = 0
    for value in values:
        total = total * radix + value
    amount = -total if text.startswith("-") else total
    return numbers.settled(amount, max(numbers.COUNTED, amount.bit_length()))


@function(variadic=NUMBER, returns=list_type(NUMBER), name="range")
def range_(*parts: Number) -> Value:
    """Return range(end), range(start, end) or range(start, end, step): at most 1024 numbers."""
    if not 1 <= len(parts) <= 3:
        raise FunctionError(f"1 to 3 arguments wanted, {len(parts)} given", None, "", "E0322")
    start: Number = numbers.Whole(0) if len(parts) == 1 else parts[0]
    end = parts[0] if len(parts) == 1 else parts[1]
    step: Number = parts[2] if len(parts) == 3 else numbers.Whole(1 if end >= start else -1)
    if start != end and (step == 0 or (step > 0) != (end > start)):
        raise FunctionError("the step leads nowhere" if step == 0 else "the step leads away from the end", 2)
    items: list[Value] = []
    following, width = number(start), number(step)
    is_exact = start != end and -EXACT < min(start, end) <= max(start, end) < EXACT
    if is_exact and isinstance(start, int) and isinstance(step, int):
        limit = math.ceil(end) if step > 0 else math.floor(end)
        return list_of(NUMBER, _counted_up(range(start, limit, step), following, width))
    while (following.data < end) if step > 0 else (following.data > end):
        if len(items) == MAXIMUM_RANGE:
            raise FunctionError(f"the range has more than {MAXIMUM_RANGE} numbers")
        items.append(following)
        following = binary("+", following, width)
    return list_of(NUMBER, items)


def _counted_up(amounts: range, first: Value, width: Value) -> list[Value]:
    """Return the numbers of a range as adding would give them."""
    if len(amounts) > MAXIMUM_RANGE:
        raise FunctionError(f"the range has more than {MAXIMUM_RANGE} numbers")
    digits = numbers.precision(binary("+", first, width).data)
    return [first, *(number(numbers.settled(each, digits)) for each in amounts[1:])][: len(amounts)]
