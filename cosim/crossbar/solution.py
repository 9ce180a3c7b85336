"""What a solved array gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.balance import line_currents
from cosim.crossbar.drive import Terminals


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Voltages and currents inside an array, for P inputs."""

    word_voltage: Array
    """(P, M, N) at the word line's node of each cell [V]."""
    bit_voltage: Array
    """(P, M, N) at the bit line's node of each cell [V]."""
    cell_current: Array
    """(P, M, N) from word to bit line [A]."""


@dataclass(frozen=True, kw_only=True)
class Solution:
    """Currents of an array of M × N cells under P inputs."""

    array: Crossbar
    voltages: Terminals
    """At the terminals: left, right (P, M); top, bottom (P, N) [V]."""
    currents: Terminals
    """From each terminal into the array [A]; shapes as `voltages`."""
    nodes: Nodes | None
    """Inside the array, if asked for."""
    method: str
    """"iterative", "transfer", "direct" or "newton"."""
    residual: Array
    """(P,) largest violation of Kirchhoff's current law over the largest current of a line; for the
    transfer matrix the same figure is the deviation of one input from the iterative way."""
    iterations: tuple[int, ...]
    """Of conjugate gradients, or of Newton; an input each (empty for the other ways)."""
    converged: bool
    message: str = ""

    @property
    def outputs(self) -> Array:
        """(P, N) current that leaves each bit line through its ends [A]."""
        return -(self.currents.bottom + self.currents.top)

    @property
    def power(self) -> Array:
        """(P,) [W] taken from the terminals and turned into heat in cells and lines."""
        return sum(
            (
                (getattr(self.voltages, side) * getattr(self.currents, side)).sum(axis=1)
                for side in ("left", "right", "top", "bottom")
            ),
            np.zeros(self.voltages.count),
        )

    def word_currents(self) -> Array:
        """(P, M, N + 1) in each segment of each word line, from left to right [A]; needs `nodes`."""
        inside, resistance = self._inside(), self.array.word_segments()
        return np.stack(
            [
                line_currents(resistance, left, right, w, cell)
                for left, right, w, cell in zip(
                    self.voltages.left,
                    self.voltages.right,
                    inside.word_voltage,
                    inside.cell_current,
                    strict=True,
                )
            ]
        )

    def bit_currents(self) -> Array:
        """(P, N, M + 1) in each segment of each bit line, from top to bottom [A]; needs `nodes`."""
        inside, resistance = self._inside(), self.array.bit_segments()
        return np.stack(
            [
                line_currents(resistance, top, bottom, b.T, -cell.T)
                for top, bottom, b, cell in zip(
                    self.voltages.top,
                    self.voltages.bottom,
                    inside.bit_voltage,
                    inside.cell_current,
                    strict=True,
                )
            ]
        )

    def _inside(self) -> Nodes:
        if self.nodes is None:
            raise ValueError("node voltages were not kept; solve with nodes=True")
        return self.nodes
