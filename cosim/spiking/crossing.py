"""First time at which a sum of decaying modes leaves an interval: exact, no step size.

With p(t) = e + Σ Re(c_k exp(λ_k t)) and |p'''| ≤ Σ |c_k λ_k³| exp(Re λ_k t) for all later t, p lies
between two parabolas for as long as their curvature, p'' ± |p'''| h, allows. No step is longer than
the time at which a parabola reaches a bound, so none goes past a crossing; steps converge onto it
quadratically, and end at once when the amplitudes that are left no longer reach a bound.
"""

from __future__ import annotations

import math

from numba import njit

#: Phase [rad] at which a bound counts as reached: 1e-9 ps at the speeds of a soma.
_TOUCH = 1e-9
#: Least step [ps]; after so many steps it grows: only modes that nearly coincide, whose amplitudes are
#: huge and cancel, ever get there.
_SMALLEST, _PATIENCE, _GROWTH = 1e-9, 60, 1.5
#: Growing modes: parabolas are bounded over this many of their time constants.
_REACH = 0.5
_HALVINGS = 5


@njit(cache=True, nogil=True)
def value(center, real, imaginary, c_real, c_imaginary, t):
    """p, p', p'' and the bounds Σ|c| and Σ|c λ³| at t."""
    p, d, a, amplitude, jerk = center, 0.0, 0.0, 0.0, 0.0
    for k in range(real.size):
        x, y = c_real[k], c_imaginary[k]
        if x == 0.0 and y == 0.0:
            continue
        r, w = real[k], imaginary[k]
        e = math.exp(r * t)
        if w == 0.0:
            x *= e
            p += x
            d += r * x
            a += r * r * x
            size = abs(x)
            amplitude += size
            jerk += size * abs(r) * r * r
        else:
            cosine, sine = math.cos(w * t), math.sin(w * t)
            u = e * (x * cosine - y * sine)
            v = e * (x * sine + y * cosine)
            p += u
            d += r * u - w * v
            square = r * r + w * w
            a += (r * r - w * w) * u - 2.0 * r * w * v
            size = e * math.sqrt(x * x + y * y)
            amplitude += size
            jerk += size * square * math.sqrt(square)
    return p, d, a, amplitude, jerk


@njit(cache=True, nogil=True)
def _reach(gap, speed, curvature):
    """Time at which a parabola meets a bound `gap` away."""
    square = speed * speed + 2.0 * curvature * gap
    if square < 0.0:
        return math.inf
    root = math.sqrt(square)
    if speed > 0.0:
        return 2.0 * gap / (speed + root)
    if curvature <= 0.0:
        return math.inf
    return (root - speed) / curvature


@njit(cache=True, nogil=True)
def _safe(up, down, d, a, jerk, h):
    """Steps up to this one stay within the bounds, if they are not longer than `h`."""
    return min(_reach(up, d, a + jerk * h), _reach(down, -d, jerk * h - a))


@njit(cache=True, nogil=True)
def _step(up, down, d, a, jerk, longest):
    """A step, nearly the longest one, that surely stays within `up` above and `down` below."""
    low = _safe(up, down, d, a, jerk, longest)
    if low >= longest:
        return longest
    high = min(_safe(up, down, d, a, jerk, low), longest)
    for _ in range(_HALVINGS):
        if high < 1.2 * low:
            break
        middle = math.sqrt(low * high)
        if _safe(up, down, d, a, jerk, middle) >= middle:
            low = middle
        else:
            high = middle
    return max(low, min(_safe(up, down, d, a, jerk, high), high))


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
    t, smallest, steps = 0.0, _SMALLEST, 0
    while True:
        p, d, a, amplitude, jerk = value(center, real, imaginary, c_real, c_imaginary, t)
        # Not at once: between two lines rounding could hand the soma to and fro for ever.
        if t > 0.0:
            if p >= high - _TOUCH and d > 0.0:
                return t, 1
            if p <= low + _TOUCH and d < 0.0:
                return t, -1
        if growth == 0.0 and center - amplitude > low and center + amplitude < high:
            return horizon, 0
        up, down = max(high - p, 0.0), max(p - low, 0.0)
        step = _step(up, down, d, a, jerk * margin, min(longest, horizon - t))
        t += max(step, smallest)
        if t >= horizon:
            return horizon, 0
        steps += 1
        if steps > _PATIENCE:
            smallest *= _GROWTH
