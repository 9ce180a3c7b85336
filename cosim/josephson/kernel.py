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
from cosim.josephson.factor import factorise, solve
from cosim.josephson.junctions import junction_currents, move_regions
from cosim.josephson.kinetic import add_excess, keep_stage, renew_excess, renew_lines, settle
from cosim.josephson.lanes import load, muladd, pick, spread, store
from cosim.josephson.lines import line_currents, store_waves

#: So many steps at the smallest length that miss the tolerance end a run.
HOPELESS = 10_000


#: A circuit in which no phase moves so far [rad] in a step is quiet, and may take longer ones.
QUIET = 2e-5


@inner
def refactor(net, factors, step):
    """Factors for steps of length γh = `step`; returns -1 or the row of a vanishing pivot."""
    width = net.width
    matrix = factors.matrix
    for p in range(matrix.shape[0]):
        store(width, matrix, p, spread(width, 0.0))
    scale = spread(width, step)
    inverse = spread(width, 1.0 / step)
    for p in range(net.c.shape[0]):
        value = load(width, net.c, p)
        store(width, matrix, pick(net.c_place, p), value)
        store(width, factors.inertia, p, inverse * value)
    for p in range(net.g.shape[0]):
        place = pick(net.g_place, p)
        store(width, matrix, place, muladd(scale, load(width, net.g, p), load(width, matrix, place)))
    for p in range(net.k.shape[0]):
        value = scale * load(width, net.k, p)
        store(width, factors.stiffness, p, value)
        place = pick(net.k_place, p)
        store(width, matrix, place, muladd(scale, value, load(width, matrix, place)))
    return factorise(width, net.start, net.column, factors)


@inlined
def _source(width, drive, k, now):
    """Current of source place `k` at `now`."""
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
    masses = net.massive
    rows = state.phi.shape[0]
    for m in range(masses):
        store(width, state.momentum, m, load(width, net.c, m) * load(width, state.rate, m))
        pull = load(width, net.g, m) * load(width, state.rate, m)
        pull = muladd(load(width, net.k, m), load(width, state.phi, m), pull)
        store(width, state.force, m, spread(width, 0.0) - pull)
    for e in range(net.c_row.shape[0]):
        m = pick(net.c_row, e)
        q = muladd(
            load(width, net.c, masses + e),
            load(width, state.rate, pick(net.c_column, e)),
            load(width, state.momentum, m),
        )
        store(width, state.momentum, m, q)
    for e in range(net.g_row.shape[0]):
        m = pick(net.g_row, e)
        if m < masses:
            flow = load(width, net.g, rows - 1 + e) * load(width, state.rate, pick(net.g_column, e))
            store(width, state.force, m, load(width, state.force, m) - flow)
    for e in range(net.k_row.shape[0]):
        m = pick(net.k_row, e)
        if m < masses:
            flow = load(width, net.k, rows - 1 + e) * load(width, state.phi, pick(net.k_column, e))
            store(width, state.force, m, load(width, state.force, m) - flow)
    for k in range(drive.source_row.shape[0]):
        m = pick(drive.source_row, k)
        if m < masses:
            store(width, state.force, m, load(width, state.force, m) + _source(width, drive, k, tau))
    if net.kinetic_plus.shape[0]:
        renew_excess(net, drive, state, tau)
    if net.port_plus.shape[0]:
        line_currents(net, state, time)
        for m in range(masses):
            store(width, state.force, m, load(width, state.force, m) + load(width, state.line, m))
    if drive.tied:
        for m in range(masses):
            tie = muladd(spread(width, tau), load(width, drive.q1, m), load(width, drive.q0, m))
            store(width, state.momentum, m, load(width, state.momentum, m) + tie)


@inlined
def _predict(net, drive, state, stage, stages, now):
    """φ̂ into `next_phi`, and q̂ less the tied charge into `push`."""
    width = net.width
    rows = state.phi.shape[0]
    masses = net.massive
    junctions = net.plus.shape[0]
    weights = state.weights
    combine(width, state.next_phi, state.phi, state.rate, rows, rows, weights, stage, stage)
    combine(width, state.push, state.momentum, state.force, masses, masses, weights, stage, stage)
    combine(
        width, state.moved, state.nothing, state.current, junctions, junctions, weights, stages + stage, stage
    )
    if drive.tied:
        for m in range(masses):
            tie = muladd(spread(width, now), load(width, drive.q1, m), load(width, drive.q0, m))
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
    masses = net.massive
    slab = stage * rows
    h = spread(width, gamma)
    none = spread(width, 0.0)
    for i in range(masses):
        pull = load(width, factors.stiffness, i) * load(width, state.next_phi, i)
        store(width, state.rate, slab + i, load(width, state.push, i) - pull)
    for i in range(masses, n):
        pull = load(width, factors.stiffness, i) * load(width, state.next_phi, i)
        store(width, state.rate, slab + i, none - pull)
    store(width, state.rate, slab + n, none)
    for e in range(net.k_row.shape[0]):
        i = slab + pick(net.k_row, e)
        pull = load(width, factors.stiffness, n + e) * load(width, state.next_phi, pick(net.k_column, e))
        store(width, state.rate, i, load(width, state.rate, i) - pull)
    for k in range(drive.source_row.shape[0]):
        i = slab + pick(drive.source_row, k)
        store(width, state.rate, i, muladd(h, _source(width, drive, k, now), load(width, state.rate, i)))
    if net.port_plus.shape[0]:
        for i in range(n):
            push = muladd(h, load(width, state.line, i), load(width, state.rate, slab + i))
            store(width, state.rate, slab + i, push)
    kinetic = net.kinetic_plus.shape[0] > 0
    if kinetic:
        keep_stage(net, state, slab)
        add_excess(net, state, state.rate, slab, -gamma)
        store(width, state.rate, slab + n, none)
    solve(width, factors, state.rate, slab)
    for i in range(n):
        step = muladd(h, load(width, state.rate, slab + i), load(width, state.next_phi, i))
        store(width, state.next_phi, i, step)
    if kinetic:
        settle(net, factors, drive, state, slab, now, gamma)
    inverse = spread(width, 1.0 / gamma)
    first = stage * masses
    for m in range(masses):
        gain = load(width, factors.inertia, m) * load(width, state.rate, slab + m)
        store(width, state.force, first + m, gain - inverse * load(width, state.push, m))
    for e in range(net.c_row.shape[0]):
        m = first + pick(net.c_row, e)
        gain = load(width, factors.inertia, masses + e) * load(
            width, state.rate, slab + pick(net.c_column, e)
        )
        store(width, state.force, m, load(width, state.force, m) + gain)


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
    state.count[4] = 0
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
    """The largest estimated error of a phase over `floor` [rad] plus its movement in the step;
    and the largest movement.

    The movement counts up to 20 floors: a junction that turns fast is not to be judged by that.
    """
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
    farthest = 0.0
    for i in range(rows - 1):
        for w in range(len(net.width)):
            moved = abs(state.next_phi[i, w] - state.phi[i, w])
            farthest = max(farthest, moved)
            ratio = abs(state.scratch[i, w]) / (floor + min(moved, 20.0 * floor))
            if math.isnan(ratio):
                return ratio, farthest
            worst = max(worst, ratio)
    return worst, farthest


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
        store_waves(net, drive, state, time + h, tau + h)
    done = state.count[2]
    if tape.nodes.shape[0]:
        tape.time[done] = time + h
        for r in range(tape.nodes.shape[0]):
            for w in range(len(width)):
                tape.phi[done, r, w] = state.phi[tape.nodes[r], w]
                tape.v[done, r, w] = state.rate[tape.nodes[r], w]
    state.count[2] = done + 1
    changed = move_regions(net, drive, state, tau + h)
    if net.kinetic_plus.shape[0]:
        changed = renew_lines(net, drive, state, tau + h) or changed
    if changed:
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
    [rad] below which an error counts against this value, largest step of a quiet circuit].
    With an infinite tolerance all steps have the wanted length, of which the segment must be a
    whole multiple. Returns (tau reached, row): row is -1, or that of a vanished pivot, or -2 when
    the smallest step cannot follow the solution. It stops early, for larger tapes, when one is
    full.
    """
    equal = math.isinf(control[0])
    if tau == 0.0 and net.port_plus.shape[0] and not _full(net, state, tape):
        store_waves(net, drive, state, start_time, 0.0)
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
        moved = 0.0
        if not equal:
            error, moved = _error(net, scheme, state, h, control[7])
            if state.count[4] > 0 and not math.isnan(error):
                error = math.inf
            growth = 5.0 if error == 0.0 else 0.9 * (control[0] / error) ** (1.0 / order)
            if not error <= control[0]:
                if h > 1.0001 * control[3]:
                    control[1] = max(control[3], h * max(0.2, min(growth, 0.8)))
                    control[5] += 1.0
                    continue
                control[6] += 1.0
                if math.isnan(error) or control[6] > HOPELESS:
                    return tau, -2
        elif state.count[4] > 0:
            control[6] += 1.0
        row = _commit(net, factors, scheme, drive, state, tape, start_time, tau, h)
        if row >= 0:
            return tau, row
        tau = (first + step + 1) * h if equal else tau + h
        if not equal:
            largest = control[8] if moved < QUIET else control[2]
            if growth > 1.3:
                control[1] = max(control[1], h * min(growth, 2.0))
            control[1] = min(control[1], largest)
    return tau, -1
