"""Phase-change memory (doped Ge2Sb2Te5, 90 nm): programming error, drift and 1/f read noise.

Nandakumar, Boybat, Joshi, Piveteau, Le Gallo, Rajendran, Sebastian, Eleftheriou, ICECS 2019, 727,
doi:10.1109/ICECS46596.2019.8964852, in the numbers that IBM's analog hardware kit publishes with it.
With g = G / 25 µS: σ_prog = 0.26348 + 1.9650 g − 1.1731 g² [µS]; G = G₀ (t / 20 s)^−ν, ν of mean
−0.0155 ln g + 0.0244 (0.049 … 0.1) and σ −0.0125 ln g − 0.0059 (0.008 … 0.045); relative read noise
Q √(ln((t + T) / 2T)), Q = 0.0088 / g^0.65 (at most 0.2), T = 250 ns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array
from cosim.devices.noise import ReadNoiseFit
from cosim.devices.programming import ProgrammingFit
from cosim.devices.retention import DriftFit

LARGEST = 25e-6
LEAST_SHARE = 1e-7


def _share(conductance: ArrayLike) -> Array:
    return np.asarray(conductance, dtype=np.float64) / LARGEST


def _log_share(conductance: ArrayLike) -> Array:
    return np.log(np.maximum(_share(conductance), LEAST_SHARE))


def nandakumar_sigma(target: ArrayLike) -> Array:
    """σ [S] that iterative programming to `target` [S] leaves."""
    g = _share(target)
    return (0.26348 + (1.9650 - 1.1731 * g) * g) * 1e-6


def nandakumar_exponent(conductance: ArrayLike) -> Array:
    """Mean of ν."""
    return np.clip(-0.0155 * _log_share(conductance) + 0.0244, 0.049, 0.1)


def nandakumar_exponent_spread(conductance: ArrayLike) -> Array:
    """σ of ν."""
    return np.clip(-0.0125 * _log_share(conductance) - 0.0059, 0.008, 0.045)


def nandakumar_flicker(conductance: ArrayLike) -> Array:
    """Q²: density of relative 1/f noise at 1 Hz [1/Hz]."""
    return np.minimum(0.0088 / np.maximum(_share(conductance) ** 0.65, 1e-3), 0.2) ** 2


NANDAKUMAR_2019 = ProgrammingFit(
    name="Nandakumar2019", formula=nandakumar_sigma, smallest=0.0, largest=LARGEST
)
NANDAKUMAR_2019_DRIFT = DriftFit(
    name="Nandakumar2019",
    mean=nandakumar_exponent,
    spread=nandakumar_exponent_spread,
    reference=20.0,
    largest=LARGEST,
)
NANDAKUMAR_2019_READ_NOISE = ReadNoiseFit(name="Nandakumar2019", flicker=nandakumar_flicker, read_time=250e-9)
