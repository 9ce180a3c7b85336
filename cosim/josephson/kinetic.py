"""Kinetic inductances, whose dΦ/dI = L (1 + (I/I*)²) grows with their current.

Their flux is Φ = L (I + I³/(3 I*²)), so I = 2 I* sinh(asinh(3Φ/(2 L I*))/3): a function of the phase
across them. A line through 0 stands in κK, its slope that of the current some steps ago; what the
current differs from it is found together with each stage by repeated solution, a contraction by
what the slope has changed since. So they are implicit, on nodes without capacitance too, and flux
stays quantised to rounding.

Symbols: `excess` the current less the line [A]; `share` the line's slope over that at I = 0.
"""

from __future__ import annotations

import math

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import load, muladd, pick, spread, store
from cosim.josephson.layout import UNSETTLED
from cosim.josephson.sweeps import solve

#: Error of a phase [rad] at which the repetition ends.
CLOSE = 1e-12
MOST_REPETITIONS = 40
#: Change of a slope, as a part, at which its line is renewed.
RENEWED = 0.05


@inner
def kinetic_current(net, k, lane, phase):
    """I over I* at a phase [rad]."""
    return 2.0 * math.sinh(math.asinh(1.5 * net.kinetic_scale[k, lane] * phase) / 3.0)


@inner
def _excess(net, drive, state, phi, k, w, now):
    across = phi[net.kinetic_plus[k], w] - phi[net.kinetic_minus[k], w]
    tie = 0.0
    if drive.tied:
        tie = drive.k0[k, w] + now * (drive.k1[k, w] + now * drive.k2[k, w])
    current = net.kinetic_star[k, w] * kinetic_current(net, k, w, across + tie)
    return current - net.kinetic_slope[k, w] * (state.share[k, w] * across + tie)


@inner
def renew_excess(net, drive, state, now):
    """Fill `excess` at the start of a step, and take it off the force there."""
    for k in range(net.kinetic_plus.shape[0]):
        a = net.kinetic_plus_row[k]
        b = net.kinetic_minus_row[k]
        for w in range(len(net.width)):
            excess = _excess(net, drive, state, state.phi, k, w, now)
            state.excess[k, w] = excess
            state.force[a, w] -= excess
            state.force[b, w] += excess


@inlined
def add_excess(net, state, target, first, factor):
    """Add `factor` times the excess currents to the rows from `first` on of `target`; ground is a row."""
    width = net.width
    for k in range(net.kinetic_plus.shape[0]):
        flow = spread(width, factor) * load(width, state.excess, k)
        a = first + pick(net.kinetic_plus_row, k)
        b = first + pick(net.kinetic_minus_row, k)
        store(width, target, a, load(width, target, a) + flow)
        store(width, target, b, load(width, target, b) - flow)


@inner
def keep_stage(net, state, slab):
    """Remember a stage's right-hand side without excess currents, and the phases before it."""
    width = net.width
    for i in range(net.rows):
        store(width, state.kept, i, load(width, state.rate, slab + i))
        store(width, state.before, i, load(width, state.next_phi, i))


@inner
def settle(net, factors, drive, state, slot, slab, now, gamma):
    """Repeat the solution of a stage until the excess currents are those of its phases, lane by lane.

    A lane that is settled keeps its numbers, so they do not depend on the others.
    """
    width = net.width
    n = net.rows
    count = net.kinetic_plus.shape[0]
    for w in range(len(width)):
        state.open[w] = 1
    for _ in range(MOST_REPETITIONS):
        again = False
        for w in range(len(width)):
            if state.open[w] == 0:
                continue
            far = False
            for k in range(count):
                fresh = _excess(net, drive, state, state.next_phi, k, w, now)
                if abs(fresh - state.excess[k, w]) > CLOSE * net.kinetic_slope[k, w]:
                    far = True
                state.fresh[k, w] = fresh
            if far:
                again = True
                for k in range(count):
                    state.excess[k, w] = state.fresh[k, w]
            else:
                state.open[w] = 0
        if not again:
            return
        for i in range(n):
            store(width, state.rate, slab + i, load(width, state.kept, i))
        add_excess(net, state, state.rate, slab, -gamma)
        store(width, state.rate, slab + net.ground, spread(width, 0.0))
        solve(net, factors, slot, state.rate, slab)
        h = spread(width, gamma)
        for i in range(n):
            step = muladd(h, load(width, state.rate, slab + i), load(width, state.before, i))
            store(width, state.next_phi, i, step)
    state.count[UNSETTLED] += 1


@inner
def renew_lines(net, drive, state, tau):
    """Turn the lines of inductances whose slope has changed; true if any did."""
    changed = False
    for k in range(net.kinetic_plus.shape[0]):
        for w in range(len(net.width)):
            across = state.phi[net.kinetic_plus[k], w] - state.phi[net.kinetic_minus[k], w]
            if drive.tied:
                across += drive.k0[k, w] + tau * (drive.k1[k, w] + tau * drive.k2[k, w])
            share = 1.0 / (1.0 + kinetic_current(net, k, w, across) ** 2)
            if abs(share - state.share[k, w]) > RENEWED * state.share[k, w]:
                change = net.kinetic_slope[k, w] * (share - state.share[k, w])
                state.share[k, w] = share
                for corner in range(4):
                    p = net.kinetic_stamp[k, corner]
                    if p < 0:
                        continue
                    more = change if corner < 2 else -change
                    net.pattern_k[p, w] += more
                    home = net.kinetic_home[k, corner]
                    if home < 0:
                        net.k[-1 - home, w] += more
                    else:
                        net.k_value[home, w] += more
                changed = True
    return changed
