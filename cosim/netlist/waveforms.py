"""Waveforms of independent sources as small immutable descriptions.

Here: the kinds, their values and their corners. Parsing lives in `sources.py`; the
engines compile a waveform to flat arrays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Waveform:
    """Base. `value(t)` takes times [s] of any shape and returns values of that shape."""

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        raise NotImplementedError

    def corners(self, stop: float) -> NDArray[np.float64]:
        """Times in (0, stop) at which the value or its slope jumps, ascending."""
        return np.empty(0)


@dataclass(frozen=True, slots=True)
class Constant(Waveform):
    level: float

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(np.shape(time), self.level)


@dataclass(frozen=True, slots=True)
class PiecewiseLinear(Waveform):
    """Straight lines between points; the first and the last value hold outside."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.interp(time, self.times, self.values)

    def corners(self, stop: float) -> NDArray[np.float64]:
        times = np.unique(np.asarray(self.times))
        return times[(times > 0.0) & (times < stop)]


@dataclass(frozen=True, slots=True)
class Pulse(Waveform):
    """SPICE `pulse(initial pulsed delay rise fall width period)`; period 0: once."""

    initial: float
    pulsed: float
    delay: float
    rise: float
    fall: float
    width: float
    period: float

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        local = np.asarray(time, dtype=float) - self.delay
        if self.period > 0.0:
            local = np.where(local > 0.0, np.mod(local, self.period), local)
        swing = self.pulsed - self.initial
        end = self.rise + self.width
        up = np.clip(local / self.rise, 0.0, 1.0) if self.rise > 0.0 else (local > 0.0) * 1.0
        down = np.clip((local - end) / self.fall, 0.0, 1.0) if self.fall > 0.0 else (local > end) * 1.0
        return self.initial + swing * (up - down)

    def corners(self, stop: float) -> NDArray[np.float64]:
        base = self.delay + np.cumsum([0.0, self.rise, self.width, self.fall])
        count = max(1, math.ceil((stop - self.delay) / self.period)) if self.period > 0.0 else 1
        times = np.unique((base[None, :] + self.period * np.arange(count)[:, None]).ravel())
        return times[(times > 0.0) & (times < stop)]


@dataclass(frozen=True, slots=True)
class Sine(Waveform):
    """SPICE `sin(offset amplitude frequency delay damping)`; offset before the delay."""

    offset: float
    amplitude: float
    frequency: float
    delay: float = 0.0
    damping: float = 0.0

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        local = np.maximum(np.asarray(time, dtype=float) - self.delay, 0.0)
        wave = np.sin(2.0 * math.pi * self.frequency * local) * np.exp(-self.damping * local)
        return self.offset + self.amplitude * wave

    def corners(self, stop: float) -> NDArray[np.float64]:
        return np.array([self.delay]) if 0.0 < self.delay < stop else np.empty(0)
