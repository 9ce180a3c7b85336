"""Compiled star-mesh elimination of small blocks of an array.

A block of cells is a complete graph between its ports: `k` (ports, ports) [S], symmetric, ≥ 0, the
diagonal without meaning. Eliminating node e adds k[i, e] k[e, j] / Σ k[e, :] between i and j: no
subtraction, so entries keep their digits however small a segment's resistance is.

Ports of the block of rows i0 … i1 and columns j0 … j1, in this order: left, right, top, bottom.
At an edge of the array they are the attached terminals; inside, they are nodes that two blocks
share: the word nodes of the last column at the right, the bit nodes of the last row at the bottom.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"contract", "nsz", "arcp", "reassoc"}

#: Lines a side of the blocks that are not halved further.
FEW = 3


@njit(cache=True, nogil=True)
def sides(word, bit, i0, i1, j0, j1, counts):
    """Write the numbers of ports at left, right, top, bottom; `word` (M, N+1), `bit` (N, M+1) [S]."""
    rows, columns = len(word), len(bit)
    for side in range(4):
        counts[side] = i1 - i0 if side < 2 else j1 - j0
    if j0 == 0:
        counts[0] = np.count_nonzero(word[i0:i1, 0])
    if j1 == columns:
        counts[1] = np.count_nonzero(word[i0:i1, columns])
    if i0 == 0:
        counts[2] = np.count_nonzero(bit[j0:j1, 0])
    if i1 == rows:
        counts[3] = np.count_nonzero(bit[j0:j1, rows])


@njit(cache=True, nogil=True, fastmath=_FAST)
def eliminate(k, kept):
    """Eliminate all nodes of `k` from number `kept` on, the last first, in place.

    Only the part below the diagonal is read, and written until the end mirrors what is kept. Four
    nodes at a time: their rows first, then one sweep over all that is left.
    """
    e = len(k) - 1
    while e >= kept:
        together = 4 if e - 3 >= kept else 1
        for step in range(together):
            row = k[e - step]
            total = 0.0
            for j in range(e - step):
                total += row[j]
            # Rows become square roots of their share, so that an update is a product of two entries.
            scale = 1.0 / np.sqrt(total) if total > 0.0 else 0.0
            for j in range(e - step):
                row[j] *= scale
            for i in range(e - together + 1, e - step):
                factor, target = row[i], k[i]
                for j in range(i):
                    target[j] += factor * row[j]
        rest = e - together + 1
        if together == 4:
            first, second, third, fourth = k[e], k[e - 1], k[e - 2], k[e - 3]
            for i in range(rest):
                f1, f2, f3, f4 = first[i], second[i], third[i], fourth[i]
                target = k[i]
                for j in range(i):
                    target[j] += f1 * first[j] + f2 * second[j] + f3 * third[j] + f4 * fourth[j]
        else:
            row = k[e]
            for i in range(rest):
                factor, target = row[i], k[i]
                for j in range(i):
                    target[j] += factor * row[j]
        e = rest - 1
    for i in range(kept):
        k[i, i] = 0.0
        for j in range(i):
            k[j, i] = k[i, j]


@njit(cache=True, nogil=True)
def place(across, a, b, to_a, to_b):
    """Where the ports of two neighbours go: `a`, `b` are their numbers of ports a side.

    Merged ports come in the order left, right, top, bottom, then the shared ones. `across` is true
    for b to the right of a, false for b below a. Returns how many ports are kept.
    """
    behind, front = (1, 0) if across else (3, 2)
    start_a = 0
    kept = a.sum() - a[behind] + b.sum() - b[front]
    position = 0
    start_a = 0
    start_b = 0
    for side in range(4):
        for n in range(a[side]):
            if side == behind:
                to_a[start_a + n] = kept + n
            else:
                to_a[start_a + n] = position
                position += 1
        for n in range(b[side]):
            if side == front:
                to_b[start_b + n] = kept + n
            else:
                to_b[start_b + n] = position
                position += 1
        start_a += a[side]
        start_b += b[side]
    return kept


@njit(cache=True, nogil=True)
def _few(g, word, bit, i0, i1, j0, j1):
    """The block of a few cells: all its nodes, then all but its ports eliminated."""
    rows, columns = g.shape
    m, n = i1 - i0, j1 - j0
    counts = np.empty(4, dtype=np.int64)
    sides(word, bit, i0, i1, j0, j1, counts)
    kept = counts.sum()
    right, top = counts[0], counts[0] + counts[1]
    bottom = top + counts[2]
    # Numbers of the cells' nodes: ports that two blocks share come first, inner nodes behind.
    w = np.empty((m, n), dtype=np.int64)
    b = np.empty((m, n), dtype=np.int64)
    size = kept
    for i in range(m):
        for j in range(n):
            if j == n - 1 and j1 < columns:
                w[i, j] = right + i
            else:
                w[i, j] = size
                size += 1
            if i == m - 1 and i1 < rows:
                b[i, j] = bottom + j
            else:
                b[i, j] = size
                size += 1
    k = np.zeros((size, size))
    for i in range(m):
        for j in range(n):
            _join(k, w[i, j], b[i, j], g[i0 + i, j0 + j])
            if j > 0:
                _join(k, w[i, j - 1], w[i, j], word[i0 + i, j0 + j])
            if i > 0:
                _join(k, b[i - 1, j], b[i, j], bit[j0 + j, i0 + i])
    port = 0
    for i in range(m):
        if j0 > 0 or word[i0 + i, 0] > 0.0:
            _join(k, port, w[i, 0], word[i0 + i, j0])
            port += 1
    if j1 == columns:
        port = right
        for i in range(m):
            if word[i0 + i, columns] > 0.0:
                _join(k, port, w[i, n - 1], word[i0 + i, columns])
                port += 1
    port = top
    for j in range(n):
        if i0 > 0 or bit[j0 + j, 0] > 0.0:
            _join(k, port, b[0, j], bit[j0 + j, i0])
            port += 1
    if i1 == rows:
        port = bottom
        for j in range(n):
            if bit[j0 + j, rows] > 0.0:
                _join(k, port, b[m - 1, j], bit[j0 + j, rows])
                port += 1
    eliminate(k, kept)
    return k[:kept, :kept].copy()


@njit(cache=True, nogil=True)
def _join(k, first, second, conductance):
    k[first, second] += conductance
    k[second, first] += conductance


@njit(cache=True, nogil=True)
def leaf(g, word, bit, i0, i1, j0, j1):
    """Port conductances [S] of a block, by halving it down to a few cells."""
    if i1 - i0 <= FEW and j1 - j0 <= FEW:
        return _few(g, word, bit, i0, i1, j0, j1)
    across = j1 - j0 >= i1 - i0
    a = np.empty(4, dtype=np.int64)
    b = np.empty(4, dtype=np.int64)
    if across:
        middle = (j0 + j1) // 2
        first = leaf(g, word, bit, i0, i1, j0, middle)
        second = leaf(g, word, bit, i0, i1, middle, j1)
        sides(word, bit, i0, i1, j0, middle, a)
        sides(word, bit, i0, i1, middle, j1, b)
    else:
        middle = (i0 + i1) // 2
        first = leaf(g, word, bit, i0, middle, j0, j1)
        second = leaf(g, word, bit, middle, i1, j0, j1)
        sides(word, bit, i0, middle, j0, j1, a)
        sides(word, bit, middle, i1, j0, j1, b)
    to_a = np.empty(len(first), dtype=np.int64)
    to_b = np.empty(len(second), dtype=np.int64)
    kept = place(across, a, b, to_a, to_b)
    size = kept + (a[1] if across else a[3])
    k = np.zeros((size, size))
    for i in range(len(first)):
        row = k[to_a[i]]
        for j in range(len(first)):
            row[to_a[j]] += first[i, j]
    for i in range(len(second)):
        row = k[to_b[i]]
        for j in range(len(second)):
            row[to_b[j]] += second[i, j]
    eliminate(k, kept)
    return k[:kept, :kept].copy()


@njit(cache=True, nogil=True)
def pick(k, rows, columns, out):
    """Add k[rows[i], columns[j]] to out[i, j]; of `k` only the upper half is read."""
    for i in range(len(rows)):
        a, target = rows[i], out[i]
        for j in range(len(columns)):
            b = columns[j]
            if a < b:
                target[j] += k[a, b]
            elif b < a:
                target[j] += k[b, a]


@njit(cache=True, nogil=True)
def keep(first, own_first, second, own_second, merged):
    """Write what two blocks have between their kept ports to the upper half of `merged`."""
    count = len(own_first)
    for i in range(count):
        source, target = first[own_first[i]], merged[i]
        for j in range(i + 1, count):
            target[j] = source[own_first[j]]
        target[count:] = 0.0
    for i in range(len(own_second)):
        source, target = second[own_second[i]], merged[count + i]
        for j in range(i + 1, len(own_second)):
            target[count + j] = source[own_second[j]]


@njit(cache=True, nogil=True, fastmath=_FAST)
def factor_panel(among, outside, inverse):
    """Eliminate the n nodes of a panel, in the manner of Grassmann, Taksar and Heyman.

    `among` (n, n) [S] are the conductances between them, overwritten; `outside` (n,) what each has to
    all that is eliminated later or kept. With L the Cholesky factor of the panel's nodal matrix,
    whose pivots are sums instead of differences, `inverse` becomes L⁻¹ ≥ 0.
    """
    n = len(among)
    inverse[:] = 0.0
    for i in range(n):
        total = outside[i]
        for j in range(i + 1, n):
            total += among[i, j]
        scale = 1.0 / np.sqrt(total) if total > 0.0 else 0.0
        for j in range(i + 1, n):
            among[i, j] *= scale
        onward = outside[i] * scale
        # Row i of L⁻¹ is that of the identity and the rows before it, by what L has of them.
        inverse[i, i] = 1.0
        for m in range(i):
            factor = among[m, i]
            for j in range(m + 1):
                inverse[i, j] += factor * inverse[m, j]
        for j in range(i + 1):
            inverse[i, j] *= scale
        for j in range(i + 1, n):
            factor = among[i, j]
            outside[j] += factor * onward
            for m in range(j + 1, n):
                among[j, m] += factor * among[i, m]


@njit(cache=True, nogil=True)
def reorder(k, order, out):
    """out[i, j] = out[j, i] = k[order[i], order[j]], read from the upper half of `k`; 0 on the diagonal."""
    size = len(order)
    # Tile by tile: mirrored entries lie far apart in memory.
    for above in range(0, size, 64):
        for left in range(above, size, 64):
            for i in range(above, min(above + 64, size)):
                a = order[i]
                for j in range(max(left, i), min(left + 64, size)):
                    b = order[j]
                    value = k[a, b] if a < b else k[b, a]
                    out[i, j] = value
                    out[j, i] = value
    for i in range(size):
        out[i, i] = 0.0
