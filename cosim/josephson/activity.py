"""Blocks that sleep: where nothing moves, nothing is computed.

A block whose phases have hardly moved for a while, and whose sources stand still, falls asleep:
its phases are held and its rates are zero. It wakes when a row of the top that it touches has
moved since, or when one of its sources begins to change. Phases are the state, so flux in loops
stays quantised whatever sleeps.
"""

from __future__ import annotations

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import abs_, any_above, load, pick, spread, store
from cosim.josephson.layout import ACTIVE, FRESH

#: So many steps in a row a block must be still before it sleeps.
PATIENCE = 16


@inlined
def wake(state, block):
    """Let a block take part again; momentum and force must be computed afresh."""
    if state.asleep[block] < 0:
        state.asleep[block] = 0
        state.active[state.count[ACTIVE]] = block
        state.count[ACTIVE] += 1
        state.count[FRESH] = 1


@inlined
def moves(net, state, block, threshold):
    """Whether a phase of the block has moved in the step that is about to be committed."""
    wide = net.wide
    bound = spread(wide, threshold)
    found = False
    for i in range(pick(net.low, block), pick(net.high, block)):
        found |= any_above(abs_(load(wide, state.next_phi, i) - load(wide, state.phi, i)), bound)
    return found


@inner
def doze(net, state, stages, threshold):
    """Send still blocks to sleep, and wake those whose neighbours in the top have moved."""
    top = net.low.shape[0] - 1
    for block in range(top):
        if state.asleep[block] >= 0:
            continue
        for p in range(net.near_start[block], net.near_start[block + 1]):
            if abs(state.phi[net.near_row[p], 0] - state.sleep_phi[p]) > threshold:
                wake(state, block)
                break
    wide = net.wide
    none = spread(wide, 0.0)
    bundles = net.rows * len(net.width) // len(wide)
    kept = 0
    for a in range(state.count[ACTIVE]):
        block = state.active[a]
        if state.asleep[block] <= PATIENCE or state.hot[block] > 0 or net.restless[block]:
            state.active[kept] = block
            kept += 1
            continue
        state.asleep[block] = -1
        for s in range(stages):
            for i in range(net.low[block], net.high[block]):
                store(wide, state.rate, s * bundles + i, none)
        for i in range(net.low[block], net.high[block]):
            store(wide, state.next_phi, i, load(wide, state.phi, i))
        for p in range(net.near_start[block], net.near_start[block + 1]):
            state.sleep_phi[p] = state.phi[net.near_row[p], 0]
    state.count[ACTIVE] = kept
