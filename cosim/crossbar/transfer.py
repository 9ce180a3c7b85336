"""The exact transfer matrix of an array with fixed conductances, by hierarchical port merging.

For fixed conductances the currents at the terminals are linear in their voltages. Neighbouring
blocks of cells are merged, the ports that they share eliminated, until the terminals are left:
O(N³) once, then a matrix product for any number of inputs. Small blocks: `merging.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.connectivity import require_solvable
from cosim.crossbar.drive import SIDES, Terminals
from cosim.crossbar.merging import factor_panel, keep, leaf, pick, reorder, sides
from cosim.errors import SimulationError

Indices = NDArray[np.int64]

#: Blocks up to this many lines a side are merged by compiled loops, larger ones by BLAS.
LEAF = 32
#: Ideal segments get this share of the resistance of all cells in parallel.
IDEAL = 1e-14
#: Shared ports that are eliminated together.
PANEL = 64


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
    block = _block(array.cells, word, bit, (0, rows, 0, columns))
    conductance = np.empty_like(block.conductance)
    reorder(block.conductance, np.concatenate(block.ports), conductance)
    attached = (word[:, 0], word[:, -1], bit[:, 0], bit[:, -1])
    return TransferMatrix(
        conductance=conductance,
        attached=tuple(np.flatnonzero(end) for end in attached),  # type: ignore[arg-type]
        shape=array.shape,
    )


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Port conductances of a block of cells."""

    conductance: Array
    """(ports, ports) [S]; only the upper half, without the diagonal, has a meaning."""
    ports: tuple[Indices, Indices, Indices, Indices]
    """Where those at left, right, top, bottom stand, each along its side."""


def _block(g: Array, word: Array, bit: Array, where: tuple[int, int, int, int]) -> _Block:
    """The block `where` = (i0, i1, j0, j1)."""
    i0, i1, j0, j1 = where
    if max(i1 - i0, j1 - j0) <= LEAF:
        counts = np.empty(4, dtype=np.int64)
        sides(word, bit, i0, i1, j0, j1, counts)
        starts = np.concatenate([[0], np.cumsum(counts)])
        ports = tuple(np.arange(a, b) for a, b in pairwise(starts))
        return _Block(conductance=leaf(g, word, bit, i0, i1, j0, j1), ports=ports)  # type: ignore[arg-type]
    across = j1 - j0 >= i1 - i0
    middle = (j0 + j1) // 2 if across else (i0 + i1) // 2
    halves = (
        ((i0, i1, j0, middle), (i0, i1, middle, j1))
        if across
        else ((i0, middle, j0, j1), (middle, i1, j0, j1))
    )
    first, second = (_block(g, word, bit, half) for half in halves)
    return _merged(first, second, across)


def _merged(first: _Block, second: _Block, across: bool) -> _Block:
    """Merge two blocks, `second` to the right of `first` (across) or below it.

    The ports that they share are eliminated panel by panel: with C the nodal matrix among them and O
    their conductances to the kept ports, X = L⁻¹ O for C = L Lᵀ, and Xᵀ X is added between the kept.
    """
    from scipy.linalg import get_blas_funcs

    behind, front = (1, 0) if across else (3, 2)
    shared_first, shared_second = first.ports[behind], second.ports[front]
    own_first, new_first = _others(len(first.conductance), shared_first)
    own_second, new_second = _others(len(second.conductance), shared_second)
    shared, count, kept = len(shared_first), len(own_first), len(own_first) + len(own_second)
    among, outward = np.zeros((shared, shared)), np.zeros((shared, kept))
    pick(first.conductance, shared_first, shared_first, among)
    pick(second.conductance, shared_second, shared_second, among)
    pick(first.conductance, shared_first, own_first, outward[:, :count])
    pick(second.conductance, shared_second, own_second, outward[:, count:])
    _eliminate(among, outward)
    merged = np.empty((kept, kept))
    keep(first.conductance, own_first, second.conductance, own_second, merged)
    # The upper half of a C array is the lower half of its transpose, which is what BLAS takes in place.
    (update,) = get_blas_funcs(("syrk",), (outward,))
    update(1.0, outward.T, beta=1.0, c=merged.T, lower=1, overwrite_c=1)
    ports = []
    for side in range(4):
        ours, theirs = new_first[first.ports[side]], new_second[second.ports[side]] + count
        ports.append(ours if side == front else theirs if side == behind else np.concatenate([ours, theirs]))
    return _Block(conductance=merged, ports=tuple(ports))  # type: ignore[arg-type]


def _others(size: int, shared: Indices) -> tuple[Indices, Indices]:
    """Numbers of the ports that are not `shared`, and (size,) the place of each among them."""
    own = np.ones(size, dtype=bool)
    own[shared] = False
    return np.flatnonzero(own), np.cumsum(own) - 1


def _eliminate(among: Array, outward: Array) -> None:
    """Overwrite `outward` (s, kept) with L⁻¹ of it; `among` (s, s) is used up. Nothing is subtracted."""
    count = len(among)
    for start in range(0, count, PANEL):
        stop = min(start + PANEL, count)
        # What the nodes before this panel put between it and everything behind it.
        if start:
            before = among[:start, start:stop].T
            among[start:stop, start:] += before @ among[:start, start:]
            outward[start:stop] += before @ outward[:start]
        outside = outward[start:stop].sum(axis=1) + among[start:stop, stop:].sum(axis=1)
        inverse = np.empty((stop - start, stop - start))
        factor_panel(among[start:stop, start:stop].copy(), outside, inverse)
        outward[start:stop] = inverse @ outward[start:stop]
        among[start:stop, stop:] = inverse @ among[start:stop, stop:]
