"""A block of weights as conductances, and how currents become weights' products again.

    y = (currents / read voltage) · analog · digital − shift Σ x

`analog` (C, H) subtracts currents of C bit lines before H converters, `digital` (H, N) adds up codes.
Every scheme is such a linear code, so read-out, tiling and compensation know nothing of schemes.
Adding one is a class with `outputs` and `encode`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class CellRange:
    """Conductances that a cell may be given."""

    low: float = 1e-6
    """[S]; 0 is allowed."""
    high: float = 1e-4
    """[S]."""
    levels: int = 0
    """Equidistant levels from low to high, both counted; 0: any conductance between."""

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high < np.inf:
            raise SimulationError(f"cells from {self.low} to {self.high} S; expected 0 ≤ low < high")
        if self.levels < 0 or self.levels == 1:
            raise SimulationError(f"{self.levels} conductance levels; expected 0 (any), or 2 and more")

    @property
    def span(self) -> float:
        """high − low [S]."""
        return self.high - self.low

    def assigned(self, share: ArrayLike) -> Array:
        """[S] for 0 (low) … 1 (high), clipped, on the nearest level."""
        wanted = np.clip(np.asarray(share, dtype=np.float64), 0.0, 1.0)
        if self.levels:
            wanted = np.rint(wanted * (self.levels - 1)) / (self.levels - 1)
        return self.low + self.span * wanted


@dataclass(frozen=True, kw_only=True)
class Block:
    """R × N weights on an array of R word lines and C bit lines; see the module."""

    targets: Array
    """(R, C) [S]."""
    analog: Array
    """(C, H) of −1, 0, 1."""
    digital: Array
    """(H, N) weight per siemens."""
    shift: Array
    """(N,) weight."""

    def decoded(self, conductance: Array) -> Array:
        """(R, N) weights that cells of `conductance` (R, C) [S] stand for, were there no line resistance."""
        return conductance @ self.analog @ self.digital - self.shift


class Scheme(Protocol):
    """A way to write weights as conductances."""

    def outputs(self, columns: int) -> int:
        """How many weights a row of `columns` bit lines holds."""
        ...

    def encode(self, weights: Array, largest: Array) -> Block:
        """A block of `weights` (R, N), of which ±`largest` (N,) take the whole range of a cell."""
        ...


@dataclass(frozen=True, kw_only=True)
class DifferentialPair:
    """Two neighbouring bit lines a weight: positive ones on the first, negative ones on the second."""

    cells: CellRange = CellRange()
    subtract: bool = True
    """Subtract the currents before one converter; else each bit line has a converter."""

    def outputs(self, columns: int) -> int:
        """See `Scheme`."""
        return columns // 2

    def encode(self, weights: Array, largest: Array) -> Block:
        """See `Scheme`."""
        rows, count = weights.shape
        share = weights / largest
        targets = np.empty((rows, 2 * count))
        targets[:, 0::2] = self.cells.assigned(share)
        targets[:, 1::2] = self.cells.assigned(-share)
        difference = np.zeros((2 * count, count))
        difference[2 * np.arange(count), np.arange(count)] = 1.0
        difference[2 * np.arange(count) + 1, np.arange(count)] = -1.0
        value = np.diag(largest / self.cells.span)
        return Block(
            targets=targets,
            analog=difference if self.subtract else np.eye(2 * count),
            digital=value if self.subtract else difference @ value,
            shift=np.zeros(count),
        )


@dataclass(frozen=True, kw_only=True)
class OffsetColumn:
    """One bit line a weight, weight 0 at the middle of the range; one more bit line, all of it at the
    middle, whose current is subtracted from the others'."""

    cells: CellRange = CellRange()

    def outputs(self, columns: int) -> int:
        """See `Scheme`."""
        return columns - 1

    def encode(self, weights: Array, largest: Array) -> Block:
        """See `Scheme`. The reference stands in the middle of the array, where drops are average."""
        rows, count = weights.shape
        place = count // 2
        others = np.delete(np.arange(count + 1), place)
        targets = np.empty((rows, count + 1))
        targets[:, others] = self.cells.assigned(0.5 + 0.5 * weights / largest)
        # Not put on a level of its own: with an even number of them the middle is none.
        targets[:, place] = self.cells.low + 0.5 * self.cells.span
        analog = np.zeros((count + 1, count))
        analog[others, np.arange(count)] = 1.0
        analog[place] = -1.0
        return Block(
            targets=targets,
            analog=analog,
            digital=np.diag(2 * largest / self.cells.span),
            shift=np.zeros(count),
        )


@dataclass(frozen=True, kw_only=True)
class ZeroShift:
    """One bit line a weight, weight 0 at the middle of the range; the middle times the sum of all inputs
    is subtracted as a number."""

    cells: CellRange = CellRange()

    def outputs(self, columns: int) -> int:
        """See `Scheme`."""
        return columns

    def encode(self, weights: Array, largest: Array) -> Block:
        """See `Scheme`."""
        value = 2 * largest / self.cells.span
        return Block(
            targets=self.cells.assigned(0.5 + 0.5 * weights / largest),
            analog=np.eye(weights.shape[1]),
            digital=np.diag(value),
            shift=value * self.cells.low + largest,
        )


@dataclass(frozen=True, kw_only=True)
class SlicedPair:
    """Differential pairs of cells with few levels: a weight of `bits` is cut into slices of `slice_bits`,
    each on a pair of bit lines of its own, added up as numbers with powers of two."""

    bits: int
    """Of the magnitude of a weight; its sign comes on top."""
    slice_bits: int
    """Bits a cell; `cells.levels` is 2 to that power."""
    low: float = 1e-6
    """[S]."""
    high: float = 1e-4
    """[S]."""

    def __post_init__(self) -> None:
        if not 1 <= self.slice_bits <= self.bits <= 16:
            raise SimulationError(
                f"{self.bits} bits in slices of {self.slice_bits}; expected 1 ≤ slice ≤ bits ≤ 16"
            )

    @property
    def slices(self) -> int:
        """Pairs of bit lines a weight."""
        return -(-self.bits // self.slice_bits)

    def outputs(self, columns: int) -> int:
        """See `Scheme`."""
        return columns // (2 * self.slices)

    def encode(self, weights: Array, largest: Array) -> Block:
        """See `Scheme`. Bit lines of a weight stand together, the slice of the lowest bits first."""
        cells = CellRange(low=self.low, high=self.high, levels=2**self.slice_bits)
        top, digits = 2**self.bits - 1, 2**self.slice_bits
        whole = np.rint(np.clip(np.abs(weights) / largest, 0.0, 1.0) * top).astype(np.int64)
        parts = [
            np.sign(weights) * ((whole >> (k * self.slice_bits)) % digits) / (digits - 1)
            for k in range(self.slices)
        ]
        count = weights.shape[1]
        pair = DifferentialPair(cells=cells).encode(
            np.stack(parts, axis=2).reshape(len(weights), -1), np.ones(count * self.slices)
        )
        value = np.zeros((count * self.slices, count))
        for k in range(self.slices):
            worth = 2.0 ** (k * self.slice_bits) * (digits - 1) / top
            value[np.arange(count) * self.slices + k, np.arange(count)] = worth * largest / cells.span
        return Block(targets=pair.targets, analog=pair.analog, digital=value, shift=np.zeros(count))


def largest_weights(weights: Array, *, each_column: bool, clip: float) -> Array:
    """(N,) the weight that takes the whole range: the `clip` quantile of |w|, of each column or of all.

    A column without weights gets 1. Raises `SimulationError` for a quantile out of 0 … 1.
    """
    if not 0 < clip <= 1:
        raise SimulationError(f"weights are clipped at their quantile {clip}; expected above 0, up to 1")
    size = np.abs(weights)
    found = np.quantile(size, clip, axis=0 if each_column else None)
    full = np.broadcast_to(found, weights.shape[1:]).astype(np.float64)
    whole = np.broadcast_to(size.max(axis=0) if each_column else size.max(), weights.shape[1:])
    full = np.where(full > 0, full, whole)
    return np.where(full > 0, full, 1.0)
