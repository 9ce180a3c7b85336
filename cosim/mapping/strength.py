"""A neuron whose weights are not all alike: strengths set by bias currents.

Where no signs and whole threshold decide as trained, the largest excitatory weight keeps a whole
synapse and smaller ones get *tuned* ones (`cosim.circuits.TunedParameters`): the strength of each, in
units of a +1, follows an external dc current along the measured curve `designs/tuned.json`. The
threshold current is then found on the circuit itself (`tuning.py`).

Not here: neurons of unit synapses (`ternary.py`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Threshold currents [A] that are tried.
TRIED = np.linspace(-60e-6, 160e-6, 32)
#: Multiples of a weight's share that are tried for its strength.
FACTORS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
#: A tuned synapse stays below a whole one.
STRONGEST = 0.99
#: A window must be at least this wide [A] to count as working.
SMALLEST_WINDOW = 10e-6
#: More synapses than this are not tuned: 2^n patterns are played.
MOST_INPUTS = 4


@dataclass(frozen=True, kw_only=True)
class StrengthFit:
    """A neuron with tuned synapses; fields that it shares with `TernaryFit` mean the same.

    `strengths` (inputs,) with the sign of the weight, in units of a +1; `control` [A] (synapses,)
    into the tuned synapses, in the order of the cell's ports; `threshold_current` [A] with the
    `window` [A] of those that decide right.
    """

    signs: NDArray[np.int8]
    strengths: Array
    control: tuple[float, ...]
    threshold_current: float
    window: tuple[float, float]
    scale: float
    error: Array
    mismatches: int
    tested: int
    exhaustive: bool = True

    @property
    def exact(self) -> bool:
        """True when every input pattern comes out as trained, in the circuit."""
        return self.mismatches == 0

    @property
    def realised(self) -> Array:
        """(inputs,) what the synapses stand for, in units of the trained weights."""
        return self.scale * self.strengths

    @property
    def excitatory(self) -> int:
        return int(np.count_nonzero(self.signs > 0))

    @property
    def inhibitory(self) -> int:
        return int(np.count_nonzero(self.signs < 0))


@cache
def _curve() -> tuple[Array, Array]:
    """Strength and the control current [A] that gives it, both ascending."""
    text = files("cosim.circuits").joinpath("designs", "tuned.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return np.array(data["strength"]), np.array(data["control_current"])


def control_current(strength: float) -> float:
    """Current [A] into a tuned synapse for a strength in units of a +1, by the measured curve."""
    strengths, currents = _curve()
    return float(np.interp(strength, strengths, currents))


def wanted_strengths(weights: Array) -> Array | None:
    """Strengths (inputs,) for a neuron's weights, or None where the synapses have no such range.

    The largest excitatory weight becomes 1. An inhibitory synapse is a whole -1 or none, so an
    inhibitory weight must be near the largest excitatory one.
    """
    largest = float(np.max(weights, initial=0.0))
    used = np.count_nonzero(weights)
    if largest <= 0.0 or not 1 <= used <= MOST_INPUTS:
        return None
    relative = weights / largest
    lowest = float(_curve()[0][0])
    inhibitory = relative[relative < 0.0]
    if np.any((relative > 0.0) & (relative < lowest)) or np.any(np.abs(inhibitory + 1.0) > 0.25):
        return None
    return np.where(relative < 0.0, -1.0, relative)


def widest_window(right: NDArray[np.bool_]) -> tuple[int, int] | None:
    """First and last index of the longest run of True."""
    padded = np.concatenate([[False], right, [False]]).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1) - 1
    if not len(starts):
        return None
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best])
