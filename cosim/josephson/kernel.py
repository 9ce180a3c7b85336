"""The time loop: additive Runge-Kutta steps of equal length, all lanes at once.

Symbols (rows are unknowns in elimination order, the last row is ground; columns are lanes)

    phi, v      node phases [rad] and their rates [rad/s]
    c, g, k     values of κC, κG, κK on one CSR pattern (`matrices.py`)
    q           κC v, the momentum that the supercurrent acts on
    force       s - κG v - κK φ, the linear current into each node [A]
    s0 s1 s2    currents of the sources as a polynomial in the time since the segment began
    ae ai b     tableau (`tableau.py`), γ its diagonal

A stage solves (κC + γh κG + γ²h² κK) v_i = q̂ - q_tied + γh (s - κK φ̂), which is one pass
through constant factors. The supercurrent enters explicitly. What it moved at the end of
the step goes onto the capacitances through `spread`, so the step keeps the full order.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cosim.josephson.factor import factorise, solve
from cosim.josephson.sine import fast_sin

#: Movement of a phase [rad] in a step below which its error counts against this value.
MOTION_FLOOR = 0.02

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Network(NamedTuple):
    """Constant data of the circuit; shapes (entries, lanes) unless noted."""

    start: Index
    column: Index
    c: Array
    g: Array
    k: Array
    plus: Index
    minus: Index
    critical_current: Array
    phase_offset: Array
    gap_lower: Array
    gap_upper: Array
    subgap: Array
    transition: Array
    normal: Array
    stamp: Index
    """(junctions, 4): positions of a junction's stamps on the pattern, -1 at ground."""
    spread_start: Index
    spread_row: Index
    spread: Array
    port_plus: Index
    port_minus: Index
    port_conductance: Array
    port_delay: Array
    port_partner: Index


class Factors(NamedTuple):
    ls: Index
    lc: Index
    us: Index
    uc: Index
    lower: Array
    upper: Array
    inverse: Array
    matrix: Array
    work: Array


class Scheme(NamedTuple):
    ae: Array
    ai: Array
    b: Array
    nodes: Array
    error: Array
    """`b` minus the weights of the embedded companion."""


class Drive(NamedTuple):
    """Sources of one segment: (rows, lanes); `tied` says whether the last five are in use."""

    s0: Array
    s1: Array
    s2: Array
    q0: Array
    q1: Array
    j0: Array
    j1: Array
    j2: Array
    tied: bool


class State(NamedTuple):
    phi: Array
    v: Array
    force: Array
    level: Array
    region: NDArray[np.int8]
    stage_v: Array
    stage_force: Array
    stage_current: Array
    q: Array
    total: Array
    wave_time: Array
    wave: Array
    count: Index
    """[steps stored in `wave`, events stored, steps done, refactorisations]"""


class Tape(NamedTuple):
    """Where events and records go; `nodes` are the unknowns to record."""

    event_time: Array
    event_junction: Index
    event_lane: Index
    event_sign: NDArray[np.int8]
    nodes: Index
    time: Array
    phi: Array
    v: Array


@njit(cache=True)
def _multiply(start, column, values, x, out):
    lanes = out.shape[1]
    for i in range(start.shape[0] - 1):
        for w in range(lanes):
            out[i, w] = 0.0
        for p in range(start[i], start[i + 1]):
            j = column[p]
            for w in range(lanes):
                out[i, w] += values[p, w] * x[j, w]


@njit(cache=True)
def refactor(net, factors, step):
    """Factors for steps of length γh = `step`; returns -1 or the row of a vanishing pivot."""
    matrix = factors.matrix
    for p in range(matrix.shape[0]):
        for w in range(matrix.shape[1]):
            matrix[p, w] = net.c[p, w] + step * (net.g[p, w] + step * net.k[p, w])
    return factorise(
        net.start, net.column, matrix, factors.ls, factors.lc, factors.us, factors.uc,
        factors.lower, factors.upper, factors.inverse, factors.work,
    )  # fmt: skip


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
def _junction_currents(net, drive, tau, phi, v, region, out):
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
def _wave_at(state, port, lane, time):
    """Wave that left `port` at `time`, by cubic Lagrange interpolation of the history."""
    times = state.wave_time
    last = state.count[0] - 1
    if time <= times[0] or last < 1:
        return 0.0
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if times[middle] <= time:
            low = middle
        else:
            high = middle
    first = max(0, min(low - 1, last - 3))
    end = min(first + 4, last + 1)
    value = 0.0
    for i in range(first, end):
        weight = 1.0
        for m in range(first, end):
            if m != i:
                weight *= (time - times[m]) / (times[i] - times[m])
        value += weight * state.wave[i, port, lane]
    return value


@njit(cache=True)
def _add_lines(net, state, time, scale, out):
    """Add `scale` times the current that each line returns to its ports at `time`."""
    for p in range(net.port_plus.shape[0]):
        for w in range(out.shape[1]):
            current = scale * _wave_at(state, net.port_partner[p], w, time - net.port_delay[p, w])
            out[net.port_plus[p], w] += current
            out[net.port_minus[p], w] -= current


@njit(cache=True)
def _store_waves(net, state, time):
    """Remember 2 V/Z0 minus the incident wave at every port; needed before the next step."""
    ports = net.port_plus.shape[0]
    if ports == 0:
        return
    row = state.count[0]
    for p in range(ports):
        for w in range(state.wave.shape[2]):
            rate = state.v[net.port_plus[p], w] - state.v[net.port_minus[p], w]
            incident = _wave_at(state, net.port_partner[p], w, time - net.port_delay[p, w])
            state.wave[row, p, w] = 2.0 * net.port_conductance[p, w] * rate - incident
    state.wave_time[row] = time
    state.count[0] = row + 1


@njit(cache=True)
def renew_force(net, drive, state, time, tau):
    """Set `force` from scratch: after a source jumped or a junction changed its region."""
    lanes = state.phi.shape[1]
    n = net.start.shape[0] - 1
    for i in range(n):
        for w in range(lanes):
            state.force[i, w] = drive.s0[i, w] + tau * (drive.s1[i, w] + tau * drive.s2[i, w])
    _add_lines(net, state, time, 1.0, state.force)
    for i in range(n):
        for p in range(net.start[i], net.start[i + 1]):
            m = net.column[p]
            for w in range(lanes):
                state.force[i, w] -= net.g[p, w] * state.v[m, w] + net.k[p, w] * state.phi[m, w]


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
def _slips(net, drive, state, tape, old_phi, old_v, time, tau, h):
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


@njit(cache=True)
def _regions(net, drive, state, tau):
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


@njit(cache=True)
def _step(net, factors, scheme, drive, state, tape, start_time, tau, h):
    """Compute one step into `total` (φ) and the last stage; nothing is committed yet.

    Returns the largest estimated error over nodes and lanes: that of the phase, over its
    movement in the step plus MOTION_FLOOR.
    """
    n = net.start.shape[0] - 1
    lanes = state.phi.shape[1]
    stages = scheme.b.shape[0]
    gamma = scheme.ai[1, 1] * h
    last = stages - 1
    junctions = net.plus.shape[0]
    x = factors.work
    _multiply(net.start, net.column, net.c, state.v, state.q)
    if drive.tied:
        for i in range(n):
            for w in range(lanes):
                state.q[i, w] += drive.q0[i, w] + tau * drive.q1[i, w]
    for i in range(n):
        for w in range(lanes):
            state.stage_v[0, i, w] = state.v[i, w]
            state.stage_force[0, i, w] = state.force[i, w]
    _junction_currents(net, drive, tau, state.phi, state.v, state.region, state.stage_current[0])
    for s in range(1, stages):
        now = tau + scheme.nodes[s] * h
        # x becomes q̂ ; total becomes φ̂
        for i in range(n):
            for w in range(lanes):
                x[i, w] = state.q[i, w]
                state.total[i, w] = state.phi[i, w]
            for r in range(s):
                weight = h * scheme.ai[s, r]
                for w in range(lanes):
                    x[i, w] += weight * state.stage_force[r, i, w]
                    state.total[i, w] += weight * state.stage_v[r, i, w]
        for j in range(junctions):
            a = net.plus[j]
            b = net.minus[j]
            for r in range(s):
                weight = h * scheme.ae[s, r]
                for w in range(lanes):
                    x[a, w] -= weight * state.stage_current[r, j, w]
                    x[b, w] += weight * state.stage_current[r, j, w]
        if drive.tied:
            for i in range(n):
                for w in range(lanes):
                    x[i, w] -= drive.q0[i, w] + now * drive.q1[i, w]
        for i in range(n):
            for w in range(lanes):
                state.stage_force[s, i, w] = -x[i, w]
                x[i, w] += gamma * (drive.s0[i, w] + now * (drive.s1[i, w] + now * drive.s2[i, w]))
            for p in range(net.start[i], net.start[i + 1]):
                m = net.column[p]
                for w in range(lanes):
                    x[i, w] -= gamma * net.k[p, w] * state.total[m, w]
        if net.port_plus.shape[0]:
            _add_lines(net, state, start_time + now, gamma, x)
        solve(factors.ls, factors.lc, factors.us, factors.uc, factors.lower, factors.upper, factors.inverse, x)
        # x is v_i ; force_i = (κC v_i + q_tied - q̂)/γh
        for i in range(n):
            for p in range(net.start[i], net.start[i + 1]):
                m = net.column[p]
                for w in range(lanes):
                    state.stage_force[s, i, w] += net.c[p, w] * x[m, w]
            for w in range(lanes):
                state.stage_force[s, i, w] /= gamma
                state.stage_v[s, i, w] = x[i, w]
                state.total[i, w] += gamma * x[i, w]
        _junction_currents(net, drive, now, state.total, state.stage_v[s], state.region, state.stage_current[s])
    worst = 0.0
    for i in range(n):
        for w in range(lanes):
            error = 0.0
            for r in range(stages):
                error += scheme.error[r] * state.stage_v[r, i, w]
            worst = max(worst, abs(h * error) / (MOTION_FLOOR + abs(h * state.stage_v[last, i, w])))
    return worst


@njit(cache=True)
def _commit(net, factors, scheme, drive, state, tape, start_time, tau, h):
    """Make the step that `_step` computed the state, and note what happened in it.

    Returns -1, or the row of a pivot that vanished after a junction crossed the gap.
    """
    n = net.start.shape[0] - 1
    lanes = state.phi.shape[1]
    stages = scheme.b.shape[0]
    last = stages - 1
    x = factors.work
    # What the last explicit stage did not hold goes onto the capacitances.
    for i in range(n):
        for w in range(lanes):
            x[i, w] = 0.0
    for j in range(net.plus.shape[0]):
        moved = state.stage_current[0, j]
        for w in range(lanes):
            moved[w] *= h * (scheme.ae[last, 0] - scheme.b[0])
        for r in range(1, stages):
            weight = h * (scheme.ae[last, r] - scheme.b[r])
            for w in range(lanes):
                moved[w] += weight * state.stage_current[r, j, w]
        for p in range(net.spread_start[j], net.spread_start[j + 1]):
            for w in range(lanes):
                x[net.spread_row[p], w] += net.spread[p, w] * moved[w]
    old_phi = state.stage_v[1]
    old_v = state.stage_v[0]
    for i in range(n):
        for w in range(lanes):
            old_phi[i, w] = state.phi[i, w]
            state.phi[i, w] = state.total[i, w]
            state.v[i, w] = state.stage_v[last, i, w] + x[i, w]
            state.force[i, w] = state.stage_force[last, i, w]
        for p in range(net.start[i], net.start[i + 1]):
            m = net.column[p]
            for w in range(lanes):
                state.force[i, w] -= net.g[p, w] * x[m, w]
    time = start_time + tau
    _slips(net, drive, state, tape, old_phi, old_v, time, tau, h)
    _store_waves(net, state, time + h)
    done = state.count[2]
    if tape.nodes.shape[0]:
        tape.time[done] = time + h
        for r in range(tape.nodes.shape[0]):
            for w in range(lanes):
                tape.phi[done, r, w] = state.phi[tape.nodes[r], w]
                tape.v[done, r, w] = state.v[tape.nodes[r], w]
    state.count[2] = done + 1
    if _regions(net, drive, state, tau + h):
        row = refactor(net, factors, scheme.ai[1, 1] * h)
        if row >= 0:
            return row
        renew_force(net, drive, state, time + h, tau + h)
        state.count[3] += 1
    return -1


@njit(cache=True)
def _full(net, state, tape):
    """True when the next step could overrun the tapes."""
    if state.count[1] + 2 * net.plus.shape[0] * state.phi.shape[1] > tape.event_time.shape[0]:
        return True
    if tape.nodes.shape[0] and state.count[2] >= tape.time.shape[0]:
        return True
    return net.port_plus.shape[0] > 0 and state.count[0] >= state.wave_time.shape[0]


@njit(cache=True, nogil=True)
def advance(net, factors, scheme, drive, state, tape, start_time, tau_start, h, steps):
    """Take up to `steps` steps of length `h`; the factors must be those of γh.

    Returns the number of steps taken, fewer than asked when a tape is full, or -1 - row when
    a pivot vanished.
    """
    for step in range(steps):
        if _full(net, state, tape):
            return step
        tau = tau_start + step * h
        _step(net, factors, scheme, drive, state, tape, start_time, tau, h)
        row = _commit(net, factors, scheme, drive, state, tape, start_time, tau, h)
        if row >= 0:
            return -1 - row
    return steps


@njit(cache=True, nogil=True)
def advance_controlled(net, factors, scheme, drive, state, tape, control, start_time, tau, length, order):
    """Advance to the end of a segment of `length`, steps chosen to hold the error.

    `control` is [tolerance per step, step wanted next, largest step, smallest step,
    step of the factors, rejected steps, steps at the smallest length above tolerance].
    Returns (tau reached, row): row is -1, or that of a vanished pivot. It stops early, for
    larger tapes, when one is full.
    """
    while length - tau > 1e-12 * length:
        if _full(net, state, tape):
            return tau, -1
        steps = max(1.0, math.ceil((length - tau) / control[1] - 1e-6))
        h = (length - tau) / steps
        if abs(h - control[4]) > 1e-9 * h:
            row = refactor(net, factors, scheme.ai[1, 1] * h)
            if row >= 0:
                return tau, row
            control[4] = h
        error = _step(net, factors, scheme, drive, state, tape, start_time, tau, h)
        growth = 5.0 if error == 0.0 else 0.9 * (control[0] / error) ** (1.0 / order)
        if not error <= control[0]:
            if h > 1.0001 * control[3]:
                control[1] = max(control[3], h * max(0.2, min(growth, 0.8)))
                control[5] += 1.0
                continue
            control[6] += 1.0
        refactored = state.count[3]
        row = _commit(net, factors, scheme, drive, state, tape, start_time, tau, h)
        if row >= 0:
            return tau, row
        if state.count[3] != refactored:
            control[4] = h
        tau += h
        if growth > 1.3:
            control[1] = min(control[2], max(control[1], h * min(growth, 2.0)))
    return length, -1
