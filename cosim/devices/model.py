"""What every resistive device model offers, and what can be asked of any of them.

A model is a frozen set of parameters (SI) with pure functions of state and voltage, element by
element over arrays. Its state stays within `bounds`: models whose windows alone do not hold it
there are stopped at the bound. A parameter may be an array, one value a device (`vary` makes such).
Adding a model is one file, one line in `__init__` and, for a published set, one file in `presets/`.
How pulses move the state is in `pulses.py`.
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
    def bounds(self) -> tuple[ArrayLike, ArrayLike]:
        """Smallest and largest state, in the model's own unit: scalars, or one a device."""
        ...

    def current(self, state: Array, voltage: Array) -> Array:
        """[A]."""
        ...

    def rate(self, state: Array, voltage: Array) -> Array:
        """d(state)/dt, in the state's unit per second."""
        ...


def named(place: tuple[int, ...]) -> str:
    """`(3, 5)` for an index, nothing for a scalar's."""
    return f"{tuple(int(i) for i in place)} " if place else ""


def first_bad(bad: NDArray[np.bool_]) -> tuple[int, ...]:
    """Index of the first true entry."""
    return tuple(int(axis[0]) for axis in np.nonzero(bad)) if bad.ndim else ()


def checked_state(device: DeviceModel, state: ArrayLike) -> Array:
    """`state` as float64; raises `SimulationError` naming the first one that is out of bounds or NaN."""
    states = np.asarray(state, dtype=np.float64)
    low, high = (np.asarray(bound, dtype=np.float64) for bound in device.bounds)
    bad = ~((states >= low) & (states <= high))
    if bad.any():
        place = first_bad(bad)
        value, least, most = (float(np.broadcast_to(x, bad.shape)[place]) for x in (states, low, high))
        raise SimulationError(
            f"state of device {named(place)}is {value:.6g}; "
            f"{type(device).__name__} has states from {least:.6g} to {most:.6g}"
        )
    return states


def conductance(device: DeviceModel, state: ArrayLike, read_voltage: float = 0.1) -> Array:
    """I / V at `read_voltage` [V] of devices in `state`: [S]. Raises `SimulationError` out of bounds."""
    states = checked_state(device, state)
    return device.current(states, np.full_like(states, read_voltage)) / read_voltage


def conductance_range(device: DeviceModel, read_voltage: float = 0.1) -> tuple[Array, Array]:
    """Smallest and largest conductance [S] that the bounds of the state allow."""
    low, high = device.bounds
    ends = conductance(device, low, read_voltage), conductance(device, high, read_voltage)
    return np.minimum(*ends), np.maximum(*ends)


def state_for(device: DeviceModel, target: ArrayLike, read_voltage: float = 0.1) -> Array:
    """States whose conductance at `read_voltage` [V] is `target` [S]; exact to rounding, by bisection.

    Conductance must rise or fall with the state throughout, as in all models here. Raises
    `SimulationError` for targets that are negative, NaN or out of the device's range.
    """
    goal = np.asarray(target, dtype=np.float64)
    least, most = conductance_range(device, read_voltage)
    bad = ~((goal >= least * (1 - 1e-12)) & (goal <= most * (1 + 1e-12)))
    if bad.any():
        place = first_bad(bad)
        value, small, large = (float(np.broadcast_to(x, bad.shape)[place]) for x in (goal, least, most))
        raise SimulationError(
            f"target of device {named(place)}is {value:.4g} S; {type(device).__name__} reaches "
            f"{small:.4g} to {large:.4g} S at {read_voltage:g} V: rescale the targets"
        )
    low, high = (np.broadcast_to(np.asarray(b, dtype=np.float64), bad.shape) for b in device.bounds)
    rising = conductance(device, high, read_voltage) >= conductance(device, low, read_voltage)
    below, above = np.array(low), np.array(high)
    for _ in range(80):
        middle = 0.5 * (below + above)
        up = (conductance(device, middle, read_voltage) < goal) == rising
        below, above = np.where(up, middle, below), np.where(up, above, middle)
    return 0.5 * (below + above)


def setting_polarity(device: DeviceModel) -> int:
    """+1 where positive voltages raise the conductance, −1 where they lower it.

    Raises `SimulationError` for a device that nothing up to 10 V moves.
    """
    low, high = (np.asarray(bound, dtype=np.float64) for bound in device.bounds)
    middle = low + 0.5 * (high - low)

    def first(values: Array) -> float:
        """Of the first device, where there are many."""
        return float(np.asarray(values).flat[0])

    read = np.asarray(0.1)
    rising = first(device.current(high, read)) > first(device.current(low, read))
    for size in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        for sign in (1, -1):
            moved = first(device.rate(middle, np.asarray(sign * size)))
            if moved:
                return sign if (moved > 0) == rising else -sign
    raise SimulationError(f"{type(device).__name__} does not move at any voltage up to 10 V")
