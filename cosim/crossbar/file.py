"""A solved array as a file: HDF5 whose dimensions have names, so that xarray opens it."""

from __future__ import annotations

import os

import numpy as np

from cosim.crossbar.drive import SIDES
from cosim.crossbar.solution import Solution
from cosim.results import Array, Group, provenance, write_file

#: Attribute `kind` of such a file.
KIND = "crossbar"


def solution_group(solution: Solution) -> Group:
    """Cells [S], segments [Ω], voltages [V] and currents [A] of terminals by side; nodes if they were kept.

    Dimensions: input, word_line, bit_line; word_segment and bit_segment count along a line.
    """
    array = solution.array
    lines = {"left": "word_line", "right": "word_line", "top": "bit_line", "bottom": "bit_line"}

    def kept(values: np.ndarray, unit: str, *dimensions: str) -> Array:
        return Array(values=np.ascontiguousarray(values), dimensions=dimensions, units=unit)

    arrays = {
        "conductance": kept(array.cells, "S", "word_line", "bit_line"),
        "word_resistance": kept(array.word_segments(), "ohm", "word_line", "word_segment"),
        "bit_resistance": kept(array.bit_segments(), "ohm", "bit_line", "bit_segment"),
        "output": kept(solution.outputs, "A", "input", "bit_line"),
        "residual": kept(solution.residual, "1", "input"),
    }
    for side in SIDES:
        arrays[f"voltage_{side}"] = kept(getattr(solution.voltages, side), "V", "input", lines[side])
        arrays[f"current_{side}"] = kept(getattr(solution.currents, side), "A", "input", lines[side])
    if solution.nodes is not None:
        where = ("input", "word_line", "bit_line")
        arrays["word_voltage"] = kept(solution.nodes.word_voltage, "V", *where)
        arrays["bit_voltage"] = kept(solution.nodes.bit_voltage, "V", *where)
        arrays["cell_current"] = kept(solution.nodes.cell_current, "A", *where)
    return Group(
        arrays=arrays,
        attributes={
            **provenance(),
            "kind": KIND,
            "method": solution.method,
            "converged": solution.converged,
            "message": solution.message,
        },
    )


def write_solution(path: str | os.PathLike[str], solution: Solution) -> None:
    """Write a solution as HDF5, whole or not at all; `cosim plot` draws it. Raises `ResultFileError`."""
    write_file(path, solution_group(solution))
