"""1T1R arrays: a transistor in series with each cell, gated along word or bit lines.

`transistor_array` gives the array and the cells' law; rows that are not selected have their gates at a
low voltage and conduct nothing. Where source lines drop voltage, a transistor's overdrive falls with
its own source: `solve_transistors` follows that by solving again with the overdrive that the last
solution leaves, until it no longer moves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from cosim.crossbar.array import Array, Crossbar
from cosim.crossbar.cells import WithTransistor
from cosim.crossbar.drive import SIDES, Drive, Terminals, filled
from cosim.crossbar.newton import solve_nonlinear
from cosim.crossbar.solution import Nodes, Solution
from cosim.errors import SimulationError

#: Gates along these lines, and the axis of the array that their voltages run along.
_ALONG = {"rows": (0, "word lines"), "columns": (1, "bit lines")}


@dataclass(frozen=True, kw_only=True)
class Transistor:
    """The n-channel transistor of every cell; its source is at the bit line."""

    threshold: float = 0.4
    """[V]."""
    transconductance: float = 1e-3
    """β = µ Cox W / L [A/V²]."""
    channel_modulation: float = 0.05
    """λ [1/V]."""

    def law(self, overdrive: ArrayLike) -> WithTransistor:
        """Cells' law at an overdrive (gate − source − threshold) [V], broadcast to (M, N)."""
        return WithTransistor(
            overdrive=overdrive,
            transconductance=self.transconductance,
            channel_modulation=self.channel_modulation,
        )


def overdrives(
    shape: tuple[int, int], gate: ArrayLike, transistor: Transistor, *, along: str = "rows"
) -> Array:
    """(M, N) [V] of gates at `gate` [V]: a scalar, or one voltage a row or column of cells.

    Raises `SimulationError` for a shape that does not fit and an unknown direction.
    """
    if along not in _ALONG:
        raise SimulationError(f"gates run along {along!r}; expected 'rows' or 'columns'")
    axis, name = _ALONG[along]
    volts = np.asarray(gate, dtype=np.float64)
    if volts.shape not in ((), (shape[axis],), shape):
        raise SimulationError(
            f"gate voltages have shape {volts.shape}; expected a scalar, ({shape[axis]},) for the {name}, "
            f"or {shape}"
        )
    if volts.ndim == 1:
        volts = volts[:, np.newaxis] if axis == 0 else volts[np.newaxis, :]
    return np.broadcast_to(volts - transistor.threshold, shape).copy()


def solve_transistors(
    array: Crossbar,
    transistor: Transistor,
    gate: ArrayLike,
    drive: Drive | ArrayLike,
    *,
    along: str = "rows",
    follow_source: bool = True,
    tolerance: float = 1e-10,
    rounds: int = 30,
    nodes: bool = False,
) -> Solution:
    """Solve a 1T1R array for one input or P of them; see `solve_nonlinear`.

    `gate` [V] of all cells, or of each row or column of them. With `follow_source` the overdrive falls
    with the voltage of each cell's own bit-line node; without, sources count as grounded.
    `iterations` counts Newton steps of all rounds; where `rounds` do not bring the overdrives to rest,
    `converged` is false and `message` says so. Currents are taken to run from word to bit lines.
    """
    voltages = filled(drive, array.shape)
    plain = overdrives(array.shape, gate, transistor, along=along)
    found = []
    for p in range(voltages.count):
        one = Drive(**{side: getattr(voltages, side)[p] for side in SIDES})
        found.append(_one(array, transistor, plain, one, tolerance, rounds if follow_source else 0))
    bad = [solution.message for solution in found if not solution.converged]
    return Solution(
        array=array,
        voltages=voltages,
        currents=Terminals(
            **{side: np.concatenate([getattr(s.currents, side) for s in found]) for side in SIDES}
        ),
        nodes=Nodes(
            word_voltage=np.concatenate([_inside(s).word_voltage for s in found]),
            bit_voltage=np.concatenate([_inside(s).bit_voltage for s in found]),
            cell_current=np.concatenate([_inside(s).cell_current for s in found]),
        )
        if nodes
        else None,
        method="newton",
        residual=np.concatenate([s.residual for s in found]),
        iterations=tuple(count for s in found for count in s.iterations),
        converged=not bad,
        message=bad[0] if bad else "",
    )


def _inside(solution: Solution) -> Nodes:
    assert solution.nodes is not None
    return solution.nodes


def _one(
    array: Crossbar, transistor: Transistor, plain: Array, drive: Drive, tolerance: float, rounds: int
) -> Solution:
    """One input: rounds of Newton, each with the overdrives that the last one leaves."""
    solution = solve_nonlinear(array, transistor.law(plain), drive, tolerance=tolerance, nodes=True)
    steps, source = sum(solution.iterations), np.zeros_like(plain)
    largest = max(float(np.abs(plain).max()), 1e-300)
    for number in range(rounds):
        now = _inside(solution).bit_voltage[0]
        moved = float(np.abs(now - source).max())
        if moved <= tolerance * largest or not solution.converged:
            break
        if number == rounds - 1:
            return replace(
                solution,
                iterations=(steps,),
                converged=False,
                message=f"overdrives still move by {moved:.1e} V after {rounds} rounds; allow more rounds",
            )
        source = now
        solution = solve_nonlinear(
            array,
            transistor.law(plain - source),
            drive,
            tolerance=tolerance,
            nodes=True,
            start=solution.nodes,
        )
        steps += sum(solution.iterations)
    return replace(solution, iterations=(steps,))
