"""Pulses of JART devices, integrated one after the other in compiled code.

The method is that of `pulses.py`, word for word: a device costs so much to evaluate that arrays of them
are not worth keeping in step.
"""

from __future__ import annotations

import math

from numba import njit

from cosim.devices.jart_kernel import rate
from cosim.devices.model import Array
from cosim.devices.pulses import C21, C31, C32, GAMMA, LACK, WEIGHT

M1, M2, M3 = WEIGHT
E1, E2, E3 = LACK


@njit(cache=True)
def advance(
    p: Array, x: float, volts: float, width: float, tolerance: float, steps: int
) -> tuple[float, float]:
    """State [1/m³] after a pulse, and what is left of it [s] where `steps` did not suffice."""
    low, high = p[3], p[4]
    span = high - low
    nudge = 1e-7 * span
    left = width
    here = rate(p, x, volts)
    step = left
    if here != 0.0:
        step = min(left, 1e-3 * span / abs(here))
    for _ in range(steps):
        if left <= 0.0 or here == 0.0 or (x >= high and here >= 0.0) or (x <= low and here <= 0.0):
            return x, 0.0
        h = min(step, left)
        aside = nudge if here > 0.0 else -nudge
        if not low <= x + aside <= high:
            aside = -aside
        steepness = (rate(p, x + aside, volts) - here) / aside
        if GAMMA * h * steepness > 0.5:
            step = 0.1 * h
            continue
        shift = GAMMA * h / (1.0 - GAMMA * h * steepness)
        k1 = shift * here
        there = rate(p, min(max(x + k1, low), high), volts)
        k2 = shift * (there + C21 * k1 / h)
        k3 = shift * (there + (C31 * k1 + C32 * k2) / h)
        moved = min(max(x + M1 * k1 + M2 * k2 + M3 * k3, low), high)
        end = rate(p, moved, volts)
        error = abs(E1 * k1 + E2 * k2 + E3 * k3)
        if low < moved < high:
            error = max(error, abs(end - here - steepness * (moved - x)) * h / 6.0)
        error = max(error / (tolerance * span), 1e-10) if math.isfinite(error) else 1e10
        if error <= 1.0:
            x, here = moved, end
            left = 0.0 if h >= left else left - h
        step = h * min(8.0, max(0.1, 0.9 * error ** (-1.0 / 3.0)))
    return x, left


@njit(cache=True)
def advance_all(
    parameters: Array, x: Array, volts: Array, width: Array, tolerance: float, steps: int, left: Array
) -> None:
    """`advance` for each device, `x` (devices,) in place; `left` (devices,) takes what is not done [s]."""
    many = len(parameters) > 1
    for i in range(len(x)):
        x[i], left[i] = advance(parameters[i if many else 0], x[i], volts[i], width[i], tolerance, steps)
