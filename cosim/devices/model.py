"""What every resistive device model offers, and how a pulse moves its state.

A model is a frozen set of parameters (SI) with pure functions of state and voltage, element by
element over arrays. Its state stays within `bounds`: models whose windows alone do not hold it
there are stopped at the bound. Adding a model is one file, one line in `__init__` and, for a
published set, one file in `presets/`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import SimulationError

Array = NDArray[np.float64]


class DeviceModel(Protocol):
    """A two-terminal device with one state variable."""

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest state, in the model's own unit."""
        ...

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        ...

    def rate(self, state: Array, voltage: Array) -> Array:
        """d(state)/dt, in the state's unit per second."""
        ...


def conductance(device: DeviceModel, state: ArrayLike, read_voltage: float = 0.1) -> Array:
    """I / V at `read_voltage` [V] of devices in `state`: [S]. Raises `SimulationError` out of bounds."""
    states = checked_state(device, state)
    return device.current(states, np.full_like(states, read_voltage)) / read_voltage


def checked_state(device: DeviceModel, state: ArrayLike) -> Array:
    """`state` as float64; raises `SimulationError` naming the first one that is out of bounds or NaN."""
    states = np.asarray(state, dtype=np.float64)
    low, high = device.bounds
    bad = ~((states >= low) & (states <= high))
    if bad.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(np.atleast_1d(bad)))
        value = np.atleast_1d(states)[index]
        raise SimulationError(
            f"state of device {index if states.ndim else ''} is {value:.6g}; "
            f"{type(device).__name__} has states from {low:.6g} to {high:.6g}"
        )
    return states


def apply_pulse(
    device: DeviceModel,
    state: ArrayLike,
    voltage: ArrayLike,
    width: float,
    *,
    tolerance: float = 1e-7,
    steps: int = 1_000_000,
) -> Array:
    """States after a rectangular pulse of `voltage` [V] and `width` [s], both broadcast to `state`.

    Bogacki and Shampine's third-order pair, one step length for all devices, error per step below
    `tolerance` of the state's range (doi:10.1016/0893-9659(89)90079-7). Raises `SimulationError` for
    states out of bounds, a negative width, and pulses that take more than `steps` steps.
    """
    if not width >= 0:
        raise SimulationError(f"pulse width is {width} s; expected a number from 0 up")
    states, volts = np.broadcast_arrays(checked_state(device, state), np.asarray(voltage, dtype=np.float64))
    x = np.array(states)
    low, high = device.bounds
    span = high - low

    def slope(at: Array) -> Array:
        return device.rate(np.clip(at, low, high), volts)

    done, count = 0.0, 0
    first = slope(x)
    fastest = float(np.abs(first).max(initial=0.0))
    step = min(width, 1e-3 * span / fastest) if fastest > 0 else width
    while done < width:
        step = min(step, width - done)
        second = slope(x + 0.5 * step * first)
        third = slope(x + 0.75 * step * second)
        moved = np.clip(x + step * (2 * first + 3 * second + 4 * third) / 9, low, high)
        last = slope(moved)
        lower = np.clip(x + step * (7 * first + 6 * second + 8 * third + 3 * last) / 24, low, high)
        error = float(np.abs(moved - lower).max(initial=0.0)) / (tolerance * span)
        if error <= 1.0:
            done, x, first = (width if width - done <= step else done + step), moved, last
        step *= min(5.0, max(0.1, 0.9 * max(error, 1e-10) ** (-1 / 3)))
        count += 1
        if count > steps:
            raise SimulationError(
                f"a pulse of {width:g} s needs more than {steps} steps (reached {done:g} s); "
                "shorten it, or lower its voltage"
            )
    return x
