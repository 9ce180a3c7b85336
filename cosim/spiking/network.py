"""Run a network of behavioural neurons: whole pattern sequences, many samples at once.

Feed-forward: a neuron's spikes depend on its inputs alone, so neurons are computed one after the
other, each over all samples in one kernel call. Not here: what one neuron does (`trains.py`), how
sure a spike is (`margins.py`), the network itself (`event_graph.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.spiking.event_graph import EventEdge, EventNetwork, EventNeuron
from cosim.spiking.margins import Decisions, doubtful_decisions
from cosim.spiking.pulses import Pulses
from cosim.spiking.sfq_neuron import SfqNeuron
from cosim.spiking.soma import Tables, tables
from cosim.spiking.trains import Spikes, respond

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: A run goes on this long [s] after the last input and the longest path of delays.
SETTLE = 200e-12


@dataclass(frozen=True, kw_only=True)
class EventResult:
    """Spikes of all neurons, sorted by sample, then time."""

    spikes: Pulses
    """Channels are neurons; times at their output junctions."""
    outputs: Pulses
    """Channels are the network's outputs."""
    doubtful: Decisions
    """Decisions that a shift of a threshold current within the guard would change."""
    slips: Index
    """(samples, inputs + neurons): 2π slips of the cell and of the lines that it drives."""
    energy: Array
    """(samples,) [J]: sum over slips of critical current × Φ0."""
    waits: Index
    """(samples, neurons): pulses that found the driver of their synapse still blocked for more than
    5 ps, which the calibration covers less well. They make a sample doubtful too."""
    names: tuple[str, ...] = field(default=())
    """Of the neurons."""

    def counts(self) -> Index:
        """(samples, neurons) spikes."""
        table = np.zeros((self.spikes.samples, len(self.names)), dtype=np.int64)
        np.add.at(table, (self.spikes.sample, self.spikes.channel), 1)
        return table

    def times(self, neuron: int, sample: int = 0) -> Array:
        """Spike times [s] of one neuron in one sample."""
        part = slice(self.spikes.offset[sample], self.spikes.offset[sample + 1])
        return self.spikes.time[part][self.spikes.channel[part] == neuron]

    @property
    def sure(self) -> NDArray[np.bool_]:
        """(samples,): no decision of the sample is doubtful, and no pulse had to wait."""
        sure = ~np.any(self.waits > 0, axis=1)
        sure[self.doubtful.sample] = False
        return sure


@lru_cache(maxsize=256)
def _tables(model: SfqNeuron) -> Tables:
    return tables(model)


def run(
    network: EventNetwork,
    inputs: Pulses | Sequence[Sequence[ArrayLike]],
    *,
    stop: float | None = None,
    guard: float | None = None,
    shifts: Mapping[int, ArrayLike] | None = None,
) -> EventResult:
    """Run a batch of samples.

    `inputs` are `Pulses` or `samples[sample][input]` with times [s]; the circuit is at rest before the
    first pulse of each sample. Decisions within `guard` of a threshold, by default each neuron's own,
    are listed as doubtful; 0 skips the search (three times faster). `shifts` maps neurons to changes
    (samples,) [A] of their threshold current.

    Raises SimulationError for inputs that do not fit the network.
    """
    pulses = inputs if isinstance(inputs, Pulses) else Pulses.of(inputs)
    if pulses.channel.size and not 0 <= pulses.channel.min() <= pulses.channel.max() < len(network.inputs):
        raise SimulationError(f"pulses at input {pulses.channel.max()}, but there are {len(network.inputs)}")
    samples = pulses.samples
    last = float(pulses.time.max(initial=0.0)) + sum(i.delay for i in network.inputs)
    if stop is None:
        stop = last + SETTLE * (1 + len(network.neurons)) + sum(e.delay for e in network.edges)
    count = len(network.inputs)
    owner = pulses.sample
    trains: list[tuple[Array, Index]] = []
    for k, origin in enumerate(network.inputs):
        mine = pulses.channel == k
        trains.append((pulses.time[mine] + origin.delay, owner[mine]))
    trains += [(np.empty(0), np.empty(0, np.int64))] * len(network.neurons)
    slips = np.zeros((samples, count + len(network.neurons)), dtype=np.int64)
    current = np.zeros(samples)
    waits = np.zeros((samples, len(network.neurons)), dtype=np.int64)
    for k, origin in enumerate(network.inputs):
        pulses_of = np.bincount(trains[k][1], minlength=samples)
        slips[:, k] = pulses_of * origin.junctions
        current += pulses_of * origin.critical_current
    doubtful: list[Decisions] = []
    for n in network.order():
        neuron = network.neurons[n]
        edges = [edge for edge in network.edges if edge.neuron == n]
        offset, time, synapse = _arrivals(trains, edges, samples)
        table = _tables(neuron.model)
        shift = np.asarray((shifts or {}).get(n, 0.0), dtype=np.float64)
        spikes = respond(table, offset, time, synapse, stop=stop, shift=shift)
        own = neuron.guard if guard is None else guard
        if own > 0.0:
            level = own * neuron.model.soma.critical_current
            either = [
                respond(table, offset, time, synapse, stop=stop, shift=shift + sign * level)
                for sign in (1.0, -1.0)
            ]
            doubtful.append(doubtful_decisions(n, spikes, either))
        trains[count + n] = (spikes.time, np.repeat(np.arange(samples), spikes.counts))
        waits[:, n] = spikes.waits
        slips[:, count + n] = _slips(neuron, spikes)
        current += _critical_current(neuron, spikes, synapse, offset)
    return EventResult(
        spikes=_merge([trains[count + n] for n in range(len(network.neurons))], samples),
        outputs=_merge([_late(trains[o.signal], o.delay) for o in network.outputs], samples),
        doubtful=Decisions.joined(doubtful),
        slips=slips,
        energy=current * FLUX_QUANTUM,
        waits=waits,
        names=tuple(neuron.name for neuron in network.neurons),
    )


def _late(train: tuple[Array, Index], delay: float) -> tuple[Array, Index]:
    return train[0] + delay, train[1]


def _arrivals(
    trains: list[tuple[Array, Index]], edges: list[EventEdge], samples: int
) -> tuple[Index, Array, Index]:
    """Offsets (b+1,), times [s] and synapses of a neuron's pulses, sorted by sample, then time."""
    merged = _merge([_late(trains[edge.signal], edge.delay) for edge in edges], samples)
    synapse = (
        np.array([edge.synapse for edge in edges], dtype=np.int64)[merged.channel]
        if edges
        else merged.channel
    )
    return merged.offset, merged.time, synapse


def _merge(trains: list[tuple[Array, Index]], samples: int) -> Pulses:
    time = np.concatenate([t for t, _ in trains]) if trains else np.empty(0)
    owner = np.concatenate([s for _, s in trains]) if trains else np.empty(0, np.int64)
    channel = np.repeat(np.arange(len(trains)), [len(t) for t, _ in trains]).astype(np.int64)
    order = np.lexsort((channel, time, owner))
    offset = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=samples))]).astype(np.int64)
    return Pulses(time=time[order], channel=channel[order], offset=offset)


def _slips(neuron: EventNeuron, spikes: Spikes) -> Index:
    """(samples,): drivers, soma either way, two output junctions and the lines behind."""
    return spikes.slips.sum(axis=1) + spikes.counts * (2 + neuron.junctions)


def _critical_current(neuron: EventNeuron, spikes: Spikes, synapse: Index, offset: Index) -> Array:
    """(samples,) sum of the critical currents of all slips [A]."""
    cell = neuron.model.junctions
    excitatory = synapse < neuron.model.excitatory.count
    start = offset[:-1]
    total = np.concatenate([[0], np.cumsum(np.where(excitatory, cell.excitatory, cell.inhibitory))])
    drivers = total[offset[1:]] - total[start]
    soma = cell.soma * spikes.slips[:, 1:].sum(axis=1)
    return drivers + soma + spikes.counts * (cell.outputs + neuron.critical_current)
