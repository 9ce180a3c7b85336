"""The arrays that the kernels work on, named.

Arrays of floats are (rows, lanes), contiguous. Rows are those of `rows.py`, ground the last one;
junctions stand in places of their own (`joints.py`). For one lane rows and places come in whole
vectors of eight, some of them empty. Arrays with a slab a stage stack the slabs along the rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.sweeps import Sweep

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Joints(NamedTuple):
    """Junctions and their places (`joints.py`); segments `block[b]` to `block[b + 1]` are block b's.

    Segment s has the places `start[s]` to `start[s + 1]`; where `straight[s]` is not zero, both rows
    of a junction go up by one from place to place, or stay at ground.
    """

    block: Index
    start: Index
    straight: Index
    plus: Index
    minus: Index
    plus_row: Index
    minus_row: Index
    """Rows in which the currents count; those of straight segments are the junctions' own."""
    shifted: bool
    """Whether any junction has a phase offset."""
    critical_current: Array
    harmonics: int
    harmonic: Array
    """((harmonics - 1)·places, lanes): amplitude of sin 2φ of every junction, then sin 3φ, …"""
    phase_offset: Array
    reach: Array
    """π; infinite where a place is empty."""
    gap_lower: Array
    gap_upper: Array
    subgap: Array
    transition: Array
    normal: Array
    stamp: Index
    """(places, 4): where a junction's conductance stands in `Network.pattern_g`, -1 at ground."""
    spread: Sweep
    spread_value: Array
    """What charge that a junction moves does to the rates of rows (`spread.py`) …"""
    pull: Sweep
    pull_value: Array
    """… and what the conductances then add to the currents into massive rows."""


class Network(NamedTuple):
    """Constant data of the circuit."""

    width: tuple[int, ...]
    """One entry a lane (`lanes.py`)."""
    wide: tuple[int, ...]
    """One entry for each float of a vector in loops over neighbouring rows."""
    rows: int
    ground: int
    low: Index
    middle: Index
    high: Index
    """(blocks,) first row, end of the massive rows, end of the rows, in vectors of `wide`."""
    start: Index
    column: Index
    """Pattern that is factored, in the order of elimination."""
    pattern_c: Array
    pattern_g: Array
    pattern_k: Array
    """Values of κC, κG, κK on the pattern; conductances follow the junctions' regions."""
    c: Array
    k: Array
    """Diagonals, by row."""
    c_off: Sweep
    c_value: Array
    k_off: Sweep
    k_value: Array
    near_start: Index
    near_row: Index
    """Rows of the top that block b touches, and those that are connected with them."""
    restless: NDArray[np.int8]
    """(blocks,) not zero where a block must never sleep."""
    plain: bool
    """Whether momentum and force at the start of a step follow from those at the end of the last:
    not with controlled sources or kinetic inductances."""
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
    """(inductances, 4): positions of their stamps in `pattern_k`, -1 at ground."""
    kinetic_home: Index
    """The same in `k_value`, or in `k`, counted from -1 downwards."""
    port_plus: Index
    port_minus: Index
    port_plus_row: Index
    port_minus_row: Index
    """Rows in which the ports' currents count; other than the ports' own where voltages are set."""
    port_conductance: Array
    port_delay: Array
    port_partner: Index


class Factors(NamedTuple):
    """LU factors (`factor.py`) for several lengths of a step, one slot each."""

    order: Index
    """Row that is eliminated as number i."""
    ls: Index
    lc: Index
    us: Index
    uc: Index
    mirror: Index
    """Entry of U across the diagonal from an entry of L."""
    forward: Sweep
    forward_place: Index
    """Place of each entry of L in a slot of `forward_value`, and of what is across in `backward_value`."""
    forward_value: Array
    backward: Sweep
    backward_place: Index
    backward_value: Array
    """Both sweeps as lists of x[to] -= value · x[from]; (slots · entries, lanes)."""
    inverse: Array
    """(slots · rows, lanes): of the diagonal of U; zero in empty rows."""
    step: Array
    """For each slot the length of the step that it is for, or -1; then when each was last in use, and
    the number of uses."""
    upper: Array
    matrix: Array
    work: Array


class Scheme(NamedTuple):
    ae: Array
    ai: Array
    b: Array
    nodes: Array
    error: Array
    """`b` minus the weights of the embedded companion."""


class Feeds(NamedTuple):
    """Current sources as parabolas between corners (`drive.py`), pieces in the order of time."""

    corners: Array
    piece_time: Array
    piece_source: Index
    piece_value: Array
    piece_slope: Array
    piece_curvature: Array
    plus: Index
    minus: Index
    noise_of: Index
    """Place of the junction whose noise a source is, or -1."""
    noise_gain: Array
    """(sources, lanes): its scale while the junction is above the gap."""
    block: Index
    """(sources, 2): blocks of the two rows."""
    base: Array
    base_slope: Array
    base_curvature: Array
    base_time: Array


class Drive(NamedTuple):
    """Sources of one segment as polynomials in the time since it began.

    `s0`, `s1`, `s2` (rows, lanes) flow into the rows. The other arrays are in use when `tied` is
    true: `t0`, `t1`, `t2` add to the former, charges `q0`, `q1` (rows, lanes), phases of the
    junctions `j0`, `j1`, `j2` (places, lanes), rate and half its slope of the phases across ports of
    lines, and phases across kinetic inductances.
    """

    s0: Array
    s1: Array
    s2: Array
    tied: bool
    t0: Array
    t1: Array
    t2: Array
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
    """(places, lanes): the multiple of 2π that a junction is around."""
    region: NDArray[np.int8]
    flagged: Index
    """(places,): how many lanes are off the subgap line."""
    rate: Array
    """Slab 0 is the state, the others are stages."""
    force: Array
    """Slabs of rows: the linear current into each massive row [A]."""
    current: Array
    """Slabs of places: what enters explicitly [A]."""
    momentum: Array
    """κC times the rates."""
    line: Array
    weights: Array
    """(3·stages, stages): h times ai, ae; then a row ae[last] - b and a row of the error's weights."""
    push: Array
    """What the momentum comes to before the stage is solved."""
    moved: Array
    """(places, lanes): charge that the explicit currents moved."""
    nothing: Array
    """Zeros, as many rows as any other array has in one slab."""
    scratch: Array
    worst: Array
    """(1, floats of a vector): largest error of a step."""
    estimate: Array
    """(lanes,): largest error of all steps that were estimated."""
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
    active: Index
    """(blocks,): those that are awake, the top not among them."""
    asleep: Index
    """(blocks,): number of steps that a block has been still, or -1 while it sleeps."""
    hot: Index
    """(blocks,): number of sources in it that change."""
    held: Index
    """Rows of the top that touch a block asleep."""
    stir: Array
    """(rows,): rate that a held row would have."""
    wall: Array
    """(rows,): force on a held row."""
    calm: Index
    """(rows,): number of steps that a row of the top has been still."""
    count: Index
    """Counters, see `COUNTERS`."""


#: Entries of `State.count`.
WAVES, EVENTS, STEPS, REFACTORED, PIECE, ACTIVE, OFF_LINE = range(7)
SEGMENT, BEGUN, ORDER, FRESH, BLOCK_STEPS, UNSETTLED, HELD = range(7, 14)
COUNTERS = 14


class Tape(NamedTuple):
    """Where events and records go; `nodes` are the rows to record."""

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
