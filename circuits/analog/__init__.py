"""Cells of the analog side as ngspice sub-circuits: neurons, resistive devices, 1T1R arrays, amplifiers.

A generator takes frozen parameters and returns an `AnalogCell`; `analog_deck` puts cells into a
deck. Ready decks are in `netlists/analog`. No simulation here.
"""

from __future__ import annotations

from cosim.circuits.analog.amplifier import AmplifierParameters, amplifier
from cosim.circuits.analog.array import (
    CellParameters,
    LineParameters,
    one_transistor_array,
    one_transistor_cell,
)
from cosim.circuits.analog.cell import AnalogCell, analog_deck, definitions
from cosim.circuits.analog.memristor import memristor
from cosim.circuits.analog.mixed import beside
from cosim.circuits.analog.neuron import AxonHillockParameters, LifParameters, axon_hillock, lif
from cosim.circuits.analog.transistor import SEDRA_SMITH_500NM, Process, Transistor, cold

__all__ = [
    "SEDRA_SMITH_500NM",
    "AmplifierParameters",
    "AnalogCell",
    "AxonHillockParameters",
    "CellParameters",
    "LifParameters",
    "LineParameters",
    "Process",
    "Transistor",
    "amplifier",
    "analog_deck",
    "axon_hillock",
    "beside",
    "cold",
    "definitions",
    "lif",
    "memristor",
    "one_transistor_array",
    "one_transistor_cell",
]
