"""The iterative way: word lines eliminated exactly, conjugate gradients on the bit lines.

A solve is a correction of a first guess (each line at its terminal's voltage) by currents that the
guess leaves over; so it refines itself, warm starts cost nothing, and Newton steps reuse it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.balance import imbalance, relative_imbalance
from cosim.crossbar.drive import Terminals
from cosim.crossbar.factoring import end_currents, factor_plain_bits, factor_plain_words, plain_segments
from cosim.crossbar.kernel import correct, factor_bits, factor_words
from cosim.crossbar.solution import Nodes, Solution

#: Rounds of refinement; one is the rule.
ROUNDS = 4


@dataclass(frozen=True, kw_only=True)
class Ladders:
    """Factored lines of an array for given cell conductances; symbols as in `kernel.py`."""

    conductance: Array
    word_resistance: Array
    """(M, N + 1) [Ω]."""
    bit_resistance: Array
    """(N, M + 1) [Ω]."""
    tw: Array
    uw: Array
    yw: Array
    tb: Array
    ub: Array
    yb: Array

    @property
    def limit(self) -> int:
        """Iterations after which conjugate gradients are stuck."""
        return 200 + 4 * sum(self.conductance.shape)

    def correction(
        self, word: Array, bit: Array, scale: float, tolerance: float
    ) -> tuple[Array, Array, int, float]:
        """Voltages (M, N) [V] that the currents `word`, `bit` [A] cause; iterations; scale at the start."""
        w, b, count, start, _ = correct(
            self.conductance,
            self.tw,
            self.uw,
            self.yb,
            self.tb,
            self.ub,
            word,
            bit,
            scale,
            tolerance,
            self.limit,
        )
        return w, b, count, start


def ladders(conductance: Array, word_resistance: Array, bit_resistance: Array) -> Ladders:
    """Factor the lines: (M, N) [S], (M, N + 1) [Ω], (N, M + 1) [Ω]."""
    rows, columns = conductance.shape
    tw, uw, shunt, tb, ub = (np.empty((rows, columns)) for _ in range(5))
    yw, yb = np.empty((rows, columns + 1)), np.empty((rows + 1, columns))
    if plain_segments(word_resistance):
        factor_plain_words(word_resistance, conductance, tw, uw, yw, shunt)
    else:
        factor_words(word_resistance, conductance, tw, uw, yw, shunt)
    if plain_segments(bit_resistance):
        factor_plain_bits(np.ascontiguousarray(bit_resistance.T), shunt, tb, ub, yb)
    else:
        factor_bits(bit_resistance, shunt, tb, ub, yb)
    return Ladders(
        conductance=conductance,
        word_resistance=word_resistance,
        bit_resistance=bit_resistance,
        tw=tw,
        uw=uw,
        yw=yw,
        tb=tb,
        ub=ub,
        yb=yb,
    )


def first_guess(resistance: Array, near: Array, far: Array) -> Array:
    """(lines, n) voltages [V] of lines without cells between terminals at `near`, `far` (lines,) [V]."""
    if np.array_equal(near, far):
        return np.repeat(near, resistance.shape[1] - 1).reshape(len(near), -1)
    opened = np.isinf(resistance)
    whole = ~opened.any(axis=1, keepdims=True)
    along = np.cumsum(np.where(opened, 0.0, resistance), axis=1)
    total = np.where(along[:, -1:] > 0, along[:, -1:], 1.0)
    share = np.where(whole, along[:, :-1] / total, 0.0)
    behind = np.cumsum(opened, axis=1)[:, :-1] > 0
    broken = np.where(behind & ~opened[:, -1:] | opened[:, :1], 1.0, 0.0)
    weight = np.where(whole, share, broken)
    start, end = near[:, np.newaxis], far[:, np.newaxis]
    return np.where(start == end, start, start + weight * (end - start))


@dataclass(frozen=True, kw_only=True)
class Guess:
    """Lines without cells: where every solve of one input starts from."""

    word: Array
    """(M, N) [V]."""
    bit: Array
    """(M, N) [V]."""
    through: float
    """Largest current [A] of a line from one terminal to the other."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One solved input: node voltages and cell currents (M, N), iterations, imbalance."""

    word: Array
    bit: Array
    cell: Array
    iterations: int
    residual: float


def guess(lines: Ladders, voltages: Terminals, index: int) -> Guess:
    """Node voltages of input `index` before any cell draws current."""
    through = 0.0
    levels: list[Array] = []
    for resistance, near, far in (
        (lines.word_resistance, voltages.left[index], voltages.right[index]),
        (lines.bit_resistance, voltages.top[index], voltages.bottom[index]),
    ):
        if not np.array_equal(near, far):
            through = max(through, float(np.abs((near - far) / resistance.sum(axis=1)).max()))
        levels.append(first_guess(resistance, near, far))
    return Guess(word=levels[0], bit=np.ascontiguousarray(levels[1].T), through=through)


def lacking(
    lines: Ladders, base: Guess, dw: Array, db: Array, cell: Array, level: float
) -> tuple[Array, Array, float]:
    """Imbalance (M, N) [A] of the word and bit nodes, and the relative one of the worst node.

    `dw`, `db` (M, N) [V] are deviations from the guess, `cell` (M, N) [A] the cells' currents, `level`
    [A] the largest of them at the guess.
    """
    word, bit = np.empty_like(cell), np.empty_like(cell)
    largest = max(imbalance(cell, dw, db, lines.yw, lines.yb, word, bit), base.through)
    worst = relative_imbalance(cell, lines.tw, lines.uw, lines.tb, lines.ub, word, bit, largest, level)
    return word, bit, worst


def solve_one(lines: Ladders, voltages: Terminals, index: int, tolerance: float) -> Point:
    """Solve input `index`; refine until the imbalance is below `tolerance` or stops falling."""
    base = guess(lines, voltages, index)
    across = base.word - base.bit
    dw, db = np.zeros_like(across), np.zeros_like(across)
    cell = lines.conductance * across
    level = float(np.abs(cell).max())
    # A residual this small leaves outputs of large arrays well within ten times the tolerance.
    scale, count, best, goal = 0.0, 0, np.inf, 0.1 * tolerance
    found = dw, db, cell, 0, np.inf
    for _ in range(ROUNDS):
        word, bit, residual = lacking(lines, base, dw, db, cell, level)
        if residual < best:
            found = dw, db, cell, count, residual
        if residual <= tolerance or residual > 0.5 * best:
            break
        if scale:
            goal *= 0.1 * tolerance / residual
        best = residual
        more_dw, more_db, more, start = lines.correction(word, bit, scale, goal)
        scale = scale or start
        count += more
        dw, db = dw + more_dw, db + more_db
        cell = lines.conductance * (across + (dw - db))
    dw, db, cell, count, residual = found
    return Point(word=base.word + dw, bit=base.bit + db, cell=cell, iterations=count, residual=residual)


def terminal_currents(lines: Ladders, voltages: Terminals, index: int, point: Point) -> tuple[Array, ...]:
    """Currents [A] into the array from left, right (M,), top, bottom (N,)."""
    found: list[Array] = []
    for resistance, near, far, nodes, drain in (
        (lines.word_resistance, voltages.left[index], voltages.right[index], point.word, point.cell),
        (lines.bit_resistance, voltages.top[index], voltages.bottom[index], point.bit.T, -point.cell.T),
    ):
        first, last = np.empty(len(nodes)), np.empty(len(nodes))
        end_currents(resistance, near, far, nodes, drain, first, last)
        found += [first, -last]
    return tuple(found)


def gather(
    array: Crossbar,
    lines: Ladders,
    voltages: Terminals,
    work: Callable[[int], Point],
    *,
    method: str,
    tolerance: float,
    nodes: bool,
    threads: int,
) -> Solution:
    """Run `work(index)` for each input, over `threads` threads, and put the answers together."""

    def one(index: int) -> tuple[tuple[Array, ...], int, float, Point | None]:
        point = work(index)
        currents = terminal_currents(lines, voltages, index, point)
        return currents, point.iterations, point.residual, point if nodes else None

    if threads > 1 and voltages.count > 1:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(one, range(voltages.count)))
    else:
        found = [one(index) for index in range(voltages.count)]
    residual = np.array([entry[2] for entry in found])
    kept = [entry[3] for entry in found if entry[3] is not None]
    bad = np.flatnonzero(~(residual <= tolerance))
    message = ""
    if len(bad):
        message = (
            f"input {int(bad[0])} (and {len(bad) - 1} more) stopped at a residual of {residual[bad[0]]:.1e}, "
            f"above the tolerance of {tolerance:.1e}; try method='direct', or a larger tolerance"
        )
    return Solution(
        array=array,
        voltages=voltages,
        currents=Terminals(
            left=np.stack([entry[0][0] for entry in found]),
            right=np.stack([entry[0][1] for entry in found]),
            top=np.stack([entry[0][2] for entry in found]),
            bottom=np.stack([entry[0][3] for entry in found]),
        ),
        nodes=Nodes(
            word_voltage=np.stack([point.word for point in kept]),
            bit_voltage=np.stack([point.bit for point in kept]),
            cell_current=np.stack([point.cell for point in kept]),
        )
        if nodes
        else None,
        method=method,
        residual=residual,
        iterations=tuple(entry[1] for entry in found),
        converged=not len(bad),
        message=message,
    )


def solve_iterative(
    array: Crossbar, voltages: Terminals, *, tolerance: float, nodes: bool, threads: int
) -> Solution:
    """Solve each input by itself."""
    lines = ladders(array.cells, array.word_segments(), array.bit_segments())
    return gather(
        array,
        lines,
        voltages,
        lambda index: solve_one(lines, voltages, index, tolerance),
        method="iterative",
        tolerance=tolerance,
        nodes=nodes,
        threads=threads,
    )
