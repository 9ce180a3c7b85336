"""The time loop: steps through constant factors, all lanes at once, from corner to corner.

What one step does: `stage.py`. What the supercurrent moved at the end of a step beyond the last
stage goes onto the capacitances at once (`spread.py`), so the step keeps the full order.
"""

from __future__ import annotations

import math

from cosim.josephson.activity import doze, keep_walls, moves, note_calm
from cosim.josephson.combine import combine
from cosim.josephson.compiled import entry, inlined
from cosim.josephson.events import record_slips
from cosim.josephson.factor import forget_factors, slot_of
from cosim.josephson.feeding import begin_segment
from cosim.josephson.junctions import inject, move_regions
from cosim.josephson.kinetic import renew_lines
from cosim.josephson.lanes import abs_, any_above, larger, load, muladd, pick, smaller, spread, store
from cosim.josephson.layout import (
    ACTIVE,
    BEGUN,
    BLOCK_STEPS,
    EVENTS,
    FRESH,
    HELD,
    REFACTORED,
    SEGMENT,
    STEPS,
    UNSETTLED,
    WAVES,
)
from cosim.josephson.lines import store_waves
from cosim.josephson.stage import compute_step, nth_awake
from cosim.josephson.sweeps import add_products

#: So many steps at the smallest length that miss the tolerance end a run.
HOPELESS = 10_000

#: A circuit in which no phase moves so far [rad] in a step is quiet, and may take longer ones.
QUIET = 2e-5

#: With equal steps the error is estimated in one step of so many.
ESTIMATED = 3


@inlined
def _of_block(net, scheme, state, block, h, floor):
    """Errors of the phases of a block over `floor` [rad] plus their movement, the largest into `worst`.

    Returns whether any has moved. The movement counts up to 20 floors: a junction that turns fast
    is not to be judged by that.
    """
    wide = net.wide
    stages = scheme.b.shape[0]
    bundles = net.rows * len(net.width) // len(wide)
    low, high = pick(net.low, block), pick(net.high, block)
    combine(
        wide,
        state.scratch,
        state.nothing,
        state.rate,
        low,
        high,
        bundles,
        state.weights,
        2 * stages + 1,
        stages,
    )
    least, most, quiet = spread(wide, floor), spread(wide, 20.0 * floor), spread(wide, QUIET)
    worst = load(wide, state.worst, 0)
    found = False
    for i in range(low, high):
        moved = abs_(load(wide, state.next_phi, i) - load(wide, state.phi, i))
        found |= any_above(moved, quiet)
        worst = larger(worst, abs_(load(wide, state.scratch, i)) / (least + smaller(moved, most)))
    store(wide, state.worst, 0, worst)
    return found


@inlined
def _error(net, scheme, state, h, floor):
    """The largest relative error in the step, and whether any phase moved; see `_of_block`."""
    top = net.low.shape[0] - 1
    store(net.wide, state.worst, 0, spread(net.wide, 0.0))
    awake = state.count[ACTIVE]
    found = False
    for a in range(awake + 1):
        found |= _of_block(net, scheme, state, nth_awake(state, a, awake, top), h, floor)
    worst = 0.0
    for w in range(len(net.wide)):
        lane = w % len(net.width)
        value = state.worst[0, w]
        state.estimate[lane] = max(state.estimate[lane], value)
        if not value <= worst:
            worst = value
        if math.isnan(value):
            break
    return worst, found


@inlined
def _correct(net, joints, scheme, state, block):
    """Spread the charge that the supercurrent moved beyond the last stage."""
    wide = net.wide
    pack = len(wide) // len(net.width)
    stages = scheme.b.shape[0]
    first = pick(joints.start, pick(joints.block, block)) // pack
    last = pick(joints.start, pick(joints.block, block + 1)) // pack
    places = joints.plus.shape[0] // pack
    combine(
        wide,
        state.moved,
        state.nothing,
        state.current,
        first,
        last,
        places,
        state.weights,
        2 * stages,
        stages,
    )
    end = (stages - 1) * net.rows
    add_products(
        net.width, wide, joints.spread, block, joints.spread_value, 0, state.rate, end, state.moved, 0, 1.0
    )


@inlined
def _carry(net, joints, scheme, state, block, gamma, threshold):
    """Make a block's rows the state; momentum and force follow from those of the last stage."""
    wide = net.wide
    pack = len(wide) // len(net.width)
    stages = scheme.b.shape[0]
    last = (stages - 1) * (net.rows // pack)
    low, middle, high = pick(net.low, block), pick(net.middle, block), pick(net.high, block)
    if threshold > 0.0:
        state.asleep[block] = 0 if moves(net, state, block, threshold) else state.asleep[block] + 1
    h = spread(wide, gamma)
    for i in range(low, middle):
        force = load(wide, state.force, last + i)
        store(wide, state.momentum, i, muladd(h, force, load(wide, state.push, i)))
        store(wide, state.force, i, force)
    for i in range(low, high):
        store(wide, state.phi, i, load(wide, state.next_phi, i))
        store(wide, state.rate, i, load(wide, state.rate, last + i))
    first = pick(joints.start, pick(joints.block, block)) // pack
    end = pick(joints.start, pick(joints.block, block + 1)) // pack
    slab = (stages - 1) * (joints.plus.shape[0] // pack)
    for j in range(first, end):
        store(wide, state.current, j, load(wide, state.current, slab + j))


@inlined
def _settle(net, joints, state, block):
    """What the correction of the rates does to momentum and force."""
    inject(net, joints, state, block, state.momentum, 1.0)
    add_products(
        net.width, net.wide, joints.pull, block, joints.pull_value, 0, state.force, 0, state.moved, 0, -1.0
    )


@inlined
def _commit(net, joints, factors, scheme, drive, state, tape, start_time, tau, h, threshold):
    """Make the step that `compute_step` computed the state, and note what happened in it."""
    width = net.width
    top = net.low.shape[0] - 1
    awake = state.count[ACTIVE]
    last = (scheme.b.shape[0] - 1) * net.rows
    gamma = scheme.ai[1, 1] * h
    time = start_time + tau
    for a in range(awake + 1):
        _correct(net, joints, scheme, state, nth_awake(state, a, awake, top))
    hit = False
    for a in range(awake + 1):
        block = nth_awake(state, a, awake, top)
        hit |= record_slips(net, joints, drive, state, tape, block, last, time, tau, h)
    if threshold > 0.0:
        note_calm(net, state, threshold)
    for a in range(awake + 1):
        _carry(net, joints, scheme, state, nth_awake(state, a, awake, top), gamma, threshold)
    if hit or not net.plain:
        state.count[FRESH] = 1
    else:
        for a in range(awake + 1):
            _settle(net, joints, state, nth_awake(state, a, awake, top))
    if state.count[HELD] > 0:
        keep_walls(net, state, 0)
    state.count[BLOCK_STEPS] += awake
    if net.port_plus.shape[0]:
        store_waves(net, drive, state, time + h, tau + h)
    done = state.count[STEPS]
    if tape.nodes.shape[0]:
        tape.time[done] = time + h
        for r in range(tape.nodes.shape[0]):
            for w in range(len(width)):
                tape.phi[done, r, w] = state.phi[tape.nodes[r], w]
                tape.v[done, r, w] = state.rate[tape.nodes[r], w]
    state.count[STEPS] = done + 1
    changed = False
    if hit:
        for a in range(awake + 1):
            changed |= move_regions(net, joints, drive, state, nth_awake(state, a, awake, top), tau + h)
    if net.kinetic_plus.shape[0]:
        changed |= renew_lines(net, drive, state, tau + h)
    if changed:
        state.count[REFACTORED] += 1
        forget_factors(factors)
    if threshold > 0.0:
        doze(net, state, scheme.b.shape[0], threshold, h)


@inlined
def _full(net, joints, state, tape):
    """True when the next step could overrun the tapes."""
    if state.count[EVENTS] + 4 * joints.plus.shape[0] * len(net.width) > tape.event_time.shape[0]:
        return True
    if tape.nodes.shape[0] and state.count[STEPS] >= tape.time.shape[0]:
        return True
    return net.port_plus.shape[0] > 0 and state.count[WAVES] + 2 >= state.wave_time.shape[0]


@entry
def advance(net, joints, factors, scheme, feeds, drive, state, tape, control, tau, order, steps, until):
    """Advance from `tau` in segment `count[SEGMENT]` by at most `steps` steps, up to segment `until`.

    `control` is [tolerance per step, step wanted next, largest step, smallest step, rejected
    steps, steps at the smallest length above tolerance, movement [rad] below which an error counts
    against this value, largest step of a quiet circuit, movement [rad] below which a block sleeps].
    With an infinite tolerance all steps of a segment have one length. Returns (tau reached, row):
    row is -1, or that of a vanished pivot, or -2 when the smallest step cannot follow the
    solution. It stops early, for larger tapes, when one is full.
    """
    equal = math.isinf(control[0])
    left = steps
    while state.count[SEGMENT] < until:
        segment = state.count[SEGMENT]
        start_time = feeds.corners[segment]
        length = feeds.corners[segment + 1] - start_time
        if state.count[BEGUN] <= segment:
            if _full(net, joints, state, tape):
                return tau, -1
            begin_segment(net, feeds, drive, state, segment)
            if net.port_plus.shape[0]:
                store_waves(net, drive, state, start_time, 0.0)
            if equal:
                control[1] = length / max(1.0, math.ceil(length / control[2] - 1e-6))
            control[1] = min(control[1], control[2])
            state.count[BEGUN] = segment + 1
        first = round(tau / control[1]) if equal else 0
        done = 0
        while length - tau > 1e-12 * length:
            if left == 0 or _full(net, joints, state, tape):
                return tau, -1
            left -= 1
            h = control[1]
            if not equal:
                pieces = max(1.0, math.ceil((length - tau) / h - 1e-6))
                h = (length - tau) / pieces
            slot, row = slot_of(net, factors, scheme.ai[1, 1] * h)
            if row >= 0:
                return tau, row
            compute_step(net, joints, factors, scheme, drive, state, slot, start_time, tau, h)
            growth = 1.0
            moved = True
            error = 0.0
            if not equal or state.count[STEPS] % ESTIMATED == 0:
                error, moved = _error(net, scheme, state, h, control[6])
            if not equal:
                if state.count[UNSETTLED] > 0 and not math.isnan(error):
                    error = math.inf
                growth = 5.0 if error == 0.0 else 0.9 * (control[0] / error) ** (1.0 / order)
                if not error <= control[0]:
                    if h > 1.0001 * control[3]:
                        control[1] = max(control[3], h * max(0.2, min(growth, 0.8)))
                        control[4] += 1.0
                        continue
                    control[5] += 1.0
                    if math.isnan(error) or control[5] > HOPELESS:
                        return tau, -2
            elif state.count[UNSETTLED] > 0:
                control[5] += 1.0
            _commit(net, joints, factors, scheme, drive, state, tape, start_time, tau, h, control[8])
            done += 1
            tau = (first + done) * h if equal else tau + h
            if not equal:
                largest = control[2] if moved else control[7]
                if growth > 1.3:
                    control[1] = max(control[1], h * min(growth, 2.0))
                control[1] = min(control[1], largest)
        state.count[SEGMENT] = segment + 1
        tau = 0.0
    return tau, -1
