"""Currents of the junctions, and the piece of the quasiparticle line that each one is on."""

from __future__ import annotations

import math

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import abs_, any_above, load, muladd, pick, spread, store
from cosim.josephson.sine import fast_sin


@inner
def _quasiparticle(volt, lower, upper, subgap, transition, normal):
    """Quasiparticle current over κ at rate `volt`, as JoSIM's piecewise line."""
    size = abs(volt)
    if size < lower:
        return subgap * volt
    if size < upper:
        return math.copysign(subgap * lower + transition * (size - lower), volt)
    return normal * volt


@inner
def _conductance(region, subgap, transition, normal):
    if region == 0:
        return subgap
    if region == 1:
        return transition
    return normal


@inner
def _off_the_line(net, drive, state, j, tau, row, slab):
    """Add what the quasiparticle current differs from its implicit line."""
    for w in range(len(net.width)):
        rate = state.rate[row + net.plus[j], w] - state.rate[row + net.minus[j], w]
        if drive.tied:
            rate += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
        subgap, transition, normal = net.subgap[j, w], net.transition[j, w], net.normal[j, w]
        line = _conductance(state.region[j, w], subgap, transition, normal)
        flow = _quasiparticle(rate, net.gap_lower[j, w], net.gap_upper[j, w], subgap, transition, normal)
        state.current[slab + j, w] += flow - line * rate


@inner
def _series(net, j, phase):
    """Supercurrent with all harmonics."""
    width = net.width
    current = load(width, net.critical_current, j) * fast_sin(width, phase)
    for k in range(1, net.harmonics):
        sine = fast_sin(width, spread(width, k + 1.0) * phase)
        current = muladd(load(width, net.harmonic, (k - 1) * net.plus.shape[0] + j), sine, current)
    return current


@inlined
def junction_currents(net, drive, state, tau, stage):
    """Fill slab `stage` of `current` from `next_phi` and the rates of that stage.

    It is the supercurrent, plus what the quasiparticle current differs from its implicit line.
    """
    width = net.width
    count = net.plus.shape[0]
    slab = stage * count
    row = stage * state.next_phi.shape[0]
    for j in range(count):
        a = pick(net.plus, j)
        b = pick(net.minus, j)
        phase = load(width, state.next_phi, a) - load(width, state.next_phi, b)
        if net.shifted:
            phase = phase - load(width, net.phase_offset, j)
        if drive.tied:
            now = spread(width, tau)
            tie = muladd(now, load(width, drive.j2, j), load(width, drive.j1, j))
            phase = phase + muladd(now, tie, load(width, drive.j0, j))
        store(width, state.current, slab + j, phase)
    if net.harmonics > 1:
        for j in range(count):
            phase = load(width, state.current, slab + j)
            store(width, state.current, slab + j, _series(net, j, phase))
    else:
        for j in range(count):
            sine = fast_sin(width, load(width, state.current, slab + j))
            store(width, state.current, slab + j, load(width, net.critical_current, j) * sine)
    for j in range(count):
        rate = abs_(
            load(width, state.rate, row + pick(net.plus, j))
            - load(width, state.rate, row + pick(net.minus, j))
        )
        if drive.tied or pick(state.flagged, j) or any_above(rate, load(width, net.gap_lower, j)):
            _off_the_line(net, drive, state, j, tau, row, slab)


@inlined
def move_regions(net, drive, state, tau):
    """Move junctions that crossed the gap to their new implicit line; true if any did.

    `current` of slab 0 follows at junctions off the subgap line.
    """
    width = net.width
    changed = False
    for j in range(net.plus.shape[0]):
        a = pick(net.plus, j)
        b = pick(net.minus, j)
        size = abs_(load(width, state.rate, a) - load(width, state.rate, b))
        if not (drive.tied or pick(state.flagged, j) or any_above(size, load(width, net.gap_lower, j))):
            continue
        flagged = 0
        for w in range(len(width)):
            rate = state.rate[a, w] - state.rate[b, w]
            if drive.tied:
                rate += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
            size_w = abs(rate)
            before = state.region[j, w]
            region = before if math.isnan(rate) else 0
            if size_w >= net.gap_lower[j, w]:
                region = 1 if size_w < net.gap_upper[j, w] else 2
            subgap, transition, normal = net.subgap[j, w], net.transition[j, w], net.normal[j, w]
            line = _conductance(region, subgap, transition, normal)
            if region != before:
                change = line - _conductance(before, subgap, transition, normal)
                state.region[j, w] = region
                for corner in range(4):
                    p = net.stamp[j, corner]
                    if p >= 0:
                        net.g[p, w] += change if corner < 2 else -change
                changed = True
            if region != 0:
                flagged += 1
            phase = state.phi[a, w] - state.phi[b, w] - net.phase_offset[j, w]
            if drive.tied:
                phase += drive.j0[j, w] + tau * (drive.j1[j, w] + tau * drive.j2[j, w])
            current = net.critical_current[j, w] * fast_sin((0,), phase)
            for k in range(1, net.harmonics):
                amplitude = net.harmonic[(k - 1) * net.plus.shape[0] + j, w]
                current += amplitude * fast_sin((0,), (k + 1) * phase)
            flow = _quasiparticle(rate, net.gap_lower[j, w], net.gap_upper[j, w], subgap, transition, normal)
            state.current[j, w] = current + flow - line * rate
        state.flagged[j] = flagged
    return changed
