"""Factoring of lines without breaks and ideal segments, many side by side; symbols as in `kernel.py`.

The general case, with branches for what is open or ideal, is in `kernel.py`; both give the same ladders.
Ends of lines may float (r = ∞) here, segments between cells are above zero and finite.
"""

from __future__ import annotations

import numpy as np
from numba import njit

#: Word lines that are factored together.
_LANES = 8


@njit(cache=True, nogil=True)
def plain_segments(r):
    """Whether lines with segments `r` (lines, n + 1) [Ω] are such."""
    last = r.shape[1] - 1
    for i in range(len(r)):
        for k in range(last + 1):
            if not (r[i, k] > 0.0 and (r[i, k] < np.inf or k == 0 or k == last)):
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def factor_plain_words(r, g, t, u, y, diagonal):
    """`factor_words`: what a node sees to the left comes with the factor, to the right on the way back."""
    rows, columns = g.shape
    before = np.empty((columns, _LANES))
    cell = np.empty((columns, _LANES))
    wire = np.empty((columns + 1, _LANES))
    share = np.zeros((columns, _LANES))
    look = np.empty(_LANES)
    end = np.empty(_LANES)
    for start in range(0, rows, _LANES):
        width = min(_LANES, rows - start)
        for lane in range(_LANES):
            i = start + min(lane, width - 1)
            for k in range(columns):
                cell[k, lane] = g[i, k]
                wire[k, lane] = r[i, k]
            wire[columns, lane] = r[i, columns]
        for lane in range(_LANES):
            look[lane] = 1.0 / wire[0, lane]
        for k in range(columns - 1):
            for lane in range(_LANES):
                before[k, lane] = look[lane]
                total = look[lane] + cell[k, lane]
                share[k, lane] = 1.0 / (1.0 + wire[k + 1, lane] * total)
                look[lane] = total * share[k, lane]
        for lane in range(_LANES):
            before[columns - 1, lane] = look[lane]
            look[lane] = 1.0 / wire[columns, lane]
            end[lane] = 1.0 / (before[columns - 1, lane] + look[lane] + cell[columns - 1, lane])
        for k in range(columns - 1, -1, -1):
            for lane in range(_LANES):
                seen = before[k, lane] + look[lane]
                total = look[lane] + cell[k, lane]
                both = seen + cell[k, lane]
                value = cell[k, lane] * (seen / both)
                before[k, lane] = value if both > 0.0 else 0.0
                look[lane] = total / (1.0 + wire[k, lane] * total)
        for lane in range(width):
            i = start + lane
            for k in range(columns - 1):
                t[i, k] = share[k, lane]
                u[i, k] = wire[k + 1, lane] * share[k, lane]
                diagonal[i, k] = before[k, lane]
                y[i, k] = 1.0 / wire[k, lane]
            t[i, columns - 1] = 0.0
            u[i, columns - 1] = end[lane] if end[lane] < np.inf else 0.0
            diagonal[i, columns - 1] = before[columns - 1, lane]
            y[i, columns - 1] = 1.0 / wire[columns - 1, lane]
            y[i, columns] = 1.0 / wire[columns, lane]


@njit(cache=True, nogil=True, error_model="numpy")
def factor_plain_bits(r, shunt, t, u, y):
    """`factor_bits`, but `r` (M + 1, N) as the lines lie."""
    rows, columns = shunt.shape
    before = np.empty(columns)
    for i in range(rows + 1):
        for j in range(columns):
            y[i, j] = 1.0 / r[i, j]
    for j in range(columns):
        before[j] = y[0, j]
    for i in range(rows - 1):
        for j in range(columns):
            total = before[j] + shunt[i, j]
            share = 1.0 / (1.0 + r[i + 1, j] * total)
            t[i, j] = share
            u[i, j] = r[i + 1, j] * share
            before[j] = total * share
    for j in range(columns):
        total = before[j] + shunt[rows - 1, j] + y[rows, j]
        t[rows - 1, j] = 0.0
        u[rows - 1, j] = 1.0 / total if total > 0.0 else 0.0


@njit(cache=True, nogil=True)
def end_currents(resistance, near, far, nodes, drain, first, last):
    """Currents through the outer two segments of lines, from the near to the far end [A].

    As `balance.line_currents`, which gives them all: from the drains and one segment, an open one or the
    one that drops most. Arrays are (lines, n); any strides will do.
    """
    lines, count = nodes.shape
    for i in range(lines):
        anchor = 0
        for k in range(count + 1):
            if resistance[i, k] > resistance[i, anchor]:
                anchor = k
        value = resistance[i, anchor]
        known = 0.0
        if value > 0.0 and value < np.inf:
            before = near[i] if anchor == 0 else nodes[i, anchor - 1]
            after = far[i] if anchor == count else nodes[i, anchor]
            known = (before - after) / value
        ahead = 0.0
        for k in range(anchor):
            ahead += drain[i, k]
        behind = 0.0
        for k in range(anchor, count):
            behind += drain[i, k]
        first[i] = known + ahead if resistance[i, 0] < np.inf else 0.0
        last[i] = known - behind if resistance[i, count] < np.inf else 0.0
