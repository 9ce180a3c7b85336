"""One step of the additive Runge-Kutta scheme, block after block.

Symbols (rows of `rows.py`, ground the last one)

    phi, v      node phases [rad] and their rates [rad/s]
    c, g, k     values of κC, κG, κK (`matrices.py`)
    q           κC v, the momentum that the supercurrent acts on
    f           s - κG v - κK φ, the linear current into each massive row [A]
    s           currents of the sources, a polynomial in the time since the segment began
    ae ai b     tableau (`tableau.py`), γ its diagonal

A stage solves (κC + γh κG + γ²h² κK) v_i = q̂ + γh (s - κK φ̂), where q̂ = q + h Σ (ai f - ae S)
and φ̂ = φ + h Σ ai v sum over the stages before; then f_i = (κC v_i - q̂)/γh. Rows without
capacitance have no momentum and meet Kirchhoff's law at every stage. The supercurrent S enters
explicitly.

Blocks are connected with the top only, so a stage goes through each block twice: up to the
forward substitution, then, after the top, from the backward substitution to the supercurrents.
Only blocks that are awake take part (`activity.py`).
"""

from __future__ import annotations

from cosim.josephson.activity import hold_rows, keep_walls
from cosim.josephson.combine import combine
from cosim.josephson.compiled import inlined, inner
from cosim.josephson.junctions import inject, junction_currents
from cosim.josephson.kinetic import add_excess, keep_stage, renew_excess, settle
from cosim.josephson.lanes import load, muladd, pick, spread, store
from cosim.josephson.layout import ACTIVE, FRESH, HELD, ORDER, UNSETTLED
from cosim.josephson.lines import line_currents
from cosim.josephson.sweeps import add_products, substitute


@inlined
def nth_awake(state, a, awake, top):
    """Number `a` of the blocks that take part: those that are awake, then the top."""
    return pick(state.active, a) if a < awake else top


@inlined
def set_weights(scheme, state, h):
    stages = scheme.b.shape[0]
    for s in range(stages):
        for r in range(stages):
            state.weights[s, r] = h * scheme.ai[s, r]
            state.weights[stages + s, r] = h * scheme.ae[s, r]
    for r in range(stages):
        state.weights[2 * stages, r] = h * (scheme.ae[stages - 1, r] - scheme.b[r])
        state.weights[2 * stages + 1, r] = h * scheme.error[r]


@inlined
def _source(wide, drive, order, i, now):
    """Current of the sources into bundle `i` at `now`."""
    value = load(wide, drive.s0, i)
    if order > 0:
        slope = load(wide, drive.s1, i)
        if order > 1:
            slope = muladd(spread(wide, now), load(wide, drive.s2, i), slope)
        value = muladd(spread(wide, now), slope, value)
    return value


@inner
def start_afresh(net, factors, drive, state, time, tau):
    """Momentum and force of all rows, from nothing but phases and rates."""
    width, wide = net.width, net.wide
    none = spread(width, 0.0)
    for i in range(net.rows):
        store(width, state.momentum, i, none)
        store(width, state.force, i, none)
    for number in range(factors.order.shape[0]):
        i = pick(factors.order, number)
        q = none
        f = none
        for p in range(pick(net.start, number), pick(net.start, number + 1)):
            j = pick(factors.order, pick(net.column, p))
            rate = load(width, state.rate, j)
            q = muladd(load(width, net.pattern_c, p), rate, q)
            f = muladd(load(width, net.pattern_g, p), rate, f)
            f = muladd(load(width, net.pattern_k, p), load(width, state.phi, j), f)
        store(width, state.momentum, i, q)
        store(width, state.force, i, none - f)
    order = state.count[ORDER]
    bundles = net.rows * len(width) // len(wide)
    for i in range(bundles):
        store(wide, state.force, i, load(wide, state.force, i) + _source(wide, drive, order, i, tau))
    if net.port_plus.shape[0]:
        line_currents(net, state, time)
        for i in range(bundles):
            store(wide, state.force, i, load(wide, state.force, i) + load(wide, state.line, i))
    if net.kinetic_plus.shape[0]:
        renew_excess(net, drive, state, tau)
    if drive.tied:
        for i in range(bundles):
            tie = muladd(spread(wide, tau), load(wide, drive.q1, i), load(wide, drive.q0, i))
            store(wide, state.momentum, i, load(wide, state.momentum, i) + tie)


@inlined
def _predict(net, joints, drive, state, block, stage, stages, now, gamma):
    """φ̂ into `next_phi`, q̂ into `push` but for the supercurrents, γh (s - k φ̂) into the stage's slab."""
    wide = net.wide
    pack = len(wide) // len(net.width)
    bundles = net.rows // pack
    low, middle, high = pick(net.low, block), pick(net.middle, block), pick(net.high, block)
    weights = state.weights
    combine(wide, state.next_phi, state.phi, state.rate, low, high, bundles, weights, stage, stage)
    combine(wide, state.push, state.momentum, state.force, low, middle, bundles, weights, stage, stage)
    first = pick(joints.start, pick(joints.block, block)) // pack
    last = pick(joints.start, pick(joints.block, block + 1)) // pack
    places = joints.plus.shape[0] // pack
    combine(
        wide, state.moved, state.nothing, state.current, first, last, places, weights, stages + stage, stage
    )
    if drive.tied:
        for i in range(low, middle):
            tie = muladd(spread(wide, now), load(wide, drive.q1, i), load(wide, drive.q0, i))
            store(wide, state.push, i, load(wide, state.push, i) - tie)
    h = spread(wide, gamma)
    slab = stage * bundles
    order = state.count[ORDER]
    if order > 0:
        for i in range(low, high):
            pull = load(wide, net.k, i) * load(wide, state.next_phi, i)
            store(wide, state.rate, slab + i, h * (_source(wide, drive, order, i, now) - pull))
    else:
        for i in range(low, high):
            pull = load(wide, net.k, i) * load(wide, state.next_phi, i)
            store(wide, state.rate, slab + i, h * (load(wide, drive.s0, i) - pull))
    if net.port_plus.shape[0]:
        for i in range(low, high):
            push = muladd(h, load(wide, state.line, i), load(wide, state.rate, slab + i))
            store(wide, state.rate, slab + i, push)


@inlined
def _complete(net, factors, state, block, stage, gamma, ahead):
    """Finish the right-hand side of a block's rows, and substitute forward."""
    width, wide = net.width, net.wide
    bundles = net.rows * len(width) // len(wide)
    slab = stage * bundles
    for i in range(pick(net.low, block), pick(net.middle, block)):
        store(wide, state.rate, slab + i, load(wide, state.rate, slab + i) + load(wide, state.push, i))
    row = stage * net.rows
    add_products(width, wide, net.k_off, block, net.k_value, 0, state.rate, row, state.next_phi, 0, -gamma)
    if net.kinetic_plus.shape[0] and block == 0:
        keep_stage(net, state, row)
        add_excess(net, state, state.rate, row, -gamma)
        store(width, state.rate, row + net.ground, spread(width, 0.0))
    substitute(width, wide, factors.forward, block, factors.forward_value, ahead, state.rate, row)


@inlined
def _finish(net, factors, drive, state, slot, block, stage, now, gamma):
    """Substitute backward; then the phase and the force of a block's rows."""
    width, wide = net.width, net.wide
    bundles = net.rows * len(width) // len(wide)
    slab = stage * bundles
    base = slot * bundles
    behind = slot * factors.backward.to.shape[0]
    low, middle, high = pick(net.low, block), pick(net.middle, block), pick(net.high, block)
    for i in range(low, high):
        x = load(wide, state.rate, slab + i) * load(wide, factors.inverse, base + i)
        store(wide, state.rate, slab + i, x)
    row = stage * net.rows
    substitute(width, wide, factors.backward, block, factors.backward_value, behind, state.rate, row)
    if state.count[HELD] > 0 and block == net.low.shape[0] - 1:
        hold_rows(net, state, row)
    h = spread(wide, gamma)
    inverse = spread(wide, 1.0 / gamma)
    for i in range(low, middle):
        rate = load(wide, state.rate, slab + i)
        store(wide, state.next_phi, i, muladd(h, rate, load(wide, state.next_phi, i)))
        gain = load(wide, net.c, i) * rate - load(wide, state.push, i)
        store(wide, state.force, slab + i, inverse * gain)
    for i in range(middle, high):
        step = muladd(h, load(wide, state.rate, slab + i), load(wide, state.next_phi, i))
        store(wide, state.next_phi, i, step)
    if net.kinetic_plus.shape[0] and block == 0:
        settle(net, factors, drive, state, slot, row, now, gamma)
        for i in range(low, middle):
            gain = load(wide, net.c, i) * load(wide, state.rate, slab + i) - load(wide, state.push, i)
            store(wide, state.force, slab + i, inverse * gain)


@inlined
def _charge(net, state, block, stage, gamma):
    """What neighbours' rates add to the force on a block's rows."""
    row = stage * net.rows
    add_products(
        net.width, net.wide, net.c_off, block, net.c_value, 0, state.force, row, state.rate, row, 1.0 / gamma
    )


@inlined
def compute_step(net, joints, factors, scheme, drive, state, slot, start_time, tau, h):
    """Compute one step into `next_phi` and the last slabs; nothing is committed yet.

    At the start of a segment tied phases may have jumped: only then is slab 0 of `current` renewed.
    """
    stages = scheme.b.shape[0]
    gamma = scheme.ai[1, 1] * h
    top = net.low.shape[0] - 1
    awake = state.count[ACTIVE]
    lines = net.port_plus.shape[0] > 0
    ahead = slot * factors.forward.to.shape[0]
    state.count[UNSETTLED] = 0
    set_weights(scheme, state, h)
    if state.count[FRESH] or tau == 0.0:
        start_afresh(net, factors, drive, state, start_time + tau, tau)
        state.count[FRESH] = 0
        if tau == 0.0:
            for i in range(net.rows):
                store(net.width, state.next_phi, i, load(net.width, state.phi, i))
    for stage in range(0 if tau == 0.0 else 1, stages):
        now = tau + scheme.nodes[stage] * h
        if lines and stage > 0:
            line_currents(net, state, start_time + now)
        # One loop for each part, so that each is compiled once.
        some = awake + 1 if stage > 0 else 0
        for a in range(some):
            _predict(net, joints, drive, state, nth_awake(state, a, awake, top), stage, stages, now, gamma)
        for a in range(some):
            inject(net, joints, state, nth_awake(state, a, awake, top), state.push, -1.0)
        for a in range(some):
            _complete(net, factors, state, nth_awake(state, a, awake, top), stage, gamma, ahead)
        for a in range(some - 1, -1, -1):
            _finish(net, factors, drive, state, slot, nth_awake(state, a, awake, top), stage, now, gamma)
        for a in range(awake + 1):
            block = nth_awake(state, a, awake, top)
            if stage > 0:
                _charge(net, state, block, stage, gamma)
            junction_currents(net, joints, drive, state, block, now, stage)
        if state.count[HELD] > 0:
            keep_walls(net, state, stage * net.rows)
