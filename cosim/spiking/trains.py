"""One neuron's answer to pulse trains: arrays in SI units around the kernel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.errors import SimulationError
from cosim.spiking.kernel import neuron_trains
from cosim.spiking.sfq_neuron import SfqNeuron
from cosim.spiking.soma import PS, Tables, tables

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Spikes:
    """Spikes of one neuron in a batch of b samples.

    `time` (k,) [s]: at the output junction; `soma` (k,) [s]: slips that made them; `offset` (b+1,)
    bounds each sample. `slips` (b, 3): of drivers, of the soma forward, of the soma backward.
    """

    time: Array
    soma: Array
    offset: NDArray[np.int64]
    slips: NDArray[np.int64]
    waits: NDArray[np.int64]
    """(b,): pulses that found their driver blocked for more than 5 ps."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(b,) spikes of each sample."""
        return np.diff(self.offset)

    def of(self, sample: int) -> Array:
        """Spike times [s] of one sample."""
        return self.time[self.offset[sample] : self.offset[sample + 1]]


def respond(
    neuron: SfqNeuron | Tables,
    offset: ArrayLike,
    time: ArrayLike,
    synapse: ArrayLike,
    *,
    stop: float,
    shift: ArrayLike = 0.0,
) -> Spikes:
    """Spikes of `neuron` for pulses at `time` (k,) [s] on `synapse` (k,), samples bounded by `offset` (b+1,).

    A pulse's time is the slip of the last junction before the neuron. Times ascend within a sample.
    `shift` (b,) [A] adds to the threshold current. Slips of the soma after `stop` [s] are not looked for.
    Raises SimulationError for an unknown synapse, times out of order, or a soma that never rests.
    """
    table = neuron if isinstance(neuron, Tables) else tables(neuron)
    bounds = np.ascontiguousarray(offset, np.int64)
    times = np.ascontiguousarray(np.asarray(time, np.float64) / PS)
    synapses = np.ascontiguousarray(synapse, np.int64)
    samples = len(bounds) - 1
    inputs = int(table.numbers.excitatory + table.numbers.inhibitory)
    if synapses.size and (synapses.min() < 0 or synapses.max() >= inputs):
        raise SimulationError(f"synapses {synapses.min()}..{synapses.max()}, but the neuron has {inputs}")
    falls = np.flatnonzero(np.diff(times) < 0.0) + 1
    if not np.all(np.isin(falls, bounds)):
        raise SimulationError("pulse times must ascend within every sample")
    shifts = np.ascontiguousarray(np.broadcast_to(np.asarray(shift, np.float64) / 1e-6, samples))
    capacity = 2 * len(times) + 16 * samples + 64
    largest = int(samples * (stop / PS) + 64)
    while True:
        out, slip = np.empty(capacity), np.empty(capacity)
        out_offset = np.zeros(samples + 1, np.int64)
        slips = np.zeros((samples, 4), np.int64)
        code = neuron_trains(table, bounds, times, synapses, shifts, stop / PS, out, slip, out_offset, slips)
        if code == 0:
            count = int(out_offset[-1])
            return Spikes(
                time=out[:count] * PS,
                soma=slip[:count] * PS,
                offset=out_offset,
                slips=slips[:, :3].copy(),
                waits=slips[:, 3].copy(),
            )
        if code != 1 or capacity >= largest:
            what = "pulses wait for its drivers" if code == 2 else "the soma never comes to rest"
            raise SimulationError(
                f"behavioural neuron: {what}; are its parameters those of a calibrated cell?"
            )
        capacity = min(2 * capacity, largest)
