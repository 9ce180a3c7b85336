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

from numba import njit

from cosim.josephson.events import record_slips
from cosim.josephson.factor import factorise, solve
from cosim.josephson.junctions import junction_currents, move_regions
from cosim.josephson.lines import add_lines, store_waves

#: Movement of a phase [rad] in a step below which its error counts against this value.
MOTION_FLOOR = 0.02


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
def renew_force(net, drive, state, time, tau):
    """Set `force` from scratch: after a source jumped or a junction changed its region."""
    lanes = state.phi.shape[1]
    n = net.start.shape[0] - 1
    for i in range(n):
        for w in range(lanes):
            state.force[i, w] = drive.s0[i, w] + tau * (drive.s1[i, w] + tau * drive.s2[i, w])
    add_lines(net, state, time, 1.0, state.force)
    for i in range(n):
        for p in range(net.start[i], net.start[i + 1]):
            m = net.column[p]
            for w in range(lanes):
                state.force[i, w] -= net.g[p, w] * state.v[m, w] + net.k[p, w] * state.phi[m, w]


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
    junction_currents(net, drive, tau, state.phi, state.v, state.region, state.stage_current[0])
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
            add_lines(net, state, start_time + now, gamma, x)
        solve(
            factors.ls, factors.lc, factors.us, factors.uc, factors.lower, factors.upper, factors.inverse, x
        )
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
        junction_currents(
            net, drive, now, state.total, state.stage_v[s], state.region, state.stage_current[s]
        )
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
    record_slips(net, drive, state, tape, old_phi, old_v, time, tau, h)
    store_waves(net, state, time + h)
    done = state.count[2]
    if tape.nodes.shape[0]:
        tape.time[done] = time + h
        for r in range(tape.nodes.shape[0]):
            for w in range(lanes):
                tape.phi[done, r, w] = state.phi[tape.nodes[r], w]
                tape.v[done, r, w] = state.v[tape.nodes[r], w]
    state.count[2] = done + 1
    if move_regions(net, drive, state, tau + h):
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
