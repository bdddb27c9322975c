"""What operators mean: exact arithmetic, comparison without conversion, logic that knows about unknowns."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from reconciler.language.expressions import numbers
from reconciler.language.expressions.conversion import ConversionError, convert
from reconciler.language.expressions.values import (
    BOOL,
    NUMBER,
    Number,
    Value,
    boolean,
    has_sensitive,
    number,
    unknown,
    unmark,
)
from reconciler.language.limits import LimitError

OPERAND = "Convert it first, with tonumber() for example, or give it a value."


class OperatorError(ValueError):
    """The operands do not fit the operator; the text says why, `is_left` which of them, and `detail` what to do."""

    def __init__(self, summary: str, is_left: bool = False, detail: str = OPERAND) -> None:
        super().__init__(summary)
        self.is_left, self.detail = is_left, detail


class InfiniteError(LimitError):
    """The result is infinite. Terraform has such a value and can store it nowhere, so that try() does not help."""

    detail = "Look at the divisor; a conditional can guard it."


def unary(operator: str, operand: Value) -> Value:
    """Return `-operand` or `!operand`."""
    wanted = NUMBER if operator == "-" else BOOL
    value = _operand(operand, wanted, operator)
    if value.is_unknown:
        return unknown(wanted, True).mark(value.sensitive)
    result = number(_negated(value.data)) if operator == "-" else boolean(not value.data)
    return result.mark(value.sensitive)


def binary(operator: str, left: Value, right: Value) -> Value:
    """Return `left operator right` for any operator but `&&` and `||`."""
    if operator in ("==", "!="):
        sensitive = has_sensitive(left) or has_sensitive(right)
        result = equal(unmark(left), unmark(right))
        if result is None:
            return unknown(BOOL, True).mark(sensitive)
        return boolean(result == (operator == "==")).mark(sensitive)
    first, second = _operand(left, NUMBER, operator, "left"), _operand(right, NUMBER, operator, "right")
    sensitive = first.sensitive or second.sensitive
    comparison = _COMPARISONS.get(operator)
    if first.is_unknown or second.is_unknown:
        return unknown(BOOL if comparison else NUMBER, True).mark(sensitive)
    if comparison:
        return boolean(comparison(first.data, second.data)).mark(sensitive)
    return number(_ARITHMETIC[operator](first.data, second.data)).mark(sensitive)


def _operand(value: Value, wanted: Any, operator: str, side: str = "") -> Value:
    place = f"the {side} operand of {operator}" if side else f"the operand of {operator}"
    if value.data is None:
        raise OperatorError(f"{place} is null", side == "left")
    try:
        return convert(value, wanted)
    except ConversionError as error:
        raise OperatorError(f"{place} does not fit: {error}", side == "left") from None


def equal(left: Value, right: Value) -> bool | None:
    """Say whether two unmarked values are the same; None when that is not known yet. Nothing is converted."""
    if left.is_unknown or right.is_unknown:
        return _equal_unknown(left, right)
    if left.data is None or right.data is None:
        return left.data is None and right.data is None
    if left.type.kind != right.type.kind:
        return False
    if isinstance(left.data, dict):
        if left.data.keys() != right.data.keys():
            return False
        return _all_equal([(left.data[name], right.data[name]) for name in left.data])
    if isinstance(left.data, tuple):
        if len(left.data) != len(right.data):
            return False
        return _all_equal(list(zip(left.data, right.data, strict=True)))
    return bool(left.data == right.data)


def _equal_unknown(left: Value, right: Value) -> bool | None:
    for some, other in ((left, right), (right, left)):
        if not some.is_unknown:
            continue
        if other.data is None and some.data.not_null:
            return False
        if some.data.prefix and isinstance(other.data, str) and not other.data.startswith(some.data.prefix):
            return False
    return None


def _all_equal(pairs: list[tuple[Value, Value]]) -> bool | None:
    results = [equal(left, right) for left, right in pairs]
    if False in results:
        return False
    return None if None in results else True


def _negated(amount: Number) -> Number:
    if amount == 0:
        return numbers.zero(not numbers.is_negative(amount))
    return numbers.settled(-amount, numbers.precision(amount))


def _sum(left: Number, right: Number) -> Number:
    if left == right == 0:
        return numbers.zero(numbers.is_negative(left) and numbers.is_negative(right))
    return numbers.settled(left + right, _widest(left, right))


def _difference(left: Number, right: Number) -> Number:
    return _sum(left, _negated(right))


def _product(left: Number, right: Number) -> Number:
    if left == 0 or right == 0:
        return numbers.zero(numbers.is_negative(left) != numbers.is_negative(right))
    product = numbers.rounded(left * right)
    return numbers.settled(product, max(_widest(left, right), _digits(product)))


def _quotient(left: Number, right: Number) -> Number:
    if right == 0:
        raise OperatorError("division by zero") if left == 0 else InfiniteError("division by zero")
    if left == 0:
        return numbers.zero(numbers.is_negative(left) != numbers.is_negative(right))
    return numbers.settled(Fraction(left) / right, _widest(left, right))


def _remainder(left: Number, right: Number) -> Number:
    """Return the remainder of a division that truncates towards zero: -7 % 3 is -1. Nothing fits zero times."""
    if right == 0:
        return left
    quotient = numbers.rounded(Fraction(left) / right, _widest(left, right))
    whole = abs(quotient.numerator) // quotient.denominator
    digits = numbers.precision(left)
    part = numbers.rounded(right * numbers.rounded(whole if quotient >= 0 else -whole, digits), digits)
    return numbers.settled(left - part, digits)


def _widest(left: Number, right: Number) -> int:
    return max(numbers.precision(left), numbers.precision(right))


def _digits(amount: Number) -> int:
    """Return how many binary digits write the number out, without the zeros at its end."""
    top = abs(amount.numerator)
    return top.bit_length() - ((top & -top).bit_length() - 1)


_ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "%": _remainder,
}
_COMPARISONS: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
