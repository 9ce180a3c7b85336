"""An event-driven network: inputs, neurons, edges with delays, outputs.

A *signal* is a train of pulses: first those of the inputs, then those of the neurons, in order.
Not here: the run (`network.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.errors import SimulationError
from cosim.spiking.sfq_neuron import SfqNeuron


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
