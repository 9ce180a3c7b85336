"""Slips: crossings of odd multiples of π, at the time where the step's cubic has them."""

from __future__ import annotations

import math

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import abs_, any_above, load, load_at, muladd, pick, spread
from cosim.josephson.layout import EVENTS, OFF_LINE


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
def _slip(net, joints, drive, state, tape, j, last, time, tau, h):
    a = joints.plus[j]
    b = joints.minus[j]
    for w in range(len(net.width)):
        y1 = state.next_phi[a, w] - state.next_phi[b, w]
        if drive.tied:
            y1 += drive.j0[j, w] + (tau + h) * (drive.j1[j, w] + (tau + h) * drive.j2[j, w])
        while abs(y1 - state.level[j, w]) > joints.reach[j, w]:
            sign = 1 if y1 > state.level[j, w] else -1
            y0 = state.phi[a, w] - state.phi[b, w]
            d0 = state.rate[a, w] - state.rate[b, w]
            d1 = state.rate[last + a, w] - state.rate[last + b, w]
            if drive.tied:
                y0 += drive.j0[j, w] + tau * (drive.j1[j, w] + tau * drive.j2[j, w])
                d0 += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
                d1 += drive.j1[j, w] + 2.0 * (tau + h) * drive.j2[j, w]
            at = _cross(y0, y1, h * d0, h * d1, state.level[j, w] + sign * math.pi)
            e = state.count[EVENTS]
            if e < tape.event_time.shape[0] and abs(y1 - state.level[j, w]) < 1e3:
                tape.event_time[e] = time + at * h
                tape.event_junction[e] = j
                tape.event_lane[e] = w
                tape.event_sign[e] = sign
                state.count[EVENTS] = e + 1
                state.level[j, w] += sign * 2.0 * math.pi
            else:
                state.level[j, w] = y1


@inlined
def record_slips(net, joints, drive, state, tape, block, last, time, tau, h):
    """Record every crossing of an odd multiple of π in the step from `tau` to `tau + h`, in one block.

    `phi` and slab 0 of `rate` hold its start, `next_phi` and the slab at row `last` its end.
    Returns whether a junction may be off the subgap line at the end.
    """
    width, wide = net.width, net.wide
    hit = drive.tied or state.count[OFF_LINE] > 0
    for s in range(pick(joints.block, block), pick(joints.block, block + 1)):
        first, end = pick(joints.start, s), pick(joints.start, s + 1)
        if len(width) == 1 and pick(joints.straight, s) and not drive.tied:
            a, b = pick(joints.plus, first), pick(joints.minus, first)
            up = 0 if a == net.ground else 1
            down = 0 if b == net.ground else 1
            for i in range(0, end - first, len(wide)):
                p, m = a + up * i, b + down * i
                phase = load_at(wide, state.next_phi, p) - load_at(wide, state.next_phi, m)
                rate = abs_(load_at(wide, state.rate, last + p) - load_at(wide, state.rate, last + m))
                hit |= any_above(rate, load_at(wide, joints.gap_lower, first + i))
                away = abs_(phase - load_at(wide, state.level, first + i))
                if any_above(away, load_at(wide, joints.reach, first + i)):
                    for j in range(first + i, first + i + len(wide)):
                        _slip(net, joints, drive, state, tape, j, last, time, tau, h)
            continue
        for j in range(first, end):
            a, b = pick(joints.plus, j), pick(joints.minus, j)
            phase = load(width, state.next_phi, a) - load(width, state.next_phi, b)
            rate = abs_(load(width, state.rate, last + a) - load(width, state.rate, last + b))
            hit |= any_above(rate, load(width, joints.gap_lower, j))
            if drive.tied:
                now = spread(width, tau + h)
                tie = muladd(now, load(width, drive.j2, j), load(width, drive.j1, j))
                phase = phase + muladd(now, tie, load(width, drive.j0, j))
            if any_above(abs_(phase - load(width, state.level, j)), load(width, joints.reach, j)):
                _slip(net, joints, drive, state, tape, j, last, time, tau, h)
    return hit
