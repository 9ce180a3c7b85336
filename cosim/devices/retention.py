"""What time does to programmed cells: drift, broadening, and how temperature hastens both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.devices.checks import not_negative, positive
from cosim.devices.model import Array
from cosim.errors import SimulationError

#: Seconds.
DAY = 86_400.0
MONTH = 30 * DAY


def arrhenius_acceleration(activation_energy: float, temperature: float, reference: float = 298.15) -> float:
    """How many times faster a process is at `temperature` [K] than at `reference` [K]; energy in eV.

    exp(E (1/T_ref − 1/T) / k). A time t at T counts as t times this at the reference; a value below 1 is
    a slower process. It extrapolates one measured mechanism: a cryogenic device may follow another.
    """
    not_negative("activation energy", activation_energy, "eV")
    positive("temperature", temperature, "K")
    positive("reference temperature", reference, "K")
    return float(
        np.exp(activation_energy * ELEMENTARY_CHARGE / BOLTZMANN * (1.0 / reference - 1.0 / temperature))
    )


@dataclass(frozen=True, kw_only=True)
class PowerLawDrift:
    """Retention drift G (t / t₀)^−ν, ν normal from cell to cell."""

    time: float
    """t since programming [s]; t₀ or more."""
    exponent: float
    """Mean of ν; about 0.05 … 0.1 in phase-change cells, about 0 in RRAM."""
    exponent_spread: float = 0.0
    """σ of ν."""
    reference: float = 1.0
    """t₀ [s]."""

    def __post_init__(self) -> None:
        _later(self.time, self.reference)
        not_negative("σ of the drift exponent", self.exponent_spread)

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        exponent = self.exponent + self.exponent_spread * random.standard_normal(conductance.shape)
        return conductance * (self.time / self.reference) ** -exponent


@dataclass(frozen=True, kw_only=True)
class DriftFit:
    """A published drift: mean and σ of the exponent ν as functions of the conductance."""

    name: str
    mean: Callable[[ArrayLike], Array]
    """ν of cells of a conductance [S]."""
    spread: Callable[[ArrayLike], Array]
    """σ of ν, likewise."""
    reference: float
    """t₀ [s]: G = G₀ (t / t₀)^−ν."""
    largest: float
    """[S]: the fit holds from 0 to here."""


@dataclass(frozen=True, kw_only=True)
class FittedDrift:
    """Power-law drift by a published fit whose ν depends on the conductance; ν is never negative."""

    fit: DriftFit
    time: float
    """Since programming [s]; the fit's t₀ or more."""

    def __post_init__(self) -> None:
        _later(self.time, self.fit.reference)

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`. The fit is held at its largest conductance beyond it."""
        inside = np.minimum(conductance, self.fit.largest)
        draw = random.standard_normal(conductance.shape)
        exponent = np.abs(self.fit.mean(inside) + self.fit.spread(inside) * draw)
        return conductance * (self.time / self.fit.reference) ** -exponent


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """Broadening with the logarithm of time: G + (mean + σ·normal) · log₁₀(t / t₀), as filaments relax.

    What filamentary RRAM does after programming, where its mean hardly drifts. The two numbers are a
    device's own; none is published as a set here.
    """

    time: float
    """Since programming [s]; t₀ or more."""
    spread: float
    """σ a decade of time [S]."""
    mean: float = 0.0
    """A decade [S]; negative: towards lower conductance."""
    reference: float = 1.0
    """t₀ [s]: when the programmed value was verified."""

    def __post_init__(self) -> None:
        _later(self.time, self.reference)
        not_negative("spread a decade", self.spread, "S")

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        decades = np.log10(self.time / self.reference)
        return conductance + decades * (self.mean + self.spread * random.standard_normal(conductance.shape))


def _later(time: float, reference: float) -> None:
    positive("reference time", reference, "s")
    if not reference <= time < float("inf"):
        raise SimulationError(f"time is {time} s; expected the reference time {reference:g} s or more")
