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
    """Eliminate all nodes of `k` from number `kept` on, the last first, in place."""
    for e in range(len(k) - 1, kept - 1, -1):
        row = k[e]
        total = 0.0
        for j in range(e):
            total += row[j]
        if total <= 0.0:
            continue
        scale = 1.0 / total
        for i in range(e):
            factor = row[i] * scale
            if factor != 0.0:
                target = k[i]
                for j in range(e):
                    target[j] += factor * row[j]


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
def _cell(g, word, bit, i, j):
    """The block of one cell."""
    rows, columns = g.shape
    counts = np.empty(4, dtype=np.int64)
    sides(word, bit, i, i + 1, j, j + 1, counts)
    inner_word = 1 if j + 1 == columns else 0
    inner_bit = 1 if i + 1 == rows else 0
    kept = counts.sum()
    k = np.zeros((kept + inner_word + inner_bit, kept + inner_word + inner_bit))
    left, right = 0, counts[0]
    top = right + counts[1]
    bottom = top + counts[2]
    w = kept if inner_word else right
    b = kept + inner_word if inner_bit else bottom
    k[w, b] = k[b, w] = g[i, j]
    if counts[0]:
        k[left, w] = k[w, left] = word[i, j]
    if inner_word and counts[1]:
        k[right, w] = k[w, right] = word[i, columns]
    if counts[2]:
        k[top, b] = k[b, top] = bit[j, i]
    if inner_bit and counts[3]:
        k[bottom, b] = k[b, bottom] = bit[j, rows]
    eliminate(k, kept)
    return k[:kept, :kept].copy()


@njit(cache=True, nogil=True)
def leaf(g, word, bit, i0, i1, j0, j1):
    """Port conductances [S] of a block, by halving it down to single cells."""
    if i1 - i0 == 1 and j1 - j0 == 1:
        return _cell(g, word, bit, i0, j0)
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
    for n in range(size):
        k[n, n] = 0.0
    eliminate(k, kept)
    return k[:kept, :kept].copy()
