"""Currents of the sources at the start of a segment, in the kernel.

Not here: how waveforms become pieces (`drive.py`).
"""

from __future__ import annotations

from cosim.josephson.activity import wake
from cosim.josephson.compiled import inner
from cosim.josephson.lanes import load, spread, store
from cosim.josephson.layout import ORDER, PIECE

#: Corners closer than this [s] are one corner.
SAME_TIME = 1e-18


@inner
def begin_segment(net, feeds, drive, state, segment):
    """Set `drive` for the segment, and wake the blocks whose sources change."""
    start = feeds.corners[segment]
    lanes = len(net.width)
    top = net.low.shape[0] - 1
    piece = state.count[PIECE]
    while piece < feeds.piece_time.shape[0] and feeds.piece_time[piece] <= start + SAME_TIME:
        k = feeds.piece_source[piece]
        changed = False
        for w in range(lanes):
            changed |= feeds.base_slope[k, w] != 0.0 or feeds.base_curvature[k, w] != 0.0
            changed |= feeds.piece_value[piece, w] != feeds.base[k, w]
            feeds.base[k, w] = feeds.piece_value[piece, w]
            feeds.base_slope[k, w] = feeds.piece_slope[piece, w]
            feeds.base_curvature[k, w] = feeds.piece_curvature[piece, w]
            changed |= feeds.base_slope[k, w] != 0.0 or feeds.base_curvature[k, w] != 0.0
        feeds.base_time[k] = feeds.piece_time[piece]
        if changed:
            wake(state, feeds.block[k, 0])
            wake(state, feeds.block[k, 1])
        piece += 1
    state.count[PIECE] = piece
    order = 2 if drive.tied else 0
    none = spread(net.width, 0.0)
    for i in range(net.rows):
        store(net.width, drive.s0, i, load(net.width, drive.t0, i) if drive.tied else none)
        store(net.width, drive.s1, i, load(net.width, drive.t1, i) if drive.tied else none)
        store(net.width, drive.s2, i, load(net.width, drive.t2, i) if drive.tied else none)
    for block in range(top + 1):
        state.hot[block] = 0
    for k in range(feeds.plus.shape[0]):
        since = start - feeds.base_time[k]
        a, b = feeds.plus[k], feeds.minus[k]
        bends = 0
        for w in range(lanes):
            gain = 1.0
            if feeds.noise_of[k] >= 0 and state.region[feeds.noise_of[k], w] > 0:
                gain = feeds.noise_gain[k, w]
            curvature = gain * feeds.base_curvature[k, w]
            slope = gain * feeds.base_slope[k, w]
            value = gain * feeds.base[k, w] + (slope + 0.5 * curvature * since) * since
            slope += curvature * since
            curvature *= 0.5
            drive.s0[a, w] -= value
            drive.s0[b, w] += value
            if slope != 0.0 or curvature != 0.0:
                bends = max(bends, 1 if curvature == 0.0 else 2)
                drive.s1[a, w] -= slope
                drive.s1[b, w] += slope
                drive.s2[a, w] -= curvature
                drive.s2[b, w] += curvature
        if bends > 0:
            order = max(order, bends)
            state.hot[feeds.block[k, 0]] += 1
            state.hot[feeds.block[k, 1]] += 1
    # Ground takes what comes.
    for w in range(lanes):
        drive.s0[net.ground, w] = 0.0
        drive.s1[net.ground, w] = 0.0
        drive.s2[net.ground, w] = 0.0
    state.count[ORDER] = order
