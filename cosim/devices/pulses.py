"""How voltages move a device's state: one pulse, a train, a sweep that traces its I–V loop.

Each device of an array is integrated with steps of its own, so its end does not depend on its
neighbours. The method is the L-stable Rosenbrock pair of orders 3 and 2 of Sandu et al., Atmos.
Environ. 31, 3459 (1997), doi:10.1016/S1352-2310(97)83212-8: devices run into their limits within
nanoseconds and then stand there for the rest of a sweep, which costs an explicit method its steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.devices.model import Array, DeviceModel, checked_state, first_bad, named
from cosim.errors import SimulationError

#: Diagonal of the method; the stages' couplings and the weights follow from it.
GAMMA = 0.43586652150845899941601945119356
C21 = -1.0156171083877702091975600115545
C31 = 4.0759956452537699824805835358067
C32 = 9.2076794298330791242156818474003
WEIGHT = (1.0, 6.1697947043828245592553615689730, -0.4277225654321857332623837380651)
LACK = (0.5, -2.9079558716805469821718236208017, 0.2235406989781156962736090927619)


@runtime_checkable
class ScatteringDevice(Protocol):
    """A device whose pulses differ from one to the next (cycle-to-cycle)."""

    def scattered(self, before: Array, after: Array, random: np.random.Generator) -> Array:
        """States after a pulse that on average leads from `before` to `after`."""
        ...


@runtime_checkable
class SolvedDevice(Protocol):
    """A device that knows its own way through a pulse: in closed form, or in compiled code."""

    def advanced(self, state: Array, voltage: Array, width: Array, tolerance: float, steps: int) -> Array:
        """States after rectangular pulses; the first three of one shape, the last two as `apply_pulse`."""
        ...


def apply_pulse(
    device: DeviceModel,
    state: ArrayLike,
    voltage: ArrayLike,
    width: ArrayLike,
    *,
    random: np.random.Generator | None = None,
    tolerance: float = 1e-7,
    steps: int = 100_000,
) -> Array:
    """States after a rectangular pulse of `voltage` [V] and `width` [s], all broadcast together.

    The error of a step is below `tolerance` of the state's range. With `random`, a device that
    scatters (`ScatteringDevice`) does. Raises `SimulationError` for states out of bounds, voltages
    that are not finite, negative widths, and pulses that take more than `steps` steps.
    """
    states, volts, times = np.broadcast_arrays(
        checked_state(device, state),
        np.asarray(voltage, dtype=np.float64),
        np.asarray(width, dtype=np.float64),
    )
    _require(np.isfinite(volts), volts, "pulse voltage", "V", "a finite number")
    _require((times >= 0) & np.isfinite(times), times, "pulse width", "s", "a number from 0 up")
    if isinstance(device, SolvedDevice):
        after = device.advanced(states, volts, times, tolerance, steps)
    else:
        after = _integrated(device, states, volts, times, tolerance, steps)
    if random is not None and isinstance(device, ScatteringDevice):
        low, high = device.bounds
        after = np.clip(device.scattered(np.asarray(states), after, random), low, high)
    return after


def _require(good: NDArray[np.bool_], values: Array, what: str, unit: str, expected: str) -> None:
    if not np.all(good):
        place = first_bad(~good)
        raise SimulationError(f"{what} {named(place)}is {values[place]} {unit}; expected {expected}")


def _integrated(
    device: DeviceModel, start: Array, volts: Array, width: Array, tolerance: float, steps: int
) -> Array:
    low, high = (np.broadcast_to(np.asarray(b, dtype=np.float64), start.shape) for b in device.bounds)
    span = high - low
    x = np.array(start)
    left = np.array(width, dtype=np.float64)

    def slope(at: Array) -> Array:
        """Devices that are done see no voltage: at 0 V the costly models have nothing to solve."""
        return np.asarray(
            device.rate(np.clip(at, low, high), np.where(left > 0, volts, 0.0)), dtype=np.float64
        )

    here = slope(x)
    nudge = 1e-7 * span
    with np.errstate(divide="ignore", over="ignore"):
        step = np.minimum(left, np.where(here != 0, 1e-3 * span / np.abs(here), left))
    for _ in range(steps):
        # What stands, or stands at its bound, stays: nothing changes with time but the state.
        done = (left <= 0) | ((x >= high) & (here >= 0)) | ((x <= low) & (here <= 0)) | (here == 0)
        left = np.where(done, 0.0, left)
        if not (left > 0).any():
            return x
        h = np.where(left > 0, np.minimum(step, left), 1.0)
        ahead = np.where(here > 0, nudge, -nudge)
        aside = np.where((x + ahead > high) | (x + ahead < low), -ahead, ahead)
        steepness = (slope(x + aside) - here) / aside
        too_far = GAMMA * h * steepness > 0.5
        shift = GAMMA * h / (1.0 - np.where(too_far, 0.0, GAMMA * h * steepness))
        k1 = shift * here
        there = slope(x + k1)
        k2 = shift * (there + C21 * k1 / h)
        k3 = shift * (there + (C31 * k1 + C32 * k2) / h)
        moved = np.clip(x + WEIGHT[0] * k1 + WEIGHT[1] * k2 + WEIGHT[2] * k3, low, high)
        end = slope(moved)
        # The stages see the beginning of a step only: a kink further on shows in the slope at its end.
        bend = np.abs(end - here - steepness * (moved - x)) * h / 6.0
        bend = np.where((moved >= high) | (moved <= low), 0.0, bend)
        error = np.maximum(np.abs(LACK[0] * k1 + LACK[1] * k2 + LACK[2] * k3), bend) / (tolerance * span)
        error = np.where(too_far | ~np.isfinite(error), 1e10, error)
        taken = (error <= 1.0) & ~done
        x, here = np.where(taken, moved, x), np.where(taken, end, here)
        left = np.where(taken, np.where(h >= left, 0.0, left - h), left)
        step = h * np.minimum(8.0, np.maximum(0.1, 0.9 * np.maximum(error, 1e-10) ** (-1 / 3)))
    place = first_bad(left > 0)
    raise too_many_steps(place, float(volts[place]), float(width[place]), float(left[place]), steps)


def too_many_steps(
    place: tuple[int, ...], volts: float, width: float, left: float, steps: int
) -> SimulationError:
    """The error for a pulse of which `left` [s] is not done after `steps`."""
    return SimulationError(
        f"a pulse of {width:g} s at {volts:g} V on device {named(place)}needs more than {steps} steps "
        f"(reached {width - left:g} s); shorten it, or lower its voltage"
    )


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a device did under a waveform of T samples; devices in the trailing dimensions."""

    time: Array
    """(T,) [s]."""
    voltage: Array
    """(T,) [V]."""
    current: Array
    """(T, …) [A]."""
    state: Array
    """(T, …), in the model's unit."""


def trace(
    device: DeviceModel,
    state: ArrayLike,
    time: ArrayLike,
    voltage: ArrayLike,
    *,
    tolerance: float = 1e-7,
    steps: int = 100_000,
) -> Trace:
    """Follow devices from `state` under a waveform given by samples: `time` (T,) [s], `voltage` (T,) [V].

    Between samples the voltage is held at their mean (second order in their distance). Raises
    `SimulationError` for times that do not rise, and as `apply_pulse`.
    """
    times, volts = np.asarray(time, dtype=np.float64), np.asarray(voltage, dtype=np.float64)
    if times.ndim != 1 or times.shape != volts.shape or not times.size:
        raise SimulationError(
            f"a waveform has shapes {times.shape} and {volts.shape}; expected (T,) for its times and voltages"
        )
    if not (np.diff(times) > 0).all():
        place = int(np.argmin(np.diff(times) > 0)) + 1
        raise SimulationError(
            f"time {place} of the waveform is {times[place]:g} s, not after {times[place - 1]:g} s"
        )
    x = np.array(checked_state(device, state))
    states, currents = [x], [device.current(x, np.full_like(x, volts[0]))]
    for before, after, width in zip(volts[:-1], volts[1:], np.diff(times), strict=True):
        x = apply_pulse(device, x, 0.5 * (before + after), width, tolerance=tolerance, steps=steps)
        states.append(x)
        currents.append(device.current(x, np.full_like(x, after)))
    return Trace(time=times, voltage=volts, current=np.stack(currents), state=np.stack(states))


def triangle(amplitudes: ArrayLike, ramp: float, samples: int = 200) -> tuple[Array, Array]:
    """Times (T,) [s] and voltages (T,) [V] of a sweep 0 → a₁ → 0 → a₂ → 0 … at `ramp` [V/s]."""
    corners = [0.0]
    for amplitude in np.atleast_1d(np.asarray(amplitudes, dtype=np.float64)):
        corners += [float(amplitude), 0.0]
    legs = [np.linspace(a, b, samples + 1)[1:] for a, b in pairwise(corners)]
    volts = np.concatenate([[0.0], *legs])
    return np.concatenate([[0.0], np.cumsum(np.abs(np.diff(volts)) / ramp)]), volts
