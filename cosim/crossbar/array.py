"""What a resistive array is: conductances, line segments, what hangs on the ends of its lines.

             top[0]    top[1]
               s         s            s = one segment of a line
    left[0]─s──┬────s────┬────s──right[0]      word line 0
              G00       G01
    left[1]─s──┬────s────┬────s──right[1]      word line 1
              G10       G11
               s         s
           bottom[0] bottom[1]                 (bit lines run from top to bottom)

A line of n cells has n + 1 segments: one before its first cell, one after its last. An end is
attached to its terminal through one more resistance (driver, sense amplifier, ground path);
an infinite one leaves the end floating. Not here: the voltages at the terminals (`drive.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import SimulationError

Array = NDArray[np.float64]


def _place(index: tuple[int, ...], kind: str) -> str:
    """`cell (3, 5)` or the like."""
    return f"{kind} {index[0] if len(index) == 1 else tuple(int(i) for i in index)}" if index else kind


def checked(values: ArrayLike, what: str, unit: str, *, infinite: bool = True) -> Array:
    """Return `values` as float64; raise `SimulationError` naming the first NaN or negative entry.

    `infinite` says whether an infinite entry is accepted.
    """
    array = np.asarray(values, dtype=np.float64)
    bad = ~(array >= 0) if infinite else ~((array >= 0) & np.isfinite(array))
    if bad.any():
        index = tuple(int(axis[0]) for axis in np.nonzero(np.atleast_1d(bad))) if array.ndim else ()
        raise SimulationError(
            f"{_place(index, what)} is {array[index]} {unit}; expected a number from 0 up"
            + (", or infinity" if infinite else ", finite")
        )
    return array


@dataclass(frozen=True, kw_only=True)
class Lines:
    """All word lines, or all bit lines, of an array of `lines` lines with `cells` cells each [Ω]."""

    segment: ArrayLike = 1.0
    """Resistance of a segment [Ω], 0 … infinity: scalar; a line (lines,); a segment (lines, cells + 1)."""
    near: ArrayLike = 0.0
    """From the left (top) terminal to the line's first segment [Ω]: scalar or (lines,); inf floats."""
    far: ArrayLike = np.inf
    """From the right (bottom) terminal to the line's last segment [Ω]: scalar or (lines,); inf floats."""

    def filled(self, lines: int, cells: int, name: str) -> Array:
        """Return (lines, cells + 1) resistances [Ω], those of the ends added to the outer segments.

        Raises `SimulationError` where a shape does not fit or a value is negative or NaN.
        """
        segment = checked(self.segment, f"{name} segment", "Ω")
        if segment.ndim == 1 and segment.shape == (lines,):
            segment = segment[:, np.newaxis]
        elif segment.ndim and segment.shape != (lines, cells + 1):
            raise SimulationError(
                f"segments of the {name}s have shape {segment.shape}; expected a scalar, "
                f"({lines},) for one value a line, or ({lines}, {cells + 1}) for one a segment"
            )
        full = np.array(np.broadcast_to(segment, (lines, cells + 1)))
        for column, end, side in ((0, self.near, "near"), (-1, self.far, "far")):
            resistance = checked(end, f"{side} end of {name}", "Ω")
            if resistance.ndim and resistance.shape != (lines,):
                raise SimulationError(
                    f"resistances at the {side} ends of the {name}s have shape {resistance.shape}; "
                    f"expected a scalar or ({lines},)"
                )
            full[:, column] += resistance
        return full


#: Driven from the left, nothing at the right.
DRIVEN_LEFT = Lines()
#: Nothing at the top, a virtual ground at the bottom.
SENSED_BELOW = Lines(near=np.inf, far=0.0)


@dataclass(frozen=True, kw_only=True)
class Crossbar:
    """An array of M × N cells between M word lines and N bit lines.

    Raises `SimulationError` for conductances that are negative or NaN and shapes that do not fit.
    """

    conductance: ArrayLike
    """(M, N) [S], 0 (open) … infinity (short)."""
    word_lines: Lines = DRIVEN_LEFT
    bit_lines: Lines = SENSED_BELOW

    def __post_init__(self) -> None:
        conductance = np.ascontiguousarray(checked(self.conductance, "conductance of cell", "S"))
        if conductance.ndim != 2 or not conductance.size:
            raise SimulationError(
                f"conductances have shape {conductance.shape}; expected (word lines, bit lines), "
                "at least one of each"
            )
        object.__setattr__(self, "conductance", conductance)
        self.word_segments()
        self.bit_segments()

    @property
    def cells(self) -> Array:
        """(M, N) conductances [S]."""
        return np.asarray(self.conductance, dtype=np.float64)

    @property
    def shape(self) -> tuple[int, int]:
        """(M, N): word lines, bit lines."""
        rows, columns = self.cells.shape
        return rows, columns

    def word_segments(self) -> Array:
        """(M, N + 1) [Ω]: along each word line from its left to its right terminal."""
        rows, columns = self.shape
        return self.word_lines.filled(rows, columns, "word line")

    def bit_segments(self) -> Array:
        """(N, M + 1) [Ω]: along each bit line from its top to its bottom terminal."""
        rows, columns = self.shape
        return self.bit_lines.filled(columns, rows, "bit line")


def passive(
    conductance: ArrayLike,
    *,
    word_line_resistance: ArrayLike = 1.0,
    bit_line_resistance: ArrayLike = 1.0,
    driver_resistance: ArrayLike = 0.0,
    sense_resistance: ArrayLike = 0.0,
    both_ends: bool = False,
) -> Crossbar:
    """An array read as usual: word lines driven from the left, bit lines into virtual ground below.

    `conductance` (M, N) [S]; resistances [Ω] of a segment, of a driver, of a sense amplifier.
    With `both_ends` word lines are driven from the right too and bit lines sensed at the top too.
    """
    far = driver_resistance if both_ends else np.inf
    top = sense_resistance if both_ends else np.inf
    return Crossbar(
        conductance=conductance,
        word_lines=Lines(segment=word_line_resistance, near=driver_resistance, far=far),
        bit_lines=Lines(segment=bit_line_resistance, near=top, far=sense_resistance),
    )
