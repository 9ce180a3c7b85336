"""The arrays that the kernels work on, named. Rows are unknowns, columns are lanes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


class Network(NamedTuple):
    """Constant data of the circuit; shapes (entries, lanes) unless noted."""

    start: Index
    column: Index
    c: Array
    g: Array
    k: Array
    plus: Index
    minus: Index
    critical_current: Array
    phase_offset: Array
    gap_lower: Array
    gap_upper: Array
    subgap: Array
    transition: Array
    normal: Array
    stamp: Index
    """(junctions, 4): positions of a junction's stamps on the pattern, -1 at ground."""
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
    """Sources of one segment: (rows, lanes); `tied` says whether the last five are in use."""

    s0: Array
    s1: Array
    s2: Array
    q0: Array
    q1: Array
    j0: Array
    j1: Array
    j2: Array
    tied: bool


class State(NamedTuple):
    phi: Array
    v: Array
    force: Array
    level: Array
    region: NDArray[np.int8]
    stage_v: Array
    stage_force: Array
    stage_current: Array
    q: Array
    total: Array
    wave_time: Array
    wave: Array
    count: Index
    """[steps stored in `wave`, events stored, steps done, refactorisations]"""


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
