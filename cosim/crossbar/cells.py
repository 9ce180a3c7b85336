"""Current–voltage laws of cells: what stands between a word line and a bit line.

The array's conductance G (M, N) [S] is that of the resistive device at small voltage; a law says
what its current is at a voltage, alone or behind a diode, a selector or a transistor. Adding a law
is one class with `evaluate`. Static only: how G moves with pulses is in `cosim.devices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.errors import SimulationError


class CellLaw(Protocol):
    """Anything that gives a cell's current."""

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """Current I [A], slope dI/dv ≥ 0 [S] and ∂I/∂G [V] of cells of `conductance` (M, N) [S] with
        `voltage` (M, N) [V] from word to bit line."""
        ...


def _positive(name: str, value: ArrayLike) -> None:
    if not (np.asarray(value) > 0).all():
        raise SimulationError(f"{name} is {value}; expected a number above zero")


@dataclass(frozen=True, kw_only=True)
class Linear:
    """I = G v."""

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """See `CellLaw`."""
        return conductance * voltage, conductance, voltage


@dataclass(frozen=True, kw_only=True)
class Sinh:
    """I = G v₀ sinh(v / v₀): hopping and tunnelling through filament gaps. At v = 4.49 v₀ it is 10 G v."""

    voltage_scale: ArrayLike
    """v₀ [V], scalar or (M, N); infinity is linear. Usual 0.1 … 1."""

    def __post_init__(self) -> None:
        _positive("voltage scale", self.voltage_scale)

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """See `CellLaw`. Beyond 40 v₀ the law goes on along its tangent, so that nothing overflows."""
        scale = np.minimum(np.asarray(self.voltage_scale, dtype=np.float64), 1e9)
        ratio = voltage / scale
        inside = np.clip(ratio, -40.0, 40.0)
        cosh = np.cosh(inside)
        unit = scale * (np.sinh(inside) + cosh * (ratio - inside))
        return conductance * unit, conductance * cosh, unit


@dataclass(frozen=True, kw_only=True)
class WithDiode:
    """G in series with a diode that conducts from word to bit line: I = Is (exp(u / n) − 1), u = v − I / G.

    Solved in closed form by the Wright omega function: I + Is = n G ω(ln(Is / n G) + (v + Is / G) / n).
    """

    saturation_current: float = 1e-14
    """Is [A]; usual 1e-18 … 1e-9."""
    slope_voltage: float = 0.035
    """n = ideality · kT / q [V]; 0.0259 is ideal at 300 K."""

    def __post_init__(self) -> None:
        _positive("saturation current", self.saturation_current)
        _positive("slope voltage", self.slope_voltage)

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """See `CellLaw`."""
        from scipy.special import wrightomega

        leak, n = self.saturation_current, self.slope_voltage
        there = conductance > 0
        g = np.where(there, conductance, 1.0)
        forward = n * g * wrightomega(np.log(leak / (n * g)) + (voltage + leak / g) / n)
        current = forward - leak
        diode = forward / n
        share = diode / (g + diode)
        return (
            np.where(there, current, 0.0),
            np.where(there, g * share, 0.0),
            np.where(there, current / g * share, 0.0),
        )


@dataclass(frozen=True, kw_only=True)
class WithSelector:
    """G in series with a selector that opens both ways: I = 2 Is sinh(u / n), u = v − I / G."""

    leak_current: float = 1e-12
    """Is [A]; usual 1e-15 … 1e-9."""
    slope_voltage: float = 0.05
    """n [V]; usual 0.03 … 0.2."""

    def __post_init__(self) -> None:
        _positive("leak current", self.leak_current)
        _positive("slope voltage", self.slope_voltage)

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """See `CellLaw`. Solves v = I / G + n asinh(I / 2 Is), concave in |I|, by Newton from below."""
        leak, n = 2 * self.leak_current, self.slope_voltage
        there = conductance > 0
        g = np.where(there, conductance, 1.0)
        size = np.abs(voltage)
        opened = leak * np.sinh(np.minimum(size / n, 300.0))
        current = np.where(size > 0, g * size * opened / np.maximum(g * size + opened, 1e-300), 0.0)
        for _ in range(60):
            error = size - current / g - n * np.arcsinh(current / leak)
            step = error / (1 / g + n / np.hypot(current, leak))
            current = np.maximum(current + step, 0.0)
            if not (np.abs(step) > 1e-14 * (current + leak)).any():
                break
        selector = np.hypot(current, leak) / n
        share = selector / (g + selector)
        signed = np.copysign(current, voltage)
        return (
            np.where(there, signed, 0.0),
            np.where(there, g * share, 0.0),
            np.where(there, signed / g * share, 0.0),
        )


@dataclass(frozen=True, kw_only=True)
class WithTransistor:
    """1T1R: G in series with an n-channel transistor, at the word line G, at the bit line the source.

    I = β (Vo u − u² / 2) below saturation (u < Vo), β Vo² / 2 · (1 + λ (u − Vo)) above it, with
    u = v − I / G and the overdrive Vo = gate − threshold − bit line. Shichman and Hodges (1968),
    doi:10.1109/JSSC.1968.1049902. The bit line is taken at its terminal's voltage: its own drop
    does not reach back on Vo.
    """

    overdrive: ArrayLike
    """Vo [V], scalar, (M, 1) a gate line along the word lines, (1, N), or (M, N); ≤ 0 is off."""
    transconductance: float = 1e-3
    """β = µ Cox W / L [A/V²]; usual 1e-5 … 1e-2."""
    channel_modulation: float = 0.05
    """λ [1/V]; 0 … 0.3."""

    def __post_init__(self) -> None:
        _positive("transconductance", self.transconductance)

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """See `CellLaw`."""
        overdrive = np.broadcast_to(np.asarray(self.overdrive, dtype=np.float64), voltage.shape)
        there = (conductance > 0) & (overdrive > 0)
        g, vo = np.where(there, conductance, 1.0), np.where(there, overdrive, 1.0)
        beta = self.transconductance
        open_ = beta * vo
        limit = 0.5 * beta * vo * vo
        saturated = g * (voltage - vo) > limit
        root = np.sqrt(np.where(saturated, 1.0, (open_ + g) ** 2 - 2 * beta * g * voltage))
        triode = 2 * g * voltage / (open_ + g + root)
        tail = limit * self.channel_modulation
        drop = np.where(saturated, vo + (g * (voltage - vo) - limit) / (g + tail), triode)
        channel = np.where(saturated, tail, beta * (vo - drop))
        current = g * (voltage - drop)
        share = channel / (g + channel)
        return (
            np.where(there, current, 0.0),
            np.where(there, g * share, 0.0),
            np.where(there, (voltage - drop) * share, 0.0),
        )
