"""What the lines that are not selected are held at while one cell is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.crossbar.array import Array
from cosim.crossbar.drive import Drive
from cosim.errors import SimulationError, did_you_mean


@dataclass(frozen=True, kw_only=True)
class BiasScheme:
    """Voltages of the other lines, as shares of the write voltage; the selected bit line is at 0 V.

    Without line resistance a cell in the selected row sees 1 − `bit`, one in the selected column `word`,
    every other one `word` − `bit` of the write voltage.
    """

    name: str
    word: float = 0.0
    """Of the word lines that are not selected."""
    bit: float = 0.0
    """Of the bit lines that are not selected."""
    isolated: bool = False
    """The others carry no current: each cell has a transistor of its own, and only one is open."""

    def drive(self, shape: tuple[int, int], row: int, column: int, voltage: float) -> Drive:
        """All terminals while cell (`row`, `column`) of an array of `shape` is written at `voltage` [V]."""
        words = np.full(shape[0], self.word * voltage)
        bits = np.full(shape[1], self.bit * voltage)
        words[row], bits[column] = voltage, 0.0
        return Drive(left=words, right=words, top=bits, bottom=bits)

    def ideal_voltages(self, shape: tuple[int, int], row: int, column: int, voltage: float) -> Array:
        """(M, N) voltage over each cell [V] if the lines had no resistance."""
        if self.isolated:
            alone = np.zeros(shape)
            alone[row, column] = voltage
            return alone
        given = self.drive(shape, row, column, voltage)
        return np.asarray(given.left)[:, np.newaxis] - np.asarray(given.bottom)[np.newaxis, :]


#: Half of the voltage over the other cells of the selected lines, none over the rest.
HALF = BiasScheme(name="half", word=0.5, bit=0.5)
#: A third of the voltage over all others.
THIRD = BiasScheme(name="third", word=1 / 3, bit=2 / 3)
#: A transistor at each cell (1T1R): no other cell sees anything.
ISOLATED = BiasScheme(name="isolated", isolated=True)
SCHEMES = {known.name: known for known in (HALF, THIRD, ISOLATED)}


def scheme(name: str) -> BiasScheme:
    """The scheme of that name; raises `SimulationError` for another."""
    if name not in SCHEMES:
        raise SimulationError(
            f"write scheme {name!r} is not known; expected {', '.join(SCHEMES)}{did_you_mean(name, SCHEMES)}"
        )
    return SCHEMES[name]
