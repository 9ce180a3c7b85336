"""The current-phase relation of a junction model as weights of sin φ, sin 2φ, … of the critical current.

Not here: their evaluation (`junctions.py`); gap and Rn at a temperature (`cosim.netlist.thermal`).
"""

from __future__ import annotations

import math

import numpy as np

from cosim.constants import BOLTZMANN
from cosim.errors import SimulationError
from cosim.netlist.circuit import JunctionModel
from cosim.netlist.thermal import gap_energy

#: Harmonics below this part of the first are left out.
_SMALLEST_WEIGHT = 1e-7
_POINTS = 1024


def weights(model: JunctionModel) -> tuple[float, ...]:
    """Weights of sin φ, sin 2φ, …: the model's `cpr`, or those of its transparency."""
    if model.transparency == 0.0:
        return model.harmonics
    if model.harmonics != (1.0,):
        raise SimulationError(f"model {model.name} has both cpr and d; give one of them")
    if model.temperature <= 0.0 or not 0.0 < model.transparency < 1.0:
        raise SimulationError(
            f"model {model.name}: a transparency d needs 0 < d < 1 and a temperature t, "
            f"got d = {model.transparency}, t = {model.temperature} K"
        )
    ratio = gap_energy(model) / (2.0 * BOLTZMANN * model.temperature)
    phase = 2.0 * math.pi * np.arange(_POINTS) / _POINTS
    root = np.sqrt(1.0 - model.transparency * np.sin(0.5 * phase) ** 2)
    # Haberkorn, Knauer and Richter, phys. stat. sol. (a) 47 (1978) K161.
    current = np.sin(phase) / root * np.tanh(ratio * root) / math.tanh(ratio)
    sines = -2.0 / _POINTS * np.fft.rfft(current).imag[1:]
    count = int(np.flatnonzero(np.abs(sines) > _SMALLEST_WEIGHT * np.abs(sines[0]))[-1]) + 1
    return tuple(float(x) for x in sines[:count])
