"""Resistive arrays with line resistance: exact solve, transfer matrix, nonlinear cells, gradients;
weights on tiles of arrays, converters, energy, settling.

Not here: device physics (`cosim.devices`), the array as a netlist (`cosim.circuits.crossbar`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cosim.crossbar.array import Crossbar, Lines, passive
from cosim.crossbar.cells import CellLaw, Linear, Sinh, WithDiode, WithSelector, WithTransistor
from cosim.crossbar.converters import (
    ISAAC_ADC,
    ISAAC_DAC,
    Adc,
    ConversionCost,
    Dac,
    RampAdc,
    SarAdc,
    UniformAdc,
    converted,
    integral_nonlinearity,
    quantise,
    scaled_cost,
)
from cosim.crossbar.drive import Drive, Terminals
from cosim.crossbar.encoding import (
    Block,
    CellRange,
    DifferentialPair,
    OffsetColumn,
    Scheme,
    SlicedPair,
    ZeroShift,
)
from cosim.crossbar.tiles import MappingError, Tile, TiledMatrix, tile_matrix

if TYPE_CHECKING:
    from cosim.crossbar.adjoint import Gradient, gradient
    from cosim.crossbar.batches import solve_many, transfer_matrices
    from cosim.crossbar.compensation import Compensated, compensated
    from cosim.crossbar.energy import Power, power
    from cosim.crossbar.file import solution_group, write_solution
    from cosim.crossbar.newton import nonlinear_gradient, solve_nonlinear
    from cosim.crossbar.readout import AnalogMatrix, MvmCost, ReadOut, analog_matrix
    from cosim.crossbar.response import IDEAL_WIRING, Wiring
    from cosim.crossbar.settling import Capacitance, Settling, elmore_delay, settle
    from cosim.crossbar.sneak import CellRead, read_cell, selected
    from cosim.crossbar.solution import Nodes, Solution
    from cosim.crossbar.transfer import TransferMatrix, transfer_matrix
    from cosim.crossbar.transistors import Transistor, overdrives, solve_transistors
    from cosim.crossbar.ways import METHODS, estimated_cost, solve

__all__ = [
    "IDEAL_WIRING",
    "ISAAC_ADC",
    "ISAAC_DAC",
    "METHODS",
    "Adc",
    "AnalogMatrix",
    "Block",
    "Capacitance",
    "CellLaw",
    "CellRange",
    "CellRead",
    "Compensated",
    "ConversionCost",
    "Crossbar",
    "Dac",
    "DifferentialPair",
    "Drive",
    "Gradient",
    "Linear",
    "Lines",
    "MappingError",
    "MvmCost",
    "Nodes",
    "OffsetColumn",
    "Power",
    "RampAdc",
    "ReadOut",
    "SarAdc",
    "Scheme",
    "Settling",
    "Sinh",
    "SlicedPair",
    "Solution",
    "Terminals",
    "Tile",
    "TiledMatrix",
    "TransferMatrix",
    "Transistor",
    "UniformAdc",
    "Wiring",
    "WithDiode",
    "WithSelector",
    "WithTransistor",
    "ZeroShift",
    "analog_matrix",
    "compensated",
    "converted",
    "elmore_delay",
    "estimated_cost",
    "gradient",
    "integral_nonlinearity",
    "nonlinear_gradient",
    "overdrives",
    "passive",
    "power",
    "quantise",
    "read_cell",
    "scaled_cost",
    "selected",
    "settle",
    "solution_group",
    "solve",
    "solve_many",
    "solve_nonlinear",
    "solve_transistors",
    "tile_matrix",
    "transfer_matrices",
    "transfer_matrix",
    "write_solution",
]

#: Module of each name that loads compiled kernels, fetched when it is asked for.
_LAZY = {
    "IDEAL_WIRING": "response",
    "METHODS": "ways",
    "AnalogMatrix": "readout",
    "Capacitance": "settling",
    "CellRead": "sneak",
    "Compensated": "compensation",
    "Gradient": "adjoint",
    "MvmCost": "readout",
    "Nodes": "solution",
    "Power": "energy",
    "ReadOut": "readout",
    "Settling": "settling",
    "Solution": "solution",
    "TransferMatrix": "transfer",
    "Transistor": "transistors",
    "Wiring": "response",
    "analog_matrix": "readout",
    "compensated": "compensation",
    "elmore_delay": "settling",
    "estimated_cost": "ways",
    "gradient": "adjoint",
    "nonlinear_gradient": "newton",
    "overdrives": "transistors",
    "power": "energy",
    "read_cell": "sneak",
    "selected": "sneak",
    "settle": "settling",
    "solution_group": "file",
    "solve": "ways",
    "solve_many": "batches",
    "solve_nonlinear": "newton",
    "solve_transistors": "transistors",
    "transfer_matrices": "batches",
    "transfer_matrix": "transfer",
    "write_solution": "file",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value
