"""Numbers as text: exact fractions on the inside, 512 binary digits where a quotient never ends."""

from __future__ import annotations

import re
from fractions import Fraction

from reconciler.language.values import Number

PRECISION = 512
MAXIMUM_BITS = 12_000

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?\Z", re.ASCII)


class NumberTooLargeError(ValueError):
    """A result has more digits than anybody means."""


def bounded(amount: Number) -> Number:
    """Return `amount`, rounded to 512 binary digits once it has thousands, so that loops stay fast."""
    if isinstance(amount, int):
        if amount.bit_length() > MAXIMUM_BITS:
            raise NumberTooLargeError("the number is too large")
        return amount
    if amount.denominator == 1:
        return bounded(amount.numerator)
    if max(amount.numerator.bit_length(), amount.denominator.bit_length()) > MAXIMUM_BITS:
        raise NumberTooLargeError("the number is too large, or too close to zero")
    if max(amount.numerator.bit_length(), amount.denominator.bit_length()) > 4 * PRECISION:
        return rounded(amount)
    return amount


def rounded(amount: Fraction) -> Fraction:
    """Return the nearest number of 512 binary digits, ties to even."""
    if amount == 0:
        return amount
    shift = PRECISION - (abs(amount.numerator).bit_length() - amount.denominator.bit_length())
    mantissa = round(amount * Fraction(2) ** shift)
    if abs(mantissa).bit_length() > PRECISION:
        shift -= abs(mantissa).bit_length() - PRECISION
        mantissa = round(amount * Fraction(2) ** shift)
    return Fraction(mantissa) / Fraction(2) ** shift


def text(amount: Number) -> str:
    """Return the decimal digits of `amount`, never with an exponent: `10/3` has 154 of them, `0.1` two."""
    if isinstance(amount, int):
        return str(amount)
    sign = "-" if amount < 0 else ""
    amount = abs(amount)
    places = _places(amount.denominator)
    if places is None or places > PRECISION // 4:
        amount = rounded(amount)
        places = _shortest(amount)
    scaled = str(round(amount * 10**places)).rjust(places + 1, "0")
    whole, decimals = scaled[: len(scaled) - places], scaled[len(scaled) - places :].rstrip("0")
    return f"{sign}{whole}.{decimals}" if decimals else sign + whole


def parse(digits: str) -> Number | None:
    """Return the number that `digits` spell, or None when they spell none."""
    if not _NUMBER.match(digits) or len(digits) > 4000:
        return None
    amount = Fraction(digits)
    return amount.numerator if amount.denominator == 1 else amount


def _places(denominator: int) -> int | None:
    """Return how many decimals end a fraction with this denominator; None when it never ends."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None


def _shortest(amount: Fraction) -> int:
    """Return how many decimals tell `amount`, rounded already, from its neighbours of 512 binary digits."""
    magnitude = len(str(amount.numerator // amount.denominator)) if amount >= 1 else 1 - _leading_zeros(amount)
    for digits in range(150, 160):
        places = max(0, digits - magnitude)
        if rounded(Fraction(round(amount * 10**places), 10**places)) == amount:
            return places
    return max(0, 160 - magnitude)


def _leading_zeros(amount: Fraction) -> int:
    """Return how many zeros follow the point before the first digit, plus one (0.05 -> 2)."""
    return len(str(amount.denominator // amount.numerator)) if amount.numerator else 1
