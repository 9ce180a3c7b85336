"""What voltage and phase sources put on the right-hand side.

They tie the phase of one node to that of another (`topology.py`), so every branch sees, on
top of its unknowns, a phase that is known in advance. Per segment it is a quadratic in time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.drive import Walker
from cosim.josephson.matrices import FLUX_PER_PHASE
from cosim.josephson.system import System
from cosim.josephson.topology import Branches
from cosim.netlist.circuit import Element, PhaseSource

Array = NDArray[np.float64]


class TiedSources:
    """The tied sources of all lanes; `phases[lane][k]` is where source k begins, `scale` (lanes, sources).

    One row of `phases` serves all lanes. `rates` are scaled already.
    """

    def __init__(
        self, system: System, phases: Sequence[Sequence[float]], rates: Walker, scale: Array
    ) -> None:
        self._system = system
        self._rates = rates
        phase = np.array(phases, dtype=np.float64).reshape(len(phases), scale.shape[1])
        self._phase = (phase * scale).T.copy()

    def add(
        self, start: float, end: float, s: tuple[Array, ...], q: tuple[Array, ...]
    ) -> tuple[tuple[Array, ...], ...]:
        """Add to currents `s` (3 orders) and charges `q` (2 orders), each (rows, lanes).

        Returns the tied phase across every junction, every port of a line and every kinetic
        inductance, (elements, lanes) for three orders.
        """
        topology, lanes = self._system.topology, self._system.lanes
        rate, slope = self._rates.move_to(start), self._rates.slope
        phase = (self._phase.copy(), rate, 0.5 * slope)
        self._phase += rate * (end - start) + 0.5 * slope * (end - start) ** 2
        values, kappa = self._system.values, FLUX_PER_PHASE
        ports = np.tile(1.0 / values.line_impedance, (1, 2)).T
        for branches, conductance in (
            (topology.resistors, 1.0 / values.resistance.T),
            (topology.line_ports, ports),
            (topology.junctions, values.subgap_conductance.T),
        ):
            self._inject(s[0], branches, -kappa * conductance * self._across(branches, phase[1]))
            self._inject(s[1], branches, -2.0 * kappa * conductance * self._across(branches, phase[2]))
        controlled = topology.controlled
        weight = kappa * controlled.values(values.gain).T if controlled.stamps else np.empty((0, lanes))
        for stamp, of in zip(controlled.stamps, weight, strict=True):
            row = self._system.position[stamp.row]
            for source, sign in stamp.offsets:
                s[0][row] -= sign * of * phase[1][source]
                s[1][row] -= sign * of * 2.0 * phase[2][source]
        inverse = self._system.inverse_inductance
        for order in range(3):
            offset = self._across(topology.inductors, phase[order])
            current = np.zeros((len(topology.inductors), lanes))
            current[inverse.single] = -kappa * inverse.single_value.T * offset[inverse.single]
            for group, block in inverse.groups:
                current[group] = -kappa * np.einsum("vij,jv->iv", block, offset[group])
            self._inject(s[order], topology.inductors, current)
        for branches, capacitance in (
            (topology.capacitors, values.capacitance.T),
            (topology.junctions, values.junction_capacitance.T),
        ):
            self._inject(q[0], branches, kappa * capacitance * self._across(branches, phase[1]))
            self._inject(q[1], branches, 2.0 * kappa * capacitance * self._across(branches, phase[2]))
        kinds = (topology.junctions, topology.line_ports, topology.inductors.chosen(topology.kinetic))
        return tuple(tuple(self._across(kind, x) for x in phase) for kind in kinds)

    def _across(self, branches: Branches, source_phase: Array) -> Array:
        """(branches, lanes): one coefficient of the tied phase across each branch."""
        out = np.zeros((len(branches), self._system.lanes))
        for i, offsets in enumerate(branches.offsets):
            for source, sign in offsets:
                out[i] += sign * source_phase[source]
        return out

    def _inject(self, target: Array, branches: Branches, values: Array) -> None:
        rows = self._system.position[branches.rows]
        np.add.at(target, rows[:, 0], values)
        np.subtract.at(target, rows[:, 1], values)


def initial_phase(source: Element) -> float | None:
    """The phase of a phase source at t = 0; None for a voltage source."""
    if isinstance(source, PhaseSource):
        return float(source.waveform.value(np.array(0.0)))
    return None
