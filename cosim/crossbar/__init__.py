"""Resistive arrays with line resistance: exact solve, transfer matrix, adjoint gradients.

Not here: device physics (`cosim.devices`), the array as a netlist (`cosim.circuits.crossbar`).
"""

from __future__ import annotations

from cosim.crossbar.array import Crossbar, Lines, passive
from cosim.crossbar.drive import Drive, Terminals
from cosim.crossbar.solution import Nodes, Solution
from cosim.crossbar.solve import METHODS, estimated_cost, solve

__all__ = [
    "METHODS",
    "Crossbar",
    "Drive",
    "Gradient",
    "Lines",
    "Nodes",
    "Solution",
    "Terminals",
    "TransferMatrix",
    "estimated_cost",
    "gradient",
    "passive",
    "solve",
    "transfer_matrix",
]


def __getattr__(name: str) -> object:
    """Load what needs compiled kernels when it is asked for."""
    if name in ("gradient", "Gradient"):
        from cosim.crossbar import adjoint

        return getattr(adjoint, name)
    if name in ("transfer_matrix", "TransferMatrix"):
        from cosim.crossbar import transfer

        return getattr(transfer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
