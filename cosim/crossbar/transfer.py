"""The exact transfer matrix of an array with fixed conductances, by hierarchical port merging.

For fixed conductances the currents at the terminals are linear in their voltages. Neighbouring
blocks of cells are merged, the ports that they share eliminated, until the terminals are left:
O(N³) once, then a matrix product for any number of inputs. Small blocks: `merging.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.connectivity import require_solvable
from cosim.crossbar.drive import SIDES, Terminals
from cosim.crossbar.merging import assemble, leaf, pick, place, sides
from cosim.errors import SimulationError

Indices = NDArray[np.int64]

#: Blocks up to this many lines a side are merged by compiled loops, larger ones by BLAS.
LEAF = 32
#: Ideal segments get this share of the resistance of all cells in parallel.
IDEAL = 1e-14


@dataclass(frozen=True, kw_only=True)
class TransferMatrix:
    """Conductances between the attached terminals of an array."""

    conductance: Array
    """(T, T) [S], ≥ 0, between each two of the T attached terminals: left, right, top, bottom."""
    attached: tuple[Indices, Indices, Indices, Indices]
    """Line numbers of the attached terminals at left, right, top, bottom."""
    shape: tuple[int, int]

    @property
    def word_to_bit(self) -> Array:
        """(N, M) [S]: current out of each bit line's bottom per volt at each word line's left end, all
        other terminals at 0 V."""
        left, right, top, _ = (len(lines) for lines in self.attached)
        block = self.conductance[left + right + top :, :left]
        full = np.zeros((self.shape[1], self.shape[0]))
        full[np.ix_(self.attached[3], self.attached[0])] = block
        return full

    def currents(self, voltages: Terminals) -> Terminals:
        """Currents [A] into the array for voltages [V]; both (P, lines) a side."""
        given = np.concatenate(
            [getattr(voltages, side)[:, lines] for side, lines in zip(SIDES, self.attached, strict=True)],
            axis=1,
        )
        flow = given * self.conductance.sum(axis=1) - given @ self.conductance
        parts: dict[str, Array] = {}
        start = 0
        for side, lines in zip(SIDES, self.attached, strict=True):
            part = np.zeros(getattr(voltages, side).shape)
            part[:, lines] = flow[:, start : start + len(lines)]
            parts[side] = part
            start += len(lines)
        return Terminals(**parts)


def transfer_matrix(array: Crossbar) -> TransferMatrix:
    """Merge the whole array; see the module. Raises `SimulationError` for shorted cells, floating nodes."""
    require_solvable(array)
    if not np.isfinite(array.cells).all():
        raise SimulationError(
            "the transfer matrix takes finite conductances; shorted cells need solve(…, method='direct')"
        )
    word, bit = array.word_segments(), array.bit_segments()
    total = float(array.cells.sum()) or 1.0
    tiny = IDEAL / total
    word = 1.0 / np.maximum(word, tiny)
    bit = 1.0 / np.maximum(bit, tiny)
    rows, columns = array.shape
    conductance = _block(array.cells, word, bit, (0, rows, 0, columns))
    attached = (word[:, 0], word[:, -1], bit[:, 0], bit[:, -1])
    np.fill_diagonal(conductance, 0.0)
    return TransferMatrix(
        conductance=conductance,
        attached=tuple(np.flatnonzero(end) for end in attached),  # type: ignore[arg-type]
        shape=array.shape,
    )


def _block(g: Array, word: Array, bit: Array, where: tuple[int, int, int, int]) -> Array:
    """Port conductances [S] of the block `where` = (i0, i1, j0, j1)."""
    i0, i1, j0, j1 = where
    if max(i1 - i0, j1 - j0) <= LEAF:
        return leaf(g, word, bit, i0, i1, j0, j1)
    across = j1 - j0 >= i1 - i0
    middle = (j0 + j1) // 2 if across else (i0 + i1) // 2
    halves = (
        ((i0, i1, j0, middle), (i0, i1, middle, j1))
        if across
        else ((i0, middle, j0, j1), (middle, i1, j0, j1))
    )
    first, second = (_block(g, word, bit, half) for half in halves)
    counts = np.empty((2, 4), dtype=np.int64)
    for half, count in zip(halves, counts, strict=True):
        sides(word, bit, *half, count)
    to_first = np.empty(len(first), dtype=np.int64)
    to_second = np.empty(len(second), dtype=np.int64)
    kept = place(across, counts[0], counts[1], to_first, to_second)
    return _merged(first, second, to_first, to_second, int(kept))


def _merged(first: Array, second: Array, to_first: Indices, to_second: Indices, kept: int) -> Array:
    """Merge two blocks: ports go to `to_first`, `to_second`; those from `kept` on are eliminated.

    With D the row sums and K the conductances among the eliminated, C = D − K is inverted by
    Cholesky and one sweep X ← D⁻¹ + D⁻¹ K X, which restores the digits of its small entries.
    """
    from scipy.linalg import get_lapack_funcs

    own_first, own_second = np.flatnonzero(to_first < kept), np.flatnonzero(to_second < kept)
    shared_first, shared_second = np.flatnonzero(to_first >= kept), np.flatnonzero(to_second >= kept)
    shared, count = len(shared_first), len(own_first)
    among, other = np.empty((shared, shared)), np.empty((shared, shared))
    pick(first, shared_first, shared_first, among)
    pick(second, shared_second, shared_second, other)
    among += other
    np.fill_diagonal(among, 0.0)
    # Kept ports of both blocks, the first block's before the second's.
    outward = np.empty((shared, kept))
    pick(first, shared_first, own_first, outward[:, :count])
    pick(second, shared_second, own_second, outward[:, count:])
    total = among.sum(axis=1) + outward.sum(axis=1)
    factorise, invert = get_lapack_funcs(("potrf", "potri"), (among,))
    factor, failed = factorise(np.diag(total) - among, lower=1, overwrite_a=1)
    if failed:
        raise SimulationError(
            "conductances differ too much for the transfer matrix (an eliminated block is singular in "
            "double precision); use method='iterative' or 'direct'"
        )
    inverse, _ = invert(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    inverse = (among @ inverse + np.eye(shared)) / total[:, np.newaxis]
    update = _upper_product(outward, inverse @ outward)
    order = np.concatenate([to_first[own_first], to_second[own_second]])
    return assemble(update, order, first, to_first, second, to_second)


def _upper_product(a: Array, b: Array, panel: int = 192) -> Array:
    """aᵀ b (n, n), known to be symmetric: its upper half, panel by panel; the rest has no meaning."""
    size = a.shape[1]
    product = np.empty((size, size))
    for start in range(0, size, panel):
        stop = min(start + panel, size)
        np.matmul(a[:, start:stop].T, b[:, start:], out=product[start:stop, start:])
    return product
