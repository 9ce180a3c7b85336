"""Devices in their states as cells of an array: the law that the nonlinear solver asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.crossbar.array import Array
from cosim.devices import DeviceModel

#: Half distance of the difference quotient for slopes [V].
PROBE = 1e-5


@dataclass(frozen=True, kw_only=True)
class DeviceCells:
    """See `CellLaw`. The array's conductance only says which cells are there (above zero)."""

    device: DeviceModel
    state: Array
    """(M, N), in the model's unit."""

    def evaluate(self, conductance: Array, voltage: Array) -> tuple[Array, Array, Array]:
        """See `CellLaw`. Slopes by difference quotients; a slope below zero is taken as none."""
        there = conductance > 0
        current = np.where(there, self.device.current(self.state, voltage), 0.0)
        above = self.device.current(self.state, voltage + PROBE)
        below = self.device.current(self.state, voltage - PROBE)
        slope = np.where(there, np.maximum((above - below) / (2 * PROBE), 0.0), 0.0)
        return current, slope, np.where(there, current / np.where(there, conductance, 1.0), 0.0)
