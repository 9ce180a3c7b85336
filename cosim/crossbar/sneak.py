"""Reading a single cell, and what sneaks past it through the others.

The selected word line carries the read voltage, the selected bit line is sensed; the scheme says what
the other lines do. With floating lines current flows through three cells in series beside the one that
is read; grounded lines keep it from the output and cost power; V/2 and V/3 bias them all a little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Crossbar, Lines
from cosim.crossbar.cells import CellLaw
from cosim.crossbar.drive import Drive
from cosim.errors import SimulationError, did_you_mean

#: Voltages of the other word and bit lines over the read voltage; None floats.
SCHEMES: dict[str, tuple[float | None, float | None]] = {
    "floating": (None, None),
    "grounded": (0.0, 0.0),
    "half": (0.5, 0.5),
    "third": (1 / 3, 2 / 3),
}


@dataclass(frozen=True, kw_only=True)
class CellRead:
    """One cell, read."""

    current: float
    """Out of the selected bit line [A]."""
    through_cell: float
    """Through the selected cell [A]."""
    power: float
    """Of all sources [W]."""

    @property
    def sneak(self) -> float:
        """What else came out [A]; negative where current of the cell went elsewhere."""
        return self.current - self.through_cell


def selected(
    conductance: ArrayLike,
    row: int,
    column: int,
    scheme: str,
    voltage: float,
    *,
    word_line_resistance: ArrayLike = 1.0,
    bit_line_resistance: ArrayLike = 1.0,
) -> tuple[Crossbar, Drive]:
    """The array of cells (M, N) [S] and the voltages that select one; lines are attached left and below.

    Raises `SimulationError` for an unknown scheme and a cell that is not there.
    """
    cells = np.asarray(conductance, dtype=np.float64)
    if scheme not in SCHEMES:
        raise SimulationError(
            f"unknown scheme {scheme!r}{did_you_mean(scheme, SCHEMES)}; there are {', '.join(SCHEMES)}"
        )
    if cells.ndim != 2 or not (0 <= row < cells.shape[0] and 0 <= column < cells.shape[1]):
        raise SimulationError(f"no cell ({row}, {column}) in an array of shape {cells.shape}")
    ends, levels = [], []
    for lines, chosen, other, level in (
        (cells.shape[0], row, SCHEMES[scheme][0], voltage),
        (cells.shape[1], column, SCHEMES[scheme][1], 0.0),
    ):
        end = np.full(lines, np.inf if other is None else 0.0)
        at = np.full(lines, 0.0 if other is None else other * voltage)
        end[chosen], at[chosen] = 0.0, level
        ends.append(end)
        levels.append(at)
    array = Crossbar(
        conductance=cells,
        word_lines=Lines(segment=word_line_resistance, near=ends[0]),
        bit_lines=Lines(segment=bit_line_resistance, near=np.inf, far=ends[1]),
    )
    return array, Drive(left=levels[0], bottom=levels[1])


def read_cell(
    conductance: ArrayLike,
    row: int,
    column: int,
    *,
    scheme: str = "floating",
    voltage: float = 0.2,
    law: CellLaw | None = None,
    word_line_resistance: ArrayLike = 1.0,
    bit_line_resistance: ArrayLike = 1.0,
) -> CellRead:
    """Read cell (row, column) of (M, N) [S] at `voltage` [V] by a scheme of `SCHEMES`.

    `law` is that of nonlinear cells.
    Raises what `selected` and the solvers raise, and `SimulationError` where they do not converge.
    """
    from cosim.crossbar.newton import solve_nonlinear
    from cosim.crossbar.ways import solve

    array, drive = selected(
        conductance,
        row,
        column,
        scheme,
        voltage,
        word_line_resistance=word_line_resistance,
        bit_line_resistance=bit_line_resistance,
    )
    solution = (
        solve(array, drive, nodes=True) if law is None else solve_nonlinear(array, law, drive, nodes=True)
    )
    if not solution.converged or solution.nodes is None:
        raise SimulationError(f"reading cell ({row}, {column}) failed: {solution.message}")
    return CellRead(
        current=float(solution.outputs[0, column]),
        through_cell=float(solution.nodes.cell_current[0, row, column]),
        power=float(solution.power[0]),
    )
