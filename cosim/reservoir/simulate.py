"""Runs of a reservoir: many samples over threads, each the same whatever the threads."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.encoding import Events
from cosim.errors import NetworkError
from cosim.reservoir import kernel
from cosim.reservoir.neurons import ConductanceLif, Lif, Neuron, refractory_steps
from cosim.reservoir.samples import over_samples, spike_events, steps_of, window_rows
from cosim.reservoir.synapses import Synapses


@dataclass(frozen=True, kw_only=True)
class Reservoir:
    """Neurons of one kind, what feeds them, and how they feed each other."""

    neuron: Neuron
    inputs: Synapses
    """from input channels to neurons"""
    recurrent: Synapses
    """from neurons to neurons"""
    read_noise: float = 0.0
    """Relative standard deviation of each weight at each use, as of a cell that is read; 0 or more."""

    def __post_init__(self) -> None:
        neurons = self.recurrent.targets
        if self.recurrent.sources != neurons:
            raise NetworkError(
                f"reservoir: recurrent synapses lead from {self.recurrent.sources} to {neurons} neurons"
            )
        if self.inputs.targets != neurons:
            raise NetworkError(
                f"reservoir: inputs end on {self.inputs.targets} neurons, recurrent synapses on {neurons}"
            )
        if not (0 <= self.read_noise < math.inf):
            raise NetworkError(f"reservoir: read_noise = {self.read_noise}; expected 0 or more")

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.recurrent.targets

    @property
    def channels(self) -> int:
        """Number of input channels."""
        return self.inputs.sources


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What a batch of samples did."""

    counts: NDArray[np.int32]
    """(samples, windows, neurons) spikes"""
    spikes: tuple[Events, ...]
    """of each sample, at the ends of the steps in which they fell; empty unless asked for"""
    voltages: NDArray[np.float64]
    """(samples, steps, traced neurons) [V] at the ends of the steps"""
    synaptic_events: NDArray[np.int64]
    """(samples,) how many times a synapse was used"""
    step: float
    """[s]"""
    duration: float
    """[s]"""

    def rates(self) -> NDArray[np.float64]:
        """Return (samples, neurons) mean rates [1/s]."""
        return self.counts.sum(axis=1) / self.duration


def run(
    reservoir: Reservoir,
    samples: Sequence[Events],
    *,
    step: float = 1e-3,
    duration: float | None = None,
    windows: int = 1,
    record_spikes: bool = False,
    record_voltages: Sequence[int] = (),
    current: ArrayLike | None = None,
    start: ArrayLike | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Activity:
    """Run each sample from rest.

    Args:
        samples: input spikes, one `Events` a sample, of `reservoir.channels` channels.
        step: time step [s]. States between spikes are exact; spikes and delays lie on this grid.
        duration: time to simulate [s]; the longest sample's when not given.
        windows: number of equal parts of the duration in which spikes are counted apart.
        record_spikes: keep each spike (in `Activity.spikes`), not only counts.
        record_voltages: neurons whose voltages are kept.
        current: additional current, (neurons,) or (steps, neurons) [A] (V for `ConductanceLif`), the same for
            all samples.
        start: (neurons,) voltages at the start [V]; `rest` when not given.
        seed: key of the read noise; sample n draws from (seed, n).
        threads: samples at a time; as many as there are cores when not given. Results do not depend on it.
        progress: called with 1 after each sample.

    Raises:
        NetworkError: shapes that do not fit, a step that is too long for the refractory time or a delay.
    """
    steps = steps_of(samples, reservoir.channels, step, duration)
    network, constants = compiled(reservoir, step)
    neurons = reservoir.neurons
    window = window_rows(steps, windows)
    currents = _currents(reservoir.neuron, current, neurons, steps, step)
    traced = np.asarray(record_voltages, dtype=np.int64)
    if traced.size and not (traced.min() >= 0 and traced.max() < neurons):
        raise NetworkError(
            f"reservoir: record_voltages from {traced.min()} to {traced.max()}; there are {neurons}"
        )
    first = np.full(neurons, reservoir.neuron.rest) if start is None else np.asarray(start, dtype=np.float64)
    if first.shape != (neurons,):
        raise NetworkError(f"reservoir: start has shape {first.shape}; expected ({neurons},)")
    counts = np.zeros((len(samples), windows, neurons), dtype=np.int32)
    voltages = np.zeros((len(samples), steps, traced.size))

    def one(number: int) -> tuple[NDArray, NDArray, int]:
        sample = samples[number]
        key = int(np.random.SeedSequence([seed, number]).generate_state(1, np.uint64)[0] >> 1)
        rows, who, events = kernel.run_sample(
            steps,
            neurons,
            constants,
            network,
            sample.steps(step),
            sample.channel,
            currents,
            fresh(network, neurons, first),
            window,
            counts[number],
            traced,
            voltages[number],
            record_spikes,
            float(reservoir.read_noise),
            key,
        )
        return rows, who, int(events)

    answers = over_samples(one, len(samples), threads, progress)
    return Activity(
        counts=counts,
        spikes=tuple(spike_events(rows, who, neurons, steps, step) for rows, who, _ in answers)
        if record_spikes
        else (),
        voltages=voltages,
        synaptic_events=np.array([events for _, _, events in answers], dtype=np.int64),
        step=step,
        duration=steps * step,
    )


def fresh(network: kernel.Network, neurons: int, voltages: NDArray[np.float64]) -> kernel.State:
    """Return the state of a reservoir in which nothing has happened yet."""
    return kernel.State(
        np.zeros(network.slots * network.row),
        voltages.copy(),
        np.zeros(neurons),
        np.zeros(neurons),
        np.empty(neurons, np.int32),
        np.empty(neurons, np.int32),
        np.zeros(3, np.int64),
    )


def compiled(reservoir: Reservoir, step: float) -> tuple[kernel.Network, kernel.Constants]:
    """Return what the kernel needs for steps of `step` seconds."""
    if not (step > 0 and math.isfinite(step)):
        raise NetworkError(f"reservoir: step = {step} s; expected a finite time above 0")
    neurons = reservoir.neurons
    constants = constants_of(reservoir.neuron, step)
    merged = isinstance(reservoir.neuron, Lif) and constants.d_e == constants.d_i
    half = 1 << (neurons - 1).bit_length()
    row = half if merged else 2 * half
    delays = [np.rint(part.delay / step).astype(np.int64) for part in (reservoir.inputs, reservoir.recurrent)]
    slots = 1 << (max(int(delay.max(initial=0)) for delay in delays) + 1).bit_length()
    if slots * row >= 1 << 32:
        raise NetworkError(
            f"reservoir: {neurons} neurons and delays of {slots} steps need a buffer of {slots * row} "
            f"places, beyond {1 << 32}: take a longer step or shorter delays"
        )
    travels = [
        (delay * row + (0 if merged else half) * (part.weight < 0) + part.target).astype(np.uint32)
        for part, delay in zip((reservoir.inputs, reservoir.recurrent), delays, strict=True)
    ]
    shared = [int(delay[0]) * row if delay.size and np.all(delay == delay[0]) else -1 for delay in delays]
    network = kernel.Network(
        reservoir.inputs.offsets,
        travels[0],
        reservoir.inputs.weight,
        reservoir.recurrent.offsets,
        travels[1],
        reservoir.recurrent.weight,
        shared[0],
        shared[1],
        slots,
        row,
        merged,
    )
    return network, constants


def constants_of(neuron: Neuron, step: float) -> kernel.Constants:
    """Return the numbers of a neuron for steps of `step` seconds."""
    held = refractory_steps(neuron, step)
    if isinstance(neuron, Lif):
        p = neuron.propagators(step)
        return kernel.Constants(
            False,
            p.membrane_decay,
            p.excitatory_decay,
            p.inhibitory_decay,
            p.excitatory_gain,
            p.inhibitory_gain,
            p.drive,
            float(neuron.threshold),
            float(neuron.reset),
            float(neuron.rest),
            held,
            0.0,
            0.0,
            0.0,
        )
    ratio_e, ratio_i = step / neuron.excitatory_time, step / neuron.inhibitory_time
    return kernel.Constants(
        True,
        0.0,
        math.exp(-ratio_e),
        math.exp(-ratio_i),
        -math.expm1(-ratio_e) / ratio_e,
        -math.expm1(-ratio_i) / ratio_i,
        float(neuron.rest + neuron.bias_voltage),
        float(neuron.threshold),
        float(neuron.reset),
        float(neuron.rest),
        held,
        float(neuron.excitatory_reversal),
        float(neuron.inhibitory_reversal),
        step / neuron.membrane_time,
    )


def _currents(
    neuron: Neuron, current: ArrayLike | None, neurons: int, steps: int, step: float
) -> NDArray[np.float64]:
    if current is None:
        return np.zeros((0, neurons))
    array = np.atleast_2d(np.asarray(current, dtype=np.float64))
    if array.shape not in ((1, neurons), (steps, neurons)):
        raise NetworkError(
            f"reservoir: current has shape {np.shape(current)}; expected ({neurons},) or ({steps}, {neurons})"
        )
    if isinstance(neuron, ConductanceLif):
        return np.ascontiguousarray(array)
    return np.ascontiguousarray(array * neuron.resistance * -math.expm1(-step / neuron.membrane_time))
