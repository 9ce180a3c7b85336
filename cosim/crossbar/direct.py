"""The direct way: sparse nodal analysis, for small arrays and odd topologies.

Nodes joined without resistance (ideal segments, shorted cells) are one unknown. The currents inside
such a group are those of equal resistors in place of the ideal joints, which is their limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.drive import Terminals
from cosim.crossbar.solution import Nodes, Solution
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Branches between numbered nodes: word nodes, bit nodes, then left, right, top, bottom terminals."""

    first: NDArray[np.intp]
    second: NDArray[np.intp]
    conductance: Array
    """[S] of each branch; infinite where it is ideal."""
    nodes: int
    terminals: int


def graph(array: Crossbar) -> Graph:
    """Branches in this order: cells, word segments row by row, bit segments column by column."""
    rows, columns = array.shape
    size = rows * columns
    word = np.arange(size).reshape(rows, columns)
    bit = word + size
    left = 2 * size + np.arange(rows)
    right, top = left + rows, 2 * size + 2 * rows + np.arange(columns)
    along_word = np.column_stack([left, word, right])
    along_bit = np.column_stack([top, bit.T, top + columns])
    with np.errstate(divide="ignore"):
        conductance = np.concatenate(
            [array.cells.ravel(), 1.0 / array.word_segments().ravel(), 1.0 / array.bit_segments().ravel()]
        )
    return Graph(
        first=np.concatenate([word.ravel(), along_word[:, :-1].ravel(), along_bit[:, :-1].ravel()]),
        second=np.concatenate([bit.ravel(), along_word[:, 1:].ravel(), along_bit[:, 1:].ravel()]),
        conductance=conductance,
        nodes=2 * size,
        terminals=2 * (rows + columns),
    )


def laplacian(first: NDArray, second: NDArray, conductance: Array, size: int):
    """Sparse (size, size) nodal matrix of branches between nodes `first` and `second` [S]."""
    from scipy.sparse import coo_array

    off = coo_array((conductance, (first, second)), shape=(size, size)).tocsr()
    off = off + off.T
    diagonal = np.asarray(off.sum(axis=1)).ravel()
    identity = np.arange(size)
    return (coo_array((diagonal, (identity, identity)), shape=(size, size)).tocsr() - off).tocsc()


def joined(branches: Graph) -> NDArray[np.intp]:
    """Group of each node; raises where ideal joints tie two terminals together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ideal = np.isinf(branches.conductance)
    total = branches.nodes + branches.terminals
    joints = coo_array(
        (np.ones(int(ideal.sum()), dtype=np.int8), (branches.first[ideal], branches.second[ideal])),
        shape=(total, total),
    )
    _, group = connected_components(joints, directed=False)
    held = group[branches.nodes :]
    if len(np.unique(held)) != len(held):
        order = np.argsort(held, kind="stable")
        twin = int(np.flatnonzero(held[order][1:] == held[order][:-1])[0])
        raise SimulationError(
            f"terminals {order[twin]} and {order[twin + 1]} (counted left, right, top, bottom) are joined "
            "without any resistance by shorted cells; give the lines, or the cells, a resistance above zero"
        )
    return group


def _ideal_currents(branches: Graph, current: Array) -> None:
    """Fill in `current` (branches, P) [A] of the ideal branches from what all others leave over."""
    from scipy.sparse.linalg import splu

    ideal = np.isinf(branches.conductance)
    if not ideal.any():
        return
    total = branches.nodes + branches.terminals
    lack = np.zeros((total, current.shape[1]))
    np.add.at(lack, branches.second, current)
    np.subtract.at(lack, branches.first, current)
    matrix = laplacian(branches.first[ideal], branches.second[ideal], np.ones(int(ideal.sum())), total)
    group = joined(branches)
    grounded = np.ones(total, dtype=bool)
    grounded[np.unique(group[::-1], return_index=True)[1]] = False
    grounded = grounded[::-1]
    free = np.flatnonzero(grounded)
    potential = np.zeros_like(lack)
    potential[free] = splu(matrix[free][:, free].tocsc()).solve(lack[free])
    current[ideal] = potential[branches.first[ideal]] - potential[branches.second[ideal]]


def solve_direct(array: Crossbar, voltages: Terminals, *, tolerance: float, nodes: bool) -> Solution:
    """Factor once, solve all inputs."""
    from scipy.sparse.linalg import splu

    rows, columns = array.shape
    branches = graph(array)
    group = joined(branches)
    finite = np.isfinite(branches.conductance) & (branches.conductance > 0)
    used = np.isfinite(branches.conductance)
    groups = int(group.max()) + 1
    matrix = laplacian(
        group[branches.first[finite]], group[branches.second[finite]], branches.conductance[finite], groups
    )
    held = group[branches.nodes :]
    level = np.zeros((groups, voltages.count))
    level[held] = np.concatenate([voltages.left, voltages.right, voltages.top, voltages.bottom], axis=1).T
    free = np.setdiff1d(np.arange(groups), held)
    if len(free):
        block = matrix[free][:, free].tocsc()
        right_hand = -(matrix[free][:, held] @ level[held])
        factors = splu(block, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        level[free] = factors.solve(right_hand)
        level[free] += factors.solve(right_hand - block @ level[free])
    x = level[group]
    current = np.zeros((len(branches.first), voltages.count))
    current[used] = branches.conductance[used, np.newaxis] * (
        x[branches.first[used]] - x[branches.second[used]]
    )
    lack = np.zeros((groups, voltages.count))
    np.add.at(lack, group[branches.second], current)
    np.subtract.at(lack, group[branches.first], current)
    cells = rows * columns
    largest = np.maximum(np.abs(lack[held]).max(axis=0), np.abs(current).max(axis=0))
    worst = np.abs(lack[free]).max(axis=0) if len(free) else np.zeros(voltages.count)
    # Where next to no current flows at all, what is left over is rounding of the voltages.
    rounding = 8 * np.finfo(float).eps * matrix.diagonal().max() * np.abs(level).max(axis=0)
    noise = (worst <= rounding) & (largest <= 1e6 * rounding)
    residual = np.divide(worst, largest, out=np.zeros_like(worst), where=(largest > 0) & ~noise)
    _ideal_currents(branches, current)
    count = voltages.count
    along_word = current[cells : cells + rows * (columns + 1)].T.reshape(count, rows, columns + 1)
    along_bit = current[cells + rows * (columns + 1) :].T.reshape(count, columns, rows + 1)
    return Solution(
        array=array,
        voltages=voltages,
        currents=Terminals(
            left=along_word[:, :, 0],
            right=-along_word[:, :, -1],
            top=along_bit[:, :, 0],
            bottom=-along_bit[:, :, -1],
        ),
        nodes=Nodes(
            word_voltage=x[:cells].T.reshape(count, rows, columns),
            bit_voltage=x[cells : 2 * cells].T.reshape(count, rows, columns),
            cell_current=current[:cells].T.reshape(count, rows, columns),
        )
        if nodes
        else None,
        method="direct",
        residual=residual,
        iterations=(),
        converged=bool((residual <= tolerance).all()),
        message="" if (residual <= tolerance).all() else "rounding limits the sparse factorisation here",
    )
