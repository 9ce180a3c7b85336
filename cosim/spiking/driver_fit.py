"""Fit of the drivers: how long a pulse waits for the current that an earlier one left in the loop."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from cosim.circuits import NeuronDesign, Parasitics
from cosim.spiking.driver import slip_after
from cosim.spiking.measurement import START, TAIL
from cosim.spiking.sfq_neuron import ExcitatoryPath, InhibitoryPath, SfqNeuron
from cosim.spiking.soma import PS, loop_filling
from cosim.spiking.twin_bench import Stimulus, respond

Array = NDArray[np.float64]

_SPACINGS = (16, 18, 20, 22, 24, 27, 30, 34, 38, 42, 47, 54, 62, 72, 85, 100, 130, 180)


@dataclass(frozen=True, kw_only=True)
class DriverMeasurement:
    """Two pulses at one synapse, at n spacings, the soma quiet."""

    latency: float
    """From arrival to slip with an empty loop [s]."""
    spacing: Array
    """(n,) from the first slip of the driver to the second arrival [s]."""
    delay: Array
    """(n,) from the second arrival to the second slip [s]."""


def measure_driver(
    design: NeuronDesign, synapse: int, *, parasitics: Parasitics | None = None
) -> DriverMeasurement:
    """Simulate pairs of pulses at a threshold current at which the soma does not fire."""
    current = design.threshold_current - 0.6 * design.parameters.soma.critical_current
    stimuli = [
        Stimulus(times=(START, START + s * PS), synapses=(synapse, synapse), threshold_current=current)
        for s in _SPACINGS
    ]
    spacing, delay, alone = [], [], []
    for response in respond(design, stimuli, START + max(_SPACINGS) * PS + TAIL, parasitics=parasitics):
        slips = response.drivers[synapse]
        if len(slips) == 2 and len(response.arrivals) == 2 and not len(response.soma):
            alone.append(slips[0] - response.arrivals[0])
            spacing.append(response.arrivals[1] - slips[0])
            delay.append(slips[1] - response.arrivals[1])
    latency = float(np.median(alone)) if alone else 3e-12
    return DriverMeasurement(latency=latency, spacing=np.array(spacing), delay=np.array(delay))


def fit_driver(neuron: SfqNeuron, measured: DriverMeasurement, *, inhibitory: bool = False) -> SfqNeuron:
    """The neuron with the waiting of one kind of driver fitted, its loops taken as they are."""
    path = neuron.inhibitory if inhibitory else neuron.excitatory
    assert path is not None
    leak = path.leak if path.leak > 0.0 else 20e-12
    path = dataclasses.replace(path, latency=measured.latency)
    if len(measured.delay) >= 4:
        early = measured.latency - path.delay
        filling = loop_filling(neuron, measured.spacing + early, inhibitory=inhibitory)
        waits = measured.delay / PS

        def misfit(x: Array) -> Array:
            model = [
                slip_after(x[0] * part, measured.latency / PS, x[1] * leak / PS, x[2]) for part in filling
            ]
            return (np.array(model) - waits) / (0.1 + 0.05 * waits)

        starts = [np.array([size, 1.0, 0.5]) for size in (1.2, 2.0, 3.0, 6.0)]
        found = [least_squares(misfit, x, bounds=([0.3, 0.2, 0.0], [20.0, 4.0, 1.0])) for x in starts]
        x = min(found, key=lambda f: f.cost).x
        path = dataclasses.replace(path, filling=float(x[0]), leak=float(x[1]) * leak, bluntness=float(x[2]))
    if isinstance(path, InhibitoryPath):
        return dataclasses.replace(neuron, inhibitory=path)
    assert isinstance(path, ExcitatoryPath)
    return dataclasses.replace(neuron, excitatory=path)


def driver_errors(neuron: SfqNeuron, measured: DriverMeasurement, *, inhibitory: bool = False) -> Array:
    """(n,) [s]: delay of the twin's driver minus that of the circuit's."""
    path = neuron.inhibitory if inhibitory else neuron.excitatory
    assert path is not None
    filling = loop_filling(neuron, measured.spacing + path.latency - path.delay, inhibitory=inhibitory)
    model = [slip_after(path.filling * f, path.latency / PS, path.leak / PS, path.bluntness) for f in filling]
    return np.array(model) * PS - measured.delay
