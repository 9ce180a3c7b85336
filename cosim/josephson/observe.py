"""What can be seen of a circuit: voltages, phases and currents of its elements, from node phases."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cosim.errors import SimulationError, did_you_mean
from cosim.josephson.controlled import SCALE
from cosim.josephson.drive import RAMP_SHARE, tied_rates
from cosim.josephson.kirchhoff import Term, terms_of
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.system import System
from cosim.josephson.tied import initial_phase
from cosim.josephson.topology import Branches
from cosim.netlist.circuit import Circuit, Element, Probe, TransmissionLine
from cosim.netlist.waveforms import Waveform

Array = NDArray[np.float64]
#: Phase [rad], its rate [rad/s], and the rate of that.
Trio = tuple[Array, Array, Array]


class Observer:
    """Signals at the times `at` (n,) [s]; `look_up(unknown, since)` gives an unknown `since` s before.

    The run began `before` s before t = 0.
    """

    def __init__(
        self,
        system: System,
        circuit: Circuit,
        at: Array,
        look_up: Callable[[int, float], Trio],
        before: float = 0.0,
    ) -> None:
        self._before = before
        self._system, self._circuit, self._at, self._look_up = system, circuit, at, look_up
        topology = system.topology
        kinds = (
            topology.current_sources,
            topology.capacitors,
            topology.resistors,
            topology.inductors,
            topology.junctions,
        )
        self._places = {name: (kind, i) for kind in kinds for i, name in enumerate(kind.names)}
        others = (*topology.tied_sources, *topology.shorts, *topology.controlled.elements, *topology.lines)
        self._others: dict[str, Element] = {element.name: element for element in others}

    def signal(self, probe: Probe) -> Array:
        """The signal of a probe; raises SimulationError for what is not there."""
        if probe.element is None:
            parts = [self._node(name, probe) for name in (*probe.nodes, "0")[:2]]
            trio = self._less(parts[0], parts[1])
            return trio[0] if probe.kind == "P" else FLUX_PER_PHASE * trio[1]
        signal = self._of_element(probe.element, probe)
        return signal if probe.minus is None else signal - self._of_element(probe.minus, probe)

    def _of_element(self, name: str, probe: Probe) -> Array:
        if name in self._places:
            kind, i = self._places[name]
            if probe.kind == "I":
                return self._current(kind, i)
            trio = self._across(kind, i)
        elif name in self._others:
            element = self._others[name]
            if probe.kind == "I":
                return self._current_of_other(element)
            trio = self._less(*(self._node(node, probe) for node in element.nodes[:2]))
        else:
            names = [element.name for element in self._circuit.elements]
            raise SimulationError(f"{probe.label}: there is no element {name}{did_you_mean(name, names)}")
        return trio[0] if probe.kind == "P" else FLUX_PER_PHASE * trio[1]

    def _unknown(self, unknown: int, since: float = 0.0) -> Trio:
        if unknown == self._system.topology.size:
            none = np.zeros(len(self._at))
            return none, none, none
        return self._look_up(unknown, since)

    @staticmethod
    def _less(first: Trio, second: Trio) -> Trio:
        return first[0] - second[0], first[1] - second[1], first[2] - second[2]

    def _node(self, name: str, probe: Probe | None = None) -> Trio:
        known = self._system.topology.node_index
        if name not in known:
            label = "" if probe is None else f"{probe.label}: "
            raise SimulationError(f"{label}there is no node {name}{did_you_mean(name, known)}")
        return self._with_offsets(self._unknown(known[name]), self._system.topology.node_offsets[name])

    def _across(self, kind: Branches, i: int, since: float = 0.0) -> Trio:
        first, second = (self._unknown(int(n), since) for n in kind.pairs[i])
        return self._with_offsets(self._less(first, second), kind.offsets[i], since)

    def _with_offsets(self, trio: Trio, offsets: tuple[tuple[int, float], ...], since: float = 0.0) -> Trio:
        for source, sign in offsets:
            tied = self._tied(source, since)
            trio = trio[0] + sign * tied[0], trio[1] + sign * tied[1], trio[2] + sign * tied[2]
        return trio

    @cached_property
    def _rates(self) -> list[Waveform]:
        stop = float(self._at[-1]) * (1.0 + 1e-9) if len(self._at) else 1.0
        sources = self._system.topology.tied_sources
        return tied_rates(self._circuit, sources, FLUX_PER_PHASE, stop) if len(self._at) else []

    def _tied(self, source: int, since: float) -> Trio:
        """Phase, rate and its slope of a voltage or phase source."""
        at = self._at - since
        if not len(at):
            return at, at, at
        rate, element = self._rates[source], self._system.topology.tied_sources[source]
        t, r = np.asarray(rate.times), np.asarray(rate.values)  # type: ignore[attr-defined]
        total = np.concatenate([[0.0], np.cumsum(0.5 * (r[1:] + r[:-1]) * np.diff(t))])
        i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
        width = np.where(t[i + 1] > t[i], t[i + 1] - t[i], 1.0)
        local = at - t[i]
        slope = (r[i + 1] - r[i]) / width
        # Before t = 0 a phase source goes to its first phase, a voltage source to its first voltage.
        goal, ramp, early = initial_phase(element), RAMP_SHARE * self._before, at < 0.0
        if goal is None:
            start = r[0] * (self._before - 0.5 * ramp)
            rising = r[0] * np.clip((at + self._before) / (ramp or 1.0), 0.0, 1.0)
        else:
            start = goal
            rising = np.where(at < ramp - self._before, goal / (ramp or 1.0), 0.0)
        now = np.where(early, rising, r[i] + slope * local)
        return start + total[i] + r[i] * local + 0.5 * slope * local**2, now, slope

    def _current(self, kind: Branches, i: int) -> Array:
        topology, values, kappa = self._system.topology, self._system.values, FLUX_PER_PHASE
        if kind is topology.current_sources:
            waveform: Waveform = kind.elements[i].waveform  # type: ignore[attr-defined]
            return waveform.value(self._at) if len(self._at) else self._at
        if kind is topology.line_ports:
            return self._current_into_port(i)
        if kind is topology.inductors:
            star = values.kinetic_current[0, i]
            if np.isfinite(star):
                flux = kappa * self._across(kind, i)[0] / (values.inductance[0, i] * star)
                return 2.0 * star * np.sinh(np.arcsinh(1.5 * flux) / 3.0)
            group, row = self._system.inverse_inductance.row(i)
            phases = np.array([self._across(kind, int(g))[0] for g in group])
            return kappa * (row @ phases)
        phase, rate, change = self._across(kind, i)
        if kind is topology.resistors:
            return kappa * rate / values.resistance[0, i]
        if kind is topology.capacitors:
            return kappa * change * values.capacitance[0, i]
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

    def _current_of_other(self, element: Element) -> Array:
        topology = self._system.topology
        if isinstance(element, TransmissionLine):
            return self._current_into_port(topology.lines.index(element))
        if element in topology.controlled.elements:
            return self._current_of_controlled(topology.controlled.elements.index(element), sense=False)
        total = np.zeros(len(self._at))
        for term in terms_of(topology, element):
            total = total + term.sign * self._term(term)
        return total

    def _term(self, term: Term) -> Array:
        if term.kind is None:
            return self._current_of_controlled(term.position, sense=term.sense)
        return self._current(term.kind, term.position)

    def _current_of_controlled(self, position: int, *, sense: bool) -> Array:
        controlled = self._system.topology.controlled
        source, gain = controlled.elements[position], self._system.values.gain[0, position]
        if source.kind == "G":
            first, second = (self._node(node) for node in source.nodes[2:])
            return gain * FLUX_PER_PHASE * self._less(first, second)[1]
        unknown, sign = controlled.current[source.name, sense or source.kind == "F"]
        current = sign * SCALE * FLUX_PER_PHASE * self._unknown(unknown)[1]
        return gain * current if source.kind == "F" and not sense else current

    def _current_into_port(self, own: int) -> Array:
        """The current into a port of a line: V/Z0 less what comes back, wave after wave."""
        ports, count = self._system.topology.line_ports, len(self._system.topology.lines)
        values, line, partner = self._system.values, own % count, (own + count) % (2 * count)
        conductance, delay = 1.0 / values.line_impedance[0, line], float(values.line_delay[0, line])
        total = FLUX_PER_PHASE * conductance * self._across(ports, own)[1]
        waves = int((self._at[-1] + self._before) / delay) if len(self._at) else 1
        for k in range(1, waves + 1):
            volt = FLUX_PER_PHASE * self._across(ports, own if k % 2 == 0 else partner, k * delay)[1]
            begun = self._at - k * delay >= -self._before
            total = total - (-1.0) ** (k + 1) * 2.0 * conductance * np.where(begun, volt, 0.0)
        return total
