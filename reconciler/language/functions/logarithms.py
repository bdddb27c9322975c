"""Logarithms, exponentials and powers of doubles, to the last digit as Go computes them.

The logarithm is FreeBSD's (e_log.c, Copyright (C) 1993 by Sun Microsystems, Inc. Permission to use, copy, modify, and
distribute this software is freely granted, provided that this notice is preserved); the exponential is the one of
Naoki Shibata, "Efficient evaluation methods of elementary functions suitable for SIMD computation" (ISC 2010), with
fused multiplication and addition.
"""

from __future__ import annotations

import math
from fractions import Fraction

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LN2_UPPER, _LN2_LOWER = 0.69314718055966295651160180568695068359375, 0.28235290563031577122588448175013436e-12
_ODD = (6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01, 1.479819860511658591e-01)
_EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)
_SERIES = tuple(1 / math.factorial(term) for term in range(7, 0, -1))
_OVERFLOW = 4096


def log(amount: float) -> float:
    """Return the natural logarithm; that of 0 is minus infinity, of less than 0 not a number."""
    if amount <= 0:
        return -math.inf if amount == 0 else math.nan
    fraction, exponent = math.frexp(amount)
    if fraction < math.sqrt(2) / 2:
        fraction, exponent = fraction * 2, exponent - 1
    rest = fraction - 1
    ratio = rest / (2 + rest)
    square = ratio * ratio
    fourth = square * square
    odd = square * (_ODD[0] + fourth * (_ODD[1] + fourth * (_ODD[2] + fourth * _ODD[3])))
    even = fourth * (_EVEN[0] + fourth * (_EVEN[1] + fourth * _EVEN[2]))
    half = 0.5 * rest * rest
    return exponent * _LN2_HIGH - ((half - (ratio * (half + (odd + even)) + exponent * _LN2_LOW)) - rest)


def exp(amount: float) -> float:
    """Return e to the power of `amount`."""
    exponent = round(amount / math.log(2))
    rest = _fused(-_LN2_UPPER, exponent, amount)
    rest = _fused(-_LN2_LOWER, exponent, rest) * 0.0625
    total = 2.4801587301587301587e-5
    for term in _SERIES:
        total = _fused(total, rest, term)
    total *= rest
    for _ in range(3):
        total *= total + 2.0
    return math.ldexp(_fused(total, total + 2.0, 1.0), exponent)


def _fused(first: float, second: float, addend: float) -> float:
    """Return first * second + addend, rounded once."""
    return float(Fraction(first) * Fraction(second) + Fraction(addend))


def power(base: float, exponent: float) -> float:
    """Return base ** exponent; raise OverflowError, or ValueError where it is no real number."""
    if exponent == 0 or base == 1:
        return 1.0
    if exponent in (1, 0.5, -0.5):
        return base if exponent == 1 else math.sqrt(base) if exponent > 0 else 1 / math.sqrt(base)
    if base == 0 and exponent < 0:
        raise OverflowError("one divided by nothing")
    if base == 0 or abs(exponent) >= 2.0**63:
        return math.pow(base, exponent)
    part, whole = math.modf(abs(exponent))
    if part and base < 0:
        raise ValueError("a root of a negative number")
    result, shift = 1.0, 0
    if part:
        part, whole = (part - 1, whole + 1) if part > 0.5 else (part, whole)
        result = exp(part * log(base))
    result, shift = _whole_power(base, int(whole), result)
    return math.ldexp(1 / result, -shift) if exponent < 0 else math.ldexp(result, shift)


def _whole_power(base: float, exponent: int, result: float) -> tuple[float, int]:
    """Return result * base ** exponent as a mantissa and a power of two, by squaring."""
    mantissa, scale = math.frexp(base)
    shift = 0
    while exponent:
        if abs(scale) > _OVERFLOW:
            return result, shift + scale
        if exponent & 1:
            result, shift = result * mantissa, shift + scale
        mantissa, scale = mantissa * mantissa, scale * 2
        if mantissa < 0.5:
            mantissa, scale = mantissa * 2, scale - 1
        exponent >>= 1
    return result, shift
