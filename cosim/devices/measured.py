"""A device that is nothing but its measured curves: conductance against the number of equal pulses.

State G [S], the conductance itself. A curve is a series of equal pulses (voltage, width) and the
conductance after each. Between curves, and beside them, what is assumed:

- a curve is made monotone by least squares (pool adjacent violators), and linear between its points;
- a pulse of another width counts as width / measured width pulses;
- at a voltage between two measured ones, speeds are interpolated linearly; the smallest measured one
  falls linearly to zero at `threshold`; beyond the largest nothing is known: it is refused;
- read currents are ohmic, or follow sinh where `voltage_scale` is given.

Pulses scatter (cycle to cycle) by the measured spread of a step, or by what the monotone fit leaves
over, which is a lower bound: the fit follows noise where it rises.
Files are read by `measured_file.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cosim.devices.model import Array, first_bad, named
from cosim.errors import SimulationError


def monotone(values: Array, rising: bool) -> Array:
    """The monotone series nearest to `values` (T,) in least squares: pool adjacent violators."""
    sign = 1.0 if rising else -1.0
    blocks: list[tuple[float, int]] = []
    for value in sign * values:
        total, count = float(value), 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / count:
            before = blocks.pop()
            total, count = total + before[0], count + before[1]
        blocks.append((total, count))
    return sign * np.concatenate([np.full(count, total / count) for total, count in blocks])


@dataclass(frozen=True, kw_only=True)
class PulseCurve:
    """One series of equal pulses and the conductances that they lead through."""

    voltage: float
    """Of each pulse [V]; not 0."""
    width: float
    """Of each pulse [s]."""
    conductance: Array
    """(T,) [S] before the first pulse and after each."""
    spread: Array | None = None
    """(T,) σ of the conductance after one pulse [S], if measured."""
    knots: Array = field(init=False, repr=False)
    """Conductances [S], rising, between which the curve is linear."""
    steps: Array = field(init=False, repr=False)
    """Change of the conductance by one pulse [S] between two knots; one fewer than knots."""
    residue: float = field(init=False, repr=False)
    """σ of a step about the monotone curve [S]."""

    def __post_init__(self) -> None:
        given = np.asarray(self.conductance, dtype=np.float64)
        if not (np.isfinite(self.voltage) and self.voltage) or not 0 < self.width < np.inf:
            raise SimulationError(
                f"a curve has pulses of {self.voltage} V and {self.width} s; "
                "expected a voltage other than 0, and a width above 0"
            )
        bad = ~((given >= 0) & np.isfinite(given))
        if given.ndim != 1 or len(given) < 2 or bad.any():
            what = (
                f"{given[first_bad(bad)]} S at pulse {first_bad(bad)[0]}"
                if bad.any()
                else f"shape {given.shape}"
            )
            raise SimulationError(
                f"conductances of the curve at {self.voltage:g} V have {what}; expected two or more from 0 up"
            )
        if given[0] == given[-1]:
            raise SimulationError(f"the curve at {self.voltage:g} V ends where it begins: it says nothing")
        rising = bool(given[-1] > given[0])
        smooth = monotone(given, rising)
        keep = np.concatenate([[True], np.diff(smooth) != 0])
        pulse = np.flatnonzero(keep).astype(np.float64)
        # A plateau counts from its middle, but the curve's two ends stay where they are.
        last = np.append(np.flatnonzero(keep)[1:], len(given)) - 1
        pulse = 0.5 * (pulse + last)
        pulse[0], pulse[-1] = 0.0, float(len(given) - 1)
        knots = smooth[keep]
        slope = np.diff(knots) / np.diff(pulse)
        change = np.diff(given) - np.diff(smooth)
        object.__setattr__(self, "conductance", given)
        object.__setattr__(self, "knots", knots if rising else knots[::-1])
        object.__setattr__(self, "steps", slope if rising else slope[::-1])
        object.__setattr__(self, "residue", float(np.sqrt(np.mean(change**2))))

    def speed(self, conductance: Array) -> Array:
        """dG/dt [S/s] under this curve's pulses, 0 at the end that they lead to and beyond."""
        index = np.searchsorted(self.knots, conductance, side="right" if self.steps[0] > 0 else "left") - 1
        inside = np.clip(index, 0, len(self.steps) - 1)
        over = index >= len(self.steps) if self.steps[0] > 0 else index < 0
        return np.where(over, 0.0, self.steps[inside] / self.width)

    def sigma(self, conductance: Array) -> Array:
        """σ of one pulse [S]: measured where given, else the residue."""
        if self.spread is None:
            return np.full(np.shape(conductance), self.residue)
        order = np.argsort(self.conductance, kind="stable")
        return np.interp(conductance, self.conductance[order], np.asarray(self.spread)[order])


@dataclass(frozen=True, kw_only=True)
class MeasuredDevice:
    """State G [S], smallest … largest conductance of the curves."""

    curves: tuple[PulseCurve, ...]
    """One or more, of different voltages; both polarities if the device is to move both ways."""
    threshold: float | None = None
    """Voltage [V] up to which nothing moves; by default half the smallest measured one (an assumption)."""
    voltage_scale: float = np.inf
    """v₀ [V] of a read current G v₀ sinh(v / v₀); infinity is ohmic."""
    name: str = "measured device"

    def __post_init__(self) -> None:
        if not self.curves:
            raise SimulationError(f"{self.name} has no curves; expected one or more")
        voltages = [curve.voltage for curve in self.curves]
        if len(set(voltages)) < len(voltages):
            twice = next(value for value in voltages if voltages.count(value) > 1)
            raise SimulationError(f"{self.name} has two curves at {twice:g} V; expected one a voltage")
        least = min(abs(value) for value in voltages)
        if self.threshold is not None and not 0 <= self.threshold < least:
            raise SimulationError(
                f"threshold of {self.name} is {self.threshold} V; expected 0 to below {least:g} V, "
                "its smallest measured voltage"
            )
        if not self.voltage_scale > 0:
            raise SimulationError(
                f"voltage scale of {self.name} is {self.voltage_scale} V; expected above zero"
            )

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest conductance of all curves [S]."""
        return (
            min(float(curve.knots[0]) for curve in self.curves),
            max(float(curve.knots[-1]) for curve in self.curves),
        )

    @property
    def voltages(self) -> tuple[float, float]:
        """Smallest and largest voltage that the curves cover [V]; 0 where a polarity was not measured."""
        values = [curve.voltage for curve in self.curves]
        return min(0.0, *values), max(0.0, *values)

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        if np.isinf(self.voltage_scale):
            return state * voltage
        return state * self.voltage_scale * np.sinh(voltage / self.voltage_scale)

    def rate(self, state: Array, voltage: Array) -> Array:
        """dG/dt [S/s]; raises `SimulationError` beyond the measured voltages."""
        states, volts = np.broadcast_arrays(np.asarray(state, dtype=np.float64), voltage)
        return self._interpolated(states, volts, [curve.speed for curve in self.curves])

    def advanced(self, state: Array, voltage: Array, width: Array, tolerance: float, steps: int) -> Array:
        """See `SolvedDevice`: speeds are constant between knots, so knot by knot is exact."""
        knots = np.unique(np.concatenate([curve.knots for curve in self.curves]))
        x, left = np.array(state, dtype=np.float64), np.array(width, dtype=np.float64)
        for _ in range(100 * len(knots)):
            speed = np.where(left > 0, self.rate(x, voltage), 0.0)
            if not speed.any():
                return x
            above = np.minimum(np.searchsorted(knots, x, side="right"), len(knots) - 1)
            below = np.maximum(np.searchsorted(knots, x, side="left") - 1, 0)
            goal = knots[np.where(speed > 0, above, below)]
            needed = np.where(speed == 0, np.inf, (goal - x) / np.where(speed == 0, 1.0, speed))
            arrives = needed <= left * (1 + 1e-12)
            x = np.where(speed == 0, x, np.where(arrives, goal, x + speed * left))
            left = np.where(arrives, np.maximum(left - needed, 0.0), 0.0)
        raise SimulationError(
            f"a pulse on {self.name} runs through its curves more than 100 times; shorten it"
        )

    def scattered(self, before: Array, after: Array, random: np.random.Generator) -> Array:
        """See `ScatteringDevice`: σ of a step by σ of one pulse, as many times as the step is pulses long."""
        up = after > before
        moved = np.zeros(np.shape(before))
        for curve in self.curves:
            same = np.where(curve.steps[0] > 0, up, after < before)
            typical = np.maximum(np.abs(curve.speed(before)) * curve.width, 1e-300)
            pulses = np.minimum(np.abs(after - before) / typical, float(len(curve.conductance)))
            noise = np.sqrt(pulses) * curve.sigma(before) * random.standard_normal(np.shape(before))
            moved = np.where(same & (moved == 0.0), noise, moved)
        return after + moved

    def _interpolated(self, states: Array, volts: Array, values: list) -> Array:
        low, high = self.voltages
        bad: NDArray[np.bool_] = ~((volts >= low * (1 + 1e-9)) & (volts <= high * (1 + 1e-9)))
        # What lies below the threshold moves nothing, whether or not that polarity was measured.
        edge = 0.5 * min(abs(c.voltage) for c in self.curves) if self.threshold is None else self.threshold
        bad &= ~(np.abs(volts) <= edge)
        if bad.any():
            place = first_bad(bad)
            raise SimulationError(
                f"voltage over device {named(place)}is {volts[place]:.4g} V; {self.name} was measured from "
                f"{low:g} to {high:g} V: lower the pulse, or measure there"
            )
        total = np.zeros(states.shape)
        for sign in (1.0, -1.0):
            order = sorted(
                (i for i, curve in enumerate(self.curves) if curve.voltage * sign > 0),
                key=lambda i: abs(self.curves[i].voltage),
            )
            if not order:
                continue
            points = np.array([edge, *(abs(self.curves[i].voltage) for i in order)])
            found = [np.zeros(states.shape), *(values[i](states) for i in order)]
            size = np.where(volts * sign > 0, np.abs(volts), 0.0)
            for k in range(len(order)):
                # Hat functions of linear interpolation between neighbouring voltages.
                rise = (size - points[k]) / (points[k + 1] - points[k])
                fall = (points[k + 2] - size) / (points[k + 2] - points[k + 1]) if k + 1 < len(order) else 1.0
                total = total + np.clip(np.minimum(rise, fall), 0.0, 1.0) * found[k + 1]
        return total
