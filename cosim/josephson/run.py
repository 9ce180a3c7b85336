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

from cosim.errors import SimulationError
from cosim.josephson.drive import SAME_TIME, LineTable, Walker, corner_times, tied_rates
from cosim.josephson.kernel import advance
from cosim.josephson.layout import (
    ACTIVE,
    BEGUN,
    BLOCK_STEPS,
    COUNTERS,
    EVENTS,
    REFACTORED,
    SEGMENT,
    STEPS,
    WAVES,
    Drive,
    Feeds,
    Scheme,
    State,
    Tape,
    zeros,
)
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.noise import PREFIX
from cosim.josephson.system import System
from cosim.josephson.tableau import Tableau
from cosim.josephson.tied import TiedSources, initial_phase
from cosim.netlist.circuit import Circuit

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Time [s] before t = 0 in which sources that are not zero there are ramped up and settle.
RAMP_TIME = 50e-12
#: Error of a phase in one of equal steps, as a part of its movement (0.01 to 0.2 rad), above which they
#: are too long. The default ones stay below 0.1; at 0.5 pulses arrive some 0.3 ps wrong.
COARSE = 0.3
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
    doze: float = 0.0
    """Movement of a phase [rad] in a step below which a part of the circuit falls asleep; 0: never."""


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
    coarse: NDArray[np.bool_]
    """(lanes,): equal steps too long to follow the phases, by the estimate of their error."""
    awake: float
    """Mean part of the circuit that took part in a step."""
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
    for time in run_.advance():
        if progress is not None and time > 0.0:
            progress(time)
        if cancelled():
            raise KeyboardInterrupt
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
        self.tied_until = -math.inf
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
        rates = [tied_rates(c, row, FLUX_PER_PHASE, stop) for c, row in zip(circuits, tied, strict=True)]
        phases = [[initial_phase(source) for source in row] for row in tied]
        rate_table = LineTable.of(rates, stop, before, phases).scaled(source_scale[:, count:])
        started = [[0.0 if before > 0.0 or p is None else p for p in row] for row in phases]
        self.tied = TiedSources(system, started, Walker(rate_table), source_scale[:, count:])
        delays = system.network.port_delay
        self.corners = _echoes(corner_times([current_table, rate_table], stop), delays, stop)
        shortest = float(delays.min()) if delays.size else math.inf
        self.largest = min(stepping.largest, shortest)
        quiet = min(_QUIET_STEPS * self.largest, shortest)
        self.quiet = quiet
        if self.largest <= 0.0:
            raise SimulationError("a transmission line has no delay; give td a positive value")
        self.controlled = stepping.tolerance is not None
        first = min(stepping.first or self.largest, self.largest)
        tolerance = stepping.tolerance or math.inf
        quiet_parts = system.lanes == 1 and system.network.plain and not topology.tied_sources
        doze = stepping.doze if quiet_parts else 0.0
        self.control = np.array(
            [tolerance, first, self.largest, stepping.smallest, 0.0, 0.0, MOTION_FLOOR, quiet, doze]
        )
        self.feeds = self._new_feeds(current_table)
        self.state = self._new_state()
        self.drive = self._new_drive()
        self.tape = self._new_tape(system.position[nodes])
        self.factors = system.new_factors()
        self.steps_per_call = max(1, _WORK_PER_CALL // ((topology.size + 1) * system.lanes))
        self.events: list[tuple[Array, Index, Index, NDArray[np.int8]]] = []

    def _new_feeds(self, table: LineTable) -> Feeds:
        system, lanes = self.system, self.system.lanes
        sources = system.topology.current_sources
        pairs = system.position[sources.rows]
        names = system.topology.junctions.names
        place = {PREFIX + n: p for n, p in zip(names, system.place_of_junction, strict=True)}
        noise_of = np.array([place.get(name, -1) for name in sources.names], dtype=np.int64)
        gain = np.ones((len(sources), lanes))
        noisy, j = noise_of >= 0, noise_of[noise_of >= 0]
        gain[noisy] = np.sqrt(system.joints.normal[j] / system.joints.subgap[j])
        order = np.argsort(table.time, kind="stable")
        piece_source = np.repeat(np.arange(table.sources), np.diff(table.start))
        return Feeds(
            corners=self.corners,
            piece_time=table.time[order],
            piece_source=piece_source[order],
            piece_value=table.value[order],
            piece_slope=table.slope[order],
            piece_curvature=table.curvature[order],
            plus=np.ascontiguousarray(pairs[:, 0]),
            minus=np.ascontiguousarray(pairs[:, 1]),
            noise_of=noise_of,
            noise_gain=gain,
            block=system.rows.block[sources.rows],
            base=np.zeros((len(sources), lanes)),
            base_slope=np.zeros((len(sources), lanes)),
            base_curvature=np.zeros((len(sources), lanes)),
            base_time=np.zeros(len(sources)),
        )

    def _new_state(self) -> State:
        net, joints, lanes = self.system.network, self.system.joints, self.system.lanes
        rows, places, ports = net.rows, len(joints.plus), len(net.port_plus)
        stages, blocks, pack = len(self.scheme.b), len(net.low), len(net.wide) // lanes
        coils = len(net.kinetic_plus)
        count = np.zeros(COUNTERS, dtype=np.int64)
        count[WAVES], count[ACTIVE] = 1, blocks - 1
        return State(
            phi=zeros(rows, lanes),
            next_phi=zeros(rows, lanes),
            level=zeros(places, lanes),
            region=np.zeros((places, lanes), dtype=np.int8),
            flagged=np.zeros(places, dtype=np.int64),
            rate=zeros(stages * rows, lanes),
            force=zeros(stages * rows, lanes),
            current=zeros(stages * places, lanes),
            momentum=zeros(rows, lanes),
            line=zeros(rows if ports else 0, lanes),
            weights=np.zeros((3 * stages, stages)),
            push=zeros(rows, lanes),
            moved=zeros(places + pack, lanes),
            nothing=zeros(max(rows, places), lanes),
            scratch=zeros(rows, lanes),
            worst=zeros(1, len(net.wide)),
            estimate=np.zeros(lanes),
            wave_time=np.full(_POINTS if ports else 1, self.corners[0]),
            wave=np.zeros((_POINTS if ports else 1, ports, lanes)),
            excess=zeros(coils, lanes),
            fresh=zeros(coils, lanes),
            share=zeros(coils, lanes) + 1.0,
            kept=zeros(rows if coils else 0, lanes),
            before=zeros(rows if coils else 0, lanes),
            open=np.zeros(lanes, dtype=np.int64),
            active=np.arange(blocks),
            asleep=np.zeros(blocks, dtype=np.int64),
            hot=np.zeros(blocks, dtype=np.int64),
            held=np.zeros(rows, dtype=np.int64),
            stir=np.zeros(rows),
            wall=np.zeros(rows),
            calm=np.zeros(rows, dtype=np.int64),
            count=count,
        )

    def _new_drive(self) -> Drive:
        rows, lanes = self.system.network.rows, self.system.lanes
        tied = bool(self.system.topology.tied_sources)
        places = len(self.system.joints.plus)
        s0, s1, s2 = (zeros(rows, lanes) for _ in range(3))
        t0, t1, t2, q0, q1 = (zeros(rows if tied else 0, lanes) for _ in range(5))
        j0, j1, j2 = (zeros(places if tied else 0, lanes) for _ in range(3))
        p1, p2 = (zeros(len(self.system.network.port_plus) if tied else 0, lanes) for _ in range(2))
        k0, k1, k2 = (zeros(len(self.system.network.kinetic_plus) if tied else 0, lanes) for _ in range(3))
        return Drive(
            s0=s0, s1=s1, s2=s2, tied=tied, t0=t0, t1=t1, t2=t2, q0=q0, q1=q1, j0=j0, j1=j1, j2=j2,
            p1=p1, p2=p2, k0=k0, k1=k1, k2=k2,
        )  # fmt: skip

    def _new_tape(self, rows: Index) -> Tape:
        lanes = self.system.lanes
        events = _EVENTS + 16 * len(self.system.joints.plus) * lanes
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

    def advance(self, until: float = math.inf) -> Iterator[float]:
        """Advance to the end, or to the corner at `until`; yields the time [s] reached now and then."""
        system, drive, tau = self.system, self.drive, 0.0
        last = min(int(np.searchsorted(self.corners, until - SAME_TIME)), len(self.corners) - 1)
        while (segment := int(self.state.count[SEGMENT])) < last:
            self._make_room()
            if drive.tied and self.state.count[BEGUN] <= segment and tau == 0.0:
                self._tie(drive, float(self.corners[segment]), float(self.corners[segment + 1]))
            tau, row = advance(
                system.network, system.joints, self.factors, self.scheme, self.feeds, drive, self.state,
                self.tape, self.control, tau, self.order, self.steps_per_call,
                segment + 1 if drive.tied else last,
            )  # fmt: skip
            self.broken = row == -2
            if self.broken:
                return
            system.check(row)
            yield float(self.corners[int(self.state.count[SEGMENT])]) + tau

    def _make_room(self) -> None:
        """Empty the event tape when it is half full, and double the others when they are full."""
        waves, events, points = (int(self.state.count[c]) for c in (WAVES, EVENTS, STEPS))
        if events > len(self.tape.event_time) // 2:
            self._collect()
        if len(self.tape.nodes) and points >= len(self.tape.time):
            time, phi, v = (_doubled(a) for a in (self.tape.time, self.tape.phi, self.tape.v))
            self.tape = self.tape._replace(time=time, phi=phi, v=v)
        if len(self.system.network.port_plus) and waves + 2 >= len(self.state.wave_time):
            state = self.state
            self.state = state._replace(wave_time=_doubled(state.wave_time), wave=_doubled(state.wave))

    def _collect(self) -> None:
        tape, count = self.tape, int(self.state.count[EVENTS])
        if count:
            junction = self.system.junction_of_place[tape.event_junction[:count]]
            self.events.append((
                tape.event_time[:count].copy(), junction,
                tape.event_lane[:count].copy(), tape.event_sign[:count].copy(),
            ))  # fmt: skip
        self.state.count[EVENTS] = 0

    def _tie(self, drive: Drive, start: float, end: float) -> None:
        """What tied sources do in a segment; once for each, in their order."""
        if self.tied_until == end:
            return
        self.tied_until = end
        for array in (drive.t0, drive.t1, drive.t2, drive.q0, drive.q1, drive.j0, drive.j1, drive.j2):
            array[:] = 0.0
        of_junctions, of_ports, of_coils = self.tied.add(
            start, end, (drive.t0, drive.t1, drive.t2), (drive.q0, drive.q1)
        )
        for target, phase in zip((drive.j0, drive.j1, drive.j2), of_junctions, strict=True):
            target[self.system.place_of_junction] = phase
        for target, phase in zip((drive.p1, drive.p2), of_ports[1:], strict=True):
            target[:] = phase
        for target, phase in zip((drive.k0, drive.k1, drive.k2), of_coils, strict=True):
            target[:] = phase

    def _awake(self) -> float:
        blocks, steps = len(self.system.network.low) - 1, int(self.state.count[STEPS])
        return int(self.state.count[BLOCK_STEPS]) / (blocks * steps) if blocks * steps else 1.0

    def trace(self) -> Trace:
        self._collect()
        stored = int(self.state.count[STEPS]) if len(self.tape.nodes) else 0
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
            steps=int(self.state.count[STEPS]),
            rejected=int(self.control[4]),
            inaccurate=int(self.control[5]),
            refactorisations=int(self.state.count[REFACTORED]),
            coarse=(self.state.estimate > COARSE) & (not self.controlled),
            awake=self._awake(),
            failed=~finite | self.broken,
        )


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
