"""The numbers of a circuit and of its variants, as arrays with one row a variant.

Not here: which node each element touches (`topology.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.josephson.relation import weights
from cosim.josephson.topology import Topology
from cosim.netlist.circuit import Circuit, Junction
from cosim.netlist.thermal import normal_resistance

Array = NDArray[np.float64]

#: Smallest Rn·C [s] that a junction is given. It keeps the equations regular where a deck says
#: cap=0; a hundredth of the fastest time that such a junction shows otherwise.
_SMALLEST_TIME_CONSTANT = 2e-15


@dataclass(frozen=True, kw_only=True)
class Values:
    """All arrays are (variants, elements) in the order of the topology; SI units."""

    resistance: Array
    inductance: Array
    kinetic_current: Array
    """I* of the inductances, infinite for those that do not depend on their current."""
    coupling: Array
    capacitance: Array
    critical_current: Array
    junction_capacitance: Array
    subgap_conductance: Array
    normal_conductance: Array
    gap_lower: Array
    """Voltage [V] at which the transition begins; infinite for rtype=0."""
    gap_upper: Array
    gap_conductance: Array
    """Slope [S] of the quasiparticle current inside the transition."""
    phase_offset: Array
    harmonics: Array
    """(variants, junctions, k): weights of sin φ, sin 2φ, … of the critical current."""
    line_impedance: Array
    line_delay: Array
    gain: Array
    """Of the controlled sources E [1], F [1], G [S] and H [Ω]."""

    @property
    def variants(self) -> int:
        return self.resistance.shape[0]

    @classmethod
    def of(cls, circuits: Sequence[Circuit], topologies: Sequence[Topology]) -> Values:
        rows = [_row(c, t) for c, t in zip(circuits, topologies, strict=True)]
        columns = {name: np.array([row[name] for row in rows], dtype=np.float64) for name in rows[0]}
        relations = [
            [weights(e.model) for e in t.junctions.elements if isinstance(e, Junction)] for t in topologies
        ]
        most = max((len(w) for row in relations for w in row), default=1)
        harmonics = np.zeros((len(rows), len(topologies[0].junctions), most))
        for v, row in enumerate(relations):
            for j, given in enumerate(row):
                harmonics[v, j, : len(given)] = given
        return cls(harmonics=harmonics, **columns)

    def repeated(self, count: int) -> Values:
        """The single row of these values, `count` times, ready to be scaled in place."""
        return Values(**{name: np.repeat(array, count, axis=0) for name, array in vars(self).items()})

    def rows(self, chosen: slice | NDArray[np.int64]) -> Values:
        return Values(**{name: array[chosen] for name, array in vars(self).items()})


def _row(circuit: Circuit, topology: Topology) -> dict[str, list[float]]:
    junctions = [_junction(e) for e in topology.junctions.elements if isinstance(e, Junction)]
    columns = list(zip(*junctions, strict=True)) if junctions else [()] * 8
    return {
        "resistance": [e.resistance for e in topology.resistors.elements],  # type: ignore[attr-defined]
        "inductance": [e.inductance for e in topology.inductors.elements],  # type: ignore[attr-defined]
        "kinetic_current": [e.kinetic_current for e in topology.inductors.elements],  # type: ignore[attr-defined]
        "coupling": [m.coupling for m in circuit.mutuals],
        "capacitance": [e.capacitance for e in topology.capacitors.elements],  # type: ignore[attr-defined]
        "critical_current": list(columns[0]),
        "junction_capacitance": list(columns[1]),
        "subgap_conductance": list(columns[2]),
        "normal_conductance": list(columns[3]),
        "gap_lower": list(columns[4]),
        "gap_upper": list(columns[5]),
        "gap_conductance": list(columns[6]),
        "phase_offset": list(columns[7]),
        "line_impedance": [e.impedance for e in topology.lines],
        "line_delay": [e.delay for e in topology.lines],
        "gain": [e.gain for e in topology.controlled.elements],
    }


def _junction(junction: Junction) -> tuple[float, ...]:
    model = junction.model
    area = junction.area
    critical = model.critical_current * area
    subgap = area / model.subgap_resistance
    normal = 1.0 / normal_resistance(model, area)
    if model.rtype == 0:
        subgap = normal
        lower = upper = math.inf
        slope = normal
    else:
        lower = model.gap_voltage - 0.5 * model.gap_width
        upper = model.gap_voltage + 0.5 * model.gap_width
        slope = critical / (model.current_factor * model.gap_width)
    capacitance = max(model.capacitance * area, _SMALLEST_TIME_CONSTANT * normal)
    return critical, capacitance, subgap, normal, lower, upper, slope, model.phase_offset
