"""Currents of the junctions, and the piece of the quasiparticle line that each one is on."""

from __future__ import annotations

import math

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import abs_, any_above, load, load_at, muladd, pick, spread, store, store_at
from cosim.josephson.layout import OFF_LINE
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
def _off_the_line(net, joints, drive, state, j, tau, row, slab):
    """Add what the quasiparticle current differs from its implicit line."""
    for w in range(len(net.width)):
        rate = state.rate[row + joints.plus[j], w] - state.rate[row + joints.minus[j], w]
        if drive.tied:
            rate += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
        subgap, transition, normal = joints.subgap[j, w], joints.transition[j, w], joints.normal[j, w]
        line = _conductance(state.region[j, w], subgap, transition, normal)
        lower, upper = joints.gap_lower[j, w], joints.gap_upper[j, w]
        flow = _quasiparticle(rate, lower, upper, subgap, transition, normal)
        state.current[slab + j, w] += flow - line * rate


@inlined
def _series(width, joints, first, j, phase):
    """Supercurrent of bundle `j` with all harmonics; `first` is the number of bundles in a slab."""
    current = load(width, joints.critical_current, j) * fast_sin(width, phase)
    for k in range(1, joints.harmonics):
        sine = fast_sin(width, spread(width, k + 1.0) * phase)
        current = muladd(load(width, joints.harmonic, (k - 1) * first + j), sine, current)
    return current


@inlined
def _step_of(row, ground):
    """A run's rows go up by one from place to place, or stay at ground."""
    return 0 if row == ground else 1


@inlined
def junction_currents(net, joints, drive, state, block, tau, stage):
    """Fill slab `stage` of `current` from `next_phi` and the rates of that stage, for one block.

    It is the supercurrent, plus what the quasiparticle current differs from its implicit line.
    """
    width, wide = net.width, net.wide
    count = joints.plus.shape[0]
    slab = stage * count
    row = stage * net.rows
    pack = len(wide) // len(width)
    look = drive.tied or state.count[OFF_LINE] > 0
    for s in range(pick(joints.block, block), pick(joints.block, block + 1)):
        first, last = pick(joints.start, s), pick(joints.start, s + 1)
        hit = look
        if len(width) == 1 and pick(joints.straight, s):
            a, b = pick(joints.plus, first), pick(joints.minus, first)
            up, down = _step_of(a, net.ground), _step_of(b, net.ground)
            for i in range(0, last - first, len(wide)):
                p, m = a + up * i, b + down * i
                phase = load_at(wide, state.next_phi, p) - load_at(wide, state.next_phi, m)
                store_at(wide, state.current, slab + first + i, phase)
                rate = load_at(wide, state.rate, row + p) - load_at(wide, state.rate, row + m)
                hit |= any_above(abs_(rate), load_at(wide, joints.gap_lower, first + i))
        else:
            for j in range(first, last):
                p, m = pick(joints.plus, j), pick(joints.minus, j)
                phase = load(width, state.next_phi, p) - load(width, state.next_phi, m)
                store(width, state.current, slab + j, phase)
                rate = load(width, state.rate, row + p) - load(width, state.rate, row + m)
                hit |= any_above(abs_(rate), load(width, joints.gap_lower, j))
        offset = slab // pack
        if joints.shifted or drive.tied:
            for j in range(first // pack, last // pack):
                phase = load(wide, state.current, offset + j)
                if joints.shifted:
                    phase = phase - load(wide, joints.phase_offset, j)
                if drive.tied:
                    now = spread(wide, tau)
                    tie = muladd(now, load(wide, drive.j2, j), load(wide, drive.j1, j))
                    phase = phase + muladd(now, tie, load(wide, drive.j0, j))
                store(wide, state.current, offset + j, phase)
        if joints.harmonics > 1:
            for j in range(first // pack, last // pack):
                phase = load(wide, state.current, offset + j)
                store(wide, state.current, offset + j, _series(wide, joints, count // pack, j, phase))
        else:
            for j in range(first // pack, last // pack):
                sine = fast_sin(wide, load(wide, state.current, offset + j))
                store(wide, state.current, offset + j, load(wide, joints.critical_current, j) * sine)
        if hit:
            for j in range(first, last):
                p, m = pick(joints.plus, j), pick(joints.minus, j)
                size = abs_(load(width, state.rate, row + p) - load(width, state.rate, row + m))
                flagged = drive.tied or pick(state.flagged, j) > 0
                if flagged or any_above(size, load(width, joints.gap_lower, j)):
                    _off_the_line(net, joints, drive, state, j, tau, row, slab)


@inlined
def inject(net, joints, state, block, target, weight):
    """target[plus] += weight · moved and target[minus] -= weight · moved, for one block."""
    width, wide = net.width, net.wide
    for s in range(pick(joints.block, block), pick(joints.block, block + 1)):
        first, last = pick(joints.start, s), pick(joints.start, s + 1)
        if len(width) == 1 and pick(joints.straight, s):
            a, b = pick(joints.plus, first), pick(joints.minus, first)
            factor = spread(wide, weight)
            if a != net.ground:
                for i in range(0, last - first, len(wide)):
                    charge = load_at(wide, state.moved, first + i)
                    store_at(wide, target, a + i, muladd(factor, charge, load_at(wide, target, a + i)))
            if b != net.ground:
                factor = spread(wide, -weight)
                for i in range(0, last - first, len(wide)):
                    charge = load_at(wide, state.moved, first + i)
                    store_at(wide, target, b + i, muladd(factor, charge, load_at(wide, target, b + i)))
        else:
            factor = spread(width, weight)
            other = spread(width, -weight)
            for j in range(first, last):
                charge = load(width, state.moved, j)
                a, b = pick(joints.plus_row, j), pick(joints.minus_row, j)
                store(width, target, a, muladd(factor, charge, load(width, target, a)))
                store(width, target, b, muladd(other, charge, load(width, target, b)))


@inner
def move_regions(net, joints, drive, state, block, tau):
    """Move junctions of a block that crossed the gap to their new implicit line; true if any did.

    `current` of slab 0 follows at junctions off the subgap line.
    """
    width = net.width
    changed = False
    for j in range(joints.start[joints.block[block]], joints.start[joints.block[block + 1]]):
        a = pick(joints.plus, j)
        b = pick(joints.minus, j)
        size = abs_(load(width, state.rate, a) - load(width, state.rate, b))
        if not (drive.tied or pick(state.flagged, j) or any_above(size, load(width, joints.gap_lower, j))):
            continue
        flagged = 0
        for w in range(len(width)):
            rate = state.rate[a, w] - state.rate[b, w]
            if drive.tied:
                rate += drive.j1[j, w] + 2.0 * tau * drive.j2[j, w]
            size_w = abs(rate)
            before = state.region[j, w]
            region = before if math.isnan(rate) else 0
            if size_w >= joints.gap_lower[j, w]:
                region = 1 if size_w < joints.gap_upper[j, w] else 2
            subgap, transition, normal = joints.subgap[j, w], joints.transition[j, w], joints.normal[j, w]
            line = _conductance(region, subgap, transition, normal)
            if region != before:
                change = line - _conductance(before, subgap, transition, normal)
                state.region[j, w] = region
                for corner in range(4):
                    p = joints.stamp[j, corner]
                    if p >= 0:
                        net.pattern_g[p, w] += change if corner < 2 else -change
                changed = True
            if region != 0:
                flagged += 1
            phase = state.phi[a, w] - state.phi[b, w] - joints.phase_offset[j, w]
            if drive.tied:
                phase += drive.j0[j, w] + tau * (drive.j1[j, w] + tau * drive.j2[j, w])
            current = joints.critical_current[j, w] * fast_sin((0,), phase)
            for k in range(1, joints.harmonics):
                amplitude = joints.harmonic[(k - 1) * joints.plus.shape[0] + j, w]
                current += amplitude * fast_sin((0,), (k + 1) * phase)
            lower, upper = joints.gap_lower[j, w], joints.gap_upper[j, w]
            flow = _quasiparticle(rate, lower, upper, subgap, transition, normal)
            state.current[j, w] = current + flow - line * rate
        state.count[OFF_LINE] += (1 if flagged else 0) - (1 if state.flagged[j] else 0)
        state.flagged[j] = flagged
    return changed
