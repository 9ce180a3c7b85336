"""Where the charge that a junction moves goes: onto the capacitances around it, at once.

The step (`kernel.py`) ends with a correction of what the supercurrent moved. Charge that
arrives at once changes the rates of the nodes that capacitances connect, and of those without
capacitance that hang on them by resistors; everything else keeps its rate.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.components import components
from cosim.josephson.matrices import Matrices, Pattern

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Weight [s] of conductance and stiffness where capacitance alone leaves nodes free.
_TIE_BREAK = 1e-17
#: The same for equations that set a voltage, which is about a capacitance.
_RIGID = 1e-13


def spread_of_charge(
    matrices: Matrices, plus: Index, minus: Index, *, without: Collection[int] = ()
) -> tuple[Index, Index, Array]:
    """Start (junctions+1,), rows and values (entries, lanes) [1/(A·s) in rates] of each junction.

    `plus` and `minus` are the equations that a junction's current enters and leaves. Solves
    (κC + ε κG + ε² κK) δ = e_plus - e_minus for ε → 0 on the nodes that move, all others held: the
    group of nodes that capacitances, or branches that set a voltage, connect, and the groups of
    nodes without capacitance that resistors connect to it. Unknowns in `without` keep their rate.
    """
    pattern = matrices.pattern
    n = pattern.size
    if n == 0:
        return (
            np.zeros(len(plus) + 1, dtype=np.int64),
            np.empty(0, dtype=np.int64),
            np.empty((0, matrices.capacitance.shape[1])),
        )
    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    has_c = np.any(matrices.capacitance != 0.0, axis=1)
    has_g = np.any(matrices.conductance != 0.0, axis=1)
    rigid = matrices.rigid
    held = has_c | rigid
    light = np.ones(n, dtype=bool)
    light[rows[held]] = False
    light[pattern.column[held]] = False
    inside = held | (has_g & light[rows] & light[pattern.column])
    label = components(n, rows[inside], pattern.column[inside])
    first, nodes_of = _moving(label, rows, pattern.column, has_g & ~light[rows] & light[pattern.column])
    weight = np.where(rigid, _RIGID, _TIE_BREAK)[:, None]
    tie = matrices.capacitance + weight * (matrices.conductance + _TIE_BREAK * matrices.stiffness)
    chosen = np.where(plus < n, label[np.minimum(plus, n - 1)], label[np.minimum(minus, n - 1)])
    active = (plus != minus) & ((plus < n) | (minus < n))
    counts = np.where(active, first[chosen + 1] - first[chosen], 0)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    all_rows = np.empty(start[-1], dtype=np.int64)
    all_values = np.empty((start[-1], tie.shape[1]))
    for size in np.unique(counts[active]):
        mine = np.flatnonzero(active & (counts == size))
        groups = np.unique(chosen[mine])
        nodes = nodes_of[first[groups][:, None] + np.arange(size)]
        which = np.searchsorted(groups, chosen[mine])
        column = (nodes[which] == plus[mine][:, None]) * 1.0 - (nodes[which] == minus[mine][:, None])
        change = np.einsum("jlab,jb->jal", _inverse(pattern, tie, nodes)[which], column)
        where = start[mine][:, None] + np.arange(size)
        change[np.isin(nodes[which], list(without))] = 0.0
        all_rows[where] = nodes[which]
        all_values[where] = change
    return start, all_rows, all_values


def _moving(label: Index, rows: Index, columns: Index, hanging: NDArray[np.bool_]) -> tuple[Index, Index]:
    """Nodes that move with each group: its own, then those of groups that hang on it.

    Group g, named by its first node, has the entries `first[g]` to `first[g + 1]` of the second array.
    """
    n = len(label)
    by_label = np.argsort(label, kind="stable")
    begin = np.searchsorted(label[by_label], np.arange(n + 1))
    links = np.unique(label[rows[hanging]] * n + label[columns[hanging]])
    owner, hung = links // n, links % n
    size = begin[hung + 1] - begin[hung]
    offset = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    groups = np.concatenate([label, np.repeat(owner, size)])
    nodes = np.concatenate([np.arange(n), by_label[np.repeat(begin[hung], size) + offset]])
    order = np.argsort(groups, kind="stable")
    return np.searchsorted(groups[order], np.arange(n + 1)), nodes[order]


def _inverse(pattern: Pattern, tie: Array, nodes: Index) -> Array:
    """(groups, lanes, m, m) inverses of the blocks of `nodes` (groups, m)."""
    size = nodes.shape[1]
    keys = np.repeat(np.arange(pattern.size), np.diff(pattern.start)) * pattern.size + pattern.column
    wanted = nodes[:, :, None] * pattern.size + nodes[:, None, :]
    where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[where] == wanted
    block = np.moveaxis(np.where(found[..., None], tie[where], 0.0), 3, 1)
    # Scaled to a unit diagonal: the light nodes' entries are many orders below the others.
    diagonal = np.einsum("glii->gli", block)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    scaled = block * scale[..., :, None] * scale[..., None, :] + 1e-15 * np.eye(size)
    return np.linalg.inv(scaled) * scale[..., :, None] * scale[..., None, :]


def pull_of_charge(matrices: Matrices, start: Index, row: Index, change: Array) -> tuple[Index, Index, Array]:
    """What the conductances make of those changes: rows, junctions and values (entries, lanes).

    κG times the change of the rates, on rows with capacitance.
    """
    pattern = matrices.pattern
    n, junctions, lanes = pattern.size, len(start) - 1, change.shape[1]
    massive = np.zeros(n + 1, dtype=bool)
    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    massive[rows[np.any(matrices.capacitance != 0.0, axis=1)]] = True
    owner = np.repeat(np.arange(junctions), np.diff(start))
    # The matrix is symmetric in structure: the entries of row r are those of column r.
    count = (pattern.start[row + 1] - pattern.start[row]) if len(row) else np.zeros(0, dtype=np.int64)
    which = np.repeat(np.arange(len(row)), count)
    first = pattern.start[row] - (np.cumsum(count) - count)
    entry = np.arange(int(count.sum())) + first[which]
    across = pattern.position(pattern.column[entry], row[which])
    to = pattern.column[entry]
    value = matrices.conductance[across] * change[which]
    keep = massive[to] & np.any(value != 0.0, axis=1)
    key, place = np.unique(owner[which][keep] * (n + 1) + to[keep], return_inverse=True)
    total = np.zeros((len(key), lanes))
    np.add.at(total, place, value[keep])
    return key % (n + 1), key // (n + 1), total
