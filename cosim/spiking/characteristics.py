"""What a neuron does, in numbers that a designer knows: read off its behavioural model.

Not here: the same numbers from the circuit, which the tests compare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.spiking.sfq_neuron import SfqNeuron
from cosim.spiking.soma import EXCITATION, EXCITATORY_STEP, PS, rate_matrix
from cosim.spiking.trains import respond

Array = NDArray[np.float64]

_START = 10e-12
#: Pulses in a line come no closer than this [s].
CLOSEST = 15e-12


@dataclass(frozen=True, kw_only=True)
class Characteristics:
    """At the cell's own threshold current, unless said otherwise. Seconds and ampere."""

    pulses: tuple[int, ...]
    """Numbers of pulses together, 1 … E."""
    threshold_current: tuple[float, ...]
    """Threshold current from which so many pulses together make it fire; NaN for never."""
    latency: float
    """From k pulses together to the output, k the threshold; NaN if it does not fire."""
    latency_all: float
    """The same for all excitatory inputs."""
    refractory: float
    """Least spacing of two volleys of k pulses that both make it fire."""
    leak: float
    """Time constant of the slowest part of the soma's answer to a pulse."""


def characterise(neuron: SfqNeuron, threshold: int) -> Characteristics:
    """Read the characteristics off the model, in some hundred runs of microseconds."""
    count = neuron.excitatory.count
    pulses = tuple(range(1, count + 1))
    return Characteristics(
        pulses=pulses,
        threshold_current=tuple(threshold_of(neuron, k) for k in pulses),
        latency=latency_of(neuron, threshold),
        latency_all=latency_of(neuron, count),
        refractory=refractory_of(neuron, threshold),
        leak=leak_of(neuron),
    )


def threshold_of(neuron: SfqNeuron, pulses: int) -> float:
    """Threshold current [A] from which `pulses` together make the neuron fire."""
    critical = neuron.soma.critical_current
    low, high = -1.5 * critical, 1.0 * critical
    for _ in range(30):
        middle = 0.5 * (low + high)
        if _fires(neuron.with_threshold(middle), [(_START, k) for k in range(pulses)]):
            high = middle
        else:
            low = middle
    return high if high < 0.999 * critical else float("nan")


def latency_of(neuron: SfqNeuron, pulses: int) -> float:
    """Time [s] from `pulses` together to the output; NaN if the neuron does not fire."""
    spikes = _spikes(neuron, [(_START, k) for k in range(min(pulses, neuron.excitatory.count))])
    return float(spikes[0] - _START) if len(spikes) else float("nan")


def refractory_of(neuron: SfqNeuron, pulses: int) -> float:
    """Least spacing [s] of two volleys of `pulses` that both make the neuron fire, from `CLOSEST` on."""
    together = range(min(pulses, neuron.excitatory.count))

    def both(spacing: float) -> bool:
        volleys = [(_START + when, k) for when in (0.0, spacing) for k in together]
        return len(_spikes(neuron, volleys)) == 2

    low, high = CLOSEST, 400e-12
    if both(low):
        return low
    if not both(high):
        return float("nan")
    while high - low > 0.05e-12:
        middle = 0.5 * (low + high)
        if both(middle):
            high = middle
        else:
            low = middle
    return high


def leak_of(neuron: SfqNeuron) -> float:
    """Time constant [s] with which a pulse's current into the soma decays to 1/e from its largest."""
    rate, right = np.linalg.eig(rate_matrix(neuron, 0.8).astype(complex))
    kick = np.zeros(len(rate))
    kick[EXCITATORY_STEP] = 2.0 * np.pi
    times = np.arange(0.0, 200.0, 0.1)
    states = np.real(right @ (np.linalg.solve(right, kick)[:, None] * np.exp(rate[:, None] * times)))
    current = states[EXCITATION]
    peak = int(np.argmax(current))
    below = np.flatnonzero(current[peak:] < current[peak] / np.e)
    return float(times[below[0]]) * PS if len(below) else float("inf")


def _spikes(neuron: SfqNeuron, pulses: list[tuple[float, int]]) -> Array:
    ordered = sorted(pulses)
    times = [time for time, _ in ordered]
    synapses = [synapse for _, synapse in ordered]
    return respond(neuron, [0, len(times)], times, synapses, stop=times[-1] + 200e-12).time


def _fires(neuron: SfqNeuron, pulses: list[tuple[float, int]]) -> bool:
    return len(_spikes(neuron, pulses)) > 0
