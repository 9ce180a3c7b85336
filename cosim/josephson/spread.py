"""Where the charge that a junction moves goes: onto the capacitances around it, at once.

The step (`kernel.py`) ends with a correction of what the supercurrent moved. Charge that
arrives at once changes the rates of the nodes that capacitances connect, and of those without
capacitance that hang on them by resistors; everything else keeps its rate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cosim.josephson.matrices import Matrices, Pattern

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Weight [s] of conductance and stiffness where capacitance alone leaves nodes free.
_TIE_BREAK = 1e-17


def spread_of_charge(matrices: Matrices, plus: Index, minus: Index) -> tuple[Index, Index, Array]:
    """Start (junctions+1,), rows and values (entries, lanes) [1/(A·s) in rates] of each junction.

    Solves (κC + ε κG + ε² κK) δ = e_plus - e_minus for ε → 0 on the nodes that move, all others
    held: the group of nodes that capacitances connect, and the groups of nodes without
    capacitance that resistors connect to it.
    """
    pattern = matrices.pattern
    n = pattern.size
    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    has_c = np.any(matrices.capacitance != 0.0, axis=1)
    has_g = np.any(matrices.conductance != 0.0, axis=1)
    light = np.ones(n, dtype=bool)
    light[rows[has_c]] = False
    inside = has_c | (has_g & light[rows] & light[pattern.column])
    graph = sparse.coo_matrix((np.ones(inside.sum()), (rows[inside], pattern.column[inside])), shape=(n, n))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    members: dict[int, list[int]] = {}
    for node, group in enumerate(label):
        members.setdefault(int(group), []).append(node)
    hang: dict[int, set[int]] = {}
    for row, column in zip(rows[has_g], pattern.column[has_g], strict=True):
        if not light[row] and light[column]:
            hang.setdefault(int(label[row]), set()).add(int(label[column]))
    tie = matrices.capacitance + _TIE_BREAK * (matrices.conductance + _TIE_BREAK * matrices.stiffness)
    inverses: dict[int, tuple[list[int], dict[int, int], Array]] = {}
    starts, all_rows, all_values = [0], [], []
    for a, b in zip(plus, minus, strict=True):
        group = int(label[a] if a < n else label[b] if b < n else -1)
        if group >= 0 and a != b:
            if group not in inverses:
                nodes = [*members[group], *(m for g in sorted(hang.get(group, ())) for m in members[g])]
                place = {node: i for i, node in enumerate(nodes)}
                inverses[group] = nodes, place, _inverse(pattern, tie, np.array(nodes))
            nodes, place, inverse = inverses[group]
            column = np.zeros((tie.shape[1], len(nodes)))
            if a < n:
                column += inverse[:, :, place[int(a)]]
            if b < n:
                column -= inverse[:, :, place[int(b)]]
            all_rows.extend(nodes)
            all_values.append(column.T)
        starts.append(len(all_rows))
    values = np.concatenate([np.empty((0, tie.shape[1])), *all_values])
    return np.array(starts, dtype=np.int64), np.array(all_rows, dtype=np.int64), values


def _inverse(pattern: Pattern, tie: Array, nodes: Index) -> Array:
    """(lanes, m, m) inverse of the block of `nodes`."""
    row, column = np.meshgrid(nodes, nodes, indexing="ij")
    keys = np.repeat(np.arange(pattern.size), np.diff(pattern.start)) * pattern.size + pattern.column
    wanted = row.ravel() * pattern.size + column.ravel()
    where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[where] == wanted
    block = np.where(found[:, None], tie[where], 0.0).reshape(len(nodes), len(nodes), -1)
    stack = np.moveaxis(block, 2, 0)
    # Scaled to a unit diagonal: the light nodes' entries are many orders below the others.
    diagonal = np.einsum("lii->li", stack)
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    scaled = stack * scale[:, :, None] * scale[:, None, :]
    finite = np.isfinite(scaled).all(axis=(1, 2))
    result = np.full_like(scaled, np.nan)
    result[finite] = np.linalg.pinv(scaled[finite], hermitian=True, rcond=1e-15)
    return result * scale[:, :, None] * scale[:, None, :]
