"""Random telegraph noise: a trap that catches and frees an electron, and a conductance that jumps.

Two states, high (trap empty, G) and low (G (1 − amplitude)); dwell times are exponential with means
τ_high and τ_low. The one-sided spectral density of G(t) / G is Machlup's Lorentzian (J. Appl. Phys.
25, 341 (1954), doi:10.1063/1.1721637):

    S(f) = 4 a² / ((τ_high + τ_low) ((1 / τ_high + 1 / τ_low)² + (2π f)²))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.devices.checks import positive, share
from cosim.devices.model import Array
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class TelegraphNoise:
    """Cells with one active trap each, a `share` of all."""

    amplitude: float
    """Relative drop of the conductance while the trap is full; 0.01 … 0.5, larger at low conductance."""
    high_time: float
    """τ_high, mean time in the high state [s]."""
    low_time: float
    """τ_low [s]."""
    share: float = 1.0
    """Of cells that have such a trap; drawn once for a seed."""

    def __post_init__(self) -> None:
        share("amplitude of telegraph noise", self.amplitude)
        share("share of cells with telegraph noise", self.share)
        positive("mean time in the high state", self.high_time, "s")
        positive("mean time in the low state", self.low_time, "s")

    @property
    def low_probability(self) -> float:
        """Of finding the trap full."""
        return self.low_time / (self.high_time + self.low_time)

    def density(self, frequency: ArrayLike) -> Array:
        """S [1/Hz] of one cell's G(t) / G at frequencies above zero [Hz]."""
        rate = 1.0 / self.high_time + 1.0 / self.low_time
        turning = 2 * np.pi * np.asarray(frequency, dtype=np.float64)
        return 4 * self.amplitude**2 / ((self.high_time + self.low_time) * (rate**2 + turning**2))

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`: one reading at a moment that is not correlated with another."""
        trap = random.random(conductance.shape) < self.share
        full = random.random(conductance.shape) < self.low_probability
        return np.where(trap & full, conductance * (1 - self.amplitude), conductance)

    def series(
        self, samples: int, step: float, shape: tuple[int, ...] = (), *, random: np.random.Generator
    ) -> NDArray[np.bool_]:
        """Whether the trap is full, (samples, *shape), at times `step` [s] apart, from equilibrium on.

        The exact transition probabilities of the two-state Markov process over `step`: flips between
        two samples are counted, whatever the step. G(t) is G · (1 − amplitude · series).
        """
        if samples < 1:
            raise SimulationError(f"a series of {samples} samples was asked for; expected 1 or more")
        positive("sampling step", step, "s")
        trap = random.random(shape) < self.share
        low = self.low_probability
        mixed = -np.expm1(-step * (1.0 / self.high_time + 1.0 / self.low_time))
        full = np.empty((samples, *shape), dtype=bool)
        full[0] = random.random(shape) < low
        for index in range(1, samples):
            draw = random.random(shape)
            before = full[index - 1]
            full[index] = np.where(before, draw >= (1 - low) * mixed, draw < low * mixed)
        return full & trap

    def dwells(self, count: int, *, random: np.random.Generator) -> tuple[Array, Array]:
        """`count` successive times in the high and in the low state [s] of one cell, each exponential."""
        return random.exponential(self.high_time, count), random.exponential(self.low_time, count)
