"""How programmed conductances differ: errors of programming, spread of devices, discrete levels.

Wrapped in `CycleToCycle` each is drawn anew for every cycle; bare, once for a device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.devices.checks import not_negative
from cosim.devices.model import Array
from cosim.devices.programming import ProgrammingFit
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class ProgrammingError:
    """Normal error whose σ depends on the target by a published fit."""

    fit: ProgrammingFit

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance + self.fit.sigma(conductance) * random.standard_normal(conductance.shape)


@dataclass(frozen=True, kw_only=True)
class NormalSpread:
    """Factor 1 + σ·normal. Low-resistance states are usually so."""

    relative: float
    """σ over the mean; 0 … about 0.3."""
    limit: float = float("inf")
    """Draws are cut off at so many σ, and drawn again; infinity does not."""

    def __post_init__(self) -> None:
        not_negative("relative spread", self.relative)
        if not self.limit > 0.1:
            raise SimulationError(f"limit of a spread is {self.limit} σ; expected more than 0.1")

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        draw = random.standard_normal(conductance.shape)
        while (far := np.abs(draw) > self.limit).any():
            draw[far] = random.standard_normal(int(far.sum()))
        return conductance * (1 + self.relative * draw)


@dataclass(frozen=True, kw_only=True)
class LognormalSpread:
    """Factor exp(σ·normal), median 1. High-resistance states are usually so."""

    sigma: float
    """Of ln G."""

    def __post_init__(self) -> None:
        not_negative("σ of ln G", self.sigma)

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * np.exp(self.sigma * random.standard_normal(conductance.shape))


@dataclass(frozen=True, kw_only=True)
class MeasuredSpread:
    """Factors drawn from measured ones, with replacement."""

    factors: tuple[float, ...]
    """Measured conductance over target."""

    def __post_init__(self) -> None:
        if not self.factors:
            raise SimulationError("a measured spread has no factors; expected at least one")
        for index, factor in enumerate(self.factors):
            not_negative(f"measured factor {index}", factor)

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * random.choice(np.asarray(self.factors), size=conductance.shape)


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Round to the nearest of a device's conductance levels. Draws nothing."""

    levels: tuple[float, ...]
    """[S], any order."""

    def __post_init__(self) -> None:
        if not self.levels:
            raise SimulationError("a device has no levels; expected at least one")
        for index, level in enumerate(self.levels):
            not_negative(f"level {index}", level, "S")

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        ordered = np.sort(np.asarray(self.levels))
        return ordered[np.searchsorted((ordered[1:] + ordered[:-1]) / 2, conductance)]
