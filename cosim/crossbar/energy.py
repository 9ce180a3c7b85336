"""Where the power of an array goes: cells, lines, drivers, sense amplifiers.

What the terminals give is turned into heat in resistances: V² G in cells (V I where they are not
linear), r I² in segments. The two sums agree, and `balance` says how well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.crossbar.array import Array, checked
from cosim.crossbar.solution import Solution
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Power:
    """(P,) [W] each, for P inputs."""

    sources: Array
    """Out of all terminals: Σ V I."""
    cells: Array
    word_lines: Array
    bit_lines: Array
    drivers: Array
    """In the resistances at the ends of the word lines."""
    sense: Array
    """In those at the ends of the bit lines."""

    @property
    def heat(self) -> Array:
        """Sum of all but the sources."""
        return self.cells + self.word_lines + self.bit_lines + self.drivers + self.sense

    @property
    def balance(self) -> float:
        """Largest difference between sources and heat, over the heat."""
        return float(np.max(np.abs(self.sources - self.heat) / np.maximum(self.heat, 1e-300)))


def power(solution: Solution) -> Power:
    """Split the power of a `solution` that was solved with nodes=True.

    Raises `SimulationError` without node voltages.
    """
    inside, array = solution.nodes, solution.array
    if inside is None:
        raise SimulationError("power needs the voltages of the nodes; solve with nodes=True")
    rows, columns = array.shape
    cells = ((inside.word_voltage - inside.bit_voltage) * inside.cell_current).sum(axis=(1, 2))
    parts: list[Array] = []
    for currents, lines, resistance, shape in (
        (solution.word_currents(), array.word_lines, array.word_segments(), (rows, columns)),
        (solution.bit_currents(), array.bit_lines, array.bit_segments(), (columns, rows)),
    ):
        square = currents**2
        heat = (np.where(np.isfinite(resistance), resistance, 0.0) * square).sum(axis=(1, 2))
        ends = np.zeros(len(square))
        for end, column in ((lines.near, 0), (lines.far, -1)):
            value = np.broadcast_to(checked(end, "end of line", "Ω"), shape[:1])
            ends = ends + (np.where(np.isfinite(value), value, 0.0) * square[:, :, column]).sum(axis=1)
        parts += [heat - ends, ends]
    return Power(
        sources=solution.power,
        cells=cells,
        word_lines=parts[0],
        bit_lines=parts[2],
        drivers=parts[1],
        sense=parts[3],
    )
