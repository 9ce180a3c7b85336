"""One write pulse on one cell of an array, and what all the others see of it.

The voltages over all cells are those of the array with its lines and its nonlinear devices, solved
exactly (`solve_nonlinear`). They change while states change: a pulse is taken in as many parts as keep
every cell's voltage within `voltage_tolerance` from beginning to end of a part, and each part is taken at
the mean of both (second order).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.crossbar.array import Array, Crossbar, Lines
from cosim.crossbar.drive import Drive
from cosim.crossbar.newton import solve_nonlinear
from cosim.crossbar.programming.device_cells import DeviceCells
from cosim.crossbar.programming.schemes import ISOLATED, BiasScheme
from cosim.crossbar.solution import Nodes, Solution
from cosim.devices import DeviceModel, apply_pulse, cells_of, checked_state, conductance
from cosim.errors import SimulationError

#: No part of a pulse is shorter than the pulse over this; parts grow again once a device has switched.
PARTS = 1e9


@dataclass(frozen=True, kw_only=True)
class _Bias:
    """What the cells see at one moment of a pulse."""

    across: Array
    """(M, N) [V]."""
    power: float
    """Of all terminals [W]."""
    nodes: Nodes | None
    """Of the solution, to start the next from."""


@dataclass(frozen=True, kw_only=True)
class WritePath:
    """Devices of an array and the lines through which they are written and read."""

    device: DeviceModel
    """For all cells, or one a cell (`vary` with the array's shape)."""
    scheme: BiasScheme = ISOLATED
    word_lines: Lines | None = None
    """None: lines without resistance."""
    bit_lines: Lines | None = None
    read_voltage: float = 0.1
    """[V] at which conductances are verified."""
    voltage_tolerance: float = 0.01
    """Largest change of a cell's voltage within one part of a pulse, over the pulse's voltage."""
    state_tolerance: float = 1e-6
    """Error of a step of a state, over its range; see `apply_pulse`."""

    def __post_init__(self) -> None:
        if (self.word_lines is None) != (self.bit_lines is None):
            raise SimulationError("lines of one direction only have a resistance; give both, or none")
        if not self.read_voltage > 0 or not 0 < self.voltage_tolerance <= 1:
            raise SimulationError(
                f"read voltage is {self.read_voltage} V, voltage tolerance {self.voltage_tolerance}; "
                "expected above 0, and above 0 up to 1"
            )

    def cell_voltages(self, state: Array, row: int, column: int, voltage: float) -> Array:
        """(M, N) voltage over each cell [V] while (`row`, `column`) is written."""
        return self._biased(state, row, column, voltage, None).across

    def pulse(
        self,
        state: Array,
        row: int,
        column: int,
        voltage: float,
        width: float,
        *,
        random: np.random.Generator | None = None,
    ) -> Array:
        """(M, N) states after one pulse of `voltage` [V] and `width` [s] on cell (`row`, `column`).

        Raises `SimulationError` for a cell that is not there, states out of bounds, a network without
        solution, and pulses that change the array too fast to be followed.
        """
        return self.pulse_energy(state, row, column, voltage, width, random=random)[0]

    def pulse_energy(
        self,
        state: Array,
        row: int,
        column: int,
        voltage: float,
        width: float,
        *,
        random: np.random.Generator | None = None,
    ) -> tuple[Array, float]:
        """As `pulse`, and the energy [J] that all terminals gave: cells, those half selected, and lines."""
        x = np.array(checked_state(self.device, state))
        before = self._biased(x, row, column, voltage, None)
        if not np.any(self.device.rate(x, before.across)):
            return x, before.power * width
        if self.word_lines is None:
            x = self._moved(x, before.across, width, random)
            power = before.power + self._biased(x, row, column, voltage, None).power
            return x, 0.5 * power * width
        left, part, energy = width, width, 0.0
        while left > 0:
            part = min(part, left)
            ahead = self._moved(x, before.across, part)
            after = self._biased(ahead, row, column, voltage, before.nodes)
            if np.abs(after.across - before.across).max() > self.voltage_tolerance * abs(voltage):
                part *= 0.5
                if part < width / PARTS:
                    raise SimulationError(
                        f"a pulse of {voltage:g} V and {width:g} s on cell ({row}, {column}) changes the "
                        f"array within {part:g} s; lower its voltage, or raise voltage_tolerance"
                    )
                continue
            x = self._moved(x, 0.5 * (before.across + after.across), part, random)
            energy += 0.5 * (before.power + after.power) * part
            before, left = after, left - part
            left = 0.0 if left < 1e-12 * width else left
            part *= 2.0
        return x, energy

    def read(self, state: Array, row: int, column: int) -> float:
        """Conductance [S] that reading cell (`row`, `column`) through the lines shows.

        The selected word line at the read voltage, all other lines at 0 V: the current of the bit line.
        """
        self._place(state, row, column)
        if self.word_lines is None:
            one = cells_of(self.device, (row, column))
            return float(conductance(one, state[row, column], self.read_voltage))
        words = np.zeros(state.shape[0])
        words[row] = self.read_voltage
        answer = self._solved(state, row, column, Drive(left=words, right=words), None)
        return float(answer.outputs[0, column]) / self.read_voltage

    def conductances(self, state: Array) -> Array:
        """(M, N) [S] of the devices themselves at the read voltage."""
        return conductance(self.device, state, self.read_voltage)

    def _biased(self, state: Array, row: int, column: int, voltage: float, start: Nodes | None) -> _Bias:
        self._place(state, row, column)
        if self.word_lines is None:
            across = self.scheme.ideal_voltages(_shape(state), row, column, voltage)
            power = float(np.sum(across * self.device.current(state, across)))
            return _Bias(across=across, power=power, nodes=None)
        drive = self.scheme.drive(_shape(state), row, column, voltage)
        answer = self._solved(state, row, column, drive, start)
        if answer.nodes is None:
            raise ValueError("node voltages were not kept")
        across = answer.nodes.word_voltage[0] - answer.nodes.bit_voltage[0]
        if self.scheme.isolated:
            alone = np.zeros_like(across)
            alone[row, column] = across[row, column]
            across = alone
        return _Bias(across=across, power=float(answer.power[0]), nodes=answer.nodes)

    def _solved(self, state: Array, row: int, column: int, drive: Drive, start: Nodes | None) -> Solution:
        if self.word_lines is None or self.bit_lines is None:
            raise ValueError("lines without resistance are not solved")
        there = np.maximum(self.conductances(state), 1e-30)
        if self.scheme.isolated:
            alone = np.zeros_like(there)
            alone[row, column] = there[row, column]
            there = alone
        array = Crossbar(conductance=there, word_lines=self.word_lines, bit_lines=self.bit_lines)
        law = DeviceCells(device=self.device, state=state)
        answer = solve_nonlinear(array, law, drive, nodes=True, start=start, tolerance=1e-8)
        if not answer.converged:
            raise SimulationError(f"writing cell ({row}, {column}): {answer.message}")
        return answer

    def _moved(
        self, state: Array, voltages: Array, width: float, random: np.random.Generator | None = None
    ) -> Array:
        """Only devices that move are integrated."""
        moving = np.asarray(self.device.rate(state, voltages)) != 0
        after = np.array(state)
        if moving.any():
            after[moving] = apply_pulse(
                cells_of(self.device, moving),
                state[moving],
                voltages[moving],
                width,
                random=random,
                tolerance=self.state_tolerance,
            )
        return after

    def _place(self, state: Array, row: int, column: int) -> None:
        if state.ndim != 2 or not (0 <= row < state.shape[0] and 0 <= column < state.shape[1]):
            raise SimulationError(f"cell ({row}, {column}) is not in an array of shape {state.shape}")


def _shape(state: Array) -> tuple[int, int]:
    return state.shape[0], state.shape[1]
