"""A weight matrix cut into arrays, and what mapping alone costs.

Rows of the matrix (inputs) are cut into chunks of an array's word lines, columns (outputs) into what
its bit lines hold by the scheme. Products of tiles below each other are added up; where, says the
read-out. Not here: line resistance (`compensation`), converters (`readout`), networks (`cosim.mapping`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.crossbar.encoding import Block, DifferentialPair, Scheme, largest_weights
from cosim.errors import SimulationError, did_you_mean

SCALES = ("matrix", "tile", "column")


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One array and the part of the matrix on it."""

    rows: slice
    """Inputs of the matrix."""
    columns: slice
    """Outputs of the matrix."""
    block: Block


@dataclass(frozen=True, kw_only=True)
class MappingError:
    """How far the weights that the targets stand for are from those wanted."""

    weights: Array
    """(K, N) what the targets stand for."""
    relative: float
    """Root of the mean squared error over that of the weights."""
    largest: float
    """Of one weight, in the weights' unit."""
    clipped: float
    """Share of weights beyond the range."""


@dataclass(frozen=True, kw_only=True)
class TiledMatrix:
    """A matrix of K inputs × N outputs on arrays."""

    weights: Array
    """(K, N) wanted."""
    tiles: tuple[Tile, ...]
    array_shape: tuple[int, int]
    """Word and bit lines of the largest array allowed."""
    clipped: float
    """Share of weights beyond the range."""

    @property
    def targets(self) -> list[Array]:
        """Conductances [S] of each array."""
        return [tile.block.targets for tile in self.tiles]

    def decoded(self, conductances: Sequence[Array]) -> Array:
        """(K, N) weights that `conductances`, one array a tile, stand for without line resistance.

        Raises `SimulationError` for arrays that do not fit.
        """
        self.check(conductances)
        full = np.zeros(self.weights.shape)
        for tile, conductance in zip(self.tiles, conductances, strict=True):
            full[tile.rows, tile.columns] = tile.block.decoded(conductance)
        return full

    def error(self, conductances: Sequence[Array] | None = None) -> MappingError:
        """What is lost by range, levels and clipping, or what `conductances` make of the weights."""
        found = self.decoded(self.targets if conductances is None else conductances)
        deviation = found - self.weights
        norm = float(np.linalg.norm(self.weights))
        return MappingError(
            weights=found,
            relative=float(np.linalg.norm(deviation)) / norm if norm else 0.0,
            largest=float(np.abs(deviation).max()),
            clipped=self.clipped,
        )

    def check(self, conductances: Sequence[Array]) -> None:
        """Raise `SimulationError` unless there is one array of the right shape for each tile."""
        if len(conductances) != len(self.tiles):
            raise SimulationError(f"{len(conductances)} arrays given; the matrix is on {len(self.tiles)}")
        for number, (tile, given) in enumerate(zip(self.tiles, conductances, strict=True)):
            if np.shape(given) != tile.block.targets.shape:
                raise SimulationError(
                    f"array {number} has shape {np.shape(given)}; its tile needs {tile.block.targets.shape}"
                )


def tile_matrix(
    weights: ArrayLike,
    scheme: Scheme | None = None,
    *,
    rows: int = 128,
    columns: int = 128,
    scale: str = "tile",
    clip: float = 1.0,
) -> TiledMatrix:
    """Put `weights` (K, N) on arrays of up to `rows` × `columns` lines, by differential pairs unless
    another `scheme` is given.

    `scale`: which weights share the one that takes a cell's whole range: all of the "matrix", those
    of a "tile", or of a "column" of a tile. `clip`: that one is this quantile of their magnitudes;
    those beyond are clipped. Raises `SimulationError` for weights that are not finite, arrays too
    small for one weight, an unknown scale.
    """
    matrix = np.asarray(weights, dtype=np.float64)
    scheme = DifferentialPair() if scheme is None else scheme
    if matrix.ndim != 2 or not matrix.size:
        raise SimulationError(f"weights have shape {matrix.shape}; expected (inputs, outputs)")
    if not np.isfinite(matrix).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(matrix))[0])
        raise SimulationError(f"weight {place} is {matrix[place]}; expected a finite number")
    if scale not in SCALES:
        raise SimulationError(
            f"unknown scale {scale!r}{did_you_mean(scale, SCALES)}; there are {', '.join(SCALES)}"
        )
    across = scheme.outputs(columns)
    if rows < 1 or across < 1:
        raise SimulationError(
            f"an array of {rows} × {columns} lines holds no weight by {type(scheme).__name__}; make it larger"
        )
    whole = largest_weights(matrix, each_column=False, clip=clip)
    tiles, beyond = [], 0
    for top in range(0, matrix.shape[0], rows):
        for left in range(0, matrix.shape[1], across):
            place = (
                slice(top, min(top + rows, matrix.shape[0])),
                slice(left, min(left + across, matrix.shape[1])),
            )
            part = matrix[place]
            largest = (
                whole[place[1]]
                if scale == "matrix"
                else largest_weights(part, each_column=scale == "column", clip=clip)
            )
            beyond += int((np.abs(part) > largest * (1 + 1e-12)).sum())
            tiles.append(Tile(rows=place[0], columns=place[1], block=scheme.encode(part, largest)))
    return TiledMatrix(
        weights=matrix, tiles=tuple(tiles), array_shape=(rows, columns), clipped=beyond / matrix.size
    )
