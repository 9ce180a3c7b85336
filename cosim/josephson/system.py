"""From topology and values to the constant arrays that the kernel works on.

Here the unknowns are put into elimination order and one row is added for ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.josephson import factor
from cosim.josephson.layout import Factors, Network, aligned, zeros
from cosim.josephson.matrices import (
    FLUX_PER_PHASE,
    InverseInductance,
    Matrices,
    Pattern,
    assemble,
    inverse_inductance,
)
from cosim.josephson.spread import spread_of_charge
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values

Array = NDArray[np.float64]
Index = NDArray[np.int64]


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
    inverse_inductance: InverseInductance

    @property
    def lanes(self) -> int:
        return len(self.network.width)

    def new_factors(self) -> Factors:
        n, lanes, s = self.topology.size, self.lanes, self.symbolic
        return Factors(
            ls=s.lower_start,
            lc=s.lower_column,
            us=s.upper_start,
            uc=s.upper_column,
            lower=zeros(len(s.lower_column), lanes),
            upper=zeros(len(s.upper_column), lanes),
            inverse=zeros(n, lanes),
            matrix=zeros(len(self.network.column), lanes),
            work=zeros(n + 1, lanes),
        )

    def check(self, row: int) -> None:
        """Raise SimulationError for the row of a pivot that vanished, naming a node; -1 is none."""
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
    inverse = inverse_inductance(topology, values)
    raw = assemble(topology, values, inverse)
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
    spread_start, spread_row, spread = spread_of_charge(matrices, plus, minus)
    stamped = _stamp_positions(pattern, plus, minus)
    used = np.any(matrices.conductance != 0.0, axis=1)
    used[stamped[stamped >= 0]] = True
    c = _Sparse.of(pattern, matrices.capacitance, np.any(matrices.capacitance != 0.0, axis=1))
    g = _Sparse.of(pattern, matrices.conductance, used)
    k = _Sparse.of(pattern, matrices.stiffness, np.any(matrices.stiffness != 0.0, axis=1))
    massive = np.flatnonzero(np.diff(c.start))
    mass_of = np.full(n + 1, -1, dtype=np.int64)
    mass_of[massive] = np.arange(len(massive))
    place_in_g = np.full(len(pattern.column) + 1, -1, dtype=np.int64)
    place_in_g[g.place] = np.arange(len(g.place))
    ports, lines = topology.line_ports, len(topology.lines)
    kappa = FLUX_PER_PHASE
    offset = _lanes(values.phase_offset)
    network = Network(
        width=(0,) * values.variants,
        start=pattern.start,
        column=pattern.column,
        c_start=np.append(c.start[massive], c.start[-1]),
        c_column=c.column,
        c_place=c.place,
        c=c.values,
        g_start=g.start,
        g_column=g.column,
        g_place=g.place,
        g=g.values,
        k_start=k.start,
        k_column=k.column,
        k_place=k.place,
        k=k.values,
        massive=massive,
        mass_of=mass_of,
        plus=plus,
        minus=minus,
        plus_mass=np.where(plus < n, mass_of[plus], len(massive)),
        minus_mass=np.where(minus < n, mass_of[minus], len(massive)),
        shifted=bool(np.any(offset != 0.0)),
        critical_current=_lanes(values.critical_current),
        phase_offset=offset,
        gap_lower=_lanes(values.gap_lower / kappa),
        gap_upper=_lanes(values.gap_upper / kappa),
        subgap=_lanes(values.subgap_conductance * kappa),
        transition=_lanes(values.gap_conductance * kappa),
        normal=_lanes(values.normal_conductance * kappa),
        stamp=place_in_g[stamped],
        spread_start=spread_start,
        spread_row=spread_row,
        spread=aligned(spread),
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
        inverse_inductance=inverse,
    )


@dataclass(frozen=True, kw_only=True)
class _Sparse:
    """The entries of one matrix; `place` is where they lie on the union pattern."""

    start: Index
    column: Index
    place: Index
    values: Array

    @classmethod
    def of(cls, pattern: Pattern, values: Array, used: NDArray[np.bool_]) -> _Sparse:
        place = np.flatnonzero(used)
        before = np.concatenate([[0], np.cumsum(used)])
        return cls(
            start=before[pattern.start].astype(np.int64),
            column=pattern.column[place],
            place=place,
            values=aligned(values[place]),
        )


def _lanes(array: Array) -> Array:
    """(variants, elements) to contiguous (elements, lanes)."""
    return aligned(array.T)


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
