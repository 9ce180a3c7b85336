"""Writing conductances into the devices of an array: states, pulses, verification, disturb.

Not here: what pulses do to one device (`cosim.devices`), what an array of conductances computes
(`cosim.crossbar`).
"""

from __future__ import annotations

from cosim.crossbar.programming.device_cells import DeviceCells
from cosim.crossbar.programming.direct import calibrated_voltages, ideal, single_pulse
from cosim.crossbar.programming.disturb import Disturb, disturb
from cosim.crossbar.programming.pulse_list import PulseList, read_pulses, replay, write_pulses
from cosim.crossbar.programming.schemes import HALF, ISOLATED, SCHEMES, THIRD, BiasScheme, scheme
from cosim.crossbar.programming.verify import Programmed, VerifyPlan, write_verify
from cosim.crossbar.programming.write_path import WritePath

__all__ = [
    "HALF",
    "ISOLATED",
    "SCHEMES",
    "THIRD",
    "BiasScheme",
    "DeviceCells",
    "Disturb",
    "Programmed",
    "PulseList",
    "VerifyPlan",
    "WritePath",
    "calibrated_voltages",
    "disturb",
    "ideal",
    "read_pulses",
    "replay",
    "scheme",
    "single_pulse",
    "write_pulses",
    "write_verify",
]
