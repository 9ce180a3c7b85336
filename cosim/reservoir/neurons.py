"""Leaky integrate-and-fire neurons: their parameters and the exact propagators of a step.

    τm dv/dt = −(v − rest) + R·(i_exc + i_inh + i_bias)      (between spikes, outside the refractory time)
    τs di_s/dt = −i_s                                         (s = exc, inh; a spike adds its weight to i_s)

The equations are linear between spikes, so a step of any length is exact (Rotter and Diesmann,
Biological Cybernetics 81, 381 (1999), doi:10.1007/s004220050570). What is not exact on a grid: a spike
counts at the end of the step in which v passes the threshold.

`ConductanceLif` has synapses that are conductances with reversal voltages. Its step is not linear:
see its docstring. Kernels live in `kernel.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

from cosim.errors import NetworkError


class Propagators(NamedTuple):
    """What a step of given length multiplies: all but `drive` without unit times resistance."""

    membrane_decay: float
    excitatory_decay: float
    inhibitory_decay: float
    excitatory_gain: float
    """Volts that one ampere of excitatory current at the start of the step adds by its end."""
    inhibitory_gain: float
    drive: float
    """Volts that `rest` and `bias_current` add in a step."""


@dataclass(frozen=True, kw_only=True)
class Lif:
    """Current-based leaky integrate-and-fire neuron with exponential synapses. All in SI units.

    With `resistance=1` currents and weights read as volts.
    """

    membrane_time: float = 20e-3
    """Time constant τm of the membrane [s], above 0."""
    excitatory_time: float = 5e-3
    """Time constant of currents from positive weights [s], above 0."""
    inhibitory_time: float = 5e-3
    """Time constant of currents from negative weights [s], above 0."""
    threshold: float = 1.0
    """Voltage that fires the neuron [V], above `reset`; `inf` makes a leaky integrator."""
    reset: float = 0.0
    """Voltage after a spike [V]."""
    rest: float = 0.0
    """Voltage without any input [V]; the start as well."""
    refractory: float = 2e-3
    """Time after a spike during which v stays at `reset` [s], rounded to steps; currents go on."""
    resistance: float = 1.0
    """Membrane resistance R [Ω]."""
    bias_current: float = 0.0
    """Constant current [A]."""

    def __post_init__(self) -> None:
        require_times(self, ("membrane_time", "excitatory_time", "inhibitory_time"))
        require_thresholds(self)
        if not (self.resistance > 0 and math.isfinite(self.resistance)):
            raise NetworkError(f"neuron: resistance = {self.resistance} Ω; expected a finite value above 0")

    def propagators(self, step: float) -> Propagators:
        """Return the exact factors of a step of `step` seconds."""
        decay = math.exp(-step / self.membrane_time)
        steady = self.rest + self.resistance * self.bias_current
        return Propagators(
            membrane_decay=decay,
            excitatory_decay=math.exp(-step / self.excitatory_time),
            inhibitory_decay=math.exp(-step / self.inhibitory_time),
            excitatory_gain=self.resistance * _gain(step, self.membrane_time, self.excitatory_time),
            inhibitory_gain=self.resistance * _gain(step, self.membrane_time, self.inhibitory_time),
            drive=steady * -math.expm1(-step / self.membrane_time),
        )


@dataclass(frozen=True, kw_only=True)
class ConductanceLif:
    """Leaky integrate-and-fire neuron whose synapses are conductances in units of the leak.

        τm dv/dt = −(v − rest) − g_exc (v − E_exc) − g_inh (v − E_inh) + bias_voltage

    Weights are conductances over the leak conductance, without unit; a negative weight adds its
    magnitude to g_inh. A step freezes each conductance at its mean over the step and is exact for that
    (exponential Euler at the mean: second order in the step).
    """

    membrane_time: float = 20e-3
    """Time constant τm of the membrane [s], above 0."""
    excitatory_time: float = 5e-3
    """Time constant of g_exc [s], above 0."""
    inhibitory_time: float = 10e-3
    """Time constant of g_inh [s], above 0."""
    threshold: float = -50e-3
    """Voltage that fires the neuron [V], above `reset`."""
    reset: float = -65e-3
    """Voltage after a spike [V]."""
    rest: float = -65e-3
    """Voltage without any input [V]; the start as well."""
    refractory: float = 2e-3
    """Time after a spike during which v stays at `reset` [s], rounded to steps."""
    excitatory_reversal: float = 0.0
    """Reversal voltage E_exc [V]."""
    inhibitory_reversal: float = -80e-3
    """Reversal voltage E_inh [V]."""
    bias_voltage: float = 0.0
    """Constant drive [V]: bias current times leak resistance."""

    def __post_init__(self) -> None:
        require_times(self, ("membrane_time", "excitatory_time", "inhibitory_time"))
        require_thresholds(self)


Neuron = Lif | ConductanceLif


def refractory_steps(neuron: Neuron, step: float) -> int:
    """Return for how many steps after a spike the voltage is held."""
    return round(neuron.refractory / step)


def require_times(neuron: object, names: tuple[str, ...]) -> None:
    """Refuse time constants that are not finite and above 0."""
    for name in names:
        value = getattr(neuron, name)
        if not (value > 0 and math.isfinite(value)):
            raise NetworkError(f"neuron: {name} = {value} s; expected a finite time above 0")


def require_thresholds(neuron: Neuron) -> None:
    """Refuse numbers that are not numbers, a threshold at or below reset, a negative refractory time."""
    for field in fields(neuron):
        if math.isnan(getattr(neuron, field.name)):
            raise NetworkError(f"neuron: {field.name} is not a number")
    if neuron.threshold <= neuron.reset:
        raise NetworkError(
            f"neuron: threshold = {neuron.threshold} V is not above reset = {neuron.reset} V: it "
            "would fire for ever"
        )
    if neuron.refractory < 0:
        raise NetworkError(f"neuron: refractory = {neuron.refractory} s; expected 0 or more")


def _gain(step: float, membrane_time: float, synapse_time: float) -> float:
    """Return ∫₀ʰ e^(−(h−t)/τm) e^(−t/τs) dt/τm, also where both times are (nearly) equal."""
    rate_difference = 1.0 / synapse_time - 1.0 / membrane_time
    argument = rate_difference * step
    ratio = -math.expm1(-argument) / argument if abs(argument) > 1e-12 else 1.0
    return math.exp(-step / membrane_time) * ratio * step / membrane_time
