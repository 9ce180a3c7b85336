"""From topology and values to the constant arrays that the kernel works on.

Here the unknowns get their rows and their order of elimination, and ground a row at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.josephson.components import components
from cosim.josephson.factor import SLOTS
from cosim.josephson.joints import place_joints
from cosim.josephson.layout import Factors, Joints, Network, aligned, zeros
from cosim.josephson.matrices import (
    FLUX_PER_PHASE,
    InverseInductance,
    Matrices,
    Pattern,
    assemble,
    inverse_inductance,
)
from cosim.josephson.ordering import Elimination, eliminate
from cosim.josephson.rows import Rows, place_rows
from cosim.josephson.spread import pull_of_charge, spread_of_charge
from cosim.josephson.sweeps import Sweep, make_sweep
from cosim.josephson.topology import Topology
from cosim.josephson.values import Values

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Floats in a vector register, for one lane.
_VECTOR = 8
#: Rows of a block, for one lane.
_ROWS_OF_BLOCK = 512


@dataclass(frozen=True, kw_only=True)
class System:
    """A topology with its values for `lanes` variants."""

    topology: Topology
    network: Network
    joints: Joints
    place_of_junction: Index
    junction_of_place: Index
    elimination: Elimination
    rows: Rows
    matrices: Matrices
    values: Values
    inverse_inductance: InverseInductance

    @property
    def position(self) -> Index:
        """(n+1,): `position[unknown]` is its row in the kernel, the last one that of ground."""
        return self.rows.position

    @property
    def lanes(self) -> int:
        return len(self.network.width)

    def new_factors(self) -> Factors:
        lanes, net, e = self.lanes, self.network, self.elimination
        order = self.rows.position[e.order]
        size = len(e.order)
        lower_row = np.repeat(np.arange(size), np.diff(e.lower_start))
        column, across = order[e.lower_column], order[lower_row]
        block = self.rows.block[e.order][e.lower_column]
        turn = e.round[e.order][e.lower_column]
        pack = len(net.wide) // lanes
        blocks = len(net.low)
        forward, ahead = make_sweep(blocks, pack, block, turn, across, column)
        backward, behind = make_sweep(blocks, pack, block, -turn, column, across)
        entries = len(e.lower_column)
        return Factors(
            order=order,
            ls=e.lower_start,
            lc=e.lower_column,
            us=e.upper_start,
            uc=e.upper_column,
            mirror=e.mirror,
            forward=forward,
            forward_place=ahead,
            forward_value=zeros(SLOTS * len(forward.to), lanes),
            backward=backward,
            backward_place=behind,
            backward_value=zeros(SLOTS * len(backward.to), lanes),
            inverse=zeros(SLOTS * net.rows, lanes),
            step=np.concatenate([np.full(SLOTS, -1.0), np.zeros(SLOTS + 1)]),
            upper=zeros(entries, lanes),
            matrix=zeros(len(net.column), lanes),
            work=zeros(size, lanes),
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
    pattern, n, lanes = matrices.pattern, topology.size, values.variants
    rows = np.repeat(np.arange(n), np.diff(pattern.start))
    heavy = np.any(matrices.capacitance != 0.0, axis=1)
    massive = np.zeros(n, dtype=bool)
    massive[rows[heavy]] = True
    # Rounds are runs where there is one lane; with many only their number of entries counts.
    elimination = eliminate(n, pattern.start, pattern.column, degree_at_once=2 if lanes == 1 else 0)
    wide = (0,) * (_VECTOR if lanes == 1 else lanes)
    pack = len(wide) // lanes
    kinetic = topology.kinetic
    # Excess currents of kinetic inductances are found for all rows together.
    places = place_rows(elimination, massive, _ROWS_OF_BLOCK if lanes == 1 and not len(kinetic) else n, pack)
    position, blocks = places.position, len(places.low)
    number = elimination.number
    by = np.argsort(number[rows] * n + number[pattern.column])
    start = np.searchsorted(number[rows][by], np.arange(n + 1)).astype(np.int64)

    diagonal = np.flatnonzero(rows == pattern.column)
    apart = rows != pattern.column

    def split(matrix: Array, kept: NDArray[np.bool_]) -> tuple[Array, Sweep, Array, Index]:
        """Diagonal by row, the rest as a sweep, and where each entry of the pattern went.

        Entries that are zero go nowhere, unless they are to be `kept`.
        """
        straight = np.zeros((places.count, lanes))
        straight[position[rows[diagonal]]] = matrix[diagonal]
        used = np.flatnonzero(apart & (kept | np.any(matrix != 0.0, axis=1)))
        row, column = rows[used], pattern.column[used]
        sweep, place = make_sweep(
            blocks,
            pack,
            places.block[row],
            np.zeros(len(used), dtype=np.int64),
            position[row],
            position[column],
        )
        home = -1 - position[rows]
        home[used] = place
        return aligned(straight), sweep, _placed(matrix[used], place, len(sweep.to)), home

    coils = topology.inductors.chosen(kinetic)
    star, slope = values.kinetic_current[:, kinetic], FLUX_PER_PHASE / values.inductance[:, kinetic]
    stamped = stamp_positions(pattern, coils.rows, coils.pairs)
    kept = np.zeros(len(rows), dtype=bool)
    kept[stamped[stamped >= 0]] = True
    c, c_off, c_value, _ = split(matrices.capacitance, np.zeros(len(rows), dtype=bool))
    k, k_off, k_value, home = split(matrices.stiffness, kept)
    near = apart & (places.block[rows] != blocks - 1) & (places.block[pattern.column] == blocks - 1)
    near_key = _near_rows(pattern, rows, places, near)
    ports, lines = topology.line_ports, len(topology.lines)
    port_plus, port_minus = position[ports.pairs[:, 0]], position[ports.pairs[:, 1]]
    restless = np.zeros(blocks, dtype=np.int8)
    restless[places.block[ports.pairs.ravel()]] = 1
    pattern_place = np.empty(len(by), dtype=np.int64)
    pattern_place[by] = np.arange(len(by))
    network = Network(
        width=(0,) * lanes,
        wide=wide,
        rows=places.count,
        ground=places.ground,
        low=places.low // pack,
        middle=places.middle // pack,
        high=places.high // pack,
        start=start,
        column=number[pattern.column][by],
        pattern_c=aligned(matrices.capacitance[by]),
        pattern_g=aligned(matrices.conductance[by]),
        pattern_k=aligned(matrices.stiffness[by]),
        c=c,
        k=k,
        c_off=c_off,
        c_value=c_value,
        k_off=k_off,
        k_value=k_value,
        near_start=np.searchsorted(near_key, np.arange(blocks + 1) * places.count).astype(np.int64),
        near_row=near_key % places.count,
        restless=restless,
        plain=not len(kinetic) and not topology.controlled.elements,
        kinetic_plus=position[coils.pairs[:, 0]],
        kinetic_minus=position[coils.pairs[:, 1]],
        kinetic_plus_row=position[coils.rows[:, 0]],
        kinetic_minus_row=position[coils.rows[:, 1]],
        kinetic_star=_lanes(star),
        kinetic_scale=_lanes(slope / star),
        kinetic_slope=_lanes(slope),
        kinetic_stamp=np.append(pattern_place, -1)[stamped],
        kinetic_home=np.append(home, 0)[stamped],
        port_plus=port_plus,
        port_minus=port_minus,
        port_plus_row=position[ports.rows[:, 0]],
        port_minus_row=position[ports.rows[:, 1]],
        port_conductance=_lanes(np.tile(FLUX_PER_PHASE / values.line_impedance, (1, 2))),
        port_delay=_lanes(np.tile(values.line_delay, (1, 2))),
        port_partner=np.roll(np.arange(2 * lines), lines).astype(np.int64),
    )
    joints, place_of_junction, junction_of_place = lay_out_joints(
        topology, values, matrices, places, pack, pattern_place
    )
    return System(
        topology=topology,
        network=network,
        joints=joints,
        place_of_junction=place_of_junction,
        junction_of_place=junction_of_place,
        elimination=elimination,
        rows=places,
        matrices=matrices,
        values=values,
        inverse_inductance=inverse,
    )


def _near_rows(pattern: Pattern, rows: Index, places: Rows, near: NDArray[np.bool_]) -> Index:
    """Block times rows in all plus row, for all rows of the top that are connected with a block.

    `near` marks the entries between a block and the top; rows of the top that are connected with
    each other come together.
    """
    top = len(places.low) - 1
    inside = (places.block[rows] == top) & (places.block[pattern.column] == top)
    group = components(pattern.size, rows[inside], pattern.column[inside])
    touched = np.unique(places.block[rows[near]] * pattern.size + group[pattern.column[near]])
    in_top = np.flatnonzero(places.block[:-1] == top)
    in_top = in_top[np.argsort(group[in_top], kind="stable")]
    begin = np.searchsorted(group[in_top], touched % pattern.size)
    end = np.searchsorted(group[in_top], touched % pattern.size, side="right")
    size = end - begin
    member = np.repeat(begin, size) + np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    block = np.repeat(touched // pattern.size, size)
    return np.sort(block * places.count + places.position[in_top[member]])


def lay_out_joints(
    topology: Topology, values: Values, matrices: Matrices, rows: Rows, pack: int, pattern_place: Index
) -> tuple[Joints, Index, Index]:
    """The junctions in their places, the place of each, and the junction in each place."""
    pairs, equations = topology.junctions.pairs, topology.junctions.rows
    position, top = rows.position, len(rows.low) - 1
    plus, minus = position[pairs[:, 0]], position[pairs[:, 1]]
    # A junction that touches the top belongs to it: it must take part while its block sleeps.
    mine_or_top = np.append(rows.block[:-1], -1)
    block = np.maximum(mine_or_top[pairs], mine_or_top[equations]).max(axis=1, initial=-1)
    block = np.where(block < 0, top, block)
    regular = np.all(pairs == equations, axis=1)
    places = place_joints(plus, minus, regular, block, top + 1, rows.ground, pack)
    mine = places.place

    def placed(array: Array, empty: float) -> Array:
        """(variants, junctions) to (places, lanes)."""
        full = np.full((places.count, values.variants), empty)
        full[mine] = array.T
        return aligned(full)

    def row_of(side: int) -> Index:
        full = np.full(places.count, rows.ground, dtype=np.int64)
        full[mine] = position[equations[:, side]]
        return full

    stamped = stamp_positions(matrices.pattern, equations, pairs)
    stamp = np.full((places.count, 4), -1, dtype=np.int64)
    stamp[mine] = np.where(stamped >= 0, np.append(pattern_place, -1)[stamped], -1)
    start, row, change = spread_of_charge(matrices, *equations.T, without=topology.controlled.rigid)
    owner = np.repeat(np.arange(len(pairs)), np.diff(start))
    spread, spread_value = _of_joints(rows, pack, block[owner], position[row], mine[owner], change)
    pulled, of, pull = pull_of_charge(matrices, start, row, change)
    pull_sweep, pull_value = _of_joints(rows, pack, block[of], position[pulled], mine[of], pull)
    kappa, offset = FLUX_PER_PHASE, values.phase_offset
    amplitude = values.critical_current[:, :, None] * values.harmonics
    higher = [placed(amplitude[:, :, k], 0.0) for k in range(1, amplitude.shape[2])]
    joints = Joints(
        block=places.block,
        start=places.start,
        straight=places.straight,
        plus=places.plus,
        minus=places.minus,
        plus_row=row_of(0),
        minus_row=row_of(1),
        shifted=bool(np.any(offset != 0.0)),
        critical_current=placed(amplitude[:, :, 0], 0.0),
        harmonics=values.harmonics.shape[2],
        harmonic=aligned(np.concatenate([np.zeros((0, values.variants)), *higher])),
        phase_offset=placed(offset, 0.0),
        reach=placed(np.full(offset.shape, np.pi), np.inf),
        gap_lower=placed(values.gap_lower / kappa, np.inf),
        gap_upper=placed(values.gap_upper / kappa, np.inf),
        subgap=placed(values.subgap_conductance * kappa, 0.0),
        transition=placed(values.gap_conductance * kappa, 0.0),
        normal=placed(values.normal_conductance * kappa, 0.0),
        stamp=stamp,
        spread=spread,
        spread_value=spread_value,
        pull=pull_sweep,
        pull_value=pull_value,
    )
    return joints, mine, places.junction


def _of_joints(
    rows: Rows, pack: int, block: Index, to: Index, source: Index, values: Array
) -> tuple[Sweep, Array]:
    sweep, place = make_sweep(len(rows.low), pack, block, np.zeros(len(to), dtype=np.int64), to, source)
    return sweep, _placed(values, place, len(sweep.to))


def _placed(values: Array, place: Index, count: int) -> Array:
    """(entries, lanes) at their places, zeros between."""
    full = np.zeros((count, values.shape[1]))
    full[place] = values
    return aligned(full)


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
