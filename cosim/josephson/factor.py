"""Sparse LU factors on a pattern that is found once and filled in for every variant.

The matrices here are symmetric in structure and need no pivoting: the order of elimination
comes from minimum degree on the pattern alone. Numbers are (entries, lanes), lanes side by
side, so that one pass over the structure serves them all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from cosim.josephson.compiled import entry, inlined, inner
from cosim.josephson.lanes import load, pick, spread, store

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Symbolic:
    """Row patterns of L (strictly lower) and U (strictly upper) in elimination order."""

    order: Index
    """`order[i]` is the original unknown that is eliminated as number i."""
    lower_start: Index
    lower_column: Index
    upper_start: Index
    upper_column: Index


def minimum_degree(size: int, start: Index, column: Index) -> Index:
    """Fill-reducing order of a symmetric pattern (SuperLU's multiple minimum degree)."""
    if size <= 2:
        return np.arange(size)
    degree = np.diff(start)
    rows = np.repeat(np.arange(size), degree)
    data = np.where(rows == column, 2.0 * size, -1.0)
    matrix = sparse.csc_matrix((data, (rows, column)), shape=(size, size))
    factor = splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True, "Equil": False},
    )
    return np.argsort(factor.perm_c).astype(np.int64)


def analyse(size: int, start: Index, column: Index) -> Symbolic:
    """Fill pattern of a pattern that is already in elimination order `0 … size-1`."""
    parent, mark, lower_start = (np.empty(k, dtype=np.int64) for k in (size, size, size + 1))
    _fill(start, column, parent, mark, lower_start, np.empty(0, dtype=np.int64))
    lower_column = np.empty(lower_start[-1], dtype=np.int64)
    _fill(start, column, parent, mark, lower_start, lower_column)
    rows = np.repeat(np.arange(size), np.diff(lower_start))
    lower_column = lower_column[np.lexsort((lower_column, rows))]
    by_column = np.lexsort((rows, lower_column))
    upper_column = rows[by_column].astype(np.int64)
    counts = np.bincount(lower_column, minlength=size)
    upper_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Symbolic(
        order=np.arange(size),
        lower_start=lower_start,
        lower_column=lower_column,
        upper_start=upper_start,
        upper_column=upper_column,
    )


@entry
def _fill(start, column, parent, mark, row_start, row_column):
    """Rows of L by walking the elimination tree (Liu's row subtrees), unsorted.

    `row_start` (size+1,) comes out as the counts' running sum. With a `row_column` of length 0
    only that is done.
    """
    size = row_start.shape[0] - 1
    for i in range(size):
        parent[i] = -1
        mark[i] = -1
    total = 0
    for i in range(size):
        row_start[i] = total
        mark[i] = i
        for p in range(start[i], start[i + 1]):
            j = column[p]
            while j < i and mark[j] != i:
                if parent[j] == -1:
                    parent[j] = i
                mark[j] = i
                if row_column.shape[0]:
                    row_column[total] = j
                total += 1
                j = parent[j]
    row_start[size] = total


@inner
def factorise(width, start, column, factors):
    """Doolittle LU of all lanes. Returns -1, or the row whose pivot vanishes in every lane.

    `factors.matrix` holds the values on (start, column), rows in the order of elimination. A
    lane that alone has no pivot is filled with not-a-number.
    """
    matrix, work, upper, inverse = factors.matrix, factors.work, factors.upper, factors.inverse
    size = factors.order.shape[0]
    lanes = len(width)
    none = spread(width, 0.0)
    one = spread(width, 1.0)
    for i in range(size):
        store(width, work, i, none)
    for i in range(size):
        largest = 0.0
        for p in range(pick(start, i), pick(start, i + 1)):
            store(width, work, pick(column, p), load(width, matrix, p))
            for w in range(lanes):
                largest = max(largest, abs(matrix[p, w]))
        for p in range(pick(factors.ls, i), pick(factors.ls, i + 1)):
            k = pick(factors.lc, p)
            factor = load(width, work, k) * load(width, inverse, pick(factors.order, k))
            store(width, factors.forward, pick(factors.mirror, p), factor)
            store(width, work, k, none)
            for q in range(pick(factors.us, k), pick(factors.us, k + 1)):
                j = pick(factors.uc, q)
                store(width, work, j, load(width, work, j) - factor * load(width, upper, q))
        vanished = 0
        for w in range(lanes):
            if abs(work[i, w]) <= 1e-13 * largest:
                work[i, w] = math.nan
                vanished += 1
        if vanished == lanes:
            return pick(factors.order, i)
        store(width, inverse, pick(factors.order, i), one / load(width, work, i))
        store(width, work, i, none)
        for q in range(pick(factors.us, i), pick(factors.us, i + 1)):
            store(width, upper, q, load(width, work, pick(factors.uc, q)))
            store(width, work, pick(factors.uc, q), none)
    last = factors.lc.shape[0] - 1
    for p in range(last + 1):
        scale = load(width, inverse, pick(factors.order, pick(factors.lc, p)))
        store(width, factors.backward, last - p, load(width, upper, pick(factors.mirror, p)) * scale)
    return -1


@inlined
def solve(width, factors, x, first):
    """Overwrite rows `first` and on of `x`, the right-hand side, by the solution."""
    for e in range(factors.forward_from.shape[0]):
        to = first + pick(factors.forward_to, e)
        change = load(width, factors.forward, e) * load(width, x, first + pick(factors.forward_from, e))
        store(width, x, to, load(width, x, to) - change)
    for i in range(factors.order.shape[0]):
        store(width, x, first + i, load(width, x, first + i) * load(width, factors.inverse, i))
    for e in range(factors.backward_from.shape[0]):
        to = first + pick(factors.backward_to, e)
        change = load(width, factors.backward, e) * load(width, x, first + pick(factors.backward_from, e))
        store(width, x, to, load(width, x, to) - change)
