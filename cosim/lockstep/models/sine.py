"""Sine sources as models: the smallest model there is, and the yardstick of the benchmark."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cosim.lockstep.model import Array, Functions, Model
from cosim.lockstep.ports import CurrentOutput, Port, VoltageOutput


def _output(time, state, reading, parameters, out):
    out[0] = parameters[0] + parameters[1] * math.sin(2.0 * math.pi * parameters[2] * time + parameters[3])


@dataclass(frozen=True, kw_only=True)
class _Sine(Model):
    """offset + amplitude sin(2π f t + phase), in volts or amperes."""

    amplitude: float
    """[V] or [A]."""
    frequency: float
    """[Hz]."""
    offset: float = 0.0
    """[V] or [A]."""
    phase: float = 0.0
    """[rad]."""

    feedthrough = False
    spiking = False
    functions = Functions(output=_output)

    def parameters(self) -> Array:
        """Offset, amplitude, frequency, phase."""
        return np.array([self.offset, self.amplitude, self.frequency, self.phase])


@dataclass(frozen=True, kw_only=True)
class SineVoltage(_Sine):
    """offset + amplitude sin(2π f t + phase) [V], behind a resistance."""

    resistance: float = 0.0
    """[Ω]."""

    @property
    def ports(self) -> tuple[Port, ...]:
        """`out`."""
        return (VoltageOutput("out", self.resistance),)


@dataclass(frozen=True, kw_only=True)
class SineCurrent(_Sine):
    """offset + amplitude sin(2π f t + phase) [A], beside a conductance."""

    conductance: float = 0.0
    """[S]."""

    @property
    def ports(self) -> tuple[Port, ...]:
        """`out`."""
        return (CurrentOutput("out", self.conductance),)
