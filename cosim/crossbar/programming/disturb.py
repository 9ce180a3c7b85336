"""What writing one cell does to all the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.crossbar.programming.write_path import WritePath
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Disturb:
    """An array before and after pulses on one of its cells."""

    voltage: Array
    """(M, N) over each cell at the beginning of the first pulse [V]."""
    before: Array
    """(M, N) conductances [S]."""
    after: Array
    """(M, N) conductances [S]."""
    state: Array
    """(M, N) states afterwards."""
    row: int
    column: int

    @property
    def relative(self) -> Array:
        """(M, N) change over the conductance before; the written cell is NaN."""
        with np.errstate(divide="ignore", invalid="ignore"):
            change = (self.after - self.before) / self.before
        change[self.row, self.column] = np.nan
        return change

    @property
    def worst(self) -> float:
        """Largest relative change of a cell that was not written."""
        return float(np.nanmax(np.abs(self.relative)))


def disturb(
    path: WritePath, state: ArrayLike, row: int, column: int, voltage: float, width: float, *, count: int = 1
) -> Disturb:
    """Give `count` equal pulses to cell (`row`, `column`) and compare all cells; see `WritePath.pulse`."""
    if count < 1:
        raise SimulationError(f"{count} pulses were asked for; expected 1 or more")
    x = np.array(state, dtype=np.float64)
    first = path.cell_voltages(x, row, column, voltage)
    before = path.conductances(x)
    for _ in range(count):
        x = path.pulse(x, row, column, voltage, width)
    return Disturb(voltage=first, before=before, after=path.conductances(x), state=x, row=row, column=column)
