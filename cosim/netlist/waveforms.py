"""Waveforms of independent sources as small immutable descriptions.

Here: the kinds, their values and their corners. Parsing lives in `sources.py`; the
engines compile a waveform to flat arrays, or sample it where they know no better:
between its corners every waveform is smooth.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Waveform(ABC):
    """Base. `value(t)` takes times [s] of any shape and returns values of that shape."""

    @abstractmethod
    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values at `time`."""

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
    """`sin(offset amplitude frequency delay damping phase cycles)`.

    The offset before the delay and, where `cycles` is above 0, after that many cycles;
    `phase` in radians.
    """

    offset: float
    amplitude: float
    frequency: float
    delay: float = 0.0
    damping: float = 0.0
    phase: float = 0.0
    cycles: float = 0.0

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        since = np.asarray(time, dtype=float) - self.delay
        local = np.maximum(since, 0.0)
        wave = np.sin(2.0 * math.pi * self.frequency * local + self.phase) * np.exp(-self.damping * local)
        on = since >= 0.0
        if self.cycles > 0.0 and self.frequency > 0.0:
            on &= since < self.cycles / self.frequency
        return self.offset + self.amplitude * np.where(on, wave, 0.0)

    def corners(self, stop: float) -> NDArray[np.float64]:
        times = [self.delay]
        if self.cycles > 0.0 and self.frequency > 0.0:
            times.append(self.delay + self.cycles / self.frequency)
        return _within(np.array(times), stop)


@dataclass(frozen=True, slots=True)
class Exponential(Waveform):
    """SPICE `exp(initial pulsed rise_delay rise_time fall_delay fall_time)`."""

    initial: float
    pulsed: float
    rise_delay: float
    rise_time: float
    fall_delay: float
    fall_time: float

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        now = np.asarray(time, dtype=float)
        up = -np.expm1(-np.maximum(now - self.rise_delay, 0.0) / self.rise_time)
        down = -np.expm1(-np.maximum(now - self.fall_delay, 0.0) / self.fall_time)
        return self.initial + (self.pulsed - self.initial) * (up - down)

    def corners(self, stop: float) -> NDArray[np.float64]:
        return _within(np.array([self.rise_delay, self.fall_delay]), stop)


@dataclass(frozen=True, slots=True)
class PiecewiseSine(Waveform):
    """Half-cosine steps between points, flat at each; the first and the last value hold outside."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        times, values = np.asarray(self.times), np.asarray(self.values)
        now = np.clip(np.asarray(time, dtype=float), times[0], times[-1])
        if len(times) == 1:
            return np.full(np.shape(now), values[0])
        index = np.clip(np.searchsorted(times, now, side="right") - 1, 0, len(times) - 2)
        fraction = (now - times[index]) / (times[index + 1] - times[index])
        return values[index] + (values[index + 1] - values[index]) * 0.5 * (1.0 - np.cos(math.pi * fraction))

    def corners(self, stop: float) -> NDArray[np.float64]:
        return _within(np.asarray(self.times), stop)


@dataclass(frozen=True, slots=True)
class Samples(Waveform):
    """`cus(…)`: samples `step` apart from `delay` on; `order` 0 holds, 1 joins by lines, 2 by a
    natural cubic spline; 0 before and, unless `periodic`, after.

    As in JoSIM, lines start from 0 at the delay and reach sample k at `delay + (k+1)·step`;
    steps and splines have sample k at `delay + k·step`.
    """

    samples: tuple[float, ...]
    step: float
    delay: float = 0.0
    order: int = 1
    periodic: bool = False

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        local = np.asarray(time, dtype=float) - self.delay
        region = self.step * len(self.samples)
        on = local >= 0.0
        if self.periodic:
            local = np.mod(local, region)
        else:
            on &= local <= region
        levels = np.asarray(self.samples)
        if self.order == 0:
            index = np.clip((local / self.step).astype(np.int64), 0, len(levels) - 1)
            wave = levels[index]
        elif self.order == 1 or len(levels) < 3:
            wave = np.interp(local, self.step * np.arange(len(levels) + 1), np.concatenate(([0.0], levels)))
        else:
            from scipy.interpolate import CubicSpline

            wave = CubicSpline(self.step * np.arange(len(levels)), levels, bc_type="natural")(local)
        return np.where(on, wave, 0.0)

    def corners(self, stop: float) -> NDArray[np.float64]:
        last = math.ceil((stop - self.delay) / self.step) if self.periodic else len(self.samples)
        return _within(self.delay + self.step * np.arange(max(last, 0) + 1), stop)


@dataclass(frozen=True, slots=True)
class Noise(Waveform):
    """`noise(amplitude delay interval)`: straight lines between normal deviates, `interval` apart,
    of standard deviation amplitude / √(2·interval); 0 before the delay.

    `amplitude` is a spectral density [A/√Hz or V/√Hz]. `seed` fixes the deviates: they do
    not depend on the times at which the waveform is asked.
    """

    amplitude: float
    delay: float
    interval: float
    seed: int = 0

    def value(self, time: NDArray[np.float64]) -> NDArray[np.float64]:
        position = np.maximum(np.asarray(time, dtype=float) - self.delay, 0.0) / self.interval
        count = int(np.max(position, initial=0.0)) + 2
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed)))
        deviates = generator.standard_normal(count)
        deviates[0] = 0.0
        level = self.amplitude / math.sqrt(2.0 * self.interval)
        return level * np.interp(position, np.arange(count), deviates)

    def corners(self, stop: float) -> NDArray[np.float64]:
        count = max(0, math.ceil((stop - self.delay) / self.interval))
        return _within(self.delay + self.interval * np.arange(count + 1), stop)


def _within(times: NDArray[np.floating], stop: float) -> NDArray[np.float64]:
    ascending = np.unique(times.astype(np.float64))
    return ascending[(ascending > 0.0) & (ascending < stop)]
