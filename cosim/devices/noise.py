"""Noise of readings: white, and 1/f up to a corner; of one reading, or as a series in time.

    S(f) = white + flicker / f^γ      one-sided, relative to G² [1/Hz]
    σ² of a reading = ∫ S df from the inverse of the time watched to the reading's bandwidth

Random telegraph noise is in `telegraph.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.checks import not_negative, positive
from cosim.devices.model import Array
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class ReadNoise:
    """White noise of one reading: factor 1 + σ·normal. Wrap in `CycleToCycle` to draw it anew for each."""

    relative: float
    """σ over the conductance."""

    def __post_init__(self) -> None:
        not_negative("relative read noise", self.relative)

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * (1 + self.relative * random.standard_normal(conductance.shape))


@dataclass(frozen=True, kw_only=True)
class NoiseSpectrum:
    """One-sided spectral density of relative fluctuations of a conductance: white and 1/f^γ."""

    flicker: float
    """Density at 1 Hz of the 1/f part [1/Hz]; 1e-8 … 1e-3."""
    exponent: float = 1.0
    """γ; 0.8 … 1.2 as a rule."""
    white: float = 0.0
    """Density of the white part [1/Hz]."""

    def __post_init__(self) -> None:
        not_negative("density of 1/f noise at 1 Hz", self.flicker, "1/Hz")
        not_negative("exponent of 1/f noise", self.exponent)
        not_negative("density of white noise", self.white, "1/Hz")

    @classmethod
    def with_corner(cls, *, white: float, corner: float, exponent: float = 1.0) -> NoiseSpectrum:
        """A spectrum whose 1/f part equals its `white` part [1/Hz] at `corner` [Hz]."""
        positive("corner frequency", corner, "Hz")
        return cls(flicker=white * corner**exponent, exponent=exponent, white=white)

    @property
    def corner(self) -> float:
        """Frequency at which both parts are equal [Hz]; infinite without white noise."""
        if not self.white:
            return float("inf")
        return (self.flicker / self.white) ** (1.0 / self.exponent)

    def density(self, frequency: ArrayLike) -> Array:
        """S [1/Hz] at frequencies above zero [Hz]."""
        return self.white + self.flicker * np.asarray(frequency, dtype=np.float64) ** -self.exponent

    def variance(self, lowest: float, highest: float) -> float:
        """∫ S df between two frequencies [Hz]: σ² of a reading, relative to G². Closed form."""
        _band(lowest, highest)
        if self.exponent == 1.0:
            flicker = np.log(highest / lowest)
        else:
            power = 1.0 - self.exponent
            flicker = (highest**power - lowest**power) / power
        return float(self.white * (highest - lowest) + self.flicker * flicker)

    def series(
        self, samples: int, step: float, shape: tuple[int, ...] = (), *, random: np.random.Generator
    ) -> Array:
        """Relative fluctuations (samples, *shape) at times `step` [s] apart, independent from cell to cell.

        Gaussian, made in the frequency domain over twice the length and cut, so that the ends do not
        meet (Timmer and König, Astron. Astrophys. 300, 707 (1995)). Noise beyond half the sampling
        rate is left out, not folded back; so is noise slower than twice the series.
        """
        if samples < 1:
            raise SimulationError(f"a series of {samples} samples was asked for; expected 1 or more")
        positive("sampling step", step, "s")
        count = 2 * samples
        frequency = np.arange(1, samples + 1) / (count * step)
        size = np.sqrt(self.density(frequency) * count / (4.0 * step))
        size = size.reshape(-1, *(1 for _ in shape))
        parts = random.standard_normal((2, samples, *shape))
        spectrum = np.zeros((samples + 1, *shape), dtype=complex)
        spectrum[1:] = size * (parts[0] + 1j * parts[1])
        spectrum[-1] = np.sqrt(2.0) * spectrum[-1].real
        return np.fft.irfft(spectrum, n=count, axis=0)[:samples]


@dataclass(frozen=True, kw_only=True)
class SpectralReadNoise:
    """One reading with noise of a `spectrum`, integrated over the band that it sees: factor 1 + σ·normal."""

    spectrum: NoiseSpectrum
    watched: float
    """Time since the conductance was taken as its reference [s]: slower noise is not seen."""
    bandwidth: float
    """Of the reading [Hz]; 1 / (2 T) for an average over T."""

    def __post_init__(self) -> None:
        positive("time watched", self.watched, "s")
        _band(1.0 / self.watched, self.bandwidth)

    @property
    def relative(self) -> float:
        """σ over the conductance."""
        return float(np.sqrt(self.spectrum.variance(1.0 / self.watched, self.bandwidth)))

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * (1 + self.relative * random.standard_normal(conductance.shape))


@dataclass(frozen=True, kw_only=True)
class ReadNoiseFit:
    """A published 1/f noise whose density at 1 Hz depends on the conductance."""

    name: str
    flicker: Callable[[ArrayLike], Array]
    """Density at 1 Hz [1/Hz] of cells of a conductance [S]; γ = 1."""
    read_time: float
    """T of a reading [s]: the band ends at 1 / 2T."""

    def sigma(self, conductance: ArrayLike, time: float) -> Array:
        """Relative σ of a reading `time` [s] after programming: √(flicker · ln((t + T) / 2T))."""
        positive("time since programming", time, "s")
        band = NoiseSpectrum(flicker=1.0).variance(1.0 / (time + self.read_time), 0.5 / self.read_time)
        return np.sqrt(self.flicker(conductance) * band)


@dataclass(frozen=True, kw_only=True)
class FittedReadNoise:
    """Accumulated 1/f noise of one reading by a published fit."""

    fit: ReadNoiseFit
    time: float
    """Since programming [s]."""

    def __post_init__(self) -> None:
        if not self.time >= self.fit.read_time:
            raise SimulationError(
                f"time since programming is {self.time} s; "
                f"expected a reading's {self.fit.read_time:g} s or more"
            )

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        sigma = self.fit.sigma(conductance, self.time)
        return conductance * (1 + sigma * random.standard_normal(conductance.shape))


def _band(lowest: float, highest: float) -> None:
    positive("lowest frequency", lowest, "Hz")
    if not lowest <= highest < float("inf"):
        raise SimulationError(f"band ends at {highest} Hz; expected its beginning {lowest:g} Hz or more")
