"""Dense nodal analysis of an array, written apart from the library, and random arrays to try it on."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from cosim.crossbar import Crossbar, Drive, Lines


def dense_currents(array: Crossbar, drive: Drive) -> np.ndarray:
    """Currents into the array from left, right, top, bottom, by a dense solve in which every zero
    resistance is a branch of its own whose current is an unknown (modified nodal analysis)."""
    rows, columns = array.shape
    size = rows * columns
    word, bit = array.word_segments(), array.bit_segments()
    branches = []
    for i in range(rows):
        chain = [2 * size + i, *range(i * columns, (i + 1) * columns), 2 * size + rows + i]
        branches += [(a, b, r) for a, b, r in zip(chain[:-1], chain[1:], word[i], strict=True)]
    for j in range(columns):
        nodes = [size + i * columns + j for i in range(rows)]
        chain = [2 * size + 2 * rows + j, *nodes, 2 * size + 2 * rows + columns + j]
        branches += [(a, b, r) for a, b, r in zip(chain[:-1], chain[1:], bit[j], strict=True)]
    cells = array.cells.ravel()
    branches += [(k, size + k, 1 / g if g else np.inf) for k, g in enumerate(cells)]
    ideal = [(a, b) for a, b, r in branches if r == 0]
    total = 2 * size + 2 * (rows + columns)
    matrix = np.zeros((total + len(ideal), total + len(ideal)))
    right = np.zeros(len(matrix))
    for a, b, r in branches:
        if r > 0:
            matrix[a, a] += 1 / r
            matrix[b, b] += 1 / r
            matrix[a, b] -= 1 / r
            matrix[b, a] -= 1 / r
    for number, (a, b) in enumerate(ideal, start=total):
        matrix[a, number] += 1
        matrix[b, number] -= 1
        matrix[number, a], matrix[number, b] = 1, -1
    law = matrix.copy()
    held = np.concatenate(
        [
            np.broadcast_to(drive.left, rows),
            np.broadcast_to(drive.right, rows),
            np.broadcast_to(drive.top, columns),
            np.broadcast_to(drive.bottom, columns),
        ]
    )
    for number, voltage in enumerate(held, start=2 * size):
        matrix[number] = 0
        matrix[number, number] = 1
        right[number] = voltage
    solved = np.linalg.solve(matrix, right)
    return (law @ solved)[2 * size : total]


def dense_nodal_currents(array: Crossbar, drive: Drive) -> np.ndarray:
    """As `dense_currents`, for arrays without zero resistances: nodal analysis by a dense Cholesky factor."""
    from scipy.linalg import cho_factor, cho_solve

    rows, columns = array.shape
    size = rows * columns
    matrix, right = np.zeros((2 * size, 2 * size)), np.zeros(2 * size)
    levels = [np.broadcast_to(getattr(drive, side), n) for side, n in
              (("left", rows), ("right", rows), ("top", columns), ("bottom", columns))]  # fmt: skip
    ends: list[tuple[int, float, float]] = []

    def join(a: int, b: int, g: float) -> None:
        matrix[a, a] += g
        matrix[b, b] += g
        matrix[a, b] -= g
        matrix[b, a] -= g

    word, bit = array.word_segments(), array.bit_segments()
    chains = [[i * columns + j for j in range(columns)] for i in range(rows)]
    chains += [[size + i * columns + j for i in range(rows)] for j in range(columns)]
    near = [*levels[0], *levels[2]]
    far = [*levels[1], *levels[3]]
    for chain, r, start, end in zip(chains, [*word, *bit], near, far, strict=True):
        for a, b, segment in zip(chain[:-1], chain[1:], r[1:-1], strict=True):
            join(a, b, 1 / segment)
        for node, g, level in ((chain[0], 1 / r[0], start), (chain[-1], 1 / r[-1], end)):
            matrix[node, node] += g
            right[node] += g * level
            ends.append((node, g, level))
    for k, g in enumerate(array.cells.ravel()):
        join(k, size + k, float(g))
    factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    x = cho_solve(factor, right)
    flow = np.array([g * (level - x[node]) for node, g, level in ends]).reshape(-1, 2)
    return np.concatenate([flow[:rows, 0], flow[:rows, 1], flow[rows:, 0], flow[rows:, 1]])


def currents_of(solution) -> np.ndarray:
    """(P, terminals) in the order of `dense_currents`."""
    c = solution.currents
    return np.concatenate([c.left, c.right, c.top, c.bottom], axis=1)


def random_array(
    seed: int, rows: int, columns: int, *, opens: float = 0.0, ideal: float = 0.0
) -> tuple[Crossbar, Drive]:
    """An array with uneven segments, some ends floating, and voltages at all four sides."""
    rng = np.random.default_rng(seed)
    conductance = np.exp(rng.uniform(np.log(1e-7), np.log(1e-2), (rows, columns)))
    conductance[rng.random((rows, columns)) < opens] = 0.0

    def lines(number: int, cells: int) -> Lines:
        segment = rng.uniform(0.1, 20, (number, cells + 1))
        segment[rng.random(segment.shape) < ideal] = 0.0
        near, far = rng.uniform(0.1, 500, (2, number))
        far[rng.random(number) < 0.5] = np.inf
        return Lines(segment=segment, near=near, far=far)

    array = Crossbar(conductance=conductance, word_lines=lines(rows, columns), bit_lines=lines(columns, rows))
    drive = Drive(
        left=rng.uniform(-0.2, 0.5, rows),
        right=rng.uniform(-0.2, 0.5, rows),
        top=rng.uniform(-0.2, 0.2, columns),
        bottom=rng.uniform(-0.2, 0.2, columns),
    )
    return array, drive


sizes = st.integers(1, 14)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def large_shapes(draw: st.DrawFn, cells: int) -> tuple[int, int]:
    """(rows, columns) from 1 to 64 each, at most `cells` in all."""
    rows = draw(st.integers(1, 64))
    return rows, draw(st.integers(1, min(64, max(cells // rows, 1))))
