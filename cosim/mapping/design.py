"""What a mapped network is: neurons with their cells, and the plan of their connections.

Not here: how it comes about (`mapper.py`), its netlist (`netlist.py`), its text (`report.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.circuits import NeuronDesign, Parasitics
from cosim.mapping.plan import Branch, Delays
from cosim.mapping.strength import StrengthFit
from cosim.mapping.ternary import TernaryFit
from cosim.network import Layer, Network, check_spikes

DEFAULT_PERIOD = 300e-12


@dataclass(frozen=True, kw_only=True)
class MappedNeuron:
    """A neuron of the network and the cell that stands for it."""

    name: str
    """`N<layer>_<index>`, as its instance and its parameters are named."""
    layer: int
    index: int
    fit: TernaryFit | StrengthFit
    weights: NDArray[np.float64]
    """(inputs,) effective weights: trained weight times input gain."""
    threshold: float
    """Effective threshold on Σ weights·x of one step."""
    memory: float
    """Part of the membrane that the trained neuron keeps from step to step."""
    design: NeuronDesign | None
    """None for a neuron that never fires: it is not built."""
    branches: tuple[Branch, ...]
    output_time: float
    """Planned time [s] of its pulse after the inputs of a slot."""

    @property
    def threshold_current(self) -> float:
        """Nominal threshold current [A]; NaN for a neuron that is not built."""
        if isinstance(self.fit, StrengthFit):
            return self.fit.threshold_current
        return float("nan") if self.design is None else self.design.threshold_current

    @property
    def control(self) -> tuple[float, ...]:
        """Currents [A] into its tuned synapses, in the order of the cell's ports."""
        return self.fit.control if isinstance(self.fit, StrengthFit) else ()

    def decide(self, bits: NDArray) -> NDArray[np.uint8]:
        """Spikes (...,) that the cell is to give for inputs (..., inputs) of one step."""
        if isinstance(self.fit, StrengthFit):
            return (bits @ self.weights > self.threshold).astype(np.uint8)
        return (bits.astype(np.int64) @ self.fit.signs.astype(np.int64) >= self.fit.threshold).astype(
            np.uint8
        )


@dataclass(frozen=True, kw_only=True)
class SfqDesign:
    """Hardware for a network: neurons in order of layers and the plan of their connections."""

    network: Network
    neurons: tuple[MappedNeuron, ...]
    delays: Delays
    period: float
    """Length [s] of a slot."""
    parasitics: Parasitics | None
    notes: tuple[str, ...]

    def layer(self, number: int) -> tuple[MappedNeuron, ...]:
        return tuple(n for n in self.neurons if n.layer == number)

    @property
    def built(self) -> tuple[MappedNeuron, ...]:
        """The neurons that have a cell."""
        return tuple(n for n in self.neurons if n.design is not None)

    @property
    def outputs(self) -> tuple[MappedNeuron, ...]:
        return self.layer(len(self.network.layers) - 1)

    @property
    def exact(self) -> bool:
        """True when every neuron decides as the trained one on every tested pattern of one step."""
        return all(n.fit.exact for n in self.neurons)

    def predict(self, spikes: NDArray) -> tuple[NDArray[np.uint8], ...]:
        """Spikes (samples, steps, neurons) of each layer by the mapped weights and thresholds alone.

        `spikes` (samples, steps, inputs). No timing: that is what the twin and the circuit add.
        """
        signal = check_spikes(spikes, self.network.inputs)
        result = []
        for number in range(len(self.network.layers)):
            signal = np.stack([neuron.decide(signal) for neuron in self.layer(number)], axis=-1)
            result.append(signal)
        return tuple(result)


def effective(layer: Layer) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """What one step from rest does: weights (outputs, inputs), thresholds and memory (outputs,).

    A neuron at rest fires when weights·x > threshold; `memory` is the largest of its decays.
    """
    gain = layer.membrane_gain.copy()
    memory = layer.membrane_decay.copy()
    if layer.synaptic_decay is not None and layer.synaptic_gain is not None:
        gain = gain * layer.synaptic_gain
        memory = np.maximum(memory, layer.synaptic_decay)
    rest = (1.0 - layer.membrane_decay) * layer.leak_value
    return layer.weight * gain[:, None], layer.threshold - rest - gain * layer.bias, memory
