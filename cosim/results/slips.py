"""2π slips of a junction from the samples of its phase.

The definition that every engine shares: a slip is a crossing of an odd multiple of π, its
time interpolated linearly between the two samples around it, its sign that of the phase's
change. A phase that touches π and falls back gives two slips of opposite sign.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import CosimError
from cosim.results.result import Pulses

_TURN = 2.0 * math.pi


def find_slips(time: ArrayLike, phase: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return times (k,) [s] and signs (k,) of the slips in `phase` (n,) [rad] at `time` (n,).

    A step of the samples over several odd multiples of π gives as many slips. Raises
    `CosimError` when the shapes differ or a phase is not finite.
    """
    times = np.asarray(time, dtype=np.float64)
    phases = np.asarray(phase, dtype=np.float64)
    if times.ndim != 1 or times.shape != phases.shape:
        raise CosimError(f"time and phase need one length, got shapes {times.shape} and {phases.shape}")
    if not np.all(np.isfinite(phases)):
        first = int(np.flatnonzero(~np.isfinite(phases))[0])
        raise CosimError(f"the phase is not a number at t = {times[first]:.6g} s; the run diverged")
    turns = np.floor((phases + math.pi) / _TURN)
    change = np.diff(turns)
    where = np.flatnonzero(change)
    if where.size == 0:
        return np.empty(0), np.empty(0, np.int8)
    count = np.abs(change[where]).astype(np.int64)
    sample = np.repeat(where, count)
    sign = np.sign(change[sample])
    step = np.arange(sample.size) - np.repeat(np.cumsum(count) - count, count)
    # Rising from turn k crosses (2k+1)π first; falling from turn k crosses (2k-1)π first.
    level = (turns[sample] + sign * step) * _TURN + sign * math.pi
    fraction = (level - phases[sample]) / (phases[sample + 1] - phases[sample])
    crossing = times[sample] + np.clip(fraction, 0.0, 1.0) * (times[sample + 1] - times[sample])
    return crossing, sign.astype(np.int8)


def find_pulses(time: ArrayLike, phases: Mapping[str, ArrayLike]) -> Pulses:
    """Return the slips of several junctions, `phases` being `{name: (n,) rad}`."""
    return Pulses.gather({name: find_slips(time, phase) for name, phase in phases.items()})


def pulses_of_signals(time: ArrayLike, signals: Mapping[str, ArrayLike]) -> Pulses:
    """Return the slips of every junction whose phase, `P(B…)`, is among `signals`."""
    phases = {name[2:-1]: values for name, values in signals.items() if name.upper().startswith("P(B")}
    return find_pulses(time, phases)
