"""A sine that the compiler can vectorise.

Range reduction by subtracting the nearest multiple of 2π with the "add and subtract
1.5·2^52" rounding (no call, no integer conversion) in three parts, after Cody and Waite;
folding to [0, π/2]; then an odd polynomial. Largest error against libm over |x| < 1e4: below
1e-14, and below 4e-15 over the first turns, tested.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial
from numpy.polynomial.chebyshev import chebfit

from cosim.josephson.lanes import abs_, copysign, muladd, smaller, spread

_ROUND = 6755399441055744.0
# -2π in parts of 32, 32 and 53 bits: products with whole numbers below 2^20 are exact.
_TURN_1 = -6.2831853069365025
_TURN_2 = -2.4308402025215864e-10
_TURN_3 = -8.089064995183803e-21
_INVERSE_TURN = 1.0 / (2.0 * math.pi)


def _fit() -> tuple[float, ...]:
    """Coefficients of sin(x)/x in powers of x² on [0, (π/2)²], near minimax."""
    half = 0.5 * (0.5 * math.pi) ** 2
    points = np.cos(math.pi * (np.arange(9) + 0.5) / 9.0)
    values = np.sinc(np.sqrt(half * (points + 1.0)) / math.pi)
    series = Chebyshev(chebfit(points, values, 8), domain=[0.0, 2.0 * half])
    return tuple(float(c) for c in series.convert(kind=Polynomial).coef)


_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = _fit()


@njit(inline="always")
def fast_sin(width: Any, x: Any) -> Any:
    """sin(x) for x in radians, a bundle of `width` (see `lanes.py`)."""
    shift = spread(width, _ROUND)
    turns = muladd(x, spread(width, _INVERSE_TURN), shift) - shift
    r = muladd(turns, spread(width, _TURN_1), x)
    r = muladd(turns, spread(width, _TURN_2), r)
    r = muladd(turns, spread(width, _TURN_3), r)
    size = abs_(r)
    folded = smaller(size, spread(width, math.pi) - size)
    s = folded * folded
    p = spread(width, _C8)
    p = muladd(p, s, spread(width, _C7))
    p = muladd(p, s, spread(width, _C6))
    p = muladd(p, s, spread(width, _C5))
    p = muladd(p, s, spread(width, _C4))
    p = muladd(p, s, spread(width, _C3))
    p = muladd(p, s, spread(width, _C2))
    p = muladd(p, s, spread(width, _C1))
    p = muladd(p, s, spread(width, _C0))
    return copysign(folded * p, r)
