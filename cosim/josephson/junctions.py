"""Currents of the junctions, and the piece of the quasiparticle line that each one is on."""

from __future__ import annotations

import math

from numba import njit

from cosim.josephson.sine import fast_sin


@njit(cache=True)
def _quasiparticle(net, j, w, volt):
    """Quasiparticle current over κ at rate `volt`, as JoSIM's piecewise line."""
    size = abs(volt)
    if size < net.gap_lower[j, w]:
        return net.subgap[j, w] * volt
    if size < net.gap_upper[j, w]:
        inside = net.subgap[j, w] * net.gap_lower[j, w] + net.transition[j, w] * (size - net.gap_lower[j, w])
        return math.copysign(inside, volt)
    return net.normal[j, w] * volt


@njit(cache=True)
def _implicit_conductance(net, j, w, region):
    if region == 0:
        return net.subgap[j, w]
    if region == 1:
        return net.transition[j, w]
    return net.normal[j, w]


@njit(cache=True)
def junction_currents(net, drive, tau, phi, v, region, out):
    """Supercurrent, plus what the quasiparticle current differs from its implicit line."""
    lanes = out.shape[1]
    for j in range(net.plus.shape[0]):
        a = net.plus[j]
        b = net.minus[j]
        outside = 0
        for w in range(lanes):
            out[j, w] = phi[a, w] - phi[b, w] - net.phase_offset[j, w]
        if drive.tied:
            for w in range(lanes):
                out[j, w] += drive.j0[j, w] + tau * (drive.j1[j, w] + tau * drive.j2[j, w])
        for w in range(lanes):
            out[j, w] = net.critical_current[j, w] * fast_sin(out[j, w])
        for w in range(lanes):
            rate = v[a, w] - v[b, w]
            outside += (abs(rate) >= net.gap_lower[j, w]) | (region[j, w] != 0)
        if outside or drive.tied:
            for w in range(lanes):
                rate = v[a, w] - v[b, w]
                if drive.tied:
                    rate += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
                line = _implicit_conductance(net, j, w, region[j, w]) * rate
                out[j, w] += _quasiparticle(net, j, w, rate) - line


@njit(cache=True)
def move_regions(net, drive, state, tau):
    """Move junctions that crossed the gap to their new implicit line; true if any did."""
    changed = False
    for j in range(net.plus.shape[0]):
        a = net.plus[j]
        b = net.minus[j]
        for w in range(state.phi.shape[1]):
            rate = state.v[a, w] - state.v[b, w]
            if drive.tied:
                rate += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
            rate = abs(rate)
            region = 0 if rate < net.gap_lower[j, w] else 1 if rate < net.gap_upper[j, w] else 2
            if region != state.region[j, w]:
                before = _implicit_conductance(net, j, w, state.region[j, w])
                change = _implicit_conductance(net, j, w, region) - before
                state.region[j, w] = region
                for corner in range(4):
                    p = net.stamp[j, corner]
                    if p >= 0:
                        net.g[p, w] += change if corner < 2 else -change
                changed = True
    return changed
