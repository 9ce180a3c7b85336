r"""A resistive-memory cell of `cosim.devices` in a deck, programmed by the voltages that it sees.

    top o---/\/\/---o bottom        i = I(x, v),  dx/dt = f(x, v),  x stops at its bounds

To ngspice the cell is I - G v with G = ∂I/∂v at the voltage expected and the state expected then, so
the nonlinear current enters ngspice's own iteration; what is left is of second order in the step. A
step ends before the state has moved by more than a given part of its range.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from cosim.devices import presets
from cosim.devices.model import DeviceModel, checked_state
from cosim.errors import SimulationError, did_you_mean
from cosim.lockstep.addresses import offset
from cosim.lockstep.model import Array, Compiled, Functions, Model, PythonModel
from cosim.lockstep.models.cell_laws import kind_of, law, numbers_of
from cosim.lockstep.ports import NortonOutput, Port

_KIND, _LOW, _HIGH, _LARGEST, _DEVICE = range(5)
_X, _RATE, _TIME = range(3)
#: Half the voltage over which the conductance is taken [V].
_DELTA = 1e-5
#: The state moves by at most this part of its range in one inner step.
_INNER = 2e-3
_MOST_INNER = 1_000_000


@njit(cache=True, error_model="numpy")
def _bounded(x, low, high):
    return min(max(x, low), high)


@njit(cache=True, error_model="numpy")
def _settle(kind, device, x, low, high, before, after, span):
    """The state after `span` seconds in which the voltage goes from `before` to `after` in a line: Heun's
    method, steps by the distance that the state goes."""
    done, count = 0.0, 0
    step = span
    while done < span and count < _MOST_INNER:
        count += 1
        step = min(step, span - done)
        voltage = before + (after - before) * done / span
        _, first = law(kind, device, x, voltage)
        ahead = before + (after - before) * (done + step) / span
        _, second = law(kind, device, _bounded(x + step * first, low, high), ahead)
        moved = step * max(abs(first), abs(second)) / (high - low)
        stuck = (x <= low and first <= 0.0 and second <= 0.0) or (
            x >= high and first >= 0.0 and second >= 0.0
        )
        if moved > _INNER and not stuck and step > 1e-9 * span:
            step *= max(0.1, 0.9 * _INNER / moved)
            continue
        x = _bounded(x + 0.5 * step * (first + second), low, high)
        done += step
        step *= 2.0
    return x


def _output(time, state, reading, parameters, out):
    kind, device = int(parameters[_KIND]), offset(parameters, _DEVICE)
    x = _bounded(state[_X] + state[_RATE] * (time - state[_TIME]), parameters[_LOW], parameters[_HIGH])
    above, _ = law(kind, device, x, reading[0] + _DELTA)
    below, _ = law(kind, device, x, reading[0] - _DELTA)
    conductance = (above - below) / (2.0 * _DELTA)
    out[0] = conductance * reading[0] - 0.5 * (above + below)
    out[1] = conductance


def _advance(start, end, before, after, state, parameters, events):
    kind, low, high = int(parameters[_KIND]), parameters[_LOW], parameters[_HIGH]
    device = offset(parameters, _DEVICE)
    x = _settle(kind, device, state[_X], low, high, before[0], after[0], end - start)
    _, rate = law(kind, device, x, after[0])
    state[_X], state[_RATE], state[_TIME] = x, rate, end
    return 0


def _next_event(time, state, reading, slope, bend, parameters):
    low, high = parameters[_LOW], parameters[_HIGH]
    x, rate = state[_X], state[_RATE]
    if rate == 0.0 or (x <= low and rate < 0.0) or (x >= high and rate > 0.0):
        return math.inf
    return time + parameters[_LARGEST] * (high - low) / abs(rate)


@dataclass(frozen=True, kw_only=True)
class ResistiveCell(Model):
    """A two-terminal cell; its port `cell` goes from the top to the bottom electrode.

    Devices of `cosim.devices` that are compiled here run as C functions, any other `DeviceModel` in Python.
    The state at the end is in the result's `stats`, as `XCELL.state` for an instance `Xcell`.
    """

    device: DeviceModel
    """See `cosim.devices` and its presets."""
    state: float
    """At t = 0, in the device's unit."""
    largest_change: float = 0.02
    """A step of ngspice's moves the state by at most about this part of its range."""

    spiking = False
    functions = Functions(output=_output, advance=_advance, next_event=_next_event)

    def __post_init__(self) -> None:
        checked_state(self.device, self.state)
        if not 0.0 < self.largest_change <= 1.0:
            raise SimulationError(f"largest_change is a part of the range, got {self.largest_change!r}")

    @classmethod
    def value_from_text(cls, name: str, text: str) -> Any:
        """`device=KVATINSKY_2015` is a preset of `cosim.devices`."""
        if name != "device":
            return super().value_from_text(name, text)
        known = [preset for preset in presets.__all__ if hasattr(getattr(presets, preset), "rate")]
        if text.upper() not in known:
            raise SimulationError(
                f"no preset {text!r}{did_you_mean(text, known)}; there are {', '.join(known)}"
            )
        return getattr(presets, text.upper())

    @property
    def ports(self) -> tuple[Port, ...]:
        """`cell`."""
        return (NortonOutput("cell"),)

    def parameters(self) -> Array:
        """Law, bounds, largest change, numbers of the device."""
        kind = kind_of(self.device)
        low, high = (np.asarray(bound).item() for bound in self.device.bounds)
        head = np.array([-1.0 if kind is None else kind, low, high, self.largest_change])
        return head if kind is None else np.concatenate([head, numbers_of(self.device)])

    def initial_state(self) -> Array:
        """State, its rate, its time."""
        return np.array([self.state, 0.0, 0.0])

    @property
    def final(self) -> dict[str, int]:
        """What of the state the result tells: name, place."""
        return {"state": _X}

    def compiled(self) -> Compiled:
        """Compiled where the device has a law here."""
        return super().compiled() if kind_of(self.device) is not None else _InPython(self.device).compiled()


class _InPython(PythonModel):
    """The same with the device's own methods."""

    def __init__(self, device: DeviceModel) -> None:
        self._device = device

    def _law(self, x: float, voltage: float) -> tuple[float, float]:
        state, volts = np.array([x]), np.array([voltage])
        return float(self._device.current(state, volts)[0]), float(self._device.rate(state, volts)[0])

    def output(self, time: float, state: Any, reading: Any, parameters: Any, out: Any) -> None:
        """As `_output`."""
        x = min(max(state[_X] + state[_RATE] * (time - state[_TIME]), parameters[_LOW]), parameters[_HIGH])
        above, below = (self._law(x, reading[0] + sign * _DELTA)[0] for sign in (1.0, -1.0))
        out[1] = (above - below) / (2.0 * _DELTA)
        out[0] = out[1] * reading[0] - 0.5 * (above + below)

    def advance(
        self, start: float, end: float, before: Any, after: Any, state: Any, parameters: Any, events: Any
    ) -> int:
        """As `_advance`, one step of Heun's a step of ngspice's."""
        low, high = parameters[_LOW], parameters[_HIGH]
        x, span = state[_X], end - start
        first = self._law(x, before[0])[1]
        second = self._law(min(max(x + span * first, low), high), after[0])[1]
        x = min(max(x + 0.5 * span * (first + second), low), high)
        state[_X], state[_RATE], state[_TIME] = x, self._law(x, after[0])[1], end
        return 0

    def next_event(
        self, time: float, state: Any, reading: Any, slope: Any, bend: Any, parameters: Any
    ) -> float:
        """As `_next_event`."""
        return float(_next_event(time, state, reading, slope, bend, parameters))
