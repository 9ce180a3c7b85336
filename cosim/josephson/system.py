"""From topology and values to the constant arrays that the kernel works on.

Here the unknowns get their rows and their order of elimination, and ground a row at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
        n, lanes, s, net = self.topology.size, self.lanes, self.symbolic, self.network
        entries = len(s.lower_column)
        lower_row = np.repeat(np.arange(n), np.diff(s.lower_start))
        upper_row = np.repeat(np.arange(n), np.diff(s.upper_start))
        mirror = np.searchsorted(upper_row * n + s.upper_column, s.lower_column * n + lower_row)
        return Factors(
            order=s.order,
            ls=s.lower_start,
            lc=s.lower_column,
            us=s.upper_start,
            uc=s.upper_column,
            mirror=mirror.astype(np.int64),
            forward_from=s.order[upper_row],
            forward_to=s.order[s.upper_column],
            forward=zeros(entries, lanes),
            backward_from=np.ascontiguousarray(s.order[lower_row][::-1]),
            backward_to=np.ascontiguousarray(s.order[s.lower_column][::-1]),
            backward=zeros(entries, lanes),
            upper=zeros(entries, lanes),
            inverse=zeros(n, lanes),
            matrix=zeros(len(net.column), lanes),
            work=zeros(n, lanes),
            stiffness=zeros(len(net.k), lanes),
            inertia=zeros(len(net.c), lanes),
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
    matrices = assemble(topology, values, inverse)
    pattern, n = matrices.pattern, topology.size
    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    heavy = np.any(matrices.capacitance != 0.0, axis=1)
    is_massive = np.zeros(n, dtype=bool)
    is_massive[rows[heavy]] = True
    massive = int(is_massive.sum())
    position = np.empty(n + 1, dtype=np.int64)
    position[np.argsort(~is_massive, kind="stable")] = np.arange(n)
    position[n] = n
    order = factor.minimum_degree(n, pattern.start, pattern.column)
    number = np.empty(n, dtype=np.int64)
    number[order] = np.arange(n)
    by = np.lexsort((number[pattern.column], number[rows]))
    start = np.searchsorted(number[rows][by], np.arange(n + 1)).astype(np.int64)
    column = number[pattern.column][by]
    place = np.empty(len(by), dtype=np.int64)
    place[by] = np.arange(len(by))
    symbolic = replace(factor.analyse(n, start, column), order=position[order])

    def entries(values: Array, used: NDArray[np.bool_], diagonals: int) -> _Entries:
        return _Entries.of(position[rows], position[pattern.column], place, values, used, diagonals)

    c = entries(matrices.capacitance, heavy, massive)
    junctions = topology.junctions
    plus, minus = position[junctions.pairs[:, 0]], position[junctions.pairs[:, 1]]
    plus_row, minus_row = position[junctions.rows[:, 0]], position[junctions.rows[:, 1]]
    stamped = stamp_positions(pattern, junctions.rows, junctions.pairs)
    used = np.any(matrices.conductance != 0.0, axis=1)
    used[stamped[stamped >= 0]] = True
    g = entries(matrices.conductance, used, n)
    k = entries(matrices.stiffness, np.any(matrices.stiffness != 0.0, axis=1), n)
    place_in_g = np.full(len(pattern.column) + 1, -1, dtype=np.int64)
    place_in_g[g.chosen] = np.arange(len(g.chosen))
    spread_start, spread_row, spread = spread_of_charge(
        matrices, *junctions.rows.T, without=topology.controlled.rigid
    )
    place_in_k = np.full(len(pattern.column) + 1, -1, dtype=np.int64)
    place_in_k[k.chosen] = np.arange(len(k.chosen))
    ports, lines = topology.line_ports, len(topology.lines)
    kappa = FLUX_PER_PHASE
    coils = topology.inductors.chosen(topology.kinetic)
    star, slope = values.kinetic_current[:, topology.kinetic], kappa / values.inductance[:, topology.kinetic]
    offset = _lanes(values.phase_offset)
    network = Network(
        width=(0,) * values.variants,
        massive=massive,
        start=start,
        column=column,
        c=c.values,
        c_place=c.place,
        c_row=c.row,
        c_column=c.column,
        g=g.values,
        g_place=g.place,
        g_row=g.row,
        g_column=g.column,
        k=k.values,
        k_place=k.place,
        k_row=k.row,
        k_column=k.column,
        plus=plus,
        minus=minus,
        plus_mass=np.where(plus_row < n, plus_row, massive),
        minus_mass=np.where(minus_row < n, minus_row, massive),
        shifted=bool(np.any(offset != 0.0)),
        critical_current=_lanes(values.critical_current * values.harmonics[:, :, 0]),
        harmonics=values.harmonics.shape[2],
        harmonic=_lanes(_higher(values)),
        phase_offset=offset,
        gap_lower=_lanes(values.gap_lower / kappa),
        gap_upper=_lanes(values.gap_upper / kappa),
        subgap=_lanes(values.subgap_conductance * kappa),
        transition=_lanes(values.gap_conductance * kappa),
        normal=_lanes(values.normal_conductance * kappa),
        stamp=place_in_g[stamped],
        spread_start=spread_start,
        spread_row=position[spread_row],
        spread=aligned(spread),
        kinetic_plus=position[coils.pairs[:, 0]],
        kinetic_minus=position[coils.pairs[:, 1]],
        kinetic_plus_row=position[coils.rows[:, 0]],
        kinetic_minus_row=position[coils.rows[:, 1]],
        kinetic_star=_lanes(star),
        kinetic_scale=_lanes(slope / star),
        kinetic_slope=_lanes(slope),
        kinetic_stamp=place_in_k[stamp_positions(pattern, coils.rows, coils.pairs)],
        port_plus=position[ports.pairs[:, 0]],
        port_minus=position[ports.pairs[:, 1]],
        port_plus_row=position[ports.rows[:, 0]],
        port_minus_row=position[ports.rows[:, 1]],
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
class _Entries:
    """One matrix as a list: diagonal entries of the first rows, then the others by row."""

    row: Index
    column: Index
    """Of the entries off the diagonal."""
    place: Index
    chosen: Index
    """Which entries of the pattern they are."""
    values: Array

    @classmethod
    def of(
        cls, rows: Index, columns: Index, place: Index, values: Array, used: NDArray[np.bool_], diagonals: int
    ) -> _Entries:
        diagonal = np.flatnonzero((rows == columns) & (rows < diagonals))
        diagonal = diagonal[np.argsort(rows[diagonal])]
        off = np.flatnonzero(used & (rows != columns))
        off = off[np.lexsort((columns[off], rows[off]))]
        chosen = np.concatenate([diagonal, off])
        return cls(
            row=rows[off],
            column=columns[off],
            place=place[chosen],
            chosen=chosen,
            values=aligned(values[chosen]),
        )


def _higher(values: Values) -> Array:
    """(variants, (harmonics - 1)·junctions) amplitudes of the higher harmonics."""
    amplitudes = values.critical_current[:, :, None] * values.harmonics[:, :, 1:]
    return np.moveaxis(amplitudes, 2, 1).reshape(values.variants, -1)


def _lanes(array: Array) -> Array:
    """(variants, elements) to contiguous (elements, lanes)."""
    return aligned(array.T)


def stamp_positions(pattern: Pattern, rows: Index, pairs: Index) -> Index:
    """(branches, 4): entries ++, --, +-, -+ of each branch on the pattern, -1 at ground."""
    result = np.full((len(pairs), 4), -1, dtype=np.int64)
    n = pattern.size
    for corner, (i, j) in enumerate(((0, 0), (1, 1), (0, 1), (1, 0))):
        row, column = rows[:, i], pairs[:, j]
        inside = (row < n) & (column < n) & (pairs[:, 0] != pairs[:, 1])
        result[inside, corner] = pattern.position(row[inside], column[inside])
    return result
