"""Resistive devices: models, published parameter sets, and populations of real cells.

Models are static current, dynamics of one bounded state, and nothing of circuits: arrays of devices
are in `cosim.crossbar`.
"""

from __future__ import annotations

from cosim.devices.faults import LineOpens, StuckCells
from cosim.devices.jart import JartVcm
from cosim.devices.linear_drift import LinearDrift
from cosim.devices.measured import MeasuredDevice, PulseCurve
from cosim.devices.measured_file import read_curves, write_curves
from cosim.devices.model import (
    DeviceModel,
    checked_state,
    conductance,
    conductance_range,
    setting_polarity,
    state_for,
)
from cosim.devices.noise import (
    FittedReadNoise,
    NoiseSpectrum,
    ReadNoise,
    ReadNoiseFit,
    SpectralReadNoise,
)
from cosim.devices.population import ByConductance, CycleToCycle, Transformation, cells_of, populate, vary
from cosim.devices.presets import (
    ASSUMED_CRYOGENIC,
    BENGEL_2020,
    BENGEL_2020_SPREADS,
    JIANG_2016,
    KVATINSKY_2015,
    MILO_2021,
    NANDAKUMAR_2019,
    NANDAKUMAR_2019_DRIFT,
    NANDAKUMAR_2019_READ_NOISE,
    STRUKOV_2008,
    WAN_2022,
    YAKOPCIC_2013,
    milo_sigma,
    wan_sigma,
)
from cosim.devices.programming import ProgrammingFit
from cosim.devices.pulses import ScatteringDevice, Trace, apply_pulse, trace, triangle
from cosim.devices.retention import (
    DAY,
    MONTH,
    DriftFit,
    FittedDrift,
    PowerLawDrift,
    Relaxation,
    arrhenius_acceleration,
)
from cosim.devices.stanford_pku import StanfordPku
from cosim.devices.telegraph import TelegraphNoise
from cosim.devices.variability import (
    Levels,
    LognormalSpread,
    MeasuredSpread,
    NormalSpread,
    ProgrammingError,
)
from cosim.devices.vteam import Vteam
from cosim.devices.yakopcic import Yakopcic

__all__ = [
    "ASSUMED_CRYOGENIC",
    "BENGEL_2020",
    "BENGEL_2020_SPREADS",
    "DAY",
    "JIANG_2016",
    "KVATINSKY_2015",
    "MILO_2021",
    "MONTH",
    "NANDAKUMAR_2019",
    "NANDAKUMAR_2019_DRIFT",
    "NANDAKUMAR_2019_READ_NOISE",
    "STRUKOV_2008",
    "WAN_2022",
    "YAKOPCIC_2013",
    "ByConductance",
    "CycleToCycle",
    "DeviceModel",
    "DriftFit",
    "FittedDrift",
    "FittedReadNoise",
    "JartVcm",
    "Levels",
    "LineOpens",
    "LinearDrift",
    "LognormalSpread",
    "MeasuredDevice",
    "MeasuredSpread",
    "NoiseSpectrum",
    "NormalSpread",
    "PowerLawDrift",
    "ProgrammingError",
    "ProgrammingFit",
    "PulseCurve",
    "ReadNoise",
    "ReadNoiseFit",
    "Relaxation",
    "ScatteringDevice",
    "SpectralReadNoise",
    "StanfordPku",
    "StuckCells",
    "TelegraphNoise",
    "Trace",
    "Transformation",
    "Vteam",
    "Yakopcic",
    "apply_pulse",
    "arrhenius_acceleration",
    "cells_of",
    "checked_state",
    "conductance",
    "conductance_range",
    "milo_sigma",
    "populate",
    "read_curves",
    "setting_polarity",
    "state_for",
    "trace",
    "triangle",
    "vary",
    "wan_sigma",
    "write_curves",
]
