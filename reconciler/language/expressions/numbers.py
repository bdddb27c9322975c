"""Numbers: binary fractions of 512 digits as Terraform keeps them, and their decimal text.

Whole numbers are int, others Fraction; what an operation gives is rounded, so that `10 / 3 * 3` is 10 here and there.
Terraform counts in 64 digits and takes logarithms in 53: such numbers carry their `precision`, for it shows in
quotients of them. Zero has a sign, which shows in its text only.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TypeAlias

from reconciler.language.limits import LimitError

Number: TypeAlias = int | Fraction

PRECISION = 512
COUNTED = 64
DOUBLE = 53
MAXIMUM_BITS = 6_000
MAXIMUM_DIGITS = 4000

_NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eEpP])([+-]?\d+))?\Z", re.ASCII)


class NumberTooLargeError(LimitError):
    """A number has more digits than anybody means."""


class Whole(int):
    """A whole number of fewer than 512 binary digits of precision: a length, a position, a power."""

    precision: int = COUNTED


class Real(Fraction):
    """A fraction of fewer than 512 binary digits of precision."""

    precision: int = DOUBLE


class _NegativeZero(int):
    """Zero, shown as -0: what `-0` and `0 * -1` give."""


NEGATIVE_ZERO = _NegativeZero(0)


def precision(amount: Number) -> int:
    """Return how many binary digits the number is kept with."""
    return amount.precision if isinstance(amount, Whole | Real) else PRECISION


def is_negative(amount: Number) -> bool:
    """Say whether the number's sign is minus; zero has one too."""
    return amount < 0 or amount is NEGATIVE_ZERO


def zero(negative: bool) -> int:
    """Return zero with a sign."""
    return NEGATIVE_ZERO if negative else 0


def settled(amount: Number, digits: int = PRECISION) -> Number:
    """Return `amount` rounded to so many binary digits and marked with them; raise NumberTooLargeError."""
    if amount is NEGATIVE_ZERO:
        return amount
    value = rounded(amount, digits)
    whole = value if isinstance(value, int) else value.numerator
    size = max(whole.bit_length(), 0 if isinstance(value, int) else value.denominator.bit_length())
    if size > MAXIMUM_BITS:
        raise NumberTooLargeError("the number is too large" if isinstance(value, int) else "the number is too small")
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    if digits >= PRECISION:
        return int(value) if isinstance(value, int) else Fraction(value)
    kept: Whole | Real = Whole(value) if isinstance(value, int) else Real(value)
    kept.precision = digits
    return kept


def rounded(amount: Number, digits: int = PRECISION) -> Number:
    """Return the nearest number of so many binary digits, ties to even."""
    if isinstance(amount, int):
        excess = amount.bit_length() - digits
        return amount if excess <= 0 else _nearest(amount, 1 << excess) << excess
    size, denominator = abs(amount.numerator).bit_length(), amount.denominator
    if size <= digits and denominator & (denominator - 1) == 0:
        return amount
    shift = digits - (size - denominator.bit_length())
    if _scaled(abs(amount), shift) >= 1 << digits:
        shift -= 1
    scaled = amount * Fraction(2) ** shift
    return Fraction(_nearest(scaled.numerator, scaled.denominator)) / Fraction(2) ** shift


def _scaled(amount: Fraction, shift: int) -> int:
    top, bottom = amount.numerator, amount.denominator
    return (top << shift) // bottom if shift >= 0 else top // (bottom << -shift)


def _nearest(top: int, bottom: int) -> int:
    whole, rest = divmod(top, bottom)
    return whole + (2 * rest > bottom or (2 * rest == bottom and whole & 1))


def parse(digits: str) -> Number | None:
    """Return the number that `digits` spell, None when they spell none; raise NumberTooLargeError."""
    found = _NUMBER.match(digits)
    if found is None:
        return None
    sign, mantissa, letter, power = found.groups()
    exponent = int(power) if power and len(power) < 9 else 0
    size = abs(exponent) * (3.33 if letter in ("e", "E") else 1) if letter else 0
    if len(digits) > MAXIMUM_DIGITS or size > MAXIMUM_BITS or (power and len(power) >= 9):
        raise NumberTooLargeError("the number has too many digits")
    amount = Fraction(mantissa)
    if letter:
        amount *= Fraction(10 if letter in ("e", "E") else 2) ** exponent
    if amount == 0:
        return zero(sign == "-")
    return settled(-amount if sign == "-" else amount)


def text(amount: Number) -> str:
    """Return the fewest decimal digits that tell `amount` from its neighbours, never with an exponent."""
    if amount is NEGATIVE_ZERO:
        return "-0"
    digits, point = decimal(max(amount, -amount), precision(amount))
    sign = "-" if amount < 0 else ""
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole = digits[:point].ljust(point, "0")
    return f"{sign}{whole}.{digits[point:]}" if len(digits) > point else sign + whole


def brief(amount: Number) -> str:
    """Return at most ten significant digits, with an exponent where that is shorter."""
    digits, point = decimal(max(amount, -amount), precision(amount))
    if len(digits) > 10:
        digits, point = _cut(digits, 10, point, _rounds_up(digits, 10))
    sign = "-" if is_negative(amount) else ""
    if amount == 0:
        return sign + "0"
    if -4 < point <= 10:
        return sign + text(Fraction(int(digits)) * Fraction(10) ** (point - len(digits)))
    power = point - 1
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02}"


def exact(amount: Number) -> Number:
    """Return the number that its text spells, without precision or sign of zero: what programs are given."""
    if isinstance(amount, int) and amount.bit_length() <= precision(amount):
        return int(amount)
    spelled = Fraction(text(amount))
    return spelled.numerator if spelled.denominator == 1 else spelled


def decimal(amount: Number, bits: int) -> tuple[str, int]:
    """Return the shortest digits of a positive number kept with so many bits, and where the point is among them."""
    if isinstance(amount, int) and amount.bit_length() <= bits:
        digits = str(amount)
        return digits.rstrip("0") or "0", len(digits)
    power = bits + 1 - (abs(amount.numerator).bit_length() - amount.denominator.bit_length() + 1)
    mantissa = amount * Fraction(2) ** power
    if mantissa.numerator.bit_length() <= bits:
        mantissa, power = mantissa * 2, power + 1
    return _shortest(int(mantissa), power)


def _shortest(mantissa: int, power: int) -> tuple[str, int]:
    """Return digits between mantissa-1 and mantissa+1 over 2**power; its last bit is half a step of the number."""
    factor = 5**power if power > 0 else 1 << -power
    exact_digits, lower, upper = (str((mantissa + step) * factor) for step in (0, -1, 1))
    point = len(exact_digits) - max(0, power)
    lower, upper = lower.rjust(len(exact_digits), "0"), upper.rjust(len(exact_digits), "0")
    if len(upper) > len(exact_digits):
        exact_digits, lower, point = "0" + exact_digits, "0" + lower, point + 1
    even = mantissa & 2 == 0
    low_end, high_end = len(lower.rstrip("0")), len(upper.rstrip("0"))
    for count, (low, middle, high) in enumerate(zip(lower, exact_digits, upper, strict=True), start=1):
        down = low != middle or (even and count == low_end)
        up = middle != high and (even or int(middle) + 1 < int(high) or count < high_end)
        if down or up:
            return _cut(exact_digits, count, point, up and (not down or _rounds_up(exact_digits, count)))
    return _cut(exact_digits, len(exact_digits), point, False)


def _rounds_up(digits: str, count: int) -> bool:
    rest = digits[count:]
    half = "5".ljust(len(rest), "0")
    return rest > half or (rest == half and count > 0 and int(digits[count - 1]) % 2 == 1)


def _cut(digits: str, count: int, point: int, up: bool) -> tuple[str, int]:
    kept = str(int(digits[:count] or "0") + up).rjust(count, "0")
    point += len(kept) - count
    stripped = kept.lstrip("0")
    point -= len(kept) - len(stripped)
    return stripped.rstrip("0") or "0", point
