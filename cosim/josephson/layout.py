"""The arrays that the kernels work on, named.

Arrays of floats are (rows, lanes), contiguous; rows are nodes with ground as the last one,
unless the comment says otherwise. Arrays with a slab a stage stack the
slabs along the rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Network(NamedTuple):
    """Constant data of the circuit.

    Rows are nodes, those that a capacitance touches (the massive ones) first, ground last. Each
    matrix is a list of entries: its diagonal in the order of rows (the massive ones only for
    κC), then the others, whose rows and columns are given; `*_place` says where an entry lies
    on the pattern that is factored.
    """

    width: tuple[int, ...]
    """One entry a lane (`lanes.py`)."""
    massive: int
    start: Index
    column: Index
    """Pattern that is factored, rows in the order of elimination."""
    c: Array
    c_place: Index
    c_row: Index
    c_column: Index
    g: Array
    g_place: Index
    g_row: Index
    g_column: Index
    k: Array
    k_place: Index
    k_row: Index
    k_column: Index
    plus: Index
    minus: Index
    plus_mass: Index
    minus_mass: Index
    """The same, but with the first row that is not massive for ground."""
    shifted: bool
    """Whether any junction has a phase offset."""
    critical_current: Array
    harmonics: int
    harmonic: Array
    """((harmonics - 1)·junctions, lanes): amplitude of sin 2φ of every junction, then sin 3φ, …"""
    phase_offset: Array
    gap_lower: Array
    gap_upper: Array
    subgap: Array
    transition: Array
    normal: Array
    stamp: Index
    """(junctions, 4): positions of a junction's stamps in `g`, -1 at ground."""
    spread_start: Index
    spread_row: Index
    spread: Array
    kinetic_plus: Index
    kinetic_minus: Index
    kinetic_plus_row: Index
    kinetic_minus_row: Index
    kinetic_star: Array
    """I* of the kinetic inductances (`kinetic.py`)."""
    kinetic_scale: Array
    """κ/(L I*)."""
    kinetic_slope: Array
    """κ/L."""
    kinetic_stamp: Index
    """(inductances, 4): positions of their stamps in `k`, -1 at ground."""
    port_plus: Index
    port_minus: Index
    port_plus_row: Index
    port_minus_row: Index
    """Rows in which the ports' currents count; other than the ports' own where voltages are set."""
    port_conductance: Array
    port_delay: Array
    port_partner: Index


class Factors(NamedTuple):
    """LU factors (`factor.py`), and what a stage needs scaled with its γh."""

    order: Index
    """Row that is eliminated as number i."""
    ls: Index
    lc: Index
    us: Index
    uc: Index
    mirror: Index
    """Entry of U across the diagonal from an entry of L."""
    forward_from: Index
    forward_to: Index
    forward: Array
    backward_from: Index
    backward_to: Index
    backward: Array
    """Both sweeps as lists of x[to] -= value · x[from], in an order that works."""
    upper: Array
    inverse: Array
    matrix: Array
    work: Array
    stiffness: Array
    """γh κK, entries as in `k`."""
    inertia: Array
    """κC / γh, entries as in `c`."""


class Scheme(NamedTuple):
    ae: Array
    ai: Array
    b: Array
    nodes: Array
    error: Array
    """`b` minus the weights of the embedded companion."""


class Drive(NamedTuple):
    """Sources of one segment as polynomials in the time since it began.

    `source_row` are the rows that s0, s1, s2 (sources, lanes) flow into; `order` is the highest
    power in use. The last ten are in use when `tied` is true: charges (rows, lanes), junction
    phases (junctions, lanes), rate and half its slope of the phases across ports of lines, and
    phases across kinetic inductances.
    """

    source_row: Index
    order: int
    s0: Array
    s1: Array
    s2: Array
    tied: bool
    q0: Array
    q1: Array
    j0: Array
    j1: Array
    j2: Array
    p1: Array
    p2: Array
    k0: Array
    k1: Array
    k2: Array


class State(NamedTuple):
    phi: Array
    next_phi: Array
    level: Array
    """(junctions, lanes): the multiple of 2π that a junction is around."""
    region: NDArray[np.int8]
    flagged: Index
    """(junctions,): how many lanes are off the subgap line."""
    rate: Array
    """Slab 0 is the state, the others are stages."""
    force: Array
    """Slabs of massive rows: the linear current into each [A]."""
    current: Array
    """Slabs of junctions: what enters explicitly [A]."""
    momentum: Array
    """(massive, lanes): κC times the rates."""
    line: Array
    weights: Array
    """(3·stages, stages): h times ai, ae; then a row ae[last] - b and a row of the error's weights."""
    push: Array
    """(massive + 1, lanes): what the momentum comes to before the stage is solved."""
    moved: Array
    """(junctions, lanes): charge that the explicit currents moved."""
    nothing: Array
    """Zeros, as many rows as any other array has in one slab."""
    scratch: Array
    wave_time: Array
    wave: Array
    excess: Array
    fresh: Array
    share: Array
    """(kinetic inductances, lanes), see `kinetic.py`."""
    kept: Array
    before: Array
    open: Index
    """(lanes,): 1 while a stage of a lane is not settled."""
    count: Index
    """[rows stored in `wave`, events stored, steps done, refactorisations, stages not settled]"""


class Tape(NamedTuple):
    """Where events and records go; `nodes` are the unknowns to record."""

    event_time: Array
    event_junction: Index
    event_lane: Index
    event_sign: NDArray[np.int8]
    nodes: Index
    time: Array
    phi: Array
    v: Array


def zeros(rows: int, lanes: int) -> Array:
    """(rows, lanes) zeros that begin on a cache line."""
    raw = np.zeros(rows * lanes + 8)
    first = (-(raw.ctypes.data // 8)) % 8
    return raw[first : first + rows * lanes].reshape(rows, lanes)


def aligned(array: Array) -> Array:
    """A contiguous copy (rows, lanes) that begins on a cache line."""
    copy = zeros(*array.shape)
    copy[:] = array
    return copy
