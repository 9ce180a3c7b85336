"""A network of behavioural neurons: sources, delays, fan-out; whole pattern sequences at once.

Feed-forward: a neuron's spikes depend on its inputs alone, so neurons are computed one after the
other, each over all samples in one kernel call. A *signal* is a train of pulses: first those of the
inputs, then those of the neurons, in order. Not here: what one neuron does (`trains.py`), how sure a
spike is (`margins.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.spiking.margins import Decisions, doubtful_decisions
from cosim.spiking.sfq_neuron import SfqNeuron
from cosim.spiking.soma import Tables, tables
from cosim.spiking.trains import Spikes, respond

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: A run goes on this long [s] after the last input and the longest path of delays.
SETTLE = 200e-12


@dataclass(frozen=True, kw_only=True)
class EventInput:
    """An input with its source and the lines that only it drives."""

    name: str
    delay: float = 0.0
    """From the input time to the slip of the last junction before the fan-out [s]."""
    junctions: int = 0
    """Junctions outside neurons that slip for each pulse: source, lines, splitters of the fan-out."""
    critical_current: float = 0.0
    """Sum over those junctions [A]."""


@dataclass(frozen=True, kw_only=True)
class EventNeuron:
    """A neuron and the lines that only it drives."""

    name: str
    model: SfqNeuron
    junctions: int = 0
    """Junctions behind the neuron that slip for each spike."""
    critical_current: float = 0.0
    """Sum over those junctions [A]."""
    guard: float = 0.04
    """Decisions that a change of the threshold current by this part of the soma's critical current
    would turn are doubtful; `NeuronTwin.guard` follows from the error of the fit."""


@dataclass(frozen=True, kw_only=True)
class EventEdge:
    """From a signal to a synapse (from 0) of a neuron. `delay` [s]: from the signal's last junction to
    the last junction before the neuron. `stages` and `splitters` say what it is made of."""

    signal: int
    neuron: int
    synapse: int
    delay: float
    stages: int = 0
    splitters: int = 0


@dataclass(frozen=True, kw_only=True)
class EventOutput:
    """A signal that leaves the network, `delay` [s] later."""

    name: str
    signal: int
    delay: float = 0.0


@dataclass(frozen=True, kw_only=True)
class EventNetwork:
    """Checked on construction; raises SimulationError for edges that do not fit."""

    inputs: tuple[EventInput, ...]
    neurons: tuple[EventNeuron, ...]
    edges: tuple[EventEdge, ...]
    outputs: tuple[EventOutput, ...] = ()

    def __post_init__(self) -> None:
        signals = len(self.inputs) + len(self.neurons)
        taken: dict[tuple[int, int], EventEdge] = {}
        for edge in self.edges:
            if not (0 <= edge.signal < signals and 0 <= edge.neuron < len(self.neurons)):
                raise SimulationError(f"{edge}: there are {signals} signals and {len(self.neurons)} neurons")
            neuron = self.neurons[edge.neuron]
            if not 0 <= edge.synapse < neuron.model.inputs:
                raise SimulationError(f"{edge}: neuron {neuron.name} has {neuron.model.inputs} synapses")
            if not (np.isfinite(edge.delay) and edge.delay >= 0.0):
                raise SimulationError(f"{edge}: a delay must be 0 or more")
            if (edge.neuron, edge.synapse) in taken:
                raise SimulationError(
                    f"synapse {edge.synapse} of neuron {neuron.name} has two edges; put a merger before it"
                )
            taken[edge.neuron, edge.synapse] = edge
        for output in self.outputs:
            if not 0 <= output.signal < signals:
                raise SimulationError(f"output {output.name}: there is no signal {output.signal}")
        self.order()

    def order(self) -> tuple[int, ...]:
        """Neurons such that each comes after all that feed it; raises SimulationError for a loop."""
        inputs = len(self.inputs)
        feeds: dict[int, set[int]] = {n: set() for n in range(len(self.neurons))}
        for edge in self.edges:
            if edge.signal >= inputs:
                feeds[edge.neuron].add(edge.signal - inputs)
        found: list[int] = []
        while feeds:
            free = sorted(n for n, before in feeds.items() if not before - set(found))
            if not free:
                names = ", ".join(self.neurons[n].name for n in sorted(feeds))
                raise SimulationError(
                    f"neurons {names} feed one another; the event-driven run is feed-forward"
                )
            found += free
            for n in free:
                del feeds[n]
        return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """Pulse trains on some channels in b samples, sorted by sample, then time.

    `time` (k,) [s], `channel` (k,), `offset` (b+1,) bounds each sample.
    """

    time: Array
    channel: Index
    offset: Index

    @classmethod
    def of(cls, samples: Sequence[Sequence[ArrayLike]]) -> Pulses:
        """From `samples[sample][channel]`, times [s] each."""
        times, channels, sizes = [], [], [0]
        for sample in samples:
            parts = [np.atleast_1d(np.asarray(part, np.float64)) for part in sample]
            time = np.concatenate(parts) if parts else np.empty(0)
            channel = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
            order = np.argsort(time, kind="stable")
            times.append(time[order])
            channels.append(channel[order])
            sizes.append(len(time))
        return cls(
            time=np.concatenate(times) if times else np.empty(0),
            channel=np.concatenate(channels).astype(np.int64) if channels else np.empty(0, np.int64),
            offset=np.cumsum(sizes, dtype=np.int64),
        )

    @classmethod
    def slots(cls, patterns: ArrayLike, period: float, *, first: float = 0.0) -> Pulses:
        """From bits (samples, slots, channels): a pulse at `first` + slot · `period` [s] for each 1."""
        bits = np.asarray(patterns)
        if bits.ndim != 3:
            raise SimulationError(f"patterns need axes (samples, slots, channels), got shape {bits.shape}")
        sample, slot, channel = np.nonzero(bits)
        counts = np.bincount(sample, minlength=bits.shape[0])
        return cls(
            time=first + period * slot,
            channel=channel.astype(np.int64),
            offset=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        )

    @property
    def samples(self) -> int:
        return len(self.offset) - 1

    @property
    def sample(self) -> Index:
        """(k,) sample of each pulse."""
        return np.repeat(np.arange(self.samples), np.diff(self.offset))


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
    are listed as doubtful; 0 skips the search (three times faster). `shifts` maps neurons to changes (samples,) [A] of their threshold current.

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
