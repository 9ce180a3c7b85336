"""Gradients of any loss on the terminal currents, by one more solve of the same array.

Let u[t] = dL/dI[t] for the current I[t] that leaves the array into terminal t. The adjoint voltages
λ solve the array with every terminal t held at u[t]; then, for a linear cell between nodes w and b,
dL/dG = −(λw − λb)(vw − vb); for a segment, dL/dr = (its adjoint current)(its current); and
dL/dV[t] is the adjoint current that leaves the array into t. Nonlinear cells enter the adjoint
array with their slope dI/dv and the gradient as −(λw − λb) ∂I/∂parameter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array
from cosim.crossbar.balance import line_currents
from cosim.crossbar.drive import Terminals
from cosim.crossbar.iterative import ladders, solve_one, terminal_currents
from cosim.crossbar.solution import Solution
from cosim.errors import SimulationError


@dataclass(frozen=True, kw_only=True)
class Gradient:
    """Derivatives of a loss L, summed over P inputs where the quantity is shared by them."""

    cells: Array
    """(M, N) dL/dG [1/S]; of nonlinear cells what a linear cell
    of the same voltages would have: use `adjoint_voltage` instead."""
    inputs: Terminals
    """dL/dV of each terminal [1/V], (P, lines) a side. A driven word line: left plus right."""
    word_segments: Array
    """(M, N + 1) dL/dr [1/Ω]; the outer ones hold for the resistances at the ends as well."""
    bit_segments: Array
    """(N, M + 1) dL/dr [1/Ω]."""
    adjoint_voltage: Array
    """(P, M, N) λw − λb, for ∂I/∂parameter of nonlinear cells."""
    converged: bool


def gradient(
    solution: Solution,
    outputs: ArrayLike | None = None,
    *,
    word_outputs: ArrayLike | None = None,
    slope: Array | None = None,
    tolerance: float = 1e-10,
) -> Gradient:
    """Gradient of L at a `solution` that was solved with nodes=True.

    `outputs` (P, N): dL/d(solution.outputs), the current that leaves the bit lines; `word_outputs`
    (P, M): dL/d(current that leaves the word lines through both ends), zero by default. `slope`
    (P, M, N) [S]: dI/dv of nonlinear cells at the solution. L's unit cancels throughout.
    Raises `SimulationError` for shapes that do not fit, ValueError without node voltages.
    """
    array, count = solution.array, solution.voltages.count
    rows, columns = array.shape
    if solution.nodes is None:
        raise ValueError("node voltages were not kept; solve with nodes=True")
    held = _adjoint_terminals(outputs, word_outputs, count, rows, columns)
    word_r, bit_r = array.word_segments(), array.bit_segments()
    linear = ladders(array.cells if slope is None else np.ascontiguousarray(slope[0]), word_r, bit_r)
    cells, word, bit = np.zeros((rows, columns)), np.zeros(word_r.shape), np.zeros(bit_r.shape)
    difference = np.empty((count, rows, columns))
    inputs = {side: np.empty_like(getattr(held, side)) for side in ("left", "right", "top", "bottom")}
    converged = True
    for p in range(count):
        lines = linear if slope is None else ladders(np.ascontiguousarray(slope[p]), word_r, bit_r)
        point = solve_one(lines, held, p, tolerance)
        converged = converged and point.residual <= tolerance
        difference[p] = point.word - point.bit
        inside, v = solution.nodes, solution.voltages
        cells -= difference[p] * (inside.word_voltage[p] - inside.bit_voltage[p])
        w, b, i = inside.word_voltage[p], inside.bit_voltage[p], inside.cell_current[p]
        word += line_currents(word_r, held.left[p], held.right[p], point.word, point.cell) * line_currents(
            word_r, v.left[p], v.right[p], w, i
        )
        bit += line_currents(bit_r, held.top[p], held.bottom[p], point.bit.T, -point.cell.T) * line_currents(
            bit_r, v.top[p], v.bottom[p], b.T, -i.T
        )
        for side, current in zip(inputs, terminal_currents(lines, held, p, point), strict=True):
            inputs[side][p] = -current
    return Gradient(
        cells=cells,
        inputs=Terminals(**inputs),
        word_segments=word,
        bit_segments=bit,
        adjoint_voltage=difference,
        converged=converged,
    )


def _adjoint_terminals(
    outputs: ArrayLike | None, word_outputs: ArrayLike | None, count: int, rows: int, columns: int
) -> Terminals:
    """dL/d(current leaving) at each terminal."""
    full: list[Array] = []
    for name, given, lines in (("word_outputs", word_outputs, rows), ("outputs", outputs, columns)):
        values = np.zeros((count, lines)) if given is None else np.asarray(given, dtype=np.float64)
        if values.shape not in ((lines,), (count, lines)):
            raise SimulationError(
                f"derivatives by {name} have shape {values.shape}; expected ({count}, {lines})"
            )
        if not np.isfinite(values).all():
            where = tuple(int(axis[0]) for axis in np.nonzero(~np.isfinite(values)))
            raise SimulationError(
                f"derivative by {name} {where} is {values[where]}; expected a finite number"
            )
        full.append(np.broadcast_to(values, (count, lines)))
    return Terminals(left=full[0], right=full[0], top=full[1], bottom=full[1])
