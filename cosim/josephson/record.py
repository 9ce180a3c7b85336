"""From the state at the steps to the signals that a deck asks for.

Between steps the phase is the polynomial of degree five through phase and rate at three
neighbouring steps, never across a corner of a source; voltage is its derivative, so both
are as exact as the integrator. Column names are JoSIM's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.drive import tied_rates
from cosim.josephson.kirchhoff import terms_of_source
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.system import System
from cosim.josephson.topology import Branches
from cosim.netlist.circuit import Circuit, PhaseSource, Probe
from cosim.netlist.waveforms import Waveform

Array = NDArray[np.float64]
Index = NDArray[np.int64]

UNITS = {"V": "V", "P": "rad", "I": "A"}


class Dense:
    """Phase, rate and its derivative of the recorded unknowns at any time.

    `time` (m,) are the steps, `phase` and `rate` (m, k) the state there, `corners` the times
    at which a source bends.
    """

    def __init__(self, time: Array, phase: Array, rate: Array, corners: Array) -> None:
        self._time, self._phase, self._rate = time, phase, rate
        self._segment = np.searchsorted(corners, time[:-1] + 0.5 * np.diff(time))

    def __call__(self, at: Array) -> tuple[Array, Array, Array]:
        """Three arrays (len(at), k): φ [rad], φ' [rad/s], φ'' [rad/s²]."""
        t = self._time
        if len(t) < 3:
            raise SimulationError(
                "the run is shorter than two steps; choose a smaller step or a later stop time"
            )
        i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
        segment = self._segment
        before = np.where(i > 0, segment[np.maximum(i - 1, 0)] == segment[i], False)
        after = np.where(i < len(t) - 2, segment[np.minimum(i + 1, len(segment) - 1)] == segment[i], False)
        third = np.where(before, i - 1, np.where(after, i + 2, -1))
        return self._quintic(at, i, np.where(third < 0, i, third), third < 0)

    def _quintic(
        self, at: Array, i: Index, third: Index, cubic: NDArray[np.bool_]
    ) -> tuple[Array, Array, Array]:
        """Newton's form with nodes a a b b c c; `cubic` leaves the last two out."""
        t, y, d = self._time, self._phase, self._rate
        a, b = t[i], t[i + 1]
        h = (b - a)[:, None]
        s = ((at - a) / (b - a))[:, None]
        slope_a, slope_b, rise = d[i] * h, d[i + 1] * h, y[i + 1] - y[i]
        c2, c3 = rise - slope_a, slope_a + slope_b - 2.0 * rise
        p = y[i] + s * (slope_a + s * (c2 + (s - 1.0) * c3))
        q = slope_a + 2.0 * s * c2 + (3.0 * s * s - 2.0 * s) * c3
        r = 2.0 * c2 + (6.0 * s - 2.0) * c3
        u = np.where(cubic, 2.0, (t[third] - a) / (b - a))[:, None]
        at_u = y[i] + u * (slope_a + u * (c2 + (u - 1.0) * c3))
        rate_u = slope_a + 2.0 * u * c2 + (3.0 * u * u - 2.0 * u) * c3
        bump = (u * (u - 1.0)) ** 2
        bump_rate = 2.0 * u * (u - 1.0) * (2.0 * u - 1.0)
        missing = np.where(cubic[:, None], 0.0, y[third] - at_u)
        missing_rate = np.where(cubic[:, None], 0.0, d[third] * h - rate_u)
        e0 = missing / bump
        e1 = (missing_rate - e0 * bump_rate) / bump
        w, w1, w2 = (s * (s - 1.0)) ** 2, 2.0 * s * (s - 1.0) * (2.0 * s - 1.0), 12.0 * s * s - 12.0 * s + 2.0
        line = e0 + e1 * (s - u)
        p = p + w * line
        q = q + w1 * line + w * e1
        r = r + w2 * line + 2.0 * w1 * e1
        return p, q / h, r / h**2


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """Which unknowns to keep for some probes, and how to make their signals."""

    system: System
    circuit: Circuit
    probes: tuple[Probe, ...]
    nodes: Index

    @classmethod
    def of(cls, system: System, circuit: Circuit, probes: Sequence[Probe]) -> Recorder:
        """Raise SimulationError for a probe of something that is not there."""
        needed: set[int] = set()
        recorder = cls(
            system=system, circuit=circuit, probes=tuple(probes), nodes=np.empty(0, dtype=np.int64)
        )
        for probe in probes:
            needed |= recorder._unknowns(probe)
        needed.discard(system.topology.size)
        return cls(
            system=system,
            circuit=circuit,
            probes=tuple(probes),
            nodes=np.array(sorted(needed), dtype=np.int64),
        )

    def _unknowns(self, probe: Probe) -> set[int]:
        if probe.element is None:
            return {self._node(name, probe) for name in probe.nodes}
        source = self._tied_source(probe)
        if source is not None:
            if probe.kind != "I":
                return {self._node(name, probe) for name in self._source_nodes(source)}
            terms = terms_of_source(self.system.topology, source)
            return set().union(*(self._branch_unknowns(b, i, "I") for b, i, _ in terms))
        branches, i = self._find(probe.element, probe)
        return self._branch_unknowns(branches, i, probe.kind)

    def _branch_unknowns(self, branches: Branches, i: int, kind: str) -> set[int]:
        if branches is self.system.topology.inductors and kind == "I":
            group, _ = self.system.inverse_inductance.row(i)
            return {int(n) for g in group for n in branches.pairs[g]}
        return {int(n) for n in branches.pairs[i]}

    def _tied_source(self, probe: Probe) -> int | None:
        return self._sources.get(probe.element) if probe.element else None

    @cached_property
    def _sources(self) -> dict[str, int]:
        return {source.name: k for k, source in enumerate(self.system.topology.tied_sources)}

    def _source_nodes(self, source: int) -> tuple[str, str]:
        first, second = self.system.topology.tied_sources[source].nodes[:2]
        return first, second

    def _node(self, name: str, probe: Probe) -> int:
        known = self.system.topology.node_index
        if name not in known:
            raise SimulationError(f"{probe.label}: there is no node {name}{did_you_mean(name, known)}")
        return known[name]

    @cached_property
    def _places(self) -> dict[str, tuple[Branches, int]]:
        t = self.system.topology
        kinds = (t.current_sources, t.capacitors, t.resistors, t.inductors, t.junctions)
        return {name: (branches, i) for branches in kinds for i, name in enumerate(branches.names)}

    def _find(self, name: str, probe: Probe) -> tuple[Branches, int]:
        if name not in self._places:
            names = [e.name for e in self.circuit.elements]
            raise SimulationError(f"{probe.label}: there is no element {name}{did_you_mean(name, names)}")
        return self._places[name]

    def signals(self, dense: Dense, at: Array) -> dict[str, Array]:
        """Signals by label at the times `at` (n,) [s]."""
        phase, rate, change = dense(at) if len(self.nodes) else (np.empty((len(at), 0)),) * 3
        column = {int(node): i for i, node in enumerate(self.nodes)}
        ground = self.system.topology.size
        tied = self._tied(at)

        def pick(source: Array, node: int) -> Array:
            return np.zeros(len(at)) if node == ground else source[:, column[node]]

        def across(branches: Branches, i: int) -> tuple[Array, Array, Array]:
            a, b = (int(n) for n in branches.pairs[i])
            parts = [pick(s, a) - pick(s, b) for s in (phase, rate, change)]
            for source, sign in branches.offsets[i]:
                parts[0] = parts[0] + sign * tied[source][0]
                parts[1] = parts[1] + sign * tied[source][1]
                parts[2] = parts[2] + sign * tied[source][2]
            return parts[0], parts[1], parts[2]

        def node(name: str) -> tuple[Array, Array]:
            index = self.system.topology.node_index[name]
            p, r = pick(phase, index), pick(rate, index)
            for source, sign in self.system.topology.node_offsets[name]:
                p, r = p + sign * tied[source][0], r + sign * tied[source][1]
            return p, r

        return {probe.label: self._signal(probe, node, across, at) for probe in self.probes}

    def _tied(self, at: Array) -> list[tuple[Array, Array, Array]]:
        """Phase, rate and its slope of every voltage or phase source at the times `at`."""
        sources = self.system.topology.tied_sources
        result = []
        stop = float(at[-1]) * (1.0 + 1e-9) if len(at) else 1.0
        for source, rate in zip(
            sources, tied_rates(self.circuit, sources, FLUX_PER_PHASE, stop), strict=True
        ):
            t, r = np.asarray(rate.times), np.asarray(rate.values)  # type: ignore[attr-defined]
            total = np.concatenate([[0.0], np.cumsum(0.5 * (r[1:] + r[:-1]) * np.diff(t))])
            i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
            width = np.where(t[i + 1] > t[i], t[i + 1] - t[i], 1.0)
            local = at - t[i]
            slope = (r[i + 1] - r[i]) / width
            start = float(source.waveform.value(np.array(0.0))) if isinstance(source, PhaseSource) else 0.0
            phase = start + total[i] + r[i] * local + 0.5 * slope * local**2
            result.append((phase, r[i] + slope * local, slope))
        return result

    def _signal(
        self,
        probe: Probe,
        node: Callable[[str], tuple[Array, Array]],
        across: Callable[[Branches, int], tuple[Array, Array, Array]],
        at: Array,
    ) -> Array:
        kappa = FLUX_PER_PHASE
        source = self._tied_source(probe)
        if probe.element is None or (source is not None and probe.kind != "I"):
            parts = [node(name) for name in (probe.nodes if source is None else self._source_nodes(source))]
            which = 0 if probe.kind == "P" else 1
            total = parts[0][which]
            if len(parts) > 1:
                total = total - parts[1][which]
            return total if probe.kind == "P" else kappa * total
        if source is not None:
            total = np.zeros(len(at))
            for branches, i, sign in terms_of_source(self.system.topology, source):
                total += sign * self._current(branches, i, *across(branches, i), across, at)
            return total
        branches, i = self._find(probe.element, probe)
        phase, rate, change = across(branches, i)
        if probe.kind == "P":
            return phase
        if probe.kind == "V":
            return kappa * rate
        return self._current(branches, i, phase, rate, change, across, at)

    def _current(
        self,
        branches: Branches,
        i: int,
        phase: Array,
        rate: Array,
        change: Array,
        across: Callable,
        at: Array,
    ) -> Array:
        topology, values, kappa = self.system.topology, self.system.values, FLUX_PER_PHASE
        if branches is topology.current_sources:
            waveform: Waveform = branches.elements[i].waveform  # type: ignore[attr-defined]
            return waveform.value(at)
        if branches is topology.resistors:
            return kappa * rate / values.resistance[0, i]
        if branches is topology.capacitors:
            return kappa * change * values.capacitance[0, i]
        if branches is topology.inductors:
            group, row = self.system.inverse_inductance.row(i)
            phases = np.array([across(branches, int(g))[0] for g in group])
            return kappa * (row @ phases)
        volt = kappa * rate
        size = np.abs(volt)
        low, high = values.gap_lower[0, i], values.gap_upper[0, i]
        subgap = values.subgap_conductance[0, i] * size
        inside = values.subgap_conductance[0, i] * (low if np.isfinite(low) else 0.0)
        inside = inside + values.gap_conductance[0, i] * (size - (low if np.isfinite(low) else 0.0))
        normal = values.normal_conductance[0, i] * size
        quasi = np.copysign(np.where(size < low, subgap, np.where(size < high, inside, normal)), volt)
        charge = kappa * change * values.junction_capacitance[0, i]
        orders = 1.0 + np.arange(values.harmonics.shape[2])
        sines = np.sin(np.multiply.outer(phase - values.phase_offset[0, i], orders))
        return values.critical_current[0, i] * (sines @ values.harmonics[0, i]) + quasi + charge
