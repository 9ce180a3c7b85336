"""A resistive array in both engines: the exact solver here, ngspice on the deck of the same array.

    compare_with_ngspice(array, drive, capacitance=1e-15).outputs          # a few 1e-9

For arrays of up to some 32 × 32 cells; larger ones take ngspice minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cosim.circuits.crossbar import crossbar_deck
from cosim.crossbar import (
    Capacitance,
    CellLaw,
    Crossbar,
    Drive,
    Settling,
    Solution,
    settle,
    solve,
    solve_nonlinear,
)
from cosim.crossbar.drive import SIDES
from cosim.errors import SimulationError
from cosim.results import Result
from cosim.spice import simulate

#: Cells beyond which ngspice would take minutes.
MOST_CELLS = 4096


@dataclass(frozen=True, kw_only=True)
class ArrayAgreement:
    """How far the engines are apart."""

    solution: Solution
    """Ours."""
    outputs: float
    """Largest difference of a terminal's current over the largest one, at the operating point."""
    nodes: float
    """Largest difference of a node's voltage over the largest of the terminals' voltages."""
    settling: Settling | None
    """Our transient, if a capacitance was given."""
    transient: float | None
    """Largest difference of an output's current at any moment over the largest final one."""


def compare_with_ngspice(
    array: Crossbar,
    drive: Drive | ArrayLike,
    *,
    law: CellLaw | None = None,
    law_text: str = "",
    capacitance: float = 0.0,
    rise: float = 1e-12,
) -> ArrayAgreement:
    """Solve an array for one input here and in ngspice; with a `capacitance` [F] at every node, settle it in
    both from 0 V by a ramp of `rise` [s].

    Nonlinear cells need their `law` and its text for ngspice, an expression of `{g}` and `{v}`; their
    transient is not compared. Raises `SimulationError` for arrays that are too large for ngspice, more
    than one input, or half a law; `DependencyError` without ngspice.
    """
    if array.cells.size > MOST_CELLS:
        raise SimulationError(
            f"ngspice would take minutes for {array.shape} cells; compare up to {MOST_CELLS} of them"
        )
    if (law is None) != (not law_text):
        raise SimulationError("nonlinear cells need both a law and its text for ngspice")
    if law is not None and capacitance:
        raise SimulationError("transients are compared for linear cells only; leave capacitance out")
    solution = (
        solve(array, drive, nodes=True) if law is None else solve_nonlinear(array, law, drive, nodes=True)
    )
    if solution.voltages.count != 1:
        raise SimulationError(f"one input is compared at a time, got {solution.voltages.count}")
    sides = {side: getattr(solution.voltages, side)[0] for side in SIDES}
    parts = (array.cells, array.word_segments(), array.bit_segments(), sides)
    outputs, nodes = _operating_point(simulate(crossbar_deck(*parts, law=law_text, nodes=True)), solution)
    settling = transient = None
    if capacitance:
        both = Capacitance(word=capacitance, bit=capacitance)
        settling = settle(array, drive, both, rise=rise, tolerance=1e-6)
        stop = float(settling.time[-1])
        deck = crossbar_deck(*parts, capacitance=capacitance, rise=rise, stop=stop)
        transient = _transient(simulate(deck), settling)
    return ArrayAgreement(
        solution=solution, outputs=outputs, nodes=nodes, settling=settling, transient=transient
    )


def _operating_point(result: Result, solution: Solution) -> tuple[float, float]:
    currents = {side: getattr(solution.currents, side)[0] for side in SIDES}
    largest = max(float(np.abs(values).max()) for values in currents.values())
    apart = max(
        abs(float(result[f"I({side.upper()}{line})"][-1]) - float(current))
        if f"I({side.upper()}{line})" in result.signals
        else abs(float(current))
        for side, values in currents.items()
        for line, current in enumerate(values)
    )
    inside = solution.nodes
    assert inside is not None
    volts = max(float(np.abs(getattr(solution.voltages, side)).max()) for side in SIDES)
    off = max(
        abs(float(result[f"V({name}{i}_{j})"][-1]) - float(level))
        for name, levels in (("W", inside.word_voltage[0]), ("B", inside.bit_voltage[0]))
        for (i, j), level in np.ndenumerate(levels)
    )
    return apart / largest if largest else apart, off / volts if volts else off


def _transient(result: Result, settling: Settling) -> float:
    time = np.asarray(result.time)
    final, worst = float(np.abs(settling.final).max()), 0.0
    for line in range(len(settling.final)):
        theirs = np.zeros(len(time))
        for side in ("BOTTOM", "TOP"):
            if f"I({side}{line})" in result.signals:
                theirs -= np.asarray(result[f"I({side}{line})"])
        ours = np.interp(time, settling.time, settling.outputs[:, line])
        worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst / final if final else worst
