"""Current and rate of the devices of `cosim.devices`, for one device, compiled.

One function a device; a test holds them to the classes that they repeat. A device that is not here is
called in Python by the cell (`resistive_cell.py`).
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numba import njit

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from cosim.devices.linear_drift import LinearDrift
from cosim.devices.model import DeviceModel
from cosim.devices.stanford_pku import StanfordPku
from cosim.devices.vteam import Vteam
from cosim.devices.yakopcic import Yakopcic
from cosim.lockstep.model import Array

LINEAR_DRIFT, VTEAM, YAKOPCIC, STANFORD_PKU = range(4)
_KINDS: dict[type, int] = {
    LinearDrift: LINEAR_DRIFT,
    Vteam: VTEAM,
    Yakopcic: YAKOPCIC,
    StanfordPku: STANFORD_PKU,
}
_VOLT_PER_KELVIN = BOLTZMANN / ELEMENTARY_CHARGE


def kind_of(device: DeviceModel) -> int | None:
    """The number of a device's law; None when it has none here."""
    return _KINDS.get(type(device))


def numbers_of(device: DeviceModel) -> Array:
    """The fields of a device as its law takes them, in their order."""
    values = [getattr(device, field.name) for field in dataclasses.fields(device)]  # type: ignore[arg-type]
    return np.array(values, dtype=np.float64)


@njit(cache=True, error_model="numpy")
def _linear_drift(p, x, v):
    on, off, thickness, mobility, window = p[0], p[1], p[2], p[3], int(p[4])
    current = v / (on * x + off * (1.0 - x))
    drift = mobility * on / (thickness * thickness) * current
    if window > 0:
        drift *= 1.0 - (2.0 * x - 1.0) ** (2 * window)
    return current, drift


@njit(cache=True, error_model="numpy")
def _vteam(p, w, v):
    share = (w - p[8]) / (p[9] - p[8])
    current = v / (p[6] + (p[7] - p[6]) * share)
    above, below = max(v / p[1] - 1.0, 0.0), max(v / p[0] - 1.0, 0.0)
    return current, p[3] * above ** p[5] + p[2] * below ** p[4]


@njit(cache=True, error_model="numpy")
def _yakopcic(p, x, v):
    current = (p[0] if v >= 0.0 else p[1]) * x * math.sinh(p[2] * v)
    above = max(math.exp(v) - math.exp(p[3]), 0.0)
    below = max(math.exp(-v) - math.exp(p[4]), 0.0)
    push = p[5] * above - p[6] * below
    up, down = p[7], 1.0 - p[8]
    if p[11] * v >= 0.0:
        share = math.exp(-p[9] * (x - up)) * ((up - x) / (1.0 - up) + 1.0) if x >= up else 1.0
    else:
        share = math.exp(p[10] * (x - down)) * x / down if x <= down else 1.0
    return current, p[11] * push * share


@njit(cache=True, error_model="numpy")
def _stanford_pku(p, g, v):
    current = p[0] * math.exp(-g / p[1]) * math.sinh(v / p[2])
    thermal = _VOLT_PER_KELVIN * (p[13] + abs(v * current) * p[9])
    gamma = p[5] - p[6] * (g / 1e-9) ** 3
    if gamma * abs(v) / p[8] < p[10]:
        gamma = 0.0
    field = gamma * p[7] / p[8] * v
    return current, -p[3] * 0.5 * (math.exp((field - p[4]) / thermal) - math.exp((-field - p[4]) / thermal))


@njit(cache=True, error_model="numpy")
def law(kind, p, state, voltage):
    """Current [A] and rate of the state [per s] of one device; `p` points to its numbers."""
    if kind == LINEAR_DRIFT:
        return _linear_drift(p, state, voltage)
    if kind == VTEAM:
        return _vteam(p, state, voltage)
    if kind == YAKOPCIC:
        return _yakopcic(p, state, voltage)
    return _stanford_pku(p, state, voltage)
