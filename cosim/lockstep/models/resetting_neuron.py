"""A neuron whose membrane is in the circuit: it watches a node and resets it.

    node o----+------------------ v reaches the threshold: a spike, then the node is pulled to the
              |                   reset voltage through 1/g for the refractory time
          g (v - reset)
              |
    ref  o----+

The conductance rises and falls within `edge`. ngspice multiplies it with the voltage that it solves
for, so a strong reset is as stable as a switch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cosim.errors import SimulationError
from cosim.lockstep.crossings import NEAR, between, pulse, pulse_bends, pulse_corner, upward
from cosim.lockstep.model import Array, Functions, Model, emit
from cosim.lockstep.ports import NortonOutput, Port

_THRESHOLD, _RESET, _CONDUCTANCE, _WIDTH, _EDGE = range(5)
_PULSE = 0
_NEVER = -1e30


def _output(time, state, reading, parameters, out):
    conductance = pulse(time, state[_PULSE], parameters[_CONDUCTANCE], parameters[_EDGE], parameters[_WIDTH])
    out[0] = conductance * parameters[_RESET]
    out[1] = conductance


def _advance(start, end, before, after, state, parameters, events):
    edge, width, threshold = parameters[_EDGE], parameters[_WIDTH], parameters[_THRESHOLD]
    corner = pulse_bends(start, end, state[_PULSE], edge, width)
    if end >= state[_PULSE] + (width + edge) and before[0] < after[0]:
        near = NEAR * abs(threshold - parameters[_RESET])
        if after[0] >= threshold - near:
            emit(events, between(start, end, before[0], after[0], threshold))
            state[_PULSE] = end
            corner = True
    return 1 if corner else 0


def _next_event(time, state, reading, slope, bend, parameters):
    event = pulse_corner(time, state[_PULSE], parameters[_EDGE], parameters[_WIDTH])
    if event < math.inf:
        return event
    return upward(time, reading[0], slope[0], bend[0], parameters[_THRESHOLD])


@dataclass(frozen=True, kw_only=True)
class ResettingNeuron(Model):
    """Fires when the voltage of its node rises through the threshold, and resets the node."""

    threshold: float
    """[V]."""
    reset: float = 0.0
    """[V]; below the threshold."""
    conductance: float = 1e-3
    """Of the reset path [S]."""
    width: float = 10e-9
    """From the begin of the reset to the begin of its end [s]: the refractory time."""
    edge: float = 10e-12
    """Time in which the conductance rises and falls [s]."""

    feedthrough = False
    functions = Functions(output=_output, advance=_advance, next_event=_next_event)

    def __post_init__(self) -> None:
        if not (self.threshold > self.reset and self.conductance > 0.0 and 0.0 < self.edge <= self.width):
            raise SimulationError(
                "ResettingNeuron needs threshold > reset, conductance > 0 and 0 < edge <= width, got "
                f"{self.threshold!r}, {self.reset!r}, {self.conductance!r}, {self.edge!r}, {self.width!r}"
            )

    @property
    def ports(self) -> tuple[Port, ...]:
        """`node`."""
        return (NortonOutput("node"),)

    def parameters(self) -> Array:
        """See the constants of this file."""
        return np.array([self.threshold, self.reset, self.conductance, self.width, self.edge])

    def initial_state(self) -> Array:
        """Begin of the latest reset."""
        return np.array([_NEVER])
