"""One group of variants through time: corners, steps, event tapes.

The run is driven from corner to corner of the sources; inside a segment the kernel takes
equal steps. Not here: what is saved and how it is named (`engine.py`, `record.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError
from cosim.josephson.drive import LineTable, Walker, corner_times, tied_rates
from cosim.josephson.kernel import Drive, Scheme, State, Tape, advance, renew_force
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.system import System
from cosim.josephson.tableau import Tableau
from cosim.josephson.topology import Branches
from cosim.netlist.circuit import Circuit, PhaseSource

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_TAPE_LENGTH = 4096


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a run leaves. Events are over all lanes; records are (points, nodes, lanes)."""

    event_time: Array
    event_junction: Index
    event_lane: Index
    event_sign: NDArray[np.int8]
    time: Array
    phase: Array
    rate: Array
    steps: int
    refactorisations: int
    failed: NDArray[np.bool_]
    """(lanes,): the state was no longer finite at the end."""
    start: float
    corners: Array


def run(
    system: System,
    circuits: Sequence[Circuit],
    tableau: Tableau,
    *,
    stop: float,
    step: float,
    nodes: Index,
    progress: Callable[[float], None] | None = None,
) -> Trace:
    """Simulate all lanes from rest at t = 0 to `stop` [s] with steps of at most `step` [s].

    `circuits[lane]` supplies the waveforms. `nodes` are the unknowns (topology numbering) to
    record at every step. `progress` is called with the simulated time.
    """
    run_ = _Run(system, circuits, tableau, stop, step, nodes)
    for start, end in zip(run_.corners[:-1], run_.corners[1:], strict=True):
        run_.segment(float(start), float(end))
        if progress is not None:
            progress(float(end))
    return run_.trace()


class _Run:
    def __init__(
        self, system: System, circuits: Sequence[Circuit], tableau: Tableau, stop: float, step: float, nodes: Index
    ) -> None:
        topology = system.topology
        self.system = system
        self.scheme = Scheme(tableau.explicit, tableau.implicit, tableau.weights, tableau.nodes)
        by_name = [{e.name: e for e in c.elements} for c in circuits]
        names = topology.current_sources.names
        self.currents = LineTable.of([[e[n].waveform for n in names] for e in by_name], stop)  # type: ignore[attr-defined]
        tied = [[e[s.name] for s in topology.tied_sources] for e in by_name]
        rates = [tied_rates(c, row, FLUX_PER_PHASE, stop) for c, row in zip(circuits, tied, strict=True)]
        self.rates = LineTable.of(rates, stop)
        self.current_walker, self.rate_walker = Walker(self.currents), Walker(self.rates)
        self.corners = corner_times([self.currents, self.rates], stop)
        self.step = self._largest_step(step)
        self.tied_phase = np.array(
            [
                [float(s.waveform.value(np.array(0.0))) if isinstance(s, PhaseSource) else 0.0 for s in row]
                for row in tied
            ]
        ).T.reshape(len(topology.tied_sources), system.lanes)
        points = sum(self._count(float(b - a)) for a, b in zip(self.corners[:-1], self.corners[1:], strict=True))
        self.state = self._state(points + 1)
        self.tape = self._tape(points, system.position[nodes])
        self.factors = system.new_factors()
        self.factored = -1.0
        self.events: list[tuple[Array, Index, Index, NDArray[np.int8]]] = []

    def _largest_step(self, step: float) -> float:
        delays = self.system.network.port_delay
        shortest = float(delays.min()) if delays.size else math.inf
        if shortest <= 0.0:
            raise SimulationError("a transmission line has no delay; give td a positive value")
        return min(step, shortest)

    def _count(self, length: float) -> int:
        return max(1, math.ceil(length / self.step - 1e-6))

    def _state(self, points: int) -> State:
        n, lanes = self.system.topology.size, self.system.lanes
        junctions, ports = len(self.system.network.plus), len(self.system.network.port_plus)
        stages = len(self.scheme.b)
        return State(
            phi=np.zeros((n + 1, lanes)),
            v=np.zeros((n + 1, lanes)),
            force=np.zeros((n + 1, lanes)),
            level=np.zeros((junctions, lanes)),
            region=np.zeros((junctions, lanes), dtype=np.int8),
            stage_v=np.zeros((stages, n + 1, lanes)),
            stage_force=np.zeros((stages, n + 1, lanes)),
            stage_current=np.zeros((stages, junctions, lanes)),
            q=np.zeros((n + 1, lanes)),
            total=np.zeros((n + 1, lanes)),
            wave_time=np.zeros(points + 1 if ports else 1),
            wave=np.zeros((points + 1 if ports else 1, ports, lanes)),
            count=np.array([1, 0, 0, 0], dtype=np.int64),
        )

    def _tape(self, points: int, rows: Index) -> Tape:
        lanes, junctions = self.system.lanes, len(self.system.network.plus)
        length = _TAPE_LENGTH + 4 * junctions * lanes
        stored = points if len(rows) else 0
        return Tape(
            event_time=np.zeros(length),
            event_junction=np.zeros(length, dtype=np.int64),
            event_lane=np.zeros(length, dtype=np.int64),
            event_sign=np.zeros(length, dtype=np.int8),
            nodes=rows,
            time=np.zeros(stored),
            phi=np.zeros((stored, len(rows), lanes)),
            v=np.zeros((stored, len(rows), lanes)),
        )

    def segment(self, start: float, end: float) -> None:
        """Advance from corner to corner."""
        drive = self._drive(start, end)
        steps = self._count(end - start)
        h = (end - start) / steps
        gamma = float(self.scheme.ai[1, 1]) * h
        if abs(gamma - self.factored) > 1e-12 * gamma:
            self.system.refactor(self.factors, gamma)
            self.factored = gamma
        renew_force(self.system.network, drive, self.state, start, 0.0)
        done = 0
        while done < steps:
            taken = advance(
                self.system.network, self.factors, self.scheme, drive, self.state, self.tape, start, done * h, h,
                steps - done,
            )  # fmt: skip
            if taken < 0:
                self.system.check(-1 - taken)
            done += taken
            self._collect(full=done < steps)

    def _collect(self, full: bool) -> None:
        count = int(self.state.count[1])
        if count == 0 or not (full or count > len(self.tape.event_time) // 2):
            return
        tape = self.tape
        columns = (tape.event_time, tape.event_junction, tape.event_lane, tape.event_sign)
        self.events.append(tuple(column[:count].copy() for column in columns))  # type: ignore[arg-type]
        self.state.count[1] = 0

    def _drive(self, start: float, end: float) -> Drive:
        """Source currents and tied phases of the segment as polynomials in t - start."""
        system, topology = self.system, self.system.topology
        n, lanes = topology.size, system.lanes
        s0, s1, s2, q0, q1 = (np.zeros((n + 1, lanes)) for _ in range(5))
        level = self.current_walker.move_to(start)
        rows = system.position[topology.current_sources.pairs]
        for target, values in ((s0, level), (s1, self.current_walker.slope)):
            np.subtract.at(target, rows[:, 0], values)
            np.add.at(target, rows[:, 1], values)
        tied = bool(topology.tied_sources)
        width = (len(topology.junctions), lanes) if tied else (0, lanes)
        j0, j1, j2 = (np.zeros(width) for _ in range(3))
        if tied:
            rate, slope = self.rate_walker.move_to(start), self.rate_walker.slope
            phase = (self.tied_phase.copy(), rate, 0.5 * slope)
            self.tied_phase += rate * (end - start) + 0.5 * slope * (end - start) ** 2
            self._tie(phase, (s0, s1, s2), (q0, q1), (j0, j1, j2))
        return Drive(s0=s0, s1=s1, s2=s2, q0=q0, q1=q1, j0=j0, j1=j1, j2=j2, tied=tied)

    def _tie(self, phase: tuple[Array, ...], s: tuple[Array, ...], q: tuple[Array, ...], j: tuple[Array, ...]) -> None:
        """Move what the tied sources put on every branch to the right-hand side."""
        system, topology = self.system, self.system.topology
        kappa = FLUX_PER_PHASE
        values = system.values

        def branch(branches: Branches, order: int) -> Array:
            """(branches, lanes) coefficient `order` of the tied phase across each branch."""
            out = np.zeros((len(branches), system.lanes))
            for i, offsets in enumerate(branches.offsets):
                for source, sign in offsets:
                    out[i] += sign * phase[order][source]
            return out

        def inject(target: Array, branches: Branches, current: Array, sign: float = -1.0) -> None:
            rows = system.position[branches.pairs]
            np.add.at(target, rows[:, 0], sign * current)
            np.subtract.at(target, rows[:, 1], sign * current)

        resistors, ports, junctions = topology.resistors, topology.line_ports, topology.junctions
        for branches, conductance in (
            (resistors, 1.0 / values.resistance.T),
            (ports, np.tile(1.0 / values.line_impedance, (1, 2)).T),
            (junctions, values.subgap_conductance.T),
        ):
            inject(s[0], branches, kappa * conductance * branch(branches, 1))
            inject(s[1], branches, 2.0 * kappa * conductance * branch(branches, 2))
        for group, inverse in system.inverse_inductance:
            for order in range(3):
                offset = branch(topology.inductors, order)[group]
                current = np.zeros((len(topology.inductors), system.lanes))
                current[group] = kappa * np.einsum("vij,jv->iv", inverse, offset)
                inject(s[order], topology.inductors, current)
        for branches, capacitance in (
            (topology.capacitors, values.capacitance.T),
            (junctions, values.junction_capacitance.T),
        ):
            inject(q[0], branches, kappa * capacitance * branch(branches, 1), 1.0)
            inject(q[1], branches, 2.0 * kappa * capacitance * branch(branches, 2), 1.0)
        for order in range(3):
            j[order][:] = branch(junctions, order)

    def trace(self) -> Trace:
        self._collect(full=True)
        columns = list(zip(*self.events, strict=True))
        empty = (np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int8))
        event = [np.concatenate(c) for c in columns] if columns else list(empty)
        stored = int(self.state.count[2]) if len(self.tape.nodes) else 0
        finite = np.all(np.isfinite(self.state.phi), axis=0) & np.all(np.isfinite(self.state.v), axis=0)
        return Trace(
            event_time=event[0],
            event_junction=event[1],
            event_lane=event[2],
            event_sign=event[3],
            time=self.tape.time[:stored],
            phase=self.tape.phi[:stored],
            rate=self.tape.v[:stored],
            steps=int(self.state.count[2]),
            refactorisations=int(self.state.count[3]),
            failed=~finite,
            start=float(self.corners[0]),
            corners=self.corners,
        )
