"""Resistive devices: models, published parameter sets, and populations of real cells.

Models are static current, dynamics of one bounded state, and nothing of circuits: arrays of devices
are in `cosim.crossbar`.
"""

from __future__ import annotations

from cosim.devices.linear_drift import LinearDrift
from cosim.devices.model import DeviceModel, apply_pulse, checked_state, conductance
from cosim.devices.population import (
    Levels,
    LognormalSpread,
    MeasuredSpread,
    NormalSpread,
    PowerLawDrift,
    ProgrammingError,
    ReadNoise,
    StuckCells,
    populate,
)
from cosim.devices.presets import JIANG_2016, KVATINSKY_2015, STRUKOV_2008, YAKOPCIC_2013
from cosim.devices.programming import MILO_2021, WAN_2022, ProgrammingFit, milo_sigma, wan_sigma
from cosim.devices.stanford_pku import StanfordPku
from cosim.devices.vteam import Vteam
from cosim.devices.yakopcic import Yakopcic

__all__ = [
    "JIANG_2016",
    "KVATINSKY_2015",
    "MILO_2021",
    "STRUKOV_2008",
    "WAN_2022",
    "YAKOPCIC_2013",
    "DeviceModel",
    "Levels",
    "LinearDrift",
    "LognormalSpread",
    "MeasuredSpread",
    "NormalSpread",
    "PowerLawDrift",
    "ProgrammingError",
    "ProgrammingFit",
    "ReadNoise",
    "StanfordPku",
    "StuckCells",
    "Vteam",
    "Yakopcic",
    "apply_pulse",
    "checked_state",
    "conductance",
    "milo_sigma",
    "populate",
    "wan_sigma",
]
