"""`solve`: an array and the voltages at its terminals in, currents out; three ways behind one call.

Cost decides, unless the caller does: `iterative` for few inputs and whenever node voltages are
wanted, `transfer` for many inputs of one array, `direct` for cells that are shorts.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Crossbar
from cosim.crossbar.connectivity import require_solvable
from cosim.crossbar.drive import SIDES, Drive, Terminals, filled
from cosim.crossbar.solution import Solution
from cosim.errors import SimulationError, did_you_mean

METHODS = ("auto", "iterative", "transfer", "direct")

#: Cells from here on [S] are asked whether their node voltages have digits left.
_HUGE = 1e6
#: Seconds a cell and iteration, a cell merged, a cell and line merged: ratios are what counts.
_ITERATION, _MERGED_CELL, _MERGED_LINE = 2.0e-8, 6.0e-7, 1.0e-9


def estimated_cost(shape: tuple[int, int], inputs: int) -> dict[str, float]:
    """Rough seconds of the iterative way and of the transfer matrix for (M, N) cells and P inputs."""
    cells, longest, shortest = shape[0] * shape[1], max(shape), min(shape)
    return {
        "iterative": inputs * (1e-4 + _ITERATION * cells * (6 + longest / 100)),
        "transfer": _MERGED_CELL * cells + _MERGED_LINE * cells * shortest + 1e-9 * inputs * cells,
    }


def solve(
    array: Crossbar,
    drive: Drive | ArrayLike,
    *,
    method: str = "auto",
    tolerance: float = 1e-10,
    nodes: bool = False,
    threads: int = 1,
) -> Solution:
    """Solve an array of M × N cells for one input or P of them.

    `drive`: voltages at the terminals; a plain (M,) or (P, M) array [V] drives the word lines, bit
    lines at 0 V. `tolerance` bounds the imbalance of currents at any node relative to the largest
    current; outputs are then exact to 1e-9 or better, and the imbalance reached is in the result.
    `nodes` keeps voltages and currents inside the array: 3 · P · M · N numbers. `threads` share the
    inputs of the iterative way.

    Raises `SimulationError` for shapes that do not fit, floating nodes and shorted terminals.
    """
    if method not in METHODS:
        raise SimulationError(
            f"unknown method {method!r}{did_you_mean(method, METHODS)}; there are {', '.join(METHODS)}"
        )
    voltages = filled(drive, array.shape)
    require_solvable(array)
    shorted = not np.isfinite(array.cells).all()
    if method == "auto":
        cost = estimated_cost(array.shape, voltages.count)
        method = "direct" if shorted else "iterative" if nodes else min(cost, key=lambda way: cost[way])
    if shorted and method != "direct":
        raise SimulationError(
            f"method {method!r} takes finite conductances; solve arrays with shorted cells by method='direct'"
        )
    if method == "direct":
        from cosim.crossbar.direct import solve_direct

        return _doubted(solve_direct(array, voltages, tolerance=tolerance, nodes=nodes), tolerance)
    if method == "iterative":
        from cosim.crossbar.iterative import solve_iterative

        found = solve_iterative(array, voltages, tolerance=tolerance, nodes=nodes, threads=threads)
        return _doubted(found, tolerance)
    if nodes:
        raise SimulationError(
            "the transfer matrix knows no node voltages; use method='iterative', or nodes=False"
        )
    return _by_transfer(array, voltages, tolerance)


def _doubted(solution: Solution, tolerance: float) -> Solution:
    """Say so where a huge cell's current is a difference of node voltages without digits."""
    message = _huge_cell(solution, tolerance)
    if not message:
        return solution
    return replace(solution, converged=False, message=message)


def _huge_cell(solution: Solution, tolerance: float) -> str:
    """Return what is wrong if rounding of a node voltage, times the largest finite cell, is too large a
    current.
    """
    cells = np.asarray(solution.array.conductance, dtype=np.float64)
    largest = float(np.where(np.isfinite(cells), cells, 0.0).max(initial=0.0))
    volts = max(float(np.abs(getattr(solution.voltages, side)).max(initial=0.0)) for side in SIDES)
    current = max(float(np.abs(getattr(solution.currents, side)).max(initial=0.0)) for side in SIDES)
    rounding = float(np.finfo(np.float64).eps) * largest * volts
    # Below that, and where terminals are nearly at one voltage, the residual tells by itself.
    if largest < _HUGE or rounding <= 10 * tolerance * current or current == 0.0:
        return ""
    row, column = np.unravel_index(int(np.argmax(np.where(np.isfinite(cells), cells, 0.0))), cells.shape)
    return (
        f"cell [{row}, {column}] of {largest:.3g} S: rounding of its node voltages is a current of "
        f"{rounding:.1e} A, beside {current:.1e} A at the terminals; give it as a short (inf)"
    )


def _by_transfer(array: Crossbar, voltages: Terminals, tolerance: float) -> Solution:
    """All inputs through the transfer matrix; the one that drives hardest is solved again to check it."""
    from cosim.crossbar.iterative import solve_iterative
    from cosim.crossbar.transfer import transfer_matrix

    matrix = transfer_matrix(array)
    currents = matrix.currents(voltages)
    hardest = int(np.argmax(sum((np.abs(getattr(voltages, s)).sum(axis=1) for s in SIDES), np.zeros(1))))
    one = Terminals(**{side: getattr(voltages, side)[hardest : hardest + 1] for side in SIDES})
    check = solve_iterative(array, one, tolerance=tolerance, nodes=False, threads=1)
    largest = max(float(np.abs(getattr(check.currents, side)).max()) for side in SIDES)
    deviation = max(
        float(np.abs(getattr(currents, side)[hardest] - getattr(check.currents, side)[0]).max())
        for side in SIDES
    )
    # Where all terminals are at nearly one voltage, currents are differences of larger ones.
    volts = max(float(np.abs(getattr(one, side)).max()) for side in SIDES)
    level = volts * float(matrix.conductance.sum(axis=1).max(initial=0.0))
    largest = level if largest <= 1e-8 * level else largest
    deviation = deviation / largest if largest > 0 else 0.0
    converged = deviation <= 10 * tolerance
    message = (
        ""
        if converged
        else f"transfer matrix and iterative way differ by {deviation:.1e}; use method='direct'"
    )
    if huge := _huge_cell(check, tolerance):
        converged, message = False, f"not checked by the iterative way: {huge}"
    return Solution(
        array=array,
        voltages=voltages,
        currents=currents,
        nodes=None,
        method="transfer",
        residual=np.full(voltages.count, deviation),
        iterations=(),
        converged=converged,
        message=message,
    )
