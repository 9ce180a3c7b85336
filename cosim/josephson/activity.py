"""Blocks that sleep: where nothing moves, nothing is computed.

A block whose phases, and those of the rows of the top that it touches, have hardly moved for a
while, and whose sources stand still, falls asleep: its phases are held and its rates are zero.
The rows of the top that it touches are held too, so that what is awake sees a wall and stays as
stable as it was. How fast these rows would move without the wall tells when to wake: by then a
front has come within the tail of its exponential. Phases are the state, so flux in loops stays
quantised whatever sleeps.
"""

from __future__ import annotations

from cosim.josephson.compiled import inlined, inner
from cosim.josephson.lanes import abs_, any_above, load, pick, spread, store
from cosim.josephson.layout import ACTIVE, FRESH, HELD

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


@inlined
def hold_rows(net, state, slab):
    """Keep what held rows would do in a stage in `stir`, and stop them."""
    for k in range(state.count[HELD]):
        i = state.held[k]
        state.stir[i] = state.rate[slab + i, 0]
        state.rate[slab + i, 0] = 0.0


@inlined
def keep_walls(net, state, slab):
    """Held rows keep the force that they had when the wall was put up, and no momentum."""
    for k in range(state.count[HELD]):
        i = state.held[k]
        state.force[slab + i, 0] = state.wall[i]
        state.momentum[i, 0] = 0.0


@inner
def note_calm(net, state, threshold):
    """Count the steps in which each row of the top has been still, before the step is committed."""
    pack = len(net.wide) // len(net.width)
    top = net.low.shape[0] - 1
    for i in range(net.low[top] * pack, net.high[top] * pack):
        if abs(state.next_phi[i, 0] - state.phi[i, 0]) > threshold:
            state.calm[i] = 0
        else:
            state.calm[i] += 1


@inner
def doze(net, state, stages, threshold, h):
    """Send still blocks to sleep, and wake those at whose walls something stirs."""
    top = net.low.shape[0] - 1
    changed = False
    for block in range(top):
        if state.asleep[block] >= 0:
            continue
        for p in range(net.near_start[block], net.near_start[block + 1]):
            if abs(h * state.stir[net.near_row[p]]) > threshold:
                wake(state, block)
                changed = True
                break
    kept = 0
    for a in range(state.count[ACTIVE]):
        block = state.active[a]
        still = state.asleep[block] > PATIENCE and state.hot[block] == 0 and not net.restless[block]
        if still:
            for p in range(net.near_start[block], net.near_start[block + 1]):
                if state.calm[net.near_row[p]] <= PATIENCE:
                    still = False
                    break
        if still:
            state.asleep[block] = -1
            _stop(net, state, stages, block)
            changed = True
        else:
            state.active[kept] = block
            kept += 1
    state.count[ACTIVE] = kept
    if changed or state.count[FRESH]:
        _hold(net, state, stages)


@inner
def _stop(net, state, stages, block):
    wide = net.wide
    none = spread(wide, 0.0)
    bundles = net.rows * len(net.width) // len(wide)
    for s in range(stages):
        for i in range(net.low[block], net.high[block]):
            store(wide, state.rate, s * bundles + i, none)
    for i in range(net.low[block], net.high[block]):
        store(wide, state.next_phi, i, load(wide, state.phi, i))


@inner
def _hold(net, state, stages):
    """List the rows of the top that touch a block asleep, and stop them."""
    top = net.low.shape[0] - 1
    pack = len(net.wide) // len(net.width)
    for i in range(net.low[top] * pack, net.high[top] * pack):
        state.stir[i] = -1.0
    count = 0
    for block in range(top):
        if state.asleep[block] >= 0:
            continue
        for p in range(net.near_start[block], net.near_start[block + 1]):
            i = net.near_row[p]
            if state.stir[i] != 0.0:
                state.stir[i] = 0.0
                state.held[count] = i
                count += 1
                state.wall[i] = state.force[i, 0]
                state.momentum[i, 0] = 0.0
                for s in range(stages):
                    state.rate[s * net.rows + i, 0] = 0.0
    state.count[HELD] = count
