"""What temperature does to elements: the gap and Rn of a junction, and thermal noise as sources.

Noise is a current source beside every resistor and junction that has a temperature. Its deviates
are joined by straight lines, 1/(2·bandwidth) apart, so the density is 4kT/R well below the
bandwidth (Nyquist). They are keyed by the circuit's seed, the element's name and the number of the
run: they depend neither on steps nor on what is printed, nor on the engine.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import replace

import numpy as np

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.errors import SimulationError
from cosim.netlist.circuit import Circuit, CurrentSource, Junction, JunctionModel, Resistor
from cosim.netlist.waveforms import Noise

PREFIX = "NOISE|"


def with_thermal_noise(circuit: Circuit, run: int = 0) -> Circuit:
    """The circuit with a source `NOISE|name` beside each noisy element; itself if there is none.

    A junction's source is that of its subgap resistance (rn for rtype 0); the run scales it
    while the junction is above the gap.
    """
    sources = []
    for element in circuit.elements:
        if not isinstance(element, Resistor | Junction) or element.temperature <= 0.0:
            continue
        resistance = element.resistance if isinstance(element, Resistor) else _resistance(element)
        if resistance == 0.0:
            continue  # a short
        key = np.random.SeedSequence([circuit.seed, zlib.crc32(element.name.encode()), run])
        waveform = Noise(
            amplitude=math.sqrt(4.0 * BOLTZMANN * element.temperature / abs(resistance)),
            delay=0.0,
            interval=0.5 / element.noise_bandwidth,
            seed=int(key.generate_state(1, np.uint64)[0]),
        )
        sources.append(CurrentSource(name=PREFIX + element.name, nodes=element.nodes[:2], waveform=waveform))
    return replace(circuit, elements=(*circuit.elements, *sources)) if sources else circuit


def _resistance(junction: Junction) -> float:
    model = junction.model
    if model.rtype == 0:
        return normal_resistance(model, junction.area)
    return model.subgap_resistance / junction.area


def gap_energy(model: JunctionModel) -> float:
    """Δ(T) [J] = 1.76 k Tc √cos(π/2 (T/Tc)²); raises SimulationError above Tc."""
    reduced = model.temperature / model.critical_temperature
    if reduced >= 1.0:
        raise SimulationError(
            f"model {model.name}: temperature {model.temperature} K is not below tc = "
            f"{model.critical_temperature} K, so the junction is not superconducting"
        )
    return 1.76 * BOLTZMANN * model.critical_temperature * math.sqrt(math.cos(0.5 * math.pi * reduced**2))


def normal_resistance(model: JunctionModel, area: float) -> float:
    """rn/area [Ω], or after Ambegaokar and Baratoff where the model has a temperature (as in JoSIM)."""
    if model.temperature <= 0.0:
        return model.normal_resistance / area
    gap = gap_energy(model)
    product = 0.5 * math.pi * gap / ELEMENTARY_CHARGE * math.tanh(gap / (2.0 * BOLTZMANN * model.temperature))
    return product / (model.critical_current * area)
