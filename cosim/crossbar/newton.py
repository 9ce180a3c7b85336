"""Arrays of nonlinear cells: Newton's method over the iterative way.

Each step is a linear array with the cells' slopes, driven by the imbalance of currents: the same
kernel as a linear solve, to a tolerance that tightens with the residual. Currents that rise with
voltage make the solution the minimum of a convex function (the co-content), whose slope along a
step is known from the imbalance: steps that run far up its other side are halved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.adjoint import Gradient, gradient
from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.cells import CellLaw
from cosim.crossbar.connectivity import require_solvable
from cosim.crossbar.drive import Drive, Terminals, filled
from cosim.crossbar.iterative import Point, gather, guess, lacking, ladders
from cosim.crossbar.solution import Nodes, Solution
from cosim.errors import SimulationError

#: A step is halved at most so often.
HALVINGS = 8


@dataclass(frozen=True, kw_only=True)
class _Problem:
    array: Crossbar
    law: CellLaw
    voltages: Terminals
    word: Array
    bit: Array
    tolerance: float
    steps: int


def solve_nonlinear(
    array: Crossbar,
    law: CellLaw,
    drive: Drive | ArrayLike,
    *,
    tolerance: float = 1e-10,
    steps: int = 50,
    nodes: bool = False,
    start: Nodes | None = None,
    threads: int = 1,
) -> Solution:
    """Solve an array whose cells follow `law`, for one input or P of them; see `solve`.

    `start` are node voltages (P or 1, M, N) of a solution near by, e.g. of the last time step.
    `steps` bounds Newton's steps an input; `iterations` of the result counts them. Where they do not
    suffice, `converged` is false, `residual` says how far it came, and `message` what to try.
    """
    if not np.isfinite(array.cells).all():
        raise SimulationError("a nonlinear cell needs a finite conductance; shorts are linear: use `solve`")
    voltages = filled(drive, array.shape)
    require_solvable(array)
    if start is not None and start.word_voltage.shape[1:] != array.shape:
        raise SimulationError(
            f"start has nodes of shape {start.word_voltage.shape[1:]}; expected {array.shape}"
        )
    problem = _Problem(
        array=array,
        law=law,
        voltages=voltages,
        word=array.word_segments(),
        bit=array.bit_segments(),
        tolerance=tolerance,
        steps=steps,
    )
    return gather(
        array,
        ladders(array.cells, problem.word, problem.bit),
        voltages,
        lambda index: _solve_one(problem, index, start),
        method="newton",
        tolerance=tolerance,
        nodes=nodes,
        threads=threads,
    )


def _solve_one(problem: _Problem, index: int, start: Nodes | None) -> Point:
    conductance, voltages = problem.array.cells, problem.voltages
    lines = ladders(conductance, problem.word, problem.bit)
    base = guess(lines, voltages, index)
    dw, db = np.zeros_like(conductance), np.zeros_like(conductance)
    if start is not None:
        which = index if len(start.word_voltage) > 1 else 0
        dw = _free(start.word_voltage[which] - base.word, lines.tw, lines.uw)
        db = _free(start.bit_voltage[which] - base.bit, lines.tb, lines.ub)
    across = base.word - base.bit
    level = float(np.abs(problem.law.evaluate(conductance, across)[0]).max())
    cell, slope, _ = problem.law.evaluate(conductance, across + (dw - db))
    word, bit, residual = lacking(lines, base, dw, db, cell, level)
    count = 0
    while residual > problem.tolerance and count < problem.steps:
        lines = ladders(np.ascontiguousarray(slope), problem.word, problem.bit)
        forcing = max(0.01 * problem.tolerance / residual, min(1e-4, 0.1 * residual))
        ahead_w, ahead_b, _, _ = lines.correction(word.copy(), bit.copy(), 0.0, forcing)
        downhill = float(np.vdot(word, ahead_w) + np.vdot(bit, ahead_b))
        step = 1.0
        for _ in range(HALVINGS):
            trial = dw + step * ahead_w, db + step * ahead_b
            current, steeper, _ = problem.law.evaluate(conductance, across + (trial[0] - trial[1]))
            lack = lacking(lines, base, *trial, current, level)
            uphill = -float(np.vdot(lack[0], ahead_w) + np.vdot(lack[1], ahead_b))
            if uphill <= 0.5 * abs(downhill) or lack[2] <= problem.tolerance:
                break
            step *= 0.5
        (dw, db), cell, slope, (word, bit, residual) = trial, current, steeper, lack
        count += 1
    return Point(word=base.word + dw, bit=base.bit + db, cell=cell, iterations=count, residual=residual)


def _free(deviation: Array, t: Array, u: Array) -> Array:
    """`deviation`, but 0 V at nodes that a terminal holds."""
    return np.where((t == 0) & (u == 0), 0.0, deviation)


def nonlinear_gradient(
    solution: Solution,
    law: CellLaw,
    outputs: ArrayLike | None = None,
    *,
    word_outputs: ArrayLike | None = None,
    tolerance: float = 1e-10,
) -> Gradient:
    """`gradient` at a nonlinear `solution`: `cells` is dL/dG of the device's conductance G [1/S]."""
    inside = solution.nodes
    if inside is None:
        raise ValueError("node voltages were not kept; solve with nodes=True")
    slopes, by_conductance = [], []
    for w, b in zip(inside.word_voltage, inside.bit_voltage, strict=True):
        _, slope, derivative = law.evaluate(solution.array.cells, w - b)
        slopes.append(slope)
        by_conductance.append(derivative)
    found = gradient(
        solution, outputs, word_outputs=word_outputs, slope=np.stack(slopes), tolerance=tolerance
    )
    return Gradient(
        cells=-(found.adjoint_voltage * np.stack(by_conductance)).sum(axis=0),
        inputs=found.inputs,
        word_segments=found.word_segments,
        bit_segments=found.bit_segments,
        adjoint_voltage=found.adjoint_voltage,
        converged=found.converged,
    )
