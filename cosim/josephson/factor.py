"""Sparse LU factors on a pattern that is found once and filled in for every variant.

The matrices here are symmetric in structure and need no pivoting: the order of elimination
comes from minimum degree on the pattern alone. Numbers are (entries, lanes), lanes side by
side, so that one pass over the structure serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

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
    lower_start, lower_column = _fill(size, start, column)
    rows = np.repeat(np.arange(size), np.diff(lower_start))
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


@njit(cache=True)
def _fill(size, start, column):
    """Rows of L by walking the elimination tree (Liu's row subtrees)."""
    parent = np.full(size, -1, np.int64)
    mark = np.full(size, -1, np.int64)
    counts = np.zeros(size + 1, np.int64)
    for i in range(size):
        mark[i] = i
        for p in range(start[i], start[i + 1]):
            j = column[p]
            while j < i and mark[j] != i:
                if parent[j] == -1:
                    parent[j] = i
                mark[j] = i
                counts[i + 1] += 1
                j = parent[j]
    row_start = np.cumsum(counts)
    row_column = np.empty(row_start[size], np.int64)
    mark[:] = -1
    for i in range(size):
        mark[i] = i
        n = row_start[i]
        for p in range(start[i], start[i + 1]):
            j = column[p]
            while j < i and mark[j] != i:
                mark[j] = i
                row_column[n] = j
                n += 1
                j = parent[j]
        row_column[row_start[i] : n] = np.sort(row_column[row_start[i] : n])
    return row_start, row_column


@njit(cache=True)
def factorise(start, column, values, ls, lc, us, uc, lower, upper, inverse, work):
    """Doolittle LU of all lanes. Returns -1, or the row whose pivot vanishes in some lane.

    `values` (nonzeros, lanes) on (start, column); `lower`, `upper` (entries, lanes) and
    `inverse` (size, lanes), the reciprocal pivots, are filled; `work` is (size, lanes).
    """
    size = inverse.shape[0]
    lanes = inverse.shape[1]
    work[:] = 0.0
    for i in range(size):
        largest = 0.0
        for p in range(start[i], start[i + 1]):
            for w in range(lanes):
                work[column[p], w] = values[p, w]
                largest = max(largest, abs(values[p, w]))
        for p in range(ls[i], ls[i + 1]):
            k = lc[p]
            for w in range(lanes):
                factor = work[k, w] * inverse[k, w]
                lower[p, w] = factor
                work[k, w] = 0.0
            for q in range(us[k], us[k + 1]):
                j = uc[q]
                for w in range(lanes):
                    work[j, w] -= lower[p, w] * upper[q, w]
        for w in range(lanes):
            if not abs(work[i, w]) > 1e-13 * largest:
                return i
            inverse[i, w] = 1.0 / work[i, w]
            work[i, w] = 0.0
        for q in range(us[i], us[i + 1]):
            for w in range(lanes):
                upper[q, w] = work[uc[q], w]
                work[uc[q], w] = 0.0
    return -1


@njit(cache=True)
def solve(ls, lc, us, uc, lower, upper, inverse, x):
    """Overwrite `x` (size or more, lanes), the right-hand side, by the solution."""
    size = inverse.shape[0]
    lanes = inverse.shape[1]
    for i in range(size):
        for p in range(ls[i], ls[i + 1]):
            k = lc[p]
            for w in range(lanes):
                x[i, w] -= lower[p, w] * x[k, w]
    for i in range(size - 1, -1, -1):
        for q in range(us[i], us[i + 1]):
            k = uc[q]
            for w in range(lanes):
                x[i, w] -= upper[q, w] * x[k, w]
        for w in range(lanes):
            x[i, w] *= inverse[i, w]
