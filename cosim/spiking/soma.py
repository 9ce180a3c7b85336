"""`SfqNeuron` as linear systems, one for every line of the sine, with their modes.

Units inside: ps, µA, pH, Ω, µV, rad; then every number is near 1. State (n,): φ, φ', I_e, I_o, the
chains g_e and g_o, and with inhibition I_p, I_s and the chain g_i. A chain holds the part of the
drivers' steps that is still to come.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import CosimError
from cosim.spiking.sfq_neuron import SfqNeuron
from cosim.spiking.sine_segments import Segments, sine_segments

Array = NDArray[np.float64]
PS = 1e-12
_MICRO = 1e-6
#: Φ0/2π in µA·pH.
REDUCED_FLUX = 1.0 / PHASE_PER_FLUX * 1e18

PHASE, SPEED, EXCITATION, OUTPUT = range(4)
#: A driver's step passes this chain of time constants, relative to its rise; they sum to 1. Equal
#: ones would coincide.
STEP_CHAIN = (0.44, 0.33, 0.23)
EXCITATORY_STEP = 4
OUTPUT_STEP = EXCITATORY_STEP + len(STEP_CHAIN)
PRIMARY = OUTPUT_STEP + len(STEP_CHAIN)
SECONDARY = PRIMARY + 1
INHIBITORY_STEP = SECONDARY + 1


_LARGEST_CONDITION = 1e6


class Numbers(NamedTuple):
    """Scalars of one neuron; times in ps, currents in µA."""

    excitatory: float
    """Synapses; so `inhibitory`."""
    excitatory_delay: float
    excitatory_latency: float
    excitatory_share: float
    """Current that one pulse puts into its loop; so `inhibitory_share` into its primary."""
    excitatory_loss: float
    """Rate at which it leaks [1/ps]."""
    excitatory_filling: float
    excitatory_leak: float
    excitatory_bluntness: float
    inhibitory: float
    inhibitory_delay: float
    inhibitory_latency: float
    inhibitory_share: float
    inhibitory_filling: float
    inhibitory_leak: float
    inhibitory_bluntness: float
    reset_delay: float
    reset_slowness: float
    latency: float
    latency_slowness: float
    latency_output: float
    latency_excitation: float


class Tables(NamedTuple):
    """What the kernel needs of one neuron. s lines, k slopes, n states, m modes."""

    low: Array
    high: Array
    kind: NDArray[np.int64]
    """(s,)"""
    equilibrium: Array
    """(s, n)"""
    response: Array
    """(k, n): how far 1 µA more of threshold current moves the equilibrium."""
    modes: NDArray[np.complex128]
    """(k, n, m): state = equilibrium + Re(modes @ amplitudes); one of each conjugate pair, doubled."""
    inverse: NDArray[np.complex128]
    """(k, m, n)"""
    real: Array
    imaginary: Array
    """(k, m) rates [1/ps]."""
    numbers: Numbers
    top: int
    """The line below π/2."""
    half: int
    """The line above π."""


def rate_matrix(neuron: SfqNeuron, slope: float) -> Array:
    """d(state)/dt on a line of the given slope."""
    flux = REDUCED_FLUX
    soma, exc, inh, out = neuron.soma, neuron.excitatory, neuron.inhibitory, neuron.output
    links = len(STEP_CHAIN)
    n = INHIBITORY_STEP + links if inh else PRIMARY
    a = np.zeros((n, n))

    def chain(first: int, rise: float) -> Array:
        """Fill in the chain from state `first` on; the step's rate as a row over the states."""
        times = np.array(STEP_CHAIN) * (rise / PS)
        for link, time in enumerate(times):
            a[first + link, first + link] = -1.0 / time
            if link:
                a[first + link, first + link - 1] = 1.0 / times[link - 1]
        row = np.zeros(n)
        row[first + links - 1] = 1.0 / times[-1]
        return row

    critical, mass = soma.critical_current / _MICRO, soma.capacitance / PS * flux
    a[PHASE, SPEED] = 1.0
    a[SPEED, PHASE] = -critical * slope / mass
    a[SPEED, SPEED] = -soma.conductance * flux / mass
    a[SPEED, EXCITATION] = 1.0 / mass
    a[SPEED, OUTPUT] = -1.0 / mass
    inductance = exc.inductance / PS
    a[EXCITATION] += flux / inductance * chain(EXCITATORY_STEP, exc.rise)
    a[EXCITATION, EXCITATION] = -exc.resistance / inductance
    a[EXCITATION, SPEED] = -exc.count * flux / inductance
    inductance = out.inductance / PS
    a[OUTPUT] -= flux / inductance * chain(OUTPUT_STEP, out.rise)
    a[OUTPUT, OUTPUT] = -out.resistance / inductance
    a[OUTPUT, SPEED] = flux / inductance
    if inh:
        a[SPEED, SECONDARY] = -1.0 / mass
        mutual = inh.mutual_inductance / PS
        coupled = np.array([[inh.primary_inductance / PS, mutual], [mutual, inh.secondary_inductance / PS]])
        force = np.zeros((2, n))
        force[0, PRIMARY] = -inh.primary_resistance
        force[0] += flux * chain(INHIBITORY_STEP, inh.rise)
        force[1, SECONDARY] = -inh.secondary_resistance
        force[1, SPEED] = inh.count * flux
        a[[PRIMARY, SECONDARY]] = np.linalg.solve(coupled, force)
    return a


def tables(neuron: SfqNeuron, segments: Segments | None = None) -> Tables:
    """Diagonalise the neuron on every line.

    Raises CosimError for parameters at which modes coincide (two equal time constants).
    """
    lines = segments or sine_segments()
    soma = neuron.soma
    critical, mass = soma.critical_current / _MICRO, soma.capacitance / PS * REDUCED_FLUX
    drive = neuron.threshold_current / _MICRO
    matrices = [rate_matrix(neuron, slope) for slope in lines.slopes]
    n = len(matrices[0])
    solved = [_modes(a) for a in matrices]
    width = max(len(rate) for rate, _, _ in solved)
    kinds = len(solved)
    modes = np.zeros((kinds, n, width), complex)
    inverse = np.zeros((kinds, width, n), complex)
    rates = np.full((kinds, width), -1.0, complex)
    for k, (rate, right, left) in enumerate(solved):
        modes[k, :, : len(rate)] = right
        inverse[k, : len(rate)] = left
        rates[k, : len(rate)] = rate
    force = np.zeros((len(lines.low), n))
    force[:, SPEED] = (drive - critical * lines.offset) / mass
    equilibrium = np.array([-np.linalg.solve(matrices[k], f) for k, f in zip(lines.kind, force, strict=True)])
    unit = np.zeros(n)
    unit[SPEED] = 1.0 / mass
    response = np.array([-np.linalg.solve(a, unit) for a in matrices], dtype=np.float64)
    return Tables(
        low=lines.low,
        high=lines.high,
        kind=lines.kind,
        equilibrium=equilibrium,
        response=response,
        modes=modes,
        inverse=inverse,
        real=np.ascontiguousarray(np.real(rates)),
        imaginary=np.ascontiguousarray(np.imag(rates)),
        numbers=_numbers(neuron),
        top=lines.top,
        half=lines.half,
    )


def _numbers(neuron: SfqNeuron) -> Numbers:
    exc, inh, out = neuron.excitatory, neuron.inhibitory, neuron.output
    inductance = exc.inductance / PS
    return Numbers(
        excitatory=float(exc.count),
        excitatory_delay=exc.delay / PS,
        excitatory_latency=exc.latency / PS,
        excitatory_share=2.0 * np.pi * REDUCED_FLUX / inductance,
        excitatory_loss=exc.resistance / inductance,
        excitatory_filling=exc.filling,
        excitatory_leak=exc.leak / PS,
        excitatory_bluntness=exc.bluntness,
        inhibitory=float(inh.count) if inh else 0.0,
        inhibitory_delay=inh.delay / PS if inh else 0.0,
        inhibitory_latency=inh.latency / PS if inh else 0.0,
        inhibitory_share=_primary_share(neuron),
        inhibitory_filling=inh.filling if inh else 0.0,
        inhibitory_leak=inh.leak / PS if inh else 1.0,
        inhibitory_bluntness=inh.bluntness if inh else 0.0,
        reset_delay=out.reset_delay / PS,
        reset_slowness=out.reset_slowness,
        latency=out.latency / PS,
        latency_slowness=out.latency_slowness,
        latency_output=out.latency_output / PS * _MICRO,
        latency_excitation=out.latency_excitation / PS * _MICRO,
    )


def _primary_share(neuron: SfqNeuron) -> float:
    """Current [µA] that one pulse puts into its primary."""
    inh = neuron.inhibitory
    if inh is None:
        return 1.0
    seen = inh.primary_inductance - inh.mutual_inductance**2 / inh.secondary_inductance
    return 2.0 * np.pi * REDUCED_FLUX / (seen / PS)


def loop_filling(neuron: SfqNeuron, times: Array, *, inhibitory: bool = False) -> Array:
    """Current (k,) in the loop of the synapse that had a pulse, `times` (k,) [s] after its step began,
    as a part of a full quantum's; the soma stays at rest."""
    rest = rate_matrix(neuron, 1.0)
    rate, right = _eigen(rest)
    kick = np.zeros(len(rest))
    kick[INHIBITORY_STEP if inhibitory else EXCITATORY_STEP] = 2.0 * np.pi
    amplitude = np.linalg.solve(right, kick)
    states = np.real(right @ (amplitude[:, None] * np.exp(rate[:, None] * np.asarray(times) / PS)))
    if inhibitory:
        assert neuron.inhibitory is not None
        return states[PRIMARY] / neuron.inhibitory.count / _primary_share(neuron)
    path = neuron.excitatory
    share = 2.0 * np.pi * REDUCED_FLUX / (path.inductance / PS)
    own = (1.0 - 1.0 / path.count) * np.exp(-np.asarray(times) * path.resistance / path.inductance)
    return states[EXCITATION] / path.count / share + own


def _eigen(a: Array) -> tuple[Any, Any]:
    """Rates (n,) and right vectors (n, n), complex."""
    found = np.linalg.eig(a.astype(complex))
    return found[0], found[1]


def _modes(a: Array) -> tuple[Any, Any, Any]:
    """Rates (m,), right vectors (n, m) with conjugate pairs folded into one, left vectors (m, n)."""
    rate, right = _eigen(a)
    condition = np.linalg.cond(right)
    if not condition < _LARGEST_CONDITION:
        raise CosimError(
            f"modes of the neuron coincide (condition {condition:.1g}); change a time constant by a per cent"
        )
    left = np.linalg.inv(right)
    scale = np.abs(rate).max()
    rate = np.where(np.abs(rate.imag) < 1e-9 * scale, rate.real, rate)
    kept = np.flatnonzero(rate.imag >= 0.0)
    twice = np.where(rate[kept].imag > 0.0, 2.0, 1.0)
    return rate[kept], right[:, kept] * twice, left[kept]
