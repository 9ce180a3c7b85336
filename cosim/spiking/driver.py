"""When the driver junction of a synapse slips for a pulse.

A pulse of a moment ago leaves current in the driver's loop, which holds the driver back. With the
loop current i(t) = i exp(-t/τ), in units of the current that blocks the driver, it makes progress

    p' = ((1 - m)(1 - i) + m √(1 - i)) / delay    where i < 1, else 0

and slips at p = 1: after `delay` when the loop is empty, and once enough has leaked when it is not.
The integral of p' is known in closed form. m, the `bluntness`, is fitted like the others.
"""

from __future__ import annotations

import math

from numba import njit

_NOTHING = 1e-4


@njit(cache=True, nogil=True)
def _progress(w, start, m, t, tau):
    """∫ p' delay dt over t, while i falls from `start` to w."""
    straight = t - tau * (start - w)
    if m == 0.0:
        return straight
    u, v = math.sqrt(1.0 - w), math.sqrt(1.0 - start)
    # ∫ √(1-i) dt = τ (ln |(1+u)/(1-u)| - 2u), and 1-u = w/(1+u) without cancellation; ln(v/w) = t/τ.
    curved = tau * (2.0 * math.log((1.0 + u) / (1.0 + v)) - 2.0 * (u - v)) + t
    return (1.0 - m) * straight + m * curved


@njit(cache=True, nogil=True)
def slip_after(current, delay, tau, m):
    """Time from the arrival of a pulse to the slip, for a loop current in units of the blocking one."""
    if abs(current) < _NOTHING:
        return delay
    wait = 0.0
    if current > 1.0:
        wait = tau * math.log(current)
        current = 1.0
    t = delay
    low, high = 0.0, math.inf
    for _ in range(60):
        w = current * math.exp(-t / tau)
        excess = _progress(w, current, m, t, tau) - delay
        if excess > 0.0:
            high = t
        else:
            low = t
        rate = (1.0 - m) * (1.0 - w) + m * math.sqrt(max(1.0 - w, 0.0))
        step = t - excess / rate if rate > 1e-9 else math.inf
        if not low < step < high:
            step = 0.5 * (low + high) if high < math.inf else 2.0 * t
        if abs(step - t) < 1e-9 * delay:
            t = step
            break
        t = step
    return wait + t
