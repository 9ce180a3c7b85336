"""Where the energy of a run goes: what sources deliver, resistances take, inductances hold.

From waveforms, element by element, each with its own law: V²/R in a resistor, V times the
quasiparticle current in a junction, ½ i·L·i in coupled coils, ½ C V², and Φ0/2π · Ic (1 − cos φ) in
the supercurrent (with harmonics: Σ Ic_k/k (1 − cos kφ)). Nothing is found as a remainder, so
what sources deliver equals what is dissipated plus what is stored, and `residual` says how
nearly: it measures the run and its sampling.

The customary Ic·Φ0 a slip is in `energy.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import CosimError
from cosim.josephson import Topology, Values, simulate
from cosim.netlist.circuit import (
    Capacitor,
    Circuit,
    CurrentSource,
    Element,
    Inductor,
    Junction,
    PhaseSource,
    Probe,
    Resistor,
    VoltageSource,
)
from cosim.results import Result

Array = NDArray[np.float64]

_QUANTITIES: dict[type[Element], str] = {
    Resistor: "V",
    Capacitor: "V",
    Inductor: "I",
    Junction: "VP",
    CurrentSource: "PI",
    VoltageSource: "PI",
    PhaseSource: "PI",
}


@dataclass(frozen=True, kw_only=True)
class EnergyBalance:
    """Energies [J] between `start` and `stop` [s], by the name of the element."""

    delivered: Mapping[str, float]
    """By sources; a negative one takes energy up."""
    dissipated: Mapping[str, float]
    """In resistors and in the resistance of junctions."""
    stored: Mapping[str, float]
    """Gain of inductors (coupled ones under the first of them), capacitances and supercurrents."""
    start: float
    stop: float

    @property
    def residual(self) -> float:
        """Delivered less dissipated less stored, as a part of all that was delivered or taken up."""
        turned = sum(abs(value) for value in self.delivered.values())
        rest = sum(self.delivered.values()) - sum(self.dissipated.values()) - sum(self.stored.values())
        return rest / turned if turned > 0.0 else rest

    def text(self) -> str:
        totals = [sum(part.values()) * 1e18 for part in (self.delivered, self.dissipated, self.stored)]
        return (
            f"{totals[0]:.4f} aJ delivered = {totals[1]:.4f} aJ dissipated + {totals[2]:.4f} aJ stored "
            f"({self.start * 1e12:g} to {self.stop * 1e12:g} ps; unbalanced {self.residual:.1e})"
        )


def energy_balance(
    circuit: Circuit,
    *,
    start: float = 0.0,
    stop: float | None = None,
    tolerance: float = 1e-5,
    print_step: float = 0.02e-12,
) -> EnergyBalance:
    """Simulate a circuit and account for its energy between `start` and `stop` [s].

    Waveforms of all elements are sampled every `print_step` [s], so this is for cells, not for
    chips. Raises `CosimError` for elements whose energy is not accounted for (lines, controlled
    sources) and for a run that fails.
    """
    foreign = [e.name for e in circuit.elements if type(e) not in _QUANTITIES]
    if foreign:
        raise CosimError(f"the energy of {', '.join(foreign[:5])} is not accounted for")
    probes = tuple(
        Probe(kind=kind, label=f"{kind}({element.name})", element=element.name)
        for element in circuit.elements
        for kind in _QUANTITIES[type(element)]
    )
    transient = circuit.transient
    if transient is not None:
        circuit = replace(circuit, transient=replace(transient, start=0.0, window=0.0))
    result = simulate(replace(circuit, probes=probes), stop=stop, tolerance=tolerance, print_step=print_step)
    if not result.ok:
        raise CosimError(f"no balance of a run that failed: {result.message}")
    return balance_of(circuit, result, start=start)


def balance_of(circuit: Circuit, result: Result, *, start: float = 0.0) -> EnergyBalance:
    """The balance of a run that holds V of resistors and capacitors, I of inductors, V and P of
    junctions, P and I of sources, from `start` [s] to its end."""
    inside = result.time >= start * (1.0 - 1e-12)
    time = result.time[inside]
    if len(time) < 3:
        raise CosimError(
            f"the run holds {len(time)} samples from {start:g} s on; a balance needs three or more"
        )

    def signal(kind: str, name: str) -> Array:
        return result[f"{kind}({name})"][inside]

    delivered, dissipated, stored = {}, {}, {}
    for element in circuit.elements:
        name = element.name
        if isinstance(element, CurrentSource | VoltageSource | PhaseSource):
            # ∫ V·I dt as ∫ I dΦ: the flux is continuous where the voltage at a coil steps. A current
            # counts into the first node of the source, as in SPICE, so it delivers minus that.
            current = signal("I", name)
            flux = np.diff(signal("P", name)) / PHASE_PER_FLUX
            delivered[name] = -float(np.sum(0.5 * (current[1:] + current[:-1]) * flux))
        elif isinstance(element, Resistor):
            dissipated[name] = float(np.trapezoid(signal("V", name) ** 2, time)) / element.resistance
        elif isinstance(element, Capacitor):
            stored[name] = 0.5 * element.capacitance * _gain(signal("V", name) ** 2)
        elif isinstance(element, Inductor):
            current = signal("I", name)
            # Kinetic inductance: ∫ I dΦ of dΦ = L (1 + (I/I*)²) dI; I* is infinite in others.
            kinetic = (current / element.kinetic_current) ** 2
            stored[name] = 0.5 * element.inductance * _gain(current**2 * (1.0 + 0.5 * kinetic))
    inductance = {e.name: e.inductance for e in circuit.elements if isinstance(e, Inductor)}
    for mutual in circuit.mutuals:
        first, second = mutual.inductors
        coupling = mutual.coupling * float(np.sqrt(inductance[first] * inductance[second]))
        stored[first] += coupling * _gain(signal("I", first) * signal("I", second))
    _junctions(circuit, signal, time, dissipated, stored)
    return EnergyBalance(
        delivered=delivered,
        dissipated=dissipated,
        stored=stored,
        start=float(time[0]),
        stop=float(time[-1]),
    )


def _gain(values: Array) -> float:
    return float(values[-1] - values[0])


def _junctions(
    circuit: Circuit,
    signal: Callable[[str, str], Array],
    time: Array,
    dissipated: dict[str, float],
    stored: dict[str, float],
) -> None:
    topology = Topology.of(circuit)
    values = Values.of([circuit], [topology])
    for j, name in enumerate(topology.junctions.names):
        volt, phase = signal("V", name), signal("P", name) - values.phase_offset[0, j]
        size = np.abs(volt)
        low, high = values.gap_lower[0, j], values.gap_upper[0, j]
        below = values.subgap_conductance[0, j] * np.minimum(size, low)
        inside = below + values.gap_conductance[0, j] * np.maximum(size - low, 0.0)
        flow = np.where(size < high, inside, values.normal_conductance[0, j] * size)
        dissipated[name] = float(np.trapezoid(size * flow, time))
        weight = values.critical_current[0, j] * values.harmonics[0, j] / PHASE_PER_FLUX
        order = 1.0 + np.arange(len(weight))
        energy = -(np.cos(np.multiply.outer(phase, order)) @ (weight / order))
        stored[name] = _gain(energy) + 0.5 * values.junction_capacitance[0, j] * _gain(volt**2)
