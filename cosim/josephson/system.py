"""From topology and values to the constant arrays that the kernel works on.

Here the unknowns are put into elimination order and one row is added for ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.josephson import factor
from cosim.josephson.kernel import refactor
from cosim.josephson.layout import Factors, Network
from cosim.josephson.matrices import FLUX_PER_PHASE, Matrices, Pattern, assemble, inverse_inductances
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Weight [s] of conductance and stiffness where capacitance alone leaves a cut-off group of
#: nodes free to move together.
_TIE_BREAK = 1e-17


@dataclass(frozen=True, kw_only=True)
class System:
    """A topology with its values for `lanes` variants."""

    topology: Topology
    network: Network
    symbolic: factor.Symbolic
    position: Index
    """`position[unknown]` is its row in the kernel; ground maps to the last row."""
    matrices: Matrices
    values: Values
    inverse_inductance: list[tuple[Index, Array]]

    @property
    def lanes(self) -> int:
        return self.network.c.shape[1]

    def new_factors(self) -> Factors:
        n, lanes, s = self.topology.size, self.lanes, self.symbolic
        return Factors(
            ls=s.lower_start,
            lc=s.lower_column,
            us=s.upper_start,
            uc=s.upper_column,
            lower=np.zeros((len(s.lower_column), lanes)),
            upper=np.zeros((len(s.upper_column), lanes)),
            inverse=np.zeros((n, lanes)),
            matrix=np.zeros((len(self.network.column), lanes)),
            work=np.zeros((n + 1, lanes)),
        )

    def refactor(self, factors: Factors, step: float) -> None:
        """Fill `factors` for γh = `step`; a singular matrix names the node that floats."""
        self.check(refactor(self.network, factors, step))

    def check(self, row: int) -> None:
        if row < 0:
            return
        unknown = int(np.flatnonzero(self.position[:-1] == row)[0])
        node = self.topology.unknown_names[unknown]
        raise SimulationError(
            f"the circuit equations are singular at node {node}: nothing ties it to ground, or its elements "
            "cancel; give it a path to ground (a large resistor will do)"
        )


def build(topology: Topology, values: Values) -> System:
    """Order the unknowns and lay out everything that stays constant during a run."""
    raw = assemble(topology, values)
    n = topology.size
    order = factor.minimum_degree(n, raw.pattern.start, raw.pattern.column)
    position = np.empty(n + 1, dtype=np.int64)
    position[order] = np.arange(n)
    position[n] = n
    matrices = _permute(raw, position)
    pattern = matrices.pattern
    symbolic = factor.analyse(n, pattern.start, pattern.column)
    junctions = topology.junctions
    plus, minus = position[junctions.pairs[:, 0]], position[junctions.pairs[:, 1]]
    spread_start, spread_row, spread = _spread(matrices, plus, minus)
    ports, lines = topology.line_ports, len(topology.lines)
    kappa = FLUX_PER_PHASE
    network = Network(
        start=pattern.start,
        column=pattern.column,
        c=matrices.capacitance,
        g=matrices.conductance.copy(),
        k=matrices.stiffness,
        plus=plus,
        minus=minus,
        critical_current=_lanes(values.critical_current),
        phase_offset=_lanes(values.phase_offset),
        gap_lower=_lanes(values.gap_lower / kappa),
        gap_upper=_lanes(values.gap_upper / kappa),
        subgap=_lanes(values.subgap_conductance * kappa),
        transition=_lanes(values.gap_conductance * kappa),
        normal=_lanes(values.normal_conductance * kappa),
        stamp=_stamp_positions(pattern, plus, minus),
        spread_start=spread_start,
        spread_row=spread_row,
        spread=spread,
        port_plus=position[ports.pairs[:, 0]],
        port_minus=position[ports.pairs[:, 1]],
        port_conductance=_lanes(np.tile(kappa / values.line_impedance, (1, 2))),
        port_delay=_lanes(np.tile(values.line_delay, (1, 2))),
        port_partner=np.roll(np.arange(2 * lines), lines).astype(np.int64),
    )
    return System(
        topology=topology,
        network=network,
        symbolic=symbolic,
        position=position,
        matrices=matrices,
        values=values,
        inverse_inductance=inverse_inductances(topology, values) if topology.tied_sources else [],
    )


def _lanes(array: Array) -> Array:
    """(variants, elements) to contiguous (elements, lanes)."""
    return np.ascontiguousarray(array.T)


def _permute(raw: Matrices, position: Index) -> Matrices:
    n = raw.pattern.size
    rows = position[np.repeat(np.arange(n), np.diff(raw.pattern.start))]
    columns = position[raw.pattern.column]
    by = np.lexsort((columns, rows))
    start = np.searchsorted(rows[by], np.arange(n + 1)).astype(np.int64)
    return Matrices(
        pattern=Pattern(size=n, start=start, column=np.ascontiguousarray(columns[by])),
        capacitance=np.ascontiguousarray(raw.capacitance[by]),
        conductance=np.ascontiguousarray(raw.conductance[by]),
        stiffness=np.ascontiguousarray(raw.stiffness[by]),
    )


def _stamp_positions(pattern: Pattern, plus: Index, minus: Index) -> Index:
    result = np.full((len(plus), 4), -1, dtype=np.int64)
    n = pattern.size
    for corner, (row, column) in enumerate(((plus, plus), (minus, minus), (plus, minus), (minus, plus))):
        inside = (row < n) & (column < n) & (plus != minus)
        result[inside, corner] = pattern.position(row[inside], column[inside])
    return result


def _spread(matrices: Matrices, plus: Index, minus: Index) -> tuple[Index, Index, Array]:
    """For each junction the change of node rates [per ampere·second] that its own charge makes.

    Solves κC δ = e_plus - e_minus on the group of nodes that capacitances connect. Where the
    group has no capacitance to ground its common mode is what conductance and inductance allow.
    """
    pattern = matrices.pattern
    n = pattern.size
    from scipy import sparse

    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    has = np.any(matrices.capacitance != 0.0, axis=1)
    graph = sparse.coo_matrix((np.ones(has.sum()), (rows[has], pattern.column[has])), shape=(n, n))
    _, label = sparse.csgraph.connected_components(graph, directed=False)
    members: dict[int, list[int]] = {}
    for node, group in enumerate(label):
        members.setdefault(int(group), []).append(node)
    tie = matrices.capacitance + _TIE_BREAK * (matrices.conductance + _TIE_BREAK * matrices.stiffness)
    inverse: dict[int, Array] = {}
    starts, all_rows, all_values = [0], [], []
    for a, b in zip(plus, minus, strict=True):
        group = int(label[a] if a < n else label[b] if b < n else -1)
        nodes = members.get(group, [])
        if a == b:
            nodes = []
        if nodes and group not in inverse:
            inverse[group] = _group_inverse(pattern, tie, np.array(nodes))
        if nodes:
            place = {node: i for i, node in enumerate(nodes)}
            column = np.zeros((tie.shape[1], len(nodes)))
            if a < n:
                column += inverse[group][:, :, place[int(a)]]
            if b < n:
                column -= inverse[group][:, :, place[int(b)]]
            all_rows.extend(nodes)
            all_values.append(column.T)
        starts.append(len(all_rows))
    values = np.concatenate([np.empty((0, tie.shape[1])), *all_values])
    return np.array(starts, dtype=np.int64), np.array(all_rows, dtype=np.int64), np.ascontiguousarray(values)


def _group_inverse(pattern: Pattern, tie: Array, nodes: Index) -> Array:
    """(lanes, m, m) inverse of the block of `nodes`."""
    row, column = np.meshgrid(nodes, nodes, indexing="ij")
    keys = np.repeat(np.arange(pattern.size), np.diff(pattern.start)) * pattern.size + pattern.column
    wanted = row.ravel() * pattern.size + column.ravel()
    where = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[where] == wanted
    block = np.where(found[:, None], tie[where], 0.0).reshape(len(nodes), len(nodes), -1)
    return np.linalg.pinv(np.moveaxis(block, 2, 0), hermitian=True, rcond=1e-14)
