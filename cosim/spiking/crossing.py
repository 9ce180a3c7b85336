"""First time at which a sum of decaying modes leaves an interval: exact, no step size.

With p(t) = e + Σ Re(c_k exp(λ_k t)) and |p''| ≤ Σ |c_k λ_k²| exp(Re λ_k t) for all later t, a
parabola bounds p from either side; the time at which it reaches a bound is never too late. Steps
from parabola to parabola converge quadratically onto the crossing, and end at once when the sum of
the amplitudes that are left no longer reaches a bound.
"""

from __future__ import annotations

import math

from numba import njit

#: Phase [rad] at which a bound counts as reached: 1e-9 ps at the speeds of a soma.
_TOUCH = 1e-9
#: Least step [ps] and its growth from one to the next: only modes that nearly coincide, whose
#: amplitudes are huge and cancel, ever need it.
_SMALLEST, _GROWTH = 1e-6, 1.2
#: Growing modes: parabolas are bounded over this many of their time constants.
_REACH = 0.5


@njit(cache=True, nogil=True)
def value(center, real, imaginary, c_real, c_imaginary, t):
    """p, p' and the bounds Σ|c| and Σ|c λ²| at t."""
    p, d, amplitude, curvature = center, 0.0, 0.0, 0.0
    for k in range(real.size):
        a, b = c_real[k], c_imaginary[k]
        if a == 0.0 and b == 0.0:
            continue
        r, w = real[k], imaginary[k]
        e = math.exp(r * t)
        if w == 0.0:
            a *= e
            p += a
            d += r * a
            a = abs(a)
            amplitude += a
            curvature += a * r * r
        else:
            cosine, sine = math.cos(w * t), math.sin(w * t)
            u = e * (a * cosine - b * sine)
            v = e * (a * sine + b * cosine)
            p += u
            d += r * u - w * v
            size = e * math.sqrt(a * a + b * b)
            amplitude += size
            curvature += size * (r * r + w * w)
    return p, d, amplitude, curvature


@njit(cache=True, nogil=True)
def _reach(gap, speed, curvature):
    """Earliest time at which a bound `gap` away can be met, moving towards it with `speed`."""
    root = math.sqrt(speed * speed + 2.0 * curvature * gap)
    if speed > 0.0:
        return 2.0 * gap / (speed + root)
    if curvature == 0.0:
        return math.inf
    return (root - speed) / curvature


@njit(cache=True, nogil=True)
def first_exit(center, real, imaginary, c_real, c_imaginary, low, high, horizon):
    """Return (time, direction): where p leaves [low, high] before `horizon`.

    direction is +1 or -1, or 0 for no exit; the time is then `horizon`.
    """
    growth = 0.0
    for k in range(real.size):
        if c_real[k] != 0.0 or c_imaginary[k] != 0.0:
            growth = max(growth, real[k])
    longest = _REACH / growth if growth > 0.0 else math.inf
    margin = math.exp(_REACH) if growth > 0.0 else 1.0
    t, smallest = 0.0, _SMALLEST
    while True:
        p, d, amplitude, curvature = value(center, real, imaginary, c_real, c_imaginary, t)
        # Not at once: between two lines rounding could hand the soma to and fro for ever.
        if t > 0.0:
            if p >= high - _TOUCH and d > 0.0:
                return t, 1
            if p <= low + _TOUCH and d < 0.0:
                return t, -1
        if growth == 0.0 and center - amplitude > low and center + amplitude < high:
            return horizon, 0
        curvature *= margin
        step = min(_reach(max(high - p, 0.0), d, curvature), _reach(max(p - low, 0.0), -d, curvature))
        t += max(min(step, longest), smallest)
        smallest *= _GROWTH
        if t >= horizon:
            return horizon, 0
