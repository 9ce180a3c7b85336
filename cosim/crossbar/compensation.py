"""Conductances that make an array with line resistance compute the weights that were wanted.

Cells far from drivers and sense amplifiers lose voltage; they are given more conductance, those near
less, until the array's exact transfer matrix stands for the weights times a common gain. Each step
divides what is missing by the share that each cell brings to the output, and cells that reach the end
of their range leave the rest to their partner in the pair. Cells are linear here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cosim.crossbar.array import Array
from cosim.crossbar.batches import over_threads
from cosim.crossbar.encoding import Block
from cosim.crossbar.response import LinearResponse, Wiring, linear_response
from cosim.crossbar.tiles import Tile, TiledMatrix
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Compensated:
    """A mapped matrix whose targets make up for the lines."""

    tiled: TiledMatrix
    """With the new targets; its numbers are divided by `gain`. What it decodes to without lines is no
    longer the weights: read it with the lines it was made for."""
    gain: float
    """Share of the plain currents that is left; common to all arrays."""
    before: float
    """Root of the mean squared error of the weights over that of the weights, with plain targets."""
    after: float
    steps: int
    limited: float
    """Share of cells at an end of their range."""


def compensated(
    tiled: TiledMatrix,
    wiring: Wiring,
    *,
    low: float = 1e-6,
    high: float = 1e-4,
    gain: float | None = None,
    tolerance: float = 1e-6,
    steps: int = 40,
    threads: int = 1,
) -> Compensated:
    """Find targets between `low` and `high` [S] for which `tiled`, read over `wiring`, is exact.

    `gain` is chosen so that the weakest cell can follow unless it is given; a larger one keeps more
    current and leaves an error in the far corner. Stops at a relative error of `tolerance`, or where a
    step no longer helps: `after` says what is left. Costs a transfer matrix an array and step.
    Raises `SimulationError` for a range that is empty and a gain that is not above zero.
    """
    if not 0 <= low < high:
        raise SimulationError(f"cells from {low} to {high} S; expected 0 ≤ low < high")
    if gain is not None and not gain > 0:
        raise SimulationError(f"gain is {gain}; expected a number above zero")
    responses = _responses(tiled.targets, wiring, threads)
    before = _relative(tiled, responses, 1.0)
    if gain is None:
        gain = min(_weakest(tile, response) for tile, response in zip(tiled.tiles, responses, strict=True))
    # A cell without any conductance would not show how much of it the output sees.
    least = max(low, 1e-6 * high)
    cells = [np.clip(target, least, high) for target in tiled.targets]
    best, kept, done = np.inf, cells, 0
    for step in range(steps):
        responses = _responses(cells, wiring, threads)
        after = _relative(tiled, responses, gain)
        if after < best:
            best, kept, done = after, cells, step
        if after <= tolerance or after > 2 * best:
            break
        cells = [
            _moved(tile, cell, response, tiled.weights, gain, least, high)
            for tile, cell, response in zip(tiled.tiles, cells, responses, strict=True)
        ]
    tiles = tuple(
        replace(tile, block=_scaled(tile.block, cell, gain))
        for tile, cell in zip(tiled.tiles, kept, strict=True)
    )
    ends = sum(int(((cell <= least) | (cell >= high)).sum()) for cell in kept)
    return Compensated(
        tiled=replace(tiled, tiles=tiles),
        gain=gain,
        before=before,
        after=best,
        steps=done,
        limited=ends / sum(cell.size for cell in kept),
    )


def _responses(cells: Sequence[Array], wiring: Wiring, threads: int) -> list[LinearResponse]:
    return over_threads(lambda array: linear_response(wiring, array), cells, threads)


def _missing(tile: Tile, response: LinearResponse, weights: Array, gain: float) -> Array:
    """(R, N) what the array's weights, times the gain, lack."""
    wanted = weights[tile.rows, tile.columns] + tile.block.shift
    return gain * wanted - response.outputs @ tile.block.analog @ tile.block.digital


def _relative(tiled: TiledMatrix, responses: Sequence[LinearResponse], gain: float) -> float:
    square = sum(
        float((_missing(tile, response, tiled.weights, gain) ** 2).sum())
        for tile, response in zip(tiled.tiles, responses, strict=True)
    )
    norm = gain * float(np.linalg.norm(tiled.weights))
    return np.sqrt(square) / norm if norm else 0.0


def _weakest(tile: Tile, response: LinearResponse) -> float:
    """Smallest share of a cell's conductance that is seen at the output."""
    targets = tile.block.targets
    return float((response.outputs / np.where(targets > 0, targets, np.inf))[targets > 0].min(initial=1.0))


def _moved(
    tile: Tile, cell: Array, response: LinearResponse, weights: Array, gain: float, low: float, high: float
) -> Array:
    share = np.clip(response.outputs / np.where(cell > 0, cell, 1.0), 1e-3, 1.0)
    missing = _missing(tile, response, weights, gain)
    code = tile.block.analog @ tile.block.digital
    moved = np.clip(cell + missing @ np.linalg.pinv(code) / share, low, high)
    # What a cell at the end of its range could not take goes to the others of its weight.
    taken = (moved - cell) * share
    rest = missing - taken @ code
    free = (moved > low) & (moved < high)
    return np.clip(moved + np.where(free, rest @ np.linalg.pinv(code), 0.0) / share, low, high)


def _scaled(block: Block, cell: Array, gain: float) -> Block:
    return replace(block, targets=cell, digital=block.digital / gain)
