"""Programming without looking: states as wanted, or one pulse that ought to do it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.crossbar.programming.write_path import WritePath
from cosim.devices import DeviceModel, apply_pulse, conductance, setting_polarity, state_for
from cosim.errors import SimulationError


def ideal(device: DeviceModel, targets: ArrayLike, *, read_voltage: float = 0.1) -> Array:
    """States whose conductances are `targets` [S]; raises `SimulationError` for those out of range."""
    return state_for(device, targets, read_voltage)


def calibrated_voltages(
    device: DeviceModel,
    targets: ArrayLike,
    start: float,
    width: float,
    *,
    largest: float,
    read_voltage: float = 0.1,
) -> Array:
    """Voltages [V] of single pulses of `width` [s] that lead a nominal device from `start` to `targets` [S].

    By bisection between 0 and `largest` [V] (its size), in the polarity that leads towards each target.
    Raises `SimulationError` for targets that no pulse up to `largest` reaches.
    """
    goal = np.asarray(targets, dtype=np.float64)
    first = float(conductance(device, start, read_voltage))
    sign = setting_polarity(device) * np.where(goal >= first, 1.0, -1.0)
    raising = goal >= first

    def reached(size: Array) -> Array:
        return conductance(
            device, apply_pulse(device, start, sign * size, width, tolerance=1e-6), read_voltage
        )

    far = reached(np.full(goal.shape, largest))
    short = np.where(raising, far < goal, far > goal)
    if short.any():
        place = np.argwhere(np.atleast_1d(short))[0].tolist()
        raise SimulationError(
            f"target of cell {place} is {np.atleast_1d(goal)[tuple(place)]:.4g} S; "
            f"one pulse of {largest:g} V and {width:g} s reaches {np.atleast_1d(far)[tuple(place)]:.4g} S: "
            "lengthen it, or raise its voltage"
        )
    low, high = np.zeros(goal.shape), np.full(goal.shape, float(largest))
    for _ in range(40):
        middle = 0.5 * (low + high)
        found = reached(middle)
        enough = np.where(raising, found >= goal, found <= goal)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return sign * high


def single_pulse(
    path: WritePath,
    targets: ArrayLike,
    state: ArrayLike,
    voltages: ArrayLike,
    width: float,
    *,
    random: np.random.Generator | None = None,
) -> Array:
    """(M, N) states after one pulse on each cell, row by row; `voltages` as from `calibrated_voltages`.

    Cells are written in turn, so that each later pulse disturbs the earlier ones as the scheme of `path`
    lets it; without lines and isolated, all at once. `targets` (M, N) say which cells are written: NaN is
    not.
    """
    x = np.array(np.broadcast_to(np.asarray(state, dtype=np.float64), np.shape(targets)))
    volts = np.broadcast_to(np.asarray(voltages, dtype=np.float64), x.shape)
    wanted = ~np.isnan(np.asarray(targets, dtype=np.float64))
    if path.scheme.isolated and path.word_lines is None:
        volts = np.where(wanted, volts, 0.0)
        tolerance = path.state_tolerance
        return apply_pulse(path.device, x, volts, width, random=random, tolerance=tolerance)
    for row, column in np.argwhere(wanted):
        x = path.pulse(x, int(row), int(column), float(volts[row, column]), width, random=random)
    return x
