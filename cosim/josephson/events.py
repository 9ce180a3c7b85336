"""Slips: crossings of odd multiples of π, at the time where the step's cubic has them."""

from __future__ import annotations

import math

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import abs_, any_above, load, muladd, pick, spread


@inner
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


@inner
def _slip(net, drive, state, tape, j, last, time, tau, h):
    a = net.plus[j]
    b = net.minus[j]
    for w in range(len(net.width)):
        y1 = state.next_phi[a, w] - state.next_phi[b, w]
        if drive.tied:
            y1 += drive.j0[j, w] + (tau + h) * (drive.j1[j, w] + (tau + h) * drive.j2[j, w])
        while abs(y1 - state.level[j, w]) > math.pi:
            sign = 1 if y1 > state.level[j, w] else -1
            y0 = state.phi[a, w] - state.phi[b, w]
            d0 = state.rate[a, w] - state.rate[b, w]
            d1 = state.rate[last + a, w] - state.rate[last + b, w]
            if drive.tied:
                y0 += drive.j0[j, w] + tau * (drive.j1[j, w] + tau * drive.j2[j, w])
                d0 += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
                d1 += drive.j1[j, w] + 2.0 * (tau + h) * drive.j2[j, w]
            at = _cross(y0, y1, h * d0, h * d1, state.level[j, w] + sign * math.pi)
            e = state.count[1]
            if e < tape.event_time.shape[0] and abs(y1 - state.level[j, w]) < 1e3:
                tape.event_time[e] = time + at * h
                tape.event_junction[e] = j
                tape.event_lane[e] = w
                tape.event_sign[e] = sign
                state.count[1] = e + 1
                state.level[j, w] += sign * 2.0 * math.pi
            else:
                state.level[j, w] = y1


@inlined
def record_slips(net, drive, state, tape, last, time, tau, h):
    """Record every crossing of an odd multiple of π in the step from `tau` to `tau + h`.

    `phi` and slab 0 of `rate` hold its start, `next_phi` and the slab at row `last` its end.
    """
    width = net.width
    half_turn = spread(width, math.pi)
    for j in range(net.plus.shape[0]):
        a = pick(net.plus, j)
        b = pick(net.minus, j)
        phase = load(width, state.next_phi, a) - load(width, state.next_phi, b)
        if drive.tied:
            now = spread(width, tau + h)
            tie = muladd(now, load(width, drive.j2, j), load(width, drive.j1, j))
            phase = phase + muladd(now, tie, load(width, drive.j0, j))
        if any_above(abs_(phase - load(width, state.level, j)), half_turn):
            _slip(net, drive, state, tape, j, last, time, tau, h)
