"""One group of variants through time: corners, steps, tapes.

The run is driven from corner to corner of the sources; inside a segment the kernel takes
the steps. Not here: what is saved and how it is named (`engine.py`, `record.py`), and what
the sources do to the equations (`tied.py`, `drive.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from cosim.errors import SimulationError
from cosim.josephson.drive import SAME_TIME, LineTable, Walker, corner_times, tied_rates
from cosim.josephson.kernel import advance
from cosim.josephson.layout import Drive, Scheme, State, Tape, aligned, zeros
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.noise import PREFIX
from cosim.josephson.system import System
from cosim.josephson.tableau import Tableau
from cosim.josephson.tied import TiedSources
from cosim.netlist.circuit import Circuit

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Time [s] before t = 0 in which sources that are not zero there are ramped up and settle.
RAMP_TIME = 50e-12
#: Movement of a phase [rad] in a step below which its error counts against this value.
MOTION_FLOOR = 0.01
#: While nothing moves steps may be so many times longer than the largest.
_QUIET_STEPS = 4.0
_EVENTS = 4096
_POINTS = 2048
#: The kernel comes back after so many steps times unknowns times lanes, a quarter of a second or
#: so, for interrupts and progress.
_WORK_PER_CALL = 3_000_000
_DISTINCT_DELAYS, _ECHOES = 8, 2000


@dataclass(frozen=True, kw_only=True)
class Stepping:
    """Equal steps of at most `largest` [s], or, with `tolerance`, controlled ones."""

    largest: float
    tolerance: float | None = None
    smallest: float = 0.0
    first: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a run leaves. Events are over all lanes; records are (points, nodes, lanes)."""

    event_time: Array
    event_junction: Index
    event_lane: Index
    event_sign: NDArray[np.int8]
    start: float
    time: Array
    phase: Array
    rate: Array
    corners: Array
    steps: int
    rejected: int
    inaccurate: int
    """Steps that missed the tolerance at the smallest length."""
    refactorisations: int
    failed: NDArray[np.bool_]
    """(lanes,): the state was no longer finite at the end, or the steps could not follow it."""


def run(
    system: System,
    circuits: Sequence[Circuit],
    tableau: Tableau,
    *,
    stop: float,
    stepping: Stepping,
    nodes: Index,
    progress: Callable[[float], None] | None = None,
    source_scale: Array | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Trace:
    """Simulate all lanes from rest to `stop` [s].

    `circuits[lane]` supplies the waveforms. `nodes` are the unknowns (topology numbering) to
    record at every step. `progress` is called with the simulated time [s] now and then; the run
    breaks off with KeyboardInterrupt when `cancelled()` is true.
    `source_scale` (lanes, sources) multiplies the waveforms: current sources, then tied ones.
    """
    run_ = _Run(system, circuits, tableau, stop, stepping, nodes, source_scale)
    for start, end in zip(run_.corners[:-1], run_.corners[1:], strict=True):
        for time in run_.segment(float(start), float(end)):
            if progress is not None and time > 0.0:
                progress(time)
            if cancelled():
                raise KeyboardInterrupt
        if run_.broken:
            break
    return run_.trace()


class _Run:
    def __init__(
        self,
        system: System,
        circuits: Sequence[Circuit],
        tableau: Tableau,
        stop: float,
        stepping: Stepping,
        nodes: Index,
        source_scale: Array | None,
    ) -> None:
        topology = system.topology
        count = len(topology.current_sources)
        if source_scale is None:
            source_scale = np.ones((system.lanes, count + len(topology.tied_sources)))
        if all(circuit is circuits[0] for circuit in circuits):
            circuits = circuits[:1]
        self.system = system
        self.broken = False
        self.order = tableau.order
        error = tableau.weights - tableau.embedded
        self.scheme = Scheme(tableau.explicit, tableau.implicit, tableau.weights, tableau.nodes, error)
        by_name = [{e.name: e for e in c.elements} for c in circuits]
        names = topology.current_sources.names
        currents = [[e[n].waveform for n in names] for e in by_name]  # type: ignore[attr-defined]
        tied = [[e[s.name] for s in topology.tied_sources] for e in by_name]
        at_rest = all(w.value(np.array(0.0)) == 0.0 for row in currents for w in row) and all(
            s.waveform.value(np.array(0.0)) == 0.0  # type: ignore[attr-defined]
            for row in tied
            for s in row
        )
        cold = circuits[0].transient is not None and not circuits[0].transient.startup
        before = 0.0 if at_rest or cold else RAMP_TIME
        current_table = LineTable.of(currents, stop, before).scaled(source_scale[:, :count])
        self.current_walker = Walker(current_table)
        rates = [tied_rates(c, row, FLUX_PER_PHASE, stop) for c, row in zip(circuits, tied, strict=True)]
        rate_table = LineTable.of(rates, stop, before).scaled(source_scale[:, count:])
        self.tied = TiedSources(system, tied, Walker(rate_table), source_scale[:, count:])
        delays = system.network.port_delay
        self.corners = _echoes(corner_times([current_table, rate_table], stop), delays, stop)
        shortest = float(delays.min()) if delays.size else math.inf
        self.largest = min(stepping.largest, shortest)
        quiet = min(_QUIET_STEPS * self.largest, shortest)
        if self.largest <= 0.0:
            raise SimulationError("a transmission line has no delay; give td a positive value")
        self.controlled = stepping.tolerance is not None
        first = min(stepping.first or self.largest, self.largest)
        tolerance = stepping.tolerance or math.inf
        self.control = np.array(
            [tolerance, first, self.largest, stepping.smallest, -1.0, 0.0, 0.0, MOTION_FLOOR, quiet]
        )
        self.state = self._new_state()
        self.tape = self._new_tape(system.position[nodes])
        self.factors = system.new_factors()
        self.source_rows, self.incidence = _incidence(system)
        place = {PREFIX + name: j for j, name in enumerate(topology.junctions.names)}
        self.noise_source = np.array([k for k, name in enumerate(names) if name in place], dtype=np.int64)
        self.noise_of = np.array([place[name] for name in names if name in place], dtype=np.int64)
        self.steps_per_call = max(1, _WORK_PER_CALL // ((topology.size + 1) * system.lanes))
        self.events: list[tuple[Array, Index, Index, NDArray[np.int8]]] = []

    def _new_state(self) -> State:
        n, lanes = self.system.topology.size, self.system.lanes
        junctions, ports = len(self.system.network.plus), len(self.system.network.port_plus)
        stages, coils = len(self.scheme.b), len(self.system.network.kinetic_plus)
        masses = self.system.network.massive
        return State(
            phi=zeros(n + 1, lanes),
            next_phi=zeros(n + 1, lanes),
            level=zeros(junctions, lanes),
            region=np.zeros((junctions, lanes), dtype=np.int8),
            flagged=np.zeros(junctions, dtype=np.int64),
            rate=zeros(stages * (n + 1), lanes),
            force=zeros(stages * masses, lanes),
            current=zeros(stages * junctions, lanes),
            momentum=zeros(masses, lanes),
            line=zeros(n + 1, lanes),
            weights=np.zeros((3 * stages, stages)),
            push=zeros(masses + 1, lanes),
            moved=zeros(junctions, lanes),
            nothing=zeros(max(n + 1, junctions), lanes),
            scratch=zeros(n + 1, lanes),
            wave_time=np.full(_POINTS if ports else 1, self.corners[0]),
            wave=np.zeros((_POINTS if ports else 1, ports, lanes)),
            excess=zeros(coils, lanes),
            fresh=zeros(coils, lanes),
            share=zeros(coils, lanes) + 1.0,
            kept=zeros(n if coils else 0, lanes),
            before=zeros(n if coils else 0, lanes),
            open=np.zeros(lanes, dtype=np.int64),
            count=np.array([1, 0, 0, 0, 0], dtype=np.int64),
        )

    def _new_tape(self, rows: Index) -> Tape:
        lanes = self.system.lanes
        events = _EVENTS + 16 * len(self.system.network.plus) * lanes
        points = _POINTS if len(rows) else 0
        return Tape(
            event_time=np.zeros(events),
            event_junction=np.zeros(events, dtype=np.int64),
            event_lane=np.zeros(events, dtype=np.int64),
            event_sign=np.zeros(events, dtype=np.int8),
            nodes=rows,
            time=np.zeros(points),
            phi=np.zeros((points, len(rows), lanes)),
            v=np.zeros((points, len(rows), lanes)),
        )

    def segment(self, start: float, end: float) -> Iterator[float]:
        """Advance from corner to corner; yields the time [s] reached now and then."""
        length = end - start
        if not self.controlled:
            self.control[1] = length / max(1, math.ceil(length / self.largest - 1e-6))
        self.control[1] = min(self.control[1], self.largest)
        drive = self._drive(start, end)
        system, tau = self.system, 0.0
        self._make_room()
        while length - tau > 1e-12 * length:
            tau, row = advance(
                system.network, self.factors, self.scheme, drive, self.state, self.tape,
                self.control, start, tau, length, self.order, self.steps_per_call,
            )  # fmt: skip
            system.check(row)
            self.broken = row == -2
            if self.broken:
                return
            self._make_room()
            yield start + tau

    def _make_room(self) -> None:
        """Empty the event tape when it is half full, and double the others when they are full."""
        waves, events, points = (int(c) for c in self.state.count[:3])
        if events > len(self.tape.event_time) // 2:
            self._collect()
        if len(self.tape.nodes) and points >= len(self.tape.time):
            time, phi, v = (_doubled(a) for a in (self.tape.time, self.tape.phi, self.tape.v))
            self.tape = self.tape._replace(time=time, phi=phi, v=v)
        if len(self.system.network.port_plus) and waves + 1 >= len(self.state.wave_time):
            state = self.state
            self.state = state._replace(wave_time=_doubled(state.wave_time), wave=_doubled(state.wave))

    def _collect(self) -> None:
        tape, count = self.tape, int(self.state.count[1])
        if count:
            self.events.append((
                tape.event_time[:count].copy(), tape.event_junction[:count].copy(),
                tape.event_lane[:count].copy(), tape.event_sign[:count].copy(),
            ))  # fmt: skip
        self.state.count[1] = 0

    def _drive(self, start: float, end: float) -> Drive:
        """Source currents and tied phases of the segment as polynomials in t - start."""
        system, topology = self.system, self.system.topology
        n, lanes = topology.size, system.lanes
        tied = bool(topology.tied_sources)
        level = self.current_walker.move_to(start)
        walker = self.current_walker
        parts = (level, walker.slope, 0.5 * walker.curvature)
        if len(self.noise_of):
            for part in parts:
                part[self.noise_source] *= self._noise_scale()
        currents = tuple(self.incidence @ x for x in parts)
        rows = self.source_rows
        charges = tuple(zeros(n + 1 if tied else 0, lanes) for _ in range(2))
        if tied:
            full = tuple(np.zeros((n + 1, lanes)) for _ in range(3))
            for target, values in zip(full, currents, strict=True):
                target[rows] = values
            phases, ports, coils = self.tied.add(start, end, full, charges)
            currents, rows = tuple(x[:n] for x in full), np.arange(n)
        else:
            phases, ports, coils = (tuple(np.zeros((0, lanes)) for _ in range(3)) for _ in range(3))
        used = np.flatnonzero(np.any([np.any(x != 0.0, axis=1) for x in currents], axis=0))
        order = max((k for k in (1, 2) if currents[k].any()), default=0)
        s0, s1, s2 = (aligned(x[used]) for x in currents)
        j0, j1, j2 = (aligned(x) for x in phases)
        _, p1, p2 = (aligned(x) for x in ports)
        k0, k1, k2 = (aligned(x) for x in coils)
        return Drive(
            source_row=rows[used], order=order, s0=s0, s1=s1, s2=s2,
            tied=tied, q0=charges[0], q1=charges[1], j0=j0, j1=j1, j2=j2, p1=p1, p2=p2, k0=k0, k1=k1, k2=k2,
        )  # fmt: skip

    def _noise_scale(self) -> Array:
        """(noisy junctions, lanes): the noise of rn over that of r0 where a junction is above the gap."""
        net, j = self.system.network, self.noise_of
        return np.where(self.state.region[j] > 0, np.sqrt(net.normal[j] / net.subgap[j]), 1.0)

    def trace(self) -> Trace:
        self._collect()
        stored = int(self.state.count[2]) if len(self.tape.nodes) else 0
        finite = np.all(np.isfinite(self.state.phi), axis=0) & np.all(np.isfinite(self.state.rate), axis=0)
        return Trace(
            event_time=np.concatenate([np.empty(0), *(e[0] for e in self.events)]),
            event_junction=np.concatenate([np.empty(0, np.int64), *(e[1] for e in self.events)]),
            event_lane=np.concatenate([np.empty(0, np.int64), *(e[2] for e in self.events)]),
            event_sign=np.concatenate([np.empty(0, np.int8), *(e[3] for e in self.events)]),
            start=float(self.corners[0]),
            time=self.tape.time[:stored],
            phase=self.tape.phi[:stored],
            rate=self.tape.v[:stored],
            corners=self.corners,
            steps=int(self.state.count[2]),
            rejected=int(self.control[5]),
            inaccurate=int(self.control[6]),
            refactorisations=int(self.state.count[3]),
            failed=~finite | self.broken,
        )


def _incidence(system: System) -> tuple[Index, sparse.csr_matrix]:
    """Rows that current sources touch, and the matrix from sources to the currents into them."""
    pairs = system.position[system.topology.current_sources.rows]
    rows = np.unique(pairs)
    rows = rows[rows < system.topology.size]
    count = len(pairs)
    place = np.searchsorted(rows, pairs)
    inside = pairs < system.topology.size
    source = np.repeat(np.arange(count)[:, None], 2, axis=1)
    sign = np.tile([-1.0, 1.0], (count, 1))
    entries = (sign[inside], (place[inside], source[inside]))
    return rows, sparse.csr_matrix(entries, shape=(len(rows), count))


def _echoes(corners: Array, delays: Array, stop: float) -> Array:
    """Add the times at which what happens at a corner comes out of a line, three lines far."""
    steps = np.unique(delays)
    if len(steps) > _DISTINCT_DELAYS:
        return corners
    times = newest = corners[:-1]
    for _ in range(3 if len(steps) else 0):
        newest = np.unique(newest[:, None] + steps[None, :])
        times = np.concatenate([times, newest])
        if len(times) > _ECHOES:
            break
    times = np.unique(times[times < stop - SAME_TIME])
    keep = np.concatenate([[True], np.diff(times) > SAME_TIME])
    return np.append(times[keep], stop)


def _doubled(array: Array) -> Array:
    return np.concatenate([array, np.zeros_like(array)])
