"""Resistive arrays with line resistance: exact solve, transfer matrix, nonlinear cells, gradients.

Not here: device physics (`cosim.devices`), the array as a netlist (`cosim.circuits.crossbar`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosim.crossbar.array import Crossbar, Lines, passive
from cosim.crossbar.cells import CellLaw, Linear, Sinh, WithDiode, WithSelector, WithTransistor
from cosim.crossbar.drive import Drive, Terminals

if TYPE_CHECKING:
    from cosim.crossbar.adjoint import Gradient, gradient
    from cosim.crossbar.newton import nonlinear_gradient, solve_nonlinear
    from cosim.crossbar.solution import Nodes, Solution
    from cosim.crossbar.transfer import TransferMatrix, transfer_matrix
    from cosim.crossbar.ways import METHODS, estimated_cost, solve

__all__ = [
    "METHODS",
    "CellLaw",
    "Crossbar",
    "Drive",
    "Gradient",
    "Linear",
    "Lines",
    "Nodes",
    "Sinh",
    "Solution",
    "Terminals",
    "TransferMatrix",
    "WithDiode",
    "WithSelector",
    "WithTransistor",
    "estimated_cost",
    "gradient",
    "nonlinear_gradient",
    "passive",
    "solve",
    "solve_nonlinear",
    "transfer_matrix",
]

#: Module of each name that loads compiled kernels, fetched when it is asked for.
_LAZY = {
    "METHODS": "ways",
    "Gradient": "adjoint",
    "Nodes": "solution",
    "Solution": "solution",
    "TransferMatrix": "transfer",
    "estimated_cost": "ways",
    "gradient": "adjoint",
    "nonlinear_gradient": "newton",
    "solve": "ways",
    "solve_nonlinear": "newton",
    "transfer_matrix": "transfer",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
