"""Parameters of the behavioural neuron: a soma, its synapses and its output.

Physics (RCSJ soma, L/R loops; phases φ, reduced flux quantum Φ = Φ0/2π):

    C Φ φ'' + G Φ φ' + Ic s(φ) = ith + I_e - I_o - I_s        soma, s(φ) ≈ sin φ in straight lines
    L_e I_e' + R_e I_e         = Φ (ψ_e' - E φ')              all E excitatory loops together
    L_p I_p' + M I_s' + R_p I_p = Φ ψ_i'                      primaries of the I transformers
    L_s I_s' + M I_p' + R_n I_s = Φ I φ'                      secondaries
    L_o I_o' + R_o I_o         = Φ (φ' - ψ_o')                loop to the output junction

A pulse steps the phase ψ of its driver by 2π, `delay` after it reached the neuron and within about
`rise`; a current that is left in the driver's loop makes it wait (`driver.py`).
The soma's own slip (φ through π) is the spike: it takes flux out of all loops, which is the reset.
The output junction follows `reset_delay` later, and the pulse leaves `latency` after the slip.

Not here: the solution (`soma.py`, `kernel.py`) and the fit (`calibration.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Self

from cosim.errors import CosimError


class _Positive:
    """Checks that every number of a dataclass is finite and not negative."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            checked = isinstance(value, float | int) and field.name not in _SIGNED
            if checked and not (math.isfinite(value) and value >= 0.0):
                raise CosimError(f"{type(self).__name__}.{field.name} must be 0 or more, got {value!r}")


_SIGNED = frozenset(
    {
        "threshold_current",
        "mutual_inductance",
        "reset_slowness",
        "latency_slowness",
        "latency_output",
        "latency_excitation",
    }
)


@dataclass(frozen=True, kw_only=True)
class Soma(_Positive):
    """The threshold junction."""

    critical_current: float
    """[A]; fitted, within some per cent of the junction's own."""
    conductance: float
    """Shunt and subgap conductance [S]."""
    capacitance: float
    """[F]."""


@dataclass(frozen=True, kw_only=True)
class ExcitatoryPath(_Positive):
    """One of `count` equal galvanic synapses."""

    count: int
    inductance: float
    """Of the loop, driver and line behind it included [H]."""
    resistance: float
    """[Ω]; the loop leaks with L/R and the soma's inductance."""
    delay: float
    """From the slip of the junction before the neuron to the begin of the driver's step [s]."""
    latency: float
    """From there to the slip of the driver, its phase through π, when its loop is empty [s]."""
    rise: float
    """Duration of the step [s]."""
    filling: float
    """A full quantum in the loop, in units of the current that blocks the driver (`driver.py`)."""
    leak: float
    """Time constant with which a blocking current leaks [s]."""
    bluntness: float
    """0 … 1: how late a smaller loop current begins to matter."""


@dataclass(frozen=True, kw_only=True)
class InhibitoryPath(_Positive):
    """One of `count` equal transformer synapses."""

    count: int
    primary_inductance: float
    primary_resistance: float
    secondary_inductance: float
    secondary_resistance: float
    mutual_inductance: float
    """[H]; negative: a step in the primary takes current out of the soma."""
    delay: float
    latency: float
    rise: float
    filling: float
    leak: float
    bluntness: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mutual_inductance**2 >= self.primary_inductance * self.secondary_inductance:
            raise CosimError(
                "InhibitoryPath.mutual_inductance must stay below the geometric mean of the inductances, "
                f"got {self.mutual_inductance!r} H"
            )


@dataclass(frozen=True, kw_only=True)
class OutputPath(_Positive):
    """The loop from the soma to the output junctions."""

    inductance: float
    resistance: float
    reset_delay: float
    """From the soma's slip to that of the first output junction [s]. A soma that falls back before
    it has cancelled its spike."""
    rise: float
    latency: float
    """From the soma's slip to that of the last output junction [s]."""
    reset_slowness: float
    """A slow slip drives the output junction late: this many radians over the soma's φ' at π."""
    latency_slowness: float
    """The same for the last output junction [rad]."""
    latency_output: float
    """Change of the latency with the current that the loop carries when the soma slips [s/A]."""
    latency_excitation: float
    """The same with the current of the excitatory loops [s/A]."""


@dataclass(frozen=True, kw_only=True)
class CellJunctions(_Positive):
    """Critical currents [A] of the junctions that slip, for the energy: of a driver of either kind, of
    the soma, and of the output junctions together."""

    excitatory: float
    inhibitory: float
    soma: float
    outputs: float


@dataclass(frozen=True, kw_only=True)
class SfqNeuron:
    """Behavioural twin of one neuron cell. Synapses: the excitatory ones first, then the inhibitory.

    SI units throughout. `threshold_current` [A] sets the threshold: more of it, fewer pulses fire.
    """

    threshold_current: float
    soma: Soma
    excitatory: ExcitatoryPath
    inhibitory: InhibitoryPath | None
    output: OutputPath
    junctions: CellJunctions

    @property
    def inputs(self) -> int:
        return self.excitatory.count + (self.inhibitory.count if self.inhibitory else 0)

    def with_threshold(self, threshold_current: float) -> Self:
        """The same cell at another threshold current [A]."""
        return replace(self, threshold_current=threshold_current)
