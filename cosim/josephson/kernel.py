"""The time loop: additive Runge-Kutta steps through constant factors, all lanes at once.

Symbols (rows are unknowns in elimination order, the last row is ground)

    phi, v      node phases [rad] and their rates [rad/s]
    c, g, k     values of κC, κG, κK (`matrices.py`)
    q           κC v, the momentum that the supercurrent acts on
    f           s - κG v - κK φ, the linear current into each massive row [A]
    s           currents of the sources, a polynomial in the time since the segment began
    ae ai b     tableau (`tableau.py`), γ its diagonal

A stage solves (κC + γh κG + γ²h² κK) v_i = q̂ + γh (s - κK φ̂), where q̂ = q + h Σ (ai f - ae S)
and φ̂ = φ + h Σ ai v sum over the stages before; then f_i = (κC v_i - q̂)/γh. Rows without
capacitance have no momentum and meet Kirchhoff's law at every stage. The supercurrent S enters
explicitly. What it moved at the end of the step beyond the last stage goes onto the
capacitances through `spread`, so the step keeps the full order.
"""

from __future__ import annotations

import math

from cosim.josephson.combine import combine
from cosim.josephson.compiled import entry, inlined, inner
from cosim.josephson.events import record_slips
from cosim.josephson.factor import factorise
from cosim.josephson.junctions import junction_currents, move_regions
from cosim.josephson.lanes import load, muladd, pick, spread, store
from cosim.josephson.lines import line_currents, store_waves


@inner
def refactor(net, factors, step):
    """Factors for steps of length γh = `step`; returns -1 or the row of a vanishing pivot."""
    width = net.width
    matrix = factors.matrix
    for p in range(matrix.shape[0]):
        store(width, matrix, p, spread(width, 0.0))
    for p in range(net.c_place.shape[0]):
        store(width, matrix, pick(net.c_place, p), load(width, net.c, p))
    scale = spread(width, step)
    for p in range(net.g_place.shape[0]):
        place = pick(net.g_place, p)
        store(width, matrix, place, muladd(scale, load(width, net.g, p), load(width, matrix, place)))
    square = spread(width, step * step)
    for p in range(net.k_place.shape[0]):
        place = pick(net.k_place, p)
        store(width, matrix, place, muladd(square, load(width, net.k, p), load(width, matrix, place)))
    return factorise(
        width, net.start, net.column, matrix, factors.ls, factors.lc, factors.us, factors.uc,
        factors.lower, factors.upper, factors.inverse, factors.work,
    )  # fmt: skip


@inlined
def _source(net, drive, k, now):
    """Current of source place `k` at `now`."""
    width = net.width
    value = load(width, drive.s0, k)
    if drive.order > 0:
        slope = load(width, drive.s1, k)
        if drive.order > 1:
            slope = muladd(spread(width, now), load(width, drive.s2, k), slope)
        value = muladd(spread(width, now), slope, value)
    return value


@inlined
def _start(net, drive, state, time, tau):
    """Momentum and force at the start of a step."""
    width = net.width
    none = spread(width, 0.0)
    lines = net.port_plus.shape[0] > 0
    if lines:
        line_currents(net, state, time)
    for m in range(net.massive.shape[0]):
        i = pick(net.massive, m)
        q = none
        for p in range(pick(net.c_start, m), pick(net.c_start, m + 1)):
            q = muladd(load(width, net.c, p), load(width, state.rate, pick(net.c_column, p)), q)
        if drive.tied:
            q = q + muladd(spread(width, tau), load(width, drive.q1, i), load(width, drive.q0, i))
        store(width, state.momentum, m, q)
        pull = none
        for p in range(pick(net.g_start, i), pick(net.g_start, i + 1)):
            pull = muladd(load(width, net.g, p), load(width, state.rate, pick(net.g_column, p)), pull)
        for p in range(pick(net.k_start, i), pick(net.k_start, i + 1)):
            pull = muladd(load(width, net.k, p), load(width, state.phi, pick(net.k_column, p)), pull)
        f = none - pull
        place = pick(drive.source_of, i)
        if place >= 0:
            f = f + _source(net, drive, place, tau)
        if lines:
            f = f + load(width, state.line, i)
        store(width, state.force, m, f)


@inlined
def _predict(net, drive, state, stage, stages, now):
    """φ̂ into `next_phi`, and q̂ less the tied charge into `push`."""
    width = net.width
    rows = state.phi.shape[0]
    masses = net.massive.shape[0]
    junctions = net.plus.shape[0]
    weights = state.weights
    combine(width, state.next_phi, state.phi, state.rate, rows, rows, weights, stage, stage)
    combine(width, state.push, state.momentum, state.force, masses, masses, weights, stage, stage)
    combine(
        width, state.moved, state.nothing, state.current, junctions, junctions, weights, stages + stage, stage
    )
    if drive.tied:
        for m in range(masses):
            i = pick(net.massive, m)
            tie = muladd(spread(width, now), load(width, drive.q1, i), load(width, drive.q0, i))
            store(width, state.push, m, load(width, state.push, m) - tie)
    for j in range(junctions):
        moved = load(width, state.moved, j)
        a = pick(net.plus_mass, j)
        b = pick(net.minus_mass, j)
        store(width, state.push, a, load(width, state.push, a) - moved)
        store(width, state.push, b, load(width, state.push, b) + moved)


@inlined
def _solve_stage(net, factors, drive, state, stage, now, gamma):
    """Turn q̂ in `push` into v in the stage's slab, add γh v to `next_phi`, and set the force."""
    width = net.width
    rows = state.phi.shape[0]
    n = rows - 1
    masses = net.massive.shape[0]
    slab = stage * rows
    lines = net.port_plus.shape[0] > 0
    h = spread(width, gamma)
    for i in range(n):
        pull = spread(width, 0.0)
        for p in range(pick(net.k_start, i), pick(net.k_start, i + 1)):
            pull = muladd(load(width, net.k, p), load(width, state.next_phi, pick(net.k_column, p)), pull)
        push = spread(width, 0.0) - pull
        place = pick(drive.source_of, i)
        if place >= 0:
            push = push + _source(net, drive, place, now)
        if lines:
            push = push + load(width, state.line, i)
        m = pick(net.mass_of, i)
        x = muladd(h, push, load(width, state.push, m)) if m >= 0 else h * push
        for p in range(pick(factors.ls, i), pick(factors.ls, i + 1)):
            x = x - load(width, factors.lower, p) * load(width, state.rate, slab + pick(factors.lc, p))
        store(width, state.rate, slab + i, x)
    for i in range(n - 1, -1, -1):
        x = load(width, state.rate, slab + i)
        for p in range(pick(factors.us, i), pick(factors.us, i + 1)):
            x = x - load(width, factors.upper, p) * load(width, state.rate, slab + pick(factors.uc, p))
        x = x * load(width, factors.inverse, i)
        store(width, state.rate, slab + i, x)
        store(width, state.next_phi, i, muladd(h, x, load(width, state.next_phi, i)))
    inverse = spread(width, 1.0 / gamma)
    for m in range(masses):
        q = spread(width, 0.0) - load(width, state.push, m)
        for p in range(pick(net.c_start, m), pick(net.c_start, m + 1)):
            q = muladd(load(width, net.c, p), load(width, state.rate, slab + pick(net.c_column, p)), q)
        store(width, state.force, stage * masses + m, inverse * q)


@inlined
def _set_weights(scheme, state, h):
    stages = scheme.b.shape[0]
    for s in range(stages):
        for r in range(stages):
            state.weights[s, r] = h * scheme.ai[s, r]
            state.weights[stages + s, r] = h * scheme.ae[s, r]
    for r in range(stages):
        state.weights[2 * stages, r] = h * (scheme.ae[stages - 1, r] - scheme.b[r])
        state.weights[2 * stages + 1, r] = h * scheme.error[r]


@inlined
def _step(net, factors, scheme, drive, state, start_time, tau, h):
    """Compute one step into `next_phi` and the last slabs; nothing is committed yet.

    At the start of a segment sources may have jumped: only then is slab 0 of `current` renewed.
    """
    stages = scheme.b.shape[0]
    gamma = scheme.ai[1, 1] * h
    lines = net.port_plus.shape[0] > 0
    _set_weights(scheme, state, h)
    _start(net, drive, state, start_time + tau, tau)
    first = 1
    if tau == 0.0:
        first = 0
        for i in range(state.phi.shape[0] - 1):
            store(net.width, state.next_phi, i, load(net.width, state.phi, i))
    for stage in range(first, stages):
        now = tau + scheme.nodes[stage] * h
        if stage > 0:
            _predict(net, drive, state, stage, stages, now)
            if lines:
                line_currents(net, state, start_time + now)
            _solve_stage(net, factors, drive, state, stage, now, gamma)
        junction_currents(net, drive, state, now, stage)


@inlined
def _error(net, scheme, state, h, floor):
    """The largest estimated error of a phase over its movement in the step plus `floor` [rad]."""
    rows = state.phi.shape[0]
    stages = scheme.b.shape[0]
    combine(
        net.width,
        state.scratch,
        state.nothing,
        state.rate,
        rows - 1,
        rows,
        state.weights,
        2 * stages + 1,
        stages,
    )
    worst = 0.0
    for i in range(rows - 1):
        for w in range(len(net.width)):
            moved = state.next_phi[i, w] - state.phi[i, w]
            ratio = abs(state.scratch[i, w]) / (floor + abs(moved))
            if not ratio <= worst:
                worst = ratio
    return worst


@inlined
def _commit(net, factors, scheme, drive, state, tape, start_time, tau, h):
    """Make the step that `_step` computed the state, and note what happened in it.

    Returns -1, or the row of a pivot that vanished after a junction crossed the gap.
    """
    width = net.width
    rows = state.phi.shape[0]
    junctions = net.plus.shape[0]
    stages = scheme.b.shape[0]
    last = (stages - 1) * rows
    combine(
        width,
        state.moved,
        state.nothing,
        state.current,
        junctions,
        junctions,
        state.weights,
        2 * stages,
        stages,
    )
    for j in range(junctions):
        moved = load(width, state.moved, j)
        store(width, state.current, j, load(width, state.current, (stages - 1) * junctions + j))
        for p in range(pick(net.spread_start, j), pick(net.spread_start, j + 1)):
            i = last + pick(net.spread_row, p)
            store(width, state.rate, i, muladd(load(width, net.spread, p), moved, load(width, state.rate, i)))
    time = start_time + tau
    record_slips(net, drive, state, tape, last, time, tau, h)
    for i in range(rows - 1):
        store(width, state.phi, i, load(width, state.next_phi, i))
        store(width, state.rate, i, load(width, state.rate, last + i))
    if net.port_plus.shape[0]:
        store_waves(net, state, time + h)
    done = state.count[2]
    if tape.nodes.shape[0]:
        tape.time[done] = time + h
        for r in range(tape.nodes.shape[0]):
            for w in range(len(width)):
                tape.phi[done, r, w] = state.phi[tape.nodes[r], w]
                tape.v[done, r, w] = state.rate[tape.nodes[r], w]
    state.count[2] = done + 1
    if move_regions(net, drive, state, tau + h):
        state.count[3] += 1
        return refactor(net, factors, scheme.ai[1, 1] * h)
    return -1


@inlined
def _full(net, state, tape):
    """True when the next step could overrun the tapes."""
    if state.count[1] + 4 * net.plus.shape[0] * len(net.width) > tape.event_time.shape[0]:
        return True
    if tape.nodes.shape[0] and state.count[2] >= tape.time.shape[0]:
        return True
    return net.port_plus.shape[0] > 0 and state.count[0] + 1 >= state.wave_time.shape[0]


@entry
def advance(net, factors, scheme, drive, state, tape, control, start_time, tau, length, order, steps):
    """Advance from `tau` towards the end of a segment of `length` by at most `steps` steps.

    `control` is [tolerance per step, step wanted next, largest step, smallest step,
    step of the factors, rejected steps, steps at the smallest length above tolerance, movement
    [rad] below which an error counts against this value].
    With an infinite tolerance all steps have the wanted length, of which the segment must be a
    whole multiple. Returns (tau reached, row): row is -1, or that of a vanished pivot. It stops
    early, for larger tapes, when one is full.
    """
    equal = math.isinf(control[0])
    if tau == 0.0 and net.port_plus.shape[0] and not _full(net, state, tape):
        store_waves(net, state, start_time)
    first = round(tau / control[1]) if equal else 0
    for step in range(steps):
        if _full(net, state, tape) or length - tau <= 1e-12 * length:
            return tau, -1
        h = control[1]
        if not equal:
            pieces = max(1.0, math.ceil((length - tau) / h - 1e-6))
            h = (length - tau) / pieces
        if abs(h - control[4]) > 1e-13 * h:
            row = refactor(net, factors, scheme.ai[1, 1] * h)
            if row >= 0:
                return tau, row
            control[4] = h
        _step(net, factors, scheme, drive, state, start_time, tau, h)
        growth = 1.0
        if not equal:
            error = _error(net, scheme, state, h, control[7])
            growth = 5.0 if error == 0.0 else 0.9 * (control[0] / error) ** (1.0 / order)
            if not error <= control[0]:
                if h > 1.0001 * control[3]:
                    control[1] = max(control[3], h * max(0.2, min(growth, 0.8)))
                    control[5] += 1.0
                    continue
                control[6] += 1.0
        row = _commit(net, factors, scheme, drive, state, tape, start_time, tau, h)
        if row >= 0:
            return tau, row
        tau = (first + step + 1) * h if equal else tau + h
        if growth > 1.3:
            control[1] = min(control[2], max(control[1], h * min(growth, 2.0)))
    return tau, -1
