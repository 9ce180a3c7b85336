"""From one target to a population of cells: small transformations of conductances, each with a seed.

    cells = populate(targets, [ProgrammingError(fit=MILO_2021), StuckCells(share=0.01)], seed=1)

Each transformation draws from a generator of its own, keyed by the seed and its place in the list, so
that adding one at the end leaves the others' draws as they were. Results are clipped at zero: a
conductance is never negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from cosim.devices.model import Array
from cosim.devices.programming import ProgrammingFit
from cosim.errors import SimulationError


class Transformation(Protocol):
    """One thing that happens to all cells."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """Conductances [S] afterwards, of the same shape."""
        ...


def populate(target: ArrayLike, transformations: Sequence[Transformation], *, seed: int) -> Array:
    """Apply `transformations` in their order to conductances `target` [S]; equal seeds give equal cells.

    Raises `SimulationError` for targets that are negative or NaN.
    """
    cells = np.array(target, dtype=np.float64)
    if not (cells >= 0).all():
        place = np.argwhere(np.atleast_1d(~(cells >= 0)))[0].tolist()
        value = np.atleast_1d(cells)[tuple(place)]
        raise SimulationError(f"target of cell {place} is {value} S; expected a number from 0 up")
    children = np.random.SeedSequence(seed).spawn(len(transformations))
    for transformation, child in zip(transformations, children, strict=True):
        cells = np.maximum(transformation.apply(cells, np.random.default_rng(child)), 0.0)
    return cells


def _share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise SimulationError(f"{name} is {value}; expected a share from 0 to 1")


@dataclass(frozen=True, kw_only=True)
class ProgrammingError:
    """Normal error whose σ depends on the target by a published fit."""

    fit: ProgrammingFit

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance + self.fit.sigma(conductance) * random.standard_normal(conductance.shape)


@dataclass(frozen=True, kw_only=True)
class NormalSpread:
    """Device-to-device spread: factor 1 + σ·normal. Low-resistance states are usually so."""

    relative: float
    """σ over the mean."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * (1 + self.relative * random.standard_normal(conductance.shape))


@dataclass(frozen=True, kw_only=True)
class LognormalSpread:
    """Device-to-device spread: factor exp(σ·normal), median 1. High-resistance states are usually so."""

    sigma: float
    """Of ln G."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * np.exp(self.sigma * random.standard_normal(conductance.shape))


@dataclass(frozen=True, kw_only=True)
class MeasuredSpread:
    """Factors drawn from measured ones, with replacement."""

    factors: tuple[float, ...]
    """Measured conductance over target."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * random.choice(np.asarray(self.factors), size=conductance.shape)


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Round to the nearest of a device's conductance levels. Draws nothing."""

    levels: tuple[float, ...]
    """[S], any order."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        ordered = np.sort(np.asarray(self.levels))
        return ordered[np.searchsorted((ordered[1:] + ordered[:-1]) / 2, conductance)]


@dataclass(frozen=True, kw_only=True)
class StuckCells:
    """Cells that do not switch: a share of them at a low conductance, a share at a high one."""

    low_share: float = 0.0
    high_share: float = 0.0
    low: float = 0.0
    """[S]; 0 is open."""
    high: float = 1e-4
    """[S]."""

    def __post_init__(self) -> None:
        _share("share of cells stuck low", self.low_share)
        _share("share of cells stuck low and high", self.low_share + self.high_share)
        _share("share of cells stuck high", self.high_share)

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        draw = random.random(conductance.shape)
        stuck_high = np.where(draw > 1 - self.high_share, self.high, conductance)
        return np.where(draw < self.low_share, self.low, stuck_high)


@dataclass(frozen=True, kw_only=True)
class PowerLawDrift:
    """Retention drift G (t / t₀)^−ν, ν normal from cell to cell."""

    time: float
    """t since programming [s]; above t₀."""
    exponent: float
    """Mean of ν; about 0.05 … 0.1 in phase-change cells, about 0 in RRAM."""
    exponent_spread: float = 0.0
    """σ of ν."""
    reference: float = 1.0
    """t₀ [s]."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        exponent = self.exponent + self.exponent_spread * random.standard_normal(conductance.shape)
        return conductance * (self.time / self.reference) ** -exponent


@dataclass(frozen=True, kw_only=True)
class ReadNoise:
    """White noise of one reading: factor 1 + σ·normal. Draw anew for each reading by its seed."""

    relative: float
    """σ over the conductance."""

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        return conductance * (1 + self.relative * random.standard_normal(conductance.shape))
