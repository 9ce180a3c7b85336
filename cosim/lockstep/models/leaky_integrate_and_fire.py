"""A leaky integrate-and-fire neuron with a virtual ground as its input.

                 +-------------------+
    in  o--(A)---| C v' = i - v/R    |---o out: a pulse for every spike
                 | v = θ: spike, v=0 |
                 +-------------------+

Between points the current is a straight line, for which the membrane has a closed form:
v(s) = R (i - i' τ) + R i' s + (v - R (i - i' τ)) exp(-s/τ), τ = RC. Its crossing of the threshold is
found in it and the step ends there, so firing times do not depend on the circuit's steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from cosim.errors import SimulationError
from cosim.lockstep.crossings import NEAR, pulse, pulse_bends, pulse_corner, upward
from cosim.lockstep.model import Array, Functions, Model, emit
from cosim.lockstep.ports import Ammeter, Port, VoltageOutput

_CAPACITANCE, _RESISTANCE, _THRESHOLD, _REFRACTORY, _HEIGHT, _EDGE, _WIDTH = range(7)
_VOLTAGE, _READY, _PULSE = range(3)
_NEVER = -1e30
_MOST_ROUNDS = 40


@njit(cache=True, error_model="numpy")
def _membrane(s, voltage, current, slope, resistance, tau):
    """Voltage `s` after it was `voltage`, under a current that is a straight line."""
    settled = resistance * (current - slope * tau)
    return settled + resistance * slope * s + (voltage - settled) * math.exp(-s / tau)


@njit(cache=True, error_model="numpy")
def _refine(s, voltage, current, slope, resistance, tau, threshold):
    """Newton's method for the time at which the membrane is at the threshold, from near it."""
    for _ in range(_MOST_ROUNDS):
        value = _membrane(s, voltage, current, slope, resistance, tau)
        rate = (resistance * (current + slope * s) - value) / tau
        if rate <= 0.0:
            return math.inf
        change = (threshold - value) / rate
        s += change
        if abs(change) <= 1e-12 * tau:
            break
    return s


def _output(time, state, reading, parameters, out):
    out[0] = pulse(time, state[_PULSE], parameters[_HEIGHT], parameters[_EDGE], parameters[_WIDTH])


def _advance(start, end, before, after, state, parameters, events):
    resistance, threshold = parameters[_RESISTANCE], parameters[_THRESHOLD]
    tau = resistance * parameters[_CAPACITANCE]
    slope = (after[0] - before[0]) / (end - start)
    corner = pulse_bends(start, end, state[_PULSE], parameters[_EDGE], parameters[_WIDTH])
    now = start
    while now < end:
        if state[_READY] > now:
            now = min(state[_READY], end)
            continue
        current = before[0] + slope * (now - start)
        value = _membrane(end - now, state[_VOLTAGE], current, slope, resistance, tau)
        if value < threshold * (1.0 - NEAR):
            state[_VOLTAGE] = value
            break
        s = _refine(end - now, state[_VOLTAGE], current, slope, resistance, tau, threshold)
        fired = min(max(now + s, now), end) if abs(end - now - s) > NEAR * tau else now + s
        emit(events, fired)
        state[_VOLTAGE] = 0.0
        state[_READY] = fired + parameters[_REFRACTORY]
        # A pulse that is not over goes on from where it is.
        high = pulse(end, state[_PULSE], 1.0, parameters[_EDGE], parameters[_WIDTH])
        state[_PULSE] = end - high * parameters[_EDGE]
        corner = True
        now = max(fired, now)
        if parameters[_REFRACTORY] == 0.0 and fired >= end:
            break
    return 1 if corner else 0


def _next_event(time, state, reading, slope, bend, parameters):
    event = pulse_corner(time, state[_PULSE], parameters[_EDGE], parameters[_WIDTH])
    if state[_READY] > time:
        return min(event, state[_READY])
    resistance, threshold = parameters[_RESISTANCE], parameters[_THRESHOLD]
    tau = resistance * parameters[_CAPACITANCE]
    rate = (resistance * reading[0] - state[_VOLTAGE]) / tau
    curvature = (resistance * slope[0] - rate) / tau
    crossing = upward(time, state[_VOLTAGE], rate, curvature, threshold)
    if crossing - time < tau:
        s = _refine(crossing - time, state[_VOLTAGE], reading[0], slope[0], resistance, tau, threshold)
        if s > 0.0:
            crossing = time + s
    return min(event, crossing)


@dataclass(frozen=True, kw_only=True)
class LeakyIntegrateAndFire(Model):
    """Input current in, voltage pulses out.

    The input is a short to the second node of its port (ground, if the card names none): a virtual
    ground. Spikes are in the result's `pulses` under the instance's name.
    """

    capacitance: float
    """Of the membrane [F]."""
    resistance: float
    """Leak of the membrane [Ω]."""
    threshold: float
    """[V]."""
    refractory: float = 0.0
    """[s]; the membrane rests at 0 V as long."""
    height: float = 1.0
    """Of the output pulse [V]."""
    width: float = 10e-9
    """From the begin of the pulse's rise to the begin of its fall [s]."""
    edge: float = 1e-9
    """Rise and fall [s]."""
    output_resistance: float = 50.0
    """[Ω]."""

    feedthrough = False
    functions = Functions(output=_output, advance=_advance, next_event=_next_event)

    def __post_init__(self) -> None:
        for name in ("capacitance", "resistance", "threshold", "width", "edge"):
            if not getattr(self, name) > 0.0:
                raise SimulationError(
                    f"LeakyIntegrateAndFire.{name} must be above 0, got {getattr(self, name)!r}"
                )
        if self.edge > self.width or self.refractory < 0.0:
            raise SimulationError(
                "LeakyIntegrateAndFire: the edge must not exceed the width, nor refractory be < 0"
            )

    @property
    def ports(self) -> tuple[Port, ...]:
        """`in`, `out`."""
        return (Ammeter("in"), VoltageOutput("out", self.output_resistance))

    def parameters(self) -> Array:
        """See the constants of this file."""
        return np.array(
            [
                self.capacitance,
                self.resistance,
                self.threshold,
                self.refractory,
                self.height,
                self.edge,
                self.width,
            ]
        )

    def initial_state(self) -> Array:
        """Membrane voltage, end of the refractory time, begin of the latest pulse."""
        return np.array([0.0, _NEVER, _NEVER])
