"""Slips: crossings of odd multiples of π, at the time where the step's cubic has them."""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def _cross(y0, y1, d0, d1, level):
    """Fraction of the step at which the cubic Hermite through both ends meets `level`."""
    low, high = 0.0, 1.0
    rising = y1 > y0
    for _ in range(40):
        u = 0.5 * (low + high)
        one = 1.0 - u
        value = one * one * ((1.0 + 2.0 * u) * y0 + u * d0) + u * u * ((3.0 - 2.0 * u) * y1 - one * d1)
        if (value < level) == rising:
            low = u
        else:
            high = u
    return 0.5 * (low + high)


@njit(cache=True)
def record_slips(net, drive, state, tape, old_phi, old_v, time, tau, h):
    """Record every crossing of an odd multiple of π. `old_*` hold the start of the step."""
    for j in range(net.plus.shape[0]):
        a = net.plus[j]
        b = net.minus[j]
        for w in range(state.phi.shape[1]):
            y1 = state.phi[a, w] - state.phi[b, w]
            if drive.tied:
                y1 += drive.j0[j, w] + (tau + h) * (drive.j1[j, w] + (tau + h) * drive.j2[j, w])
            while abs(y1 - state.level[j, w]) > math.pi:
                sign = 1 if y1 > state.level[j, w] else -1
                y0 = old_phi[a, w] - old_phi[b, w]
                d0 = old_v[a, w] - old_v[b, w]
                d1 = state.v[a, w] - state.v[b, w]
                if drive.tied:
                    y0 += drive.j0[j, w] + tau * (drive.j1[j, w] + tau * drive.j2[j, w])
                    d0 += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
                    d1 += drive.j1[j, w] + 2.0 * (tau + h) * drive.j2[j, w]
                at = _cross(y0, y1, h * d0, h * d1, state.level[j, w] + sign * math.pi)
                e = state.count[1]
                tape.event_time[e] = time + at * h
                tape.event_junction[e] = j
                tape.event_lane[e] = w
                tape.event_sign[e] = sign
                state.count[1] = e + 1
                state.level[j, w] += sign * 2.0 * math.pi
                if state.count[1] >= tape.event_time.shape[0]:
                    return
