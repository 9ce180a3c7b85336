"""The three matrices of the circuit on one sparse pattern, for all variants at once.

With φ the node phases and κ = Φ0/2π, Kirchhoff's current law reads

    κC φ'' + κG φ' + κK φ + Σ Ic sin φ_J = i(t)

C, G and K hold capacitances, conductances and inverse inductances (mutual ones through the
inverse of the inductance matrix of each coupled group). All are stored as values on the
union pattern in elimination order, arrays (nonzeros, variants).

Not here: factors (`factor.py`), time (`kernel.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import SimulationError
from cosim.josephson.components import components
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FLUX_PER_PHASE = 1.0 / PHASE_PER_FLUX


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """CSR pattern (`start`, `column`) of n × n, n = topology.size, rows in topology order."""

    size: int
    start: Index
    column: Index

    def position(self, row: Index, column: Index) -> Index:
        """Positions of entries that must exist."""
        keys = np.repeat(np.arange(self.size), np.diff(self.start)) * self.size + self.column
        return np.searchsorted(keys, row * self.size + column)


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """κC, κG, κK as (nonzeros, variants) on `pattern`; currents [A] per phase unit."""

    pattern: Pattern
    capacitance: Array
    conductance: Array
    stiffness: Array
    rigid: NDArray[np.bool_]
    """(nonzeros,): entries of equations that set a voltage, and of unknowns that are currents."""


def loose_unknowns(matrices: Matrices) -> NDArray[np.bool_]:
    """(unknowns,): those whose rate steps where a source bends.

    A step of rates moves no charge and no current through resistances: it is common to all nodes
    that capacitances and resistances connect, and none of these leads to ground.
    """
    pattern = matrices.pattern
    n = pattern.size
    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    linked, tied = np.zeros(len(rows), dtype=bool), np.zeros(n, dtype=bool)
    for part in (matrices.capacitance[:, 0], matrices.conductance[:, 0]):
        linked |= part != 0.0
        total = np.bincount(rows, part, n)
        tied |= np.abs(total) > 1e-9 * np.bincount(rows, np.abs(part), n)
    label = components(n, rows[linked], pattern.column[linked])
    grounded = np.zeros(n, dtype=bool)
    grounded[label[tied]] = True
    return ~grounded[label]


def coupled_groups(topology: Topology) -> list[Index]:
    """Positions of inductors that are tied by mutual inductance, each group once."""
    pairs = topology.mutual_pairs
    coupled = np.unique(pairs)
    label = components(len(topology.inductors), pairs[:, 0], pairs[:, 1])[coupled]
    order = np.argsort(label, kind="stable")
    bounds = np.flatnonzero(np.diff(label[order])) + 1
    return np.split(coupled[order], bounds) if len(coupled) else []


@dataclass(frozen=True, kw_only=True)
class InverseInductance:
    """Inverse of the inductance matrix, one block for each group of coupled coils.

    `single` (k,) are positions of coils alone, `single_value` (variants, k) [1/H]; each entry of
    `groups` holds the positions (g,) of coupled coils and their block (variants, g, g).
    """

    single: Index
    single_value: Array
    groups: list[tuple[Index, Array]]

    def row(self, inductor: int, variant: int = 0) -> tuple[Index, Array]:
        """Positions (g,) of the coils that the current of `inductor` depends on, and the weights (g,)."""
        for group, block in self.groups:
            if inductor in group:
                return group, block[variant, int(np.flatnonzero(group == inductor)[0])]
        place = int(np.searchsorted(self.single, inductor))
        return self.single[place : place + 1], self.single_value[variant, place : place + 1]


def inverse_inductance(topology: Topology, values: Values) -> InverseInductance:
    """Raise SimulationError for coils that cannot exist."""
    groups = coupled_groups(topology)
    alone = np.ones(len(topology.inductors), dtype=bool)
    alone[topology.mutual_pairs] = False
    single = np.flatnonzero(alone)
    blocks = []
    for group in groups:
        place = {int(p): i for i, p in enumerate(group)}
        matrix = np.zeros((values.variants, len(group), len(group)))
        own = values.inductance[:, group]
        matrix[:, np.arange(len(group)), np.arange(len(group))] = own
        for k, (first, second) in enumerate(topology.mutual_pairs):
            if int(first) not in place:
                continue
            i, j = place[int(first)], place[int(second)]
            mutual = values.coupling[:, k] * np.sqrt(own[:, i] * own[:, j])
            matrix[:, i, j] += mutual
            matrix[:, j, i] += mutual
        if np.any(np.linalg.eigvalsh(matrix)[:, 0] <= 0.0):
            names = ", ".join(topology.inductors.names[int(p)] for p in group)
            raise SimulationError(
                f"the inductance matrix of the coupled coils {names} is not positive definite: "
                "no set of real coils has these coupling factors; lower some of them"
            )
        blocks.append((group, np.linalg.inv(matrix)))
    return InverseInductance(single=single, single_value=1.0 / values.inductance[:, single], groups=blocks)


class _Stamps:
    """Collects stamps of two-terminal elements: rows, columns, and which value with which sign."""

    def __init__(self) -> None:
        self.rows: list[Index] = []
        self.columns: list[Index] = []
        self.values: list[Array] = []

    def add(self, first: Index, second: Index, values: Array) -> None:
        """Currents in equations `first` (k, 2) follow unknowns `second` (k, 2) by `values` (variants, k)."""
        for i in (0, 1):
            for j in (0, 1):
                self.rows.append(first[:, i])
                self.columns.append(second[:, j])
                self.values.append(values if i == j else -values)


def assemble(topology: Topology, values: Values, inverse: InverseInductance) -> Matrices:
    """Stamp all elements."""
    capacitance, conductance, stiffness = _Stamps(), _Stamps(), _Stamps()
    junctions, capacitors = topology.junctions, topology.capacitors
    capacitance.add(capacitors.rows, capacitors.pairs, values.capacitance)
    capacitance.add(junctions.rows, junctions.pairs, values.junction_capacitance)
    resistors, ports = topology.resistors, topology.line_ports
    conductance.add(resistors.rows, resistors.pairs, 1.0 / values.resistance)
    conductance.add(junctions.rows, junctions.pairs, values.subgap_conductance)
    conductance.add(ports.rows, ports.pairs, np.tile(1.0 / values.line_impedance, (1, 2)))
    coils = topology.inductors
    stiffness.add(coils.rows[inverse.single], coils.pairs[inverse.single], inverse.single_value)
    for group, block in inverse.groups:
        g = len(group)
        first, second = np.repeat(coils.rows[group], g, axis=0), np.tile(coils.pairs[group], (g, 1))
        stiffness.add(first, second, block.reshape(values.variants, g * g))
    controlled = topology.controlled
    if controlled.stamps:
        conductance.rows.append(np.array([stamp.row for stamp in controlled.stamps], dtype=np.int64))
        conductance.columns.append(np.array([stamp.column for stamp in controlled.stamps], dtype=np.int64))
        conductance.values.append(controlled.values(values.gain))
    pattern = _union(topology.size, (capacitance, conductance, stiffness))
    c, g_, k = (_on(pattern, stamps, values.variants) for stamps in (capacitance, conductance, stiffness))
    rigid = _rigid(pattern, topology, c)
    return Matrices(pattern=pattern, capacitance=c, conductance=g_, stiffness=k, rigid=rigid)


def _rigid(pattern: Pattern, topology: Topology, capacitance: Array) -> NDArray[np.bool_]:
    """A current into a row without capacitance is not rigid unless the row belongs to a voltage."""
    found = np.zeros(len(pattern.column), dtype=bool)
    currents = topology.controlled.rigid
    row = topology.controlled.row
    # The row of a voltage's equation is that of a node whose own equation stands elsewhere.
    voltages = {int(k) for k in np.flatnonzero(row != np.arange(len(row)))}
    rows = np.repeat(np.arange(pattern.size), np.diff(pattern.start))
    taking = voltages | currents | {int(k) for k in rows[np.any(capacitance != 0.0, axis=1)]}
    for stamp in topology.controlled.stamps:
        inside = stamp.row in taking and stamp.row < pattern.size and stamp.column < pattern.size
        if inside and (stamp.row in voltages or stamp.column in currents):
            found[pattern.position(np.array([stamp.row]), np.array([stamp.column]))] = True
    return found


def _union(size: int, stamps: tuple[_Stamps, ...]) -> Pattern:
    diagonal = np.arange(size)
    rows = np.concatenate([diagonal, *(a for s in stamps for a in s.rows)])
    columns = np.concatenate([diagonal, *(a for s in stamps for a in s.columns)])
    inside = (rows < size) & (columns < size)
    rows, columns = rows[inside], columns[inside]
    keys = np.unique(np.concatenate([rows * size + columns, columns * size + rows]))
    start = np.searchsorted(keys, np.arange(size + 1) * size)
    return Pattern(
        size=size, start=start.astype(np.int64), column=(keys % size if size else keys).astype(np.int64)
    )


def _on(pattern: Pattern, stamps: _Stamps, variants: int) -> Array:
    rows = np.concatenate([np.empty(0, dtype=np.int64), *stamps.rows])
    columns = np.concatenate([np.empty(0, dtype=np.int64), *stamps.columns])
    values = np.concatenate([np.empty((variants, 0)), *stamps.values], axis=1) * FLUX_PER_PHASE
    inside = (rows < pattern.size) & (columns < pattern.size)
    where = pattern.position(rows[inside], columns[inside])
    order = np.argsort(where, kind="stable")
    ordered = where[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else ordered
    total = np.zeros((len(pattern.column), variants))
    if len(ordered):
        total[ordered[first]] = np.add.reduceat(values[:, inside][:, order], first, axis=1).T
    return total
