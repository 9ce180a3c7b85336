"""The arrays that the kernels work on, named.

Arrays of floats are (rows, lanes), contiguous; rows are unknowns in elimination order with
ground as the last one, unless the comment says otherwise. Arrays with a slab a stage stack the
slabs along the rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Network(NamedTuple):
    """Constant data of the circuit. Massive rows are those that a capacitance touches."""

    width: tuple[int, ...]
    """One entry a lane (`lanes.py`)."""
    start: Index
    column: Index
    """Union pattern of the three matrices; `*_place` is where their entries lie on it."""
    c_start: Index
    c_column: Index
    c_place: Index
    c: Array
    """κC by massive row."""
    g_start: Index
    g_column: Index
    g_place: Index
    g: Array
    k_start: Index
    k_column: Index
    k_place: Index
    k: Array
    massive: Index
    mass_of: Index
    """Place of a row in `massive`, or -1."""
    plus: Index
    minus: Index
    plus_mass: Index
    minus_mass: Index
    """Massive rows of a junction's ends; ground is the one past the last."""
    shifted: bool
    """Whether any junction has a phase offset."""
    critical_current: Array
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
    port_plus: Index
    port_minus: Index
    port_conductance: Array
    port_delay: Array
    port_partner: Index


class Factors(NamedTuple):
    ls: Index
    lc: Index
    us: Index
    uc: Index
    lower: Array
    upper: Array
    inverse: Array
    matrix: Array
    work: Array


class Scheme(NamedTuple):
    ae: Array
    ai: Array
    b: Array
    nodes: Array
    error: Array
    """`b` minus the weights of the embedded companion."""


class Drive(NamedTuple):
    """Sources of one segment as polynomials in the time since it began.

    `source_of[row]` is the place of a row in s0, s1, s2 (sources, lanes), or -1; `order` is the
    highest power in use. The last five are in use when `tied` is true: charges (rows, lanes)
    and junction phases (junctions, lanes).
    """

    source_of: Index
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
    """(massive+1, lanes): what the momentum comes to before the stage is solved."""
    moved: Array
    """(junctions, lanes): charge that the explicit currents moved."""
    nothing: Array
    """Zeros, as many rows as any other array has in one slab."""
    scratch: Array
    wave_time: Array
    wave: Array
    count: Index
    """[rows stored in `wave`, events stored, steps done, refactorisations]"""


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
