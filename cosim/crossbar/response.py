"""What an array answers to inputs on its word lines, prepared once: currents out, power taken.

Arrays of linear cells become two matrices (exact, from the transfer matrix); without any line
resistance those are the conductances themselves. Arrays of nonlinear cells are solved each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array, Crossbar, passive
from cosim.crossbar.cells import CellLaw
from cosim.crossbar.newton import solve_nonlinear
from cosim.crossbar.transfer import transfer_matrix
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """Lines of all arrays of a matrix, read as `passive` reads: resistances in Ω."""

    word_line: ArrayLike = 1.0
    """Of a segment of a word line."""
    bit_line: ArrayLike = 1.0
    """Of a segment of a bit line."""
    driver: float = 0.0
    sense: float = 0.0
    both_ends: bool = False
    capacitance: float = 0.0
    """Of a word line, a cell [F]: what drivers charge each time (for energy; `settling` is about time)."""

    @property
    def ideal(self) -> bool:
        """Whether nothing drops any voltage."""
        return not (np.any(self.word_line) or np.any(self.bit_line) or self.driver > 0 or self.sense > 0)

    def array(self, conductance: ArrayLike) -> Crossbar:
        """The array of cells (R, C) [S] with these lines."""
        return passive(
            conductance,
            word_line_resistance=self.word_line,
            bit_line_resistance=self.bit_line,
            driver_resistance=self.driver,
            sense_resistance=self.sense,
            both_ends=self.both_ends,
        )


#: Lines without resistance.
IDEAL_WIRING = Wiring(word_line=0.0, bit_line=0.0)


class Response(Protocol):
    """An array, ready for inputs."""

    def answer(self, voltages: Array) -> tuple[Array, Array]:
        """Currents (P, C) out of the bit lines [A] and power (P,) [W] taken, for `voltages` (P, R) [V]."""
        ...

    def bound(self, low: float, high: float) -> tuple[Array, Array]:
        """(R, C) smallest and largest share of a current [A] that a word line between `low` and `high` [V]
        can have; what an ADC must be able to take is a sum of them."""
        ...


@dataclass(frozen=True, kw_only=True)
class LinearResponse:
    """Linear cells."""

    outputs: Array
    """(R, C) [S]: current out of each bit line per volt on each word line."""
    admittance: Array
    """(R, R) [S], or (R,) where word lines do not see each other: current into word lines a volt."""

    def answer(self, voltages: Array) -> tuple[Array, Array]:
        """See `Response`."""
        taken = voltages * self.admittance if self.admittance.ndim == 1 else voltages @ self.admittance
        return voltages @ self.outputs, (taken * voltages).sum(axis=1)

    def bound(self, low: float, high: float) -> tuple[Array, Array]:
        """See `Response`."""
        return low * self.outputs, high * self.outputs


@dataclass(frozen=True, kw_only=True)
class NonlinearResponse:
    """Cells that follow a law: each input is solved by Newton's method."""

    array: Crossbar
    law: CellLaw
    threads: int = 1

    def answer(self, voltages: Array) -> tuple[Array, Array]:
        """See `Response`. Raises `SimulationError` where an input does not converge."""
        solution = solve_nonlinear(self.array, self.law, voltages, threads=self.threads)
        if not solution.converged:
            raise SimulationError(f"an array of nonlinear cells has no solution: {solution.message}")
        return solution.outputs, solution.power

    def bound(self, low: float, high: float) -> tuple[Array, Array]:
        """See `Response`: the cells' currents at the whole voltage."""
        cells = self.array.cells
        at = [self.law.evaluate(cells, np.full_like(cells, voltage))[0] for voltage in (low, high)]
        return at[0], at[1]


def linear_response(wiring: Wiring, conductance: Array) -> LinearResponse:
    """Prepare cells (R, C) [S]; O(N³), or nothing at all without line resistance."""
    if wiring.ideal:
        cells = wiring.array(conductance).cells
        return LinearResponse(outputs=cells, admittance=cells.sum(axis=1))
    matrix = transfer_matrix(wiring.array(conductance))
    rows, columns = conductance.shape
    # Both ends of a line are one terminal: they carry the same voltage and their currents are added.
    line = np.concatenate(
        [attached + start for attached, start in zip(matrix.attached, (0, 0, rows, rows), strict=True)]
    )
    to_line = np.zeros((len(line), rows + columns))
    to_line[np.arange(len(line)), line] = 1.0
    joined = to_line.T @ matrix.conductance @ to_line
    np.fill_diagonal(joined, 0.0)
    total = joined.sum(axis=1)
    return LinearResponse(
        outputs=joined[:rows, rows:],
        admittance=np.diag(total[:rows]) - joined[:rows, :rows],
    )
