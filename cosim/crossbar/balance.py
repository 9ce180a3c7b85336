"""Kirchhoff's current law on an array: what each node lacks, and the current in each segment.

Arrays follow `kernel.py`: conductances of segments `y` are 0 where a segment is open or ideal,
ladders mark ideal segments by t = 1, u = 0 and nodes held by a terminal by t = u = 0.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cosim.crossbar.array import Array


@njit(cache=True, nogil=True)
def imbalance(cell, dw, db, yw, yb, word, bit):
    """Write the current that flows into each node and not out of it to `word`, `bit` (M, N) [A].

    `cell` (M, N) [A] flows from word to bit lines; `dw`, `db` (M, N) [V] are the deviations of the
    node voltages from those of lines without cells, so nothing is lost to rounding where lines
    hardly drop. Nodes that ideal segments join share one balance: only the sum counts.
    Returns the largest current of a segment [A], that of lines without cells left out.
    """
    rows, columns = cell.shape
    largest = 0.0
    for i in range(rows):
        for j in range(columns):
            before = 0.0 if j == 0 else dw[i, j - 1]
            after = 0.0 if j == columns - 1 else dw[i, j + 1]
            arriving = yw[i, j] * (before - dw[i, j])
            word[i, j] = arriving + yw[i, j + 1] * (after - dw[i, j]) - cell[i, j]
            before = 0.0 if i == 0 else db[i - 1, j]
            after = 0.0 if i == rows - 1 else db[i + 1, j]
            leaving = yb[i + 1, j] * (after - db[i, j])
            bit[i, j] = yb[i, j] * (before - db[i, j]) + leaving + cell[i, j]
            largest = max(largest, abs(arriving), abs(leaving))
    return largest


@njit(cache=True, nogil=True)
def worst_line(t, u, lack):
    """Largest |imbalance| [A] of one line: summed over nodes joined by ideal segments, held ones left out."""
    worst = 0.0
    total = 0.0
    for k in range(len(lack)):
        if t[k] == 0.0 and u[k] == 0.0:
            total = 0.0
            continue
        total += lack[k]
        if t[k] == 1.0 and u[k] == 0.0:
            continue
        worst = max(worst, abs(total))
        total = 0.0
    return worst


@njit(cache=True, nogil=True)
def relative_imbalance(cell, tw, uw, tb, ub, word, bit, largest, level):
    """Largest imbalance of a node over the largest current there is: `largest` [A] of a segment, or
    the sum of |cell currents| of a line (0 if all are zero).

    Where next to no current flows at all it is taken relative to `level` [A], the largest current of
    a cell at the voltages of lines without cells.
    """
    rows, columns = cell.shape
    sums = np.zeros(columns)
    for i in range(rows):
        total = 0.0
        for j in range(columns):
            total += abs(cell[i, j])
            sums[j] += abs(cell[i, j])
        largest = max(largest, total)
    largest = max(largest, sums.max())
    worst = 0.0
    for i in range(rows):
        worst = max(worst, worst_line(tw[i], uw[i], word[i]))
    for j in range(columns):
        worst = max(worst, worst_line(tb[:, j], ub[:, j], bit[:, j]))
    if largest <= 1e-8 * level:
        largest = level
    return worst / largest if largest > 0.0 else 0.0


def line_currents(resistance: Array, near: Array, far: Array, nodes: Array, drain: Array) -> Array:
    """Current in each segment of lines, from the near to the far end [A].

    `resistance` (lines, n + 1) [Ω]; `near`, `far` (lines,) voltages of the terminals [V]; `nodes`
    (lines, n) [V]; `drain` (lines, n): what leaves the line at each node [A]. Currents follow from
    the drains and one segment: an open one, else the one that drops most.
    """
    lines, count = nodes.shape
    left_over = np.zeros((lines, count + 1))
    np.cumsum(drain, axis=1, out=left_over[:, 1:])
    anchor: NDArray[np.intp] = np.argmax(resistance, axis=1)
    each = np.arange(lines)
    before = np.where(anchor == 0, near, nodes[each, np.maximum(anchor - 1, 0)])
    after = np.where(anchor == count, far, nodes[each, np.minimum(anchor, count - 1)])
    value = resistance[each, anchor]
    known = np.where(np.isinf(value), 0.0, (before - after) / np.where(value > 0, value, 1.0))
    currents = (known + left_over[each, anchor])[:, np.newaxis] - left_over
    currents[np.isinf(resistance)] = 0.0
    return currents
