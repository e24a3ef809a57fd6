"""exp, tanh, log and softplus in float64 from what IEEE 754 defines to the last bit: the same bits on every machine.

numpy's own exp and tanh differ in their last bits from one processor to another. Here exp(x) = 2^n exp(r) with
n = round(x / ln 2), so that |r| <= ln 2 / 2, and exp(r) is the beginning of its series, which is right to 1e-12.
e^x - 1 is that series without its first term where x is small.
So is ln(1 + y) = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = y / (2 + y), which is at most 1/3 for y up to 1.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

DEGREE = 10
COEFFICIENTS = tuple(1 / factorial(power) for power in range(DEGREE, -1, -1))  # the highest power first
SMALL = tuple(1 / factorial(power) for power in range(14, 0, -1))  # of (exp(x) - 1) / x, the highest power first
HALF_ROOT = float.fromhex("0x1.6a09e667f3bcdp-1")  # the root of 1/2
LN2 = float.fromhex("0x1.62e42fefa39efp-1")
LN2_HIGH = float.fromhex("0x1.62e42fp-1")  # few digits: n times it has no rounding error
LN2_LOW = float.fromhex("0x1.df473de6af279p-26")  # ln 2 without LN2_HIGH
ODD = tuple(2 / power for power in range(25, 0, -2))  # the coefficients of ln(1 + y), the highest power first
LOWEST, HIGHEST = -700.0, 700.0  # arguments beyond count as these: nothing overflows, and nothing is 0


def exp(x: Floats) -> Floats:
    """exp(x), element by element, for x clipped to [-700, 700]; NaN stays NaN."""
    x = np.minimum(np.maximum(x, LOWEST), HIGHEST)
    n = np.rint(x / LN2)
    r = x - n * LN2_HIGH
    r -= n * LN2_LOW
    total = r * COEFFICIENTS[0]
    for coefficient in COEFFICIENTS[1:-1]:
        total += coefficient
        total *= r
    total += COEFFICIENTS[-1]
    with np.errstate(invalid="ignore"):  # of a NaN
        return np.ldexp(total, n.astype(np.int32))


def tanh(x: Floats) -> Floats:
    """tanh(x), element by element, to 1e-12."""
    power = exp(-2 * np.abs(x))
    return np.copysign((1 - power) / (1 + power), x)


def expm1(x: Floats) -> Floats:
    """exp(x) - 1, element by element, to 1e-12 of itself where |x| is at most 1/2."""
    total = np.full_like(x, SMALL[0])
    for coefficient in SMALL[1:]:
        total = total * x + coefficient
    return np.asarray(np.where(np.abs(x) < 0.5, total * x, exp(x) - 1))


def log(x: Floats) -> Floats:
    """ln x, element by element, to 1e-12; -inf for 0, NaN below it."""
    part, exponent = np.frexp(x)  # x = 2^exponent part, and part is at least 1/2
    low = part < HALF_ROOT
    part, exponent = np.where(low, 2 * part, part), exponent - low
    s = (part - 1) / (part + 1)
    square = s * s
    total = np.full_like(s, ODD[0])
    for coefficient in ODD[1:]:
        total = total * square + coefficient
    found = exponent * LN2_HIGH + (exponent * LN2_LOW + total * s)
    return np.asarray(np.where(x > 0, np.where(np.isinf(x), x, found), np.where(x == 0, -np.inf, np.nan)))


def logaddexp(x: Any, y: Any) -> Floats:
    """ln(exp(x) + exp(y)), element by element, to 1e-12; for x = 0 it is the softplus of y."""
    power = exp(-np.abs(np.subtract(x, y, dtype=np.float64)))
    s = power / (2 + power)
    square = s * s
    total = np.full_like(s, ODD[0])
    for coefficient in ODD[1:]:
        total = total * square + coefficient
    return np.asarray(np.maximum(x, y) + total * s)


def softmax(logits: npt.NDArray[Any]) -> Floats:
    """Logits (B, V) to probabilities (B, V), float64. The sum is taken from the first symbol to the last."""
    powers = exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return powers / np.add.accumulate(powers, axis=-1)[:, -1:]
