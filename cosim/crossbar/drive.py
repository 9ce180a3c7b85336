"""Voltages at the terminals of an array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.errors import SimulationError

SIDES = ("left", "right", "top", "bottom")


@dataclass(frozen=True, kw_only=True)
class Drive:
    """Voltage [V] at each terminal: scalar, (lines,), or (P, lines) for P inputs at once.

    A terminal whose line floats there (infinite resistance) keeps its voltage to itself.
    """

    left: ArrayLike = 0.0
    """Of the M word lines."""
    right: ArrayLike = 0.0
    """Of the M word lines."""
    top: ArrayLike = 0.0
    """Of the N bit lines."""
    bottom: ArrayLike = 0.0
    """Of the N bit lines; 0 is (virtual) ground."""


@dataclass(frozen=True, kw_only=True)
class Terminals:
    """The four sides filled up: left, right (P, M); top, bottom (P, N) [V], or [A] of currents."""

    left: Array
    right: Array
    top: Array
    bottom: Array

    @property
    def count(self) -> int:
        """P, the number of inputs."""
        return len(self.left)


def filled(drive: Drive | ArrayLike, shape: tuple[int, int]) -> Terminals:
    """Return the voltages of all terminals for P inputs of an array of `shape` (M, N).

    A plain array is what drives the word lines, from both ends where both are attached.
    Raises `SimulationError` for shapes that do not fit and voltages that are not finite.
    """
    if not isinstance(drive, Drive):
        drive = Drive(left=drive, right=drive)
    given: dict[str, Array] = {}
    for side in SIDES:
        lines = shape[0] if side in ("left", "right") else shape[1]
        values = np.asarray(getattr(drive, side), dtype=np.float64)
        if values.ndim > 2 or (values.ndim and values.shape[-1] != lines):
            kind = "word" if side in ("left", "right") else "bit"
            raise SimulationError(
                f"voltages at the {side} have shape {values.shape}; expected a scalar, ({lines},) or "
                f"(inputs, {lines}): one for each {kind} line last"
            )
        if not values.size:
            raise SimulationError(f"voltages at the {side} have shape {values.shape}: no input at all")
        if not np.isfinite(values).all():
            where = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(np.atleast_1d(values))))
            raise SimulationError(
                f"voltage at the {side} {where} is {np.atleast_1d(values)[where]} V; expected a finite "
                "number (a line floats by an infinite resistance at its end)"
            )
        given[side] = np.broadcast_to(values, (*values.shape[:-1], lines) if values.ndim else (lines,))
    counts = {side: len(values) for side, values in given.items() if values.ndim == 2}
    number = max(counts.values(), default=1)
    wrong = {side: count for side, count in counts.items() if count not in (1, number)}
    if wrong:
        raise SimulationError(f"numbers of inputs differ between the sides: {counts}")
    full = {side: np.broadcast_to(values, (number, values.shape[-1])) for side, values in given.items()}
    return Terminals(**full)
