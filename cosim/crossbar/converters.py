"""Converters at the edges of an array: digital to voltage, current to digital; what they cost.

A converter is described by a frozen set of parameters. `Dac.voltages` needs no more; an ADC is first
*built* (`adc.build(channels, full_scale, seed=…)`), which draws what differs from one converter to
the next (offsets, capacitors) and never changes again; noise is drawn at each conversion.

With b bits between `low` and `high` there are n steps of Δ = (high − low) / n and a value becomes
the nearest code; n = 2ᵇ − 1, and 2ᵇ − 2 where the range is symmetric, so that zero is a code.
The error of a busy input is then Δ² / 12 (Bennett 1948, doi:10.1002/j.1538-7305.1948.tb01340.x).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.crossbar.array import Array
from cosim.errors import SimulationError

Codes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ConversionCost:
    """Energy and time of one conversion, as somebody states them."""

    energy: float
    """[J]."""
    time: float
    """[s]."""
    source: str


#: ADC with 8 bits, 1.2 GS/s and 2 mW; DAC with one bit, 3.9 µW at 10 MHz: what ISAAC assumes.
_ISAAC = "Shafiee et al., ISCA 2016, doi:10.1145/3007787.3001139"
ISAAC_ADC = ConversionCost(energy=2e-3 / 1.2e9, time=1 / 1.2e9, source=_ISAAC)
ISAAC_DAC = ConversionCost(energy=4e-3 / 1024 * 100e-9, time=100e-9, source=_ISAAC)


def scaled_cost(cost: ConversionCost, bits: int, stated_bits: int) -> ConversionCost:
    """`cost` of a converter with `stated_bits`, carried over to `bits` at equal energy a step: E ~ 2ᵇ.

    That is Walden's figure of merit (IEEE JSAC 17, 539 (1999), doi:10.1109/49.761034).
    """
    if bits == stated_bits:
        return cost
    return ConversionCost(
        energy=cost.energy * 2.0 ** (bits - stated_bits),
        time=cost.time,
        source=f"{cost.source}; from {stated_bits} to {bits} bits as 2^bits",
    )


def steps(bits: int, low: float, high: float) -> int:
    """Number of steps between the smallest and the largest code; see the module.

    Raises `SimulationError` for bits out of 1 … 24 and a range that is empty.
    """
    if not 1 <= bits <= 24:
        raise SimulationError(f"a converter has {bits} bits; expected 1 to 24")
    if not low < high:
        raise SimulationError(f"a converter's range is {low} to {high}; expected low below high")
    return max((1 << bits) - (2 if low == -high else 1), 1)


def quantise(values: ArrayLike, bits: int, low: float, high: float) -> Array:
    """`values` clipped to the range and rounded to the nearest code's value; see the module."""
    count = steps(bits, low, high)
    size = (high - low) / count
    inside = np.clip(np.asarray(values, dtype=np.float64), low, high)
    return np.asarray(low + size * np.rint((inside - low) / size), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Dac:
    """Digital numbers to the voltages of word lines: v = voltage · code + offset + noise."""

    bits: int
    voltage: float = 0.2
    """Read voltage [V]: that of a number 1; usual 0.05 … 0.3."""
    low: float = -1.0
    """Smallest number; 0 where inputs are never negative."""
    high: float = 1.0
    offset: float = 0.0
    """[V] of all converters alike."""
    noise: float = 0.0
    """σ [V] of each conversion."""
    stated: ConversionCost | None = None
    """What a conversion costs; None: ISAAC's one-bit DAC, carried over to these bits."""

    def __post_init__(self) -> None:
        steps(self.bits, self.low, self.high)

    @property
    def cost(self) -> ConversionCost:
        """Of one conversion."""
        return self.stated or scaled_cost(ISAAC_DAC, self.bits, 1)

    @property
    def step(self) -> float:
        """Δ, of numbers."""
        return (self.high - self.low) / steps(self.bits, self.low, self.high)

    def numbers(self, values: ArrayLike) -> Array:
        """`values` (…) as this converter represents them: clipped and rounded."""
        return quantise(values, self.bits, self.low, self.high)

    def voltages(self, values: ArrayLike, random: np.random.Generator | None = None) -> Array:
        """[V] for numbers (…); noise needs `random`."""
        return self.driven(self.numbers(values), random)

    def driven(self, numbers: Array, random: np.random.Generator | None = None) -> Array:
        """[V] for `numbers` (…) that are codes already."""
        exact = self.voltage * np.asarray(numbers, dtype=np.float64) + self.offset
        return exact + np.asarray(_noise(self.noise, exact.shape, random))


class BuiltAdc(Protocol):
    """Converters of a number of channels as they came from the fab."""

    @property
    def low(self) -> float:
        """[A] of code 0."""
        ...

    @property
    def high(self) -> float:
        """[A] of the last code."""
        ...

    @property
    def steps(self) -> int:
        """The last code."""
        ...

    def codes(self, values: Array, random: np.random.Generator | None = None) -> Codes:
        """Codes 0 … steps of `values` (P, channels)."""
        ...


class Adc(Protocol):
    """A kind of analog-to-digital converter."""

    @property
    def bits(self) -> int:
        """Resolution."""
        ...

    @property
    def cost(self) -> ConversionCost:
        """Of one conversion."""
        ...

    def build(self, channels: int, low: float, high: float, *, seed: int = 0) -> BuiltAdc:
        """Converters for `channels` bit lines, with codes from `low` to `high` [A]."""
        ...


def converted(adc: BuiltAdc, values: Array, random: np.random.Generator | None = None) -> Array:
    """What the digital side takes `values` (P, channels) [A] for: [A]."""
    step = (adc.high - adc.low) / adc.steps
    return np.asarray(adc.low + step * adc.codes(values, random), dtype=np.float64)


def _noise(sigma: float, shape: tuple[int, ...], random: np.random.Generator | None) -> Array | float:
    if sigma == 0:
        return 0.0
    if random is None:
        raise SimulationError("a converter with noise needs a random generator; pass one, or noise=0")
    return sigma * random.standard_normal(shape)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Built converters whose code is the number of thresholds below the value: uniform and ramp."""

    low: float
    high: float
    steps: int
    shift: Array
    """(channels,) added to each value [A]: offset of the channel."""
    levels: Array | None
    """(steps,) thresholds [A], rising; none where they lie midway between codes."""
    noise: float
    """σ [A]."""

    def codes(self, values: Array, random: np.random.Generator | None = None) -> Codes:
        """See `BuiltAdc`."""
        seen = values + self.shift + _noise(self.noise, values.shape, random)
        if self.levels is not None:
            return np.searchsorted(self.levels, seen).astype(np.int64)
        size = (self.high - self.low) / self.steps
        return np.rint((np.clip(seen, self.low, self.high) - self.low) / size).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class UniformAdc:
    """Equal steps; an offset and noise, no more."""

    bits: int
    offset: float = 0.0
    """Of all channels alike, in steps."""
    offset_spread: float = 0.0
    """σ from channel to channel, in steps."""
    noise: float = 0.0
    """σ of each conversion, in steps."""
    stated: ConversionCost | None = None
    """What a conversion costs; None: ISAAC's eight-bit ADC, carried over to these bits."""

    @property
    def cost(self) -> ConversionCost:
        """See `Adc`."""
        return self.stated or scaled_cost(ISAAC_ADC, self.bits, 8)

    def build(self, channels: int, low: float, high: float, *, seed: int = 0) -> Thresholds:
        """See `Adc`."""
        count = steps(self.bits, low, high)
        size = (high - low) / count
        spread = np.random.default_rng(seed).standard_normal(channels)
        return Thresholds(
            low=low,
            high=high,
            steps=count,
            shift=size * (self.offset + self.offset_spread * spread),
            levels=None,
            noise=self.noise * size,
        )


@dataclass(frozen=True, kw_only=True)
class RampAdc:
    """One ramp for all channels, a comparator and a counter for each: slow; the ramp's errors are common.

    A bow shifts the threshold at the share s of the scale by 4 · bow · s (1 − s) steps.
    """

    bits: int
    clock: float = 1e9
    """[Hz] of the counter; a conversion takes 2ᵇ periods."""
    bow: float = 0.0
    """Integral nonlinearity at half scale, in steps; below a quarter of the number of steps."""
    comparator_spread: float = 0.0
    """σ of the comparators' offsets, in steps."""
    noise: float = 0.0
    """σ of each conversion, in steps."""
    stated: ConversionCost | None = None
    """Whose energy a conversion costs; None: ISAAC's eight-bit ADC, carried over to these bits."""

    @property
    def cost(self) -> ConversionCost:
        """See `Adc`."""
        energy = self.stated or scaled_cost(ISAAC_ADC, self.bits, 8)
        return replace(energy, time=2**self.bits / self.clock)

    def build(self, channels: int, low: float, high: float, *, seed: int = 0) -> Thresholds:
        """See `Adc`. Raises `SimulationError` for a bow that makes the ramp turn back."""
        count = steps(self.bits, low, high)
        if abs(self.bow) >= 0.25 * count:
            raise SimulationError(f"a bow of {self.bow} steps turns a ramp of {count} steps back; use less")
        size = (high - low) / count
        middle = np.arange(count) + 0.5
        bent = middle + 4 * self.bow * (middle / count) * (1 - middle / count)
        spread = np.random.default_rng(seed).standard_normal(channels)
        return Thresholds(
            low=low,
            high=high,
            steps=count,
            shift=size * self.comparator_spread * spread,
            levels=low + size * bent,
            noise=self.noise * size,
        )


@dataclass(frozen=True, kw_only=True)
class BuiltSar:
    """Built converters that search bit by bit."""

    low: float
    high: float
    steps: int
    bits: int
    levels: Array
    """(channels, 2ᵇ) the value below which a trial code is refused [A]."""
    noise: float
    """σ of a comparison [A]."""

    def codes(self, values: Array, random: np.random.Generator | None = None) -> Codes:
        """See `BuiltAdc`."""
        code = np.zeros(values.shape, dtype=np.int64)
        channel = np.arange(values.shape[1])[np.newaxis, :]
        for bit in range(self.bits - 1, -1, -1):
            trial = code | (1 << bit)
            seen = values + _noise(self.noise, values.shape, random)
            code = np.where(seen >= self.levels[channel, trial], trial, code)
        return np.minimum(code, self.steps)


@dataclass(frozen=True, kw_only=True)
class SarAdc:
    """Successive approximation with binary capacitors: bit k is 2ᵏ unit capacitors that each differ by σ.

    A sum of n units has the variance n σ², so the step to the largest capacitor is uneven by
    √(2ᵇ − 1) σ, and the middle of the scale is off by ½ √(2ᵇ) σ once the ends are right, in steps.
    """

    bits: int
    mismatch: float = 0.0
    """σ of a unit capacitor, relative; usual 1e-3 … 3e-2."""
    noise: float = 0.0
    """σ of each comparison, in steps."""
    clock: float = 8e9
    """[Hz] of the comparisons; a conversion takes `bits` of them."""
    stated: ConversionCost | None = None
    """Whose energy a conversion costs; None: ISAAC's eight-bit ADC, carried over to these bits."""

    @property
    def cost(self) -> ConversionCost:
        """See `Adc`."""
        energy = self.stated or scaled_cost(ISAAC_ADC, self.bits, 8)
        return replace(energy, time=self.bits / self.clock)

    def build(self, channels: int, low: float, high: float, *, seed: int = 0) -> BuiltSar:
        """See `Adc`. Raises `SimulationError` beyond 16 bits."""
        count = steps(self.bits, low, high)
        if self.bits > 16:
            raise SimulationError(f"a SAR converter of {self.bits} bits is beyond the table; use up to 16")
        weight = 2.0 ** np.arange(self.bits)
        drawn = np.random.default_rng(seed).standard_normal((channels, self.bits))
        capacitors = weight + self.mismatch * np.sqrt(weight) * drawn
        codes = np.arange(1 << self.bits)
        chosen = (codes[:, np.newaxis] >> np.arange(self.bits)) & 1
        share = capacitors @ chosen.T / capacitors.sum(axis=1, keepdims=True)
        size = (high - low) / count
        # Half a step below a code's own value is where it begins; the ends are right by definition.
        levels = low + size * (share * (codes[-1]) - 0.5)
        return BuiltSar(
            low=low, high=high, steps=count, bits=self.bits, levels=levels, noise=self.noise * size
        )


def integral_nonlinearity(adc: BuiltAdc, channels: int, *, points_a_step: int = 32) -> Array:
    """(channels, steps) by how many steps each transition lies off the line through the outer ones.

    Found as in a laboratory: by a slow ramp over the range, without noise. A code that never
    appears shares its transition with the next.
    """
    size = (adc.high - adc.low) / adc.steps
    ramp = np.linspace(adc.low - size, adc.high + size, points_a_step * (adc.steps + 2) + 1)
    codes = adc.codes(np.repeat(ramp[:, np.newaxis], channels, axis=1))
    # Transition to code c: the first value whose code is c or more, and stays so.
    reached = np.maximum.accumulate(codes, axis=0)
    found = np.stack(
        [ramp[np.searchsorted(reached[:, k], np.arange(1, adc.steps + 1))] for k in range(channels)]
    )
    ideal = found[:, :1] + (found[:, -1:] - found[:, :1]) * np.linspace(0.0, 1.0, adc.steps)
    return (found - ideal) / size
