"""What is broken: cells that do not switch, lines that are interrupted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.devices.checks import not_negative, share
from cosim.devices.model import Array


@dataclass(frozen=True, kw_only=True)
class StuckCells:
    """Cells that do not switch: a share of them at a low conductance, a share at a high one.

    About a tenth of the cells of one first-cut 4 Mb HfO2 chip: Chen et al., IEEE Trans. Comput. 64, 180
    (2015), doi:10.1109/TC.2014.12.
    """

    low_share: float = 0.0
    high_share: float = 0.0
    low: float = 0.0
    """[S]; 0 is open."""
    high: float = 1e-4
    """[S]."""

    def __post_init__(self) -> None:
        share("share of cells stuck low", self.low_share)
        share("share of cells stuck low and high", self.low_share + self.high_share)
        share("share of cells stuck high", self.high_share)
        not_negative("conductance of cells stuck low", self.low, "S")
        not_negative("conductance of cells stuck high", self.high, "S")

    def masks(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which cells are stuck low, and which high: two masks of `shape`."""
        draw = random.random(shape)
        return draw < self.low_share, draw > 1 - self.high_share

    def apply(self, conductance: Array, random: np.random.Generator) -> Array:
        """See `Transformation`."""
        low, high = self.masks(conductance.shape, random)
        return np.where(low, self.low, np.where(high, self.high, conductance))


@dataclass(frozen=True, kw_only=True)
class LineOpens:
    """Interrupted lines: each segment is open with the same probability.

    `segments` gives what `cosim.crossbar.Lines(segment=…)` takes, for word lines (M, N) and, with the
    shape turned, for bit lines (N, M). A piece of line cut off at both ends hangs on its cells alone.
    """

    segment_share: float
    """Of segments that are open; 1e-6 … 1e-3."""

    def __post_init__(self) -> None:
        share("share of open segments", self.segment_share)

    def segments(self, shape: tuple[int, int], resistance: ArrayLike, *, seed: int) -> Array:
        """(lines, cells + 1) resistances [Ω] of `shape` (lines, cells): `resistance`, infinite where open.

        `resistance` is a scalar, one value a line (lines,), or one a segment (lines, cells + 1).
        """
        lines, cells = shape
        given = np.asarray(resistance, dtype=np.float64)
        if given.shape == (lines,):
            given = given[:, np.newaxis]
        full = np.array(np.broadcast_to(given, (lines, cells + 1)))
        full[np.random.default_rng(seed).random(full.shape) < self.segment_share] = np.inf
        return full
