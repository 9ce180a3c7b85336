"""The one internal form of a trained spiking network, in discrete time.

A network is a chain of layers; a layer is a weight matrix and the neurons behind it, with every
constant already per time step. How a file's time constants become these numbers is the reader's
business (`nir_reader`), how they are stepped is `ideal`'s. Per step, for a spike vector s:

    LIF, IF   v ← β·v + (1−β)·v_leak + g·(W·s + b)
    CubaLIF   i ← α·i + g_syn·(W·s + b);   v ← β·v + (1−β)·v_leak + g·i
    spike when v > θ, then the reset rule.

An IF neuron is β = 1. The layers of one step see each other's spikes of the same step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import NetworkError, did_you_mean
from cosim.network.ideal import NetworkRun, run

NeuronModel = Literal["IF", "LIF", "CubaLIF"]

ResetRule = Literal["zero", "subtract", "subtract_delayed"]
"""`zero`: v becomes the reset value in the step of the spike. `subtract`: v loses
(threshold − reset value) in that step. `subtract_delayed`: it loses it in the next step, after the
decay, as snnTorch's `Leaky` does unless it is told otherwise."""

Precision = Literal["single", "double"]


def _check_choice(value: str, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise NetworkError(
            f"{what} {value!r} is not one of {', '.join(allowed)}{did_you_mean(value, allowed)}"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """Weights and the neurons that they feed.

    Neuron parameters may be given as scalars; they are kept as read-only arrays of shape (outputs,).
    Raises `NetworkError` naming the layer for a wrong shape, a value that is not finite, a decay
    outside [0, 1], or a threshold that is not above the reset value.
    """

    name: str
    """Name of the neuron node in the file it came from."""
    weight: np.ndarray
    """(outputs, inputs), without unit."""
    membrane_decay: np.ndarray
    """β, fraction of the membrane value that a step leaves, 0..1."""
    threshold: np.ndarray
    """θ, a spike needs v > θ."""
    bias: np.ndarray = field(default_factory=lambda: np.zeros(()))
    """Constant input a step, added to W·s."""
    membrane_gain: np.ndarray = field(default_factory=lambda: np.ones(()))
    """g, from input (or synaptic current) to membrane."""
    leak_value: np.ndarray = field(default_factory=lambda: np.zeros(()))
    """v_leak, where the membrane decays to."""
    reset_value: np.ndarray = field(default_factory=lambda: np.zeros(()))
    """Membrane after a spike; below θ."""
    synaptic_decay: np.ndarray | None = None
    """α, fraction of the synaptic current that a step leaves, 0..1; None without such a state."""
    synaptic_gain: np.ndarray | None = None
    """g_syn, from W·s + b to synaptic current; None without such a state."""
    model: NeuronModel = "LIF"
    weight_name: str = ""
    """Name of the weight node in the file; empty for one-to-one connections that the file left out."""

    def __post_init__(self) -> None:
        _check_choice(self.model, get_args(NeuronModel), f"layer {self.name!r}: neuron model")
        weight = np.array(self.weight, dtype=np.float64)
        if weight.ndim != 2 or 0 in weight.shape:
            raise NetworkError(
                f"layer {self.name!r}: weight has shape {weight.shape}, expected (outputs, inputs) above zero"
            )
        if not np.all(np.isfinite(weight)):
            row, column = np.argwhere(~np.isfinite(weight))[0]
            raise NetworkError(
                f"layer {self.name!r}: weight[{row}, {column}] is {weight[row, column]}; "
                "did the training diverge? Export a finite network"
            )
        weight.setflags(write=False)
        object.__setattr__(self, "weight", weight)
        for label in ("membrane_decay", "threshold", "bias", "membrane_gain", "leak_value", "reset_value"):
            object.__setattr__(self, label, self._per_neuron(label, getattr(self, label)))
        if (self.model == "CubaLIF") != (self.synaptic_decay is not None) or (
            (self.synaptic_decay is None) != (self.synaptic_gain is None)
        ):
            raise NetworkError(
                f"layer {self.name!r}: synaptic_decay and synaptic_gain belong to CubaLIF, which needs both; "
                f"the model is {self.model}"
            )
        for label in ("synaptic_decay", "synaptic_gain"):
            if getattr(self, label) is not None:
                object.__setattr__(self, label, self._per_neuron(label, getattr(self, label)))
        self._check_ranges()

    def _per_neuron(self, label: str, value: ArrayLike) -> np.ndarray:
        array = np.asarray(value, dtype=np.float64)
        if array.shape not in ((), (1,), (self.outputs,)):
            raise NetworkError(
                f"layer {self.name!r}: {label} has shape {array.shape}, expected ({self.outputs},) to match "
                f"the weight of shape {self.weight.shape}"
            )
        array = np.broadcast_to(array, (self.outputs,)).copy()
        if not np.all(np.isfinite(array)):
            index = int(np.flatnonzero(~np.isfinite(array))[0])
            raise NetworkError(
                f"layer {self.name!r}: {label}[{index}] is {array[index]}, expected a finite number"
            )
        array.setflags(write=False)
        return array

    def _check_ranges(self) -> None:
        for label in ("membrane_decay", "synaptic_decay"):
            decay = getattr(self, label)
            if decay is not None and (np.any(decay < 0) or np.any(decay > 1)):
                index = int(np.flatnonzero((decay < 0) | (decay > 1))[0])
                raise NetworkError(
                    f"layer {self.name!r}: {label}[{index}] is {decay[index]:g}, expected 0..1"
                )
        if self.model == "IF" and np.any(self.membrane_decay != 1):
            raise NetworkError(f"layer {self.name!r}: an IF neuron has membrane_decay 1; use LIF for a leak")
        if np.any(self.threshold <= self.reset_value):
            index = int(np.flatnonzero(self.threshold <= self.reset_value)[0])
            raise NetworkError(
                f"layer {self.name!r}: neuron {index} resets to {self.reset_value[index]:g}, which is not "
                f"below its threshold {self.threshold[index]:g}; it would fire for ever"
            )

    @property
    def inputs(self) -> int:
        """Number of columns of the weight."""
        return self.weight.shape[1]

    @property
    def outputs(self) -> int:
        """Number of neurons."""
        return self.weight.shape[0]

    @property
    def is_memoryless(self) -> bool:
        """True when nothing of a step is left in the next one (β = 0, and α = 0 or no synaptic state)."""
        return not np.any(self.membrane_decay) and (
            self.synaptic_decay is None or not np.any(self.synaptic_decay)
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """A feed-forward spiking network: a chain of at least one layer.

    Raises `NetworkError` when a layer's input count differs from what comes before it.
    """

    layers: tuple[Layer, ...]
    inputs: int
    time_step: float | None = None
    """Seconds a step; None where nothing in the network depends on it (IF only)."""
    name: str = "network"
    reset_rule: ResetRule = "zero"
    precision: Precision = "double"
    """Arithmetic that `run` uses unless told otherwise: that of the file's weights."""
    source: str | None = None
    """Path of the file."""
    source_sha256: str | None = None
    notes: tuple[str, ...] = ()
    """What the reader had to assume, one sentence each; reports print them."""

    def __post_init__(self) -> None:
        _check_choice(self.reset_rule, get_args(ResetRule), "reset rule")
        _check_choice(self.precision, get_args(Precision), "precision")
        object.__setattr__(self, "layers", tuple(self.layers))
        if not self.layers:
            raise NetworkError(f"network {self.name!r} has no layer of neurons; it needs at least one")
        if self.time_step is not None and not (np.isfinite(self.time_step) and self.time_step > 0):
            raise NetworkError(f"time step is {self.time_step} s, expected a positive number")
        before, available = "the input", self.inputs
        for layer in self.layers:
            if layer.inputs != available:
                raise NetworkError(
                    f"layer {layer.name!r}: weight of shape {layer.weight.shape} takes {layer.inputs} "
                    f"inputs, but {before} has {available}"
                )
            before, available = f"layer {layer.name!r}", layer.outputs

    @property
    def outputs(self) -> int:
        """Number of neurons of the last layer."""
        return self.layers[-1].outputs

    @property
    def shape(self) -> tuple[int, ...]:
        """Input count and neuron counts, as in 2-2-1."""
        return (self.inputs, *(layer.outputs for layer in self.layers))

    @property
    def is_memoryless(self) -> bool:
        """True when every step is independent of the ones before."""
        return all(layer.is_memoryless for layer in self.layers)

    def run(
        self, spikes: ArrayLike, *, precision: Precision | None = None, record_membrane: bool = False
    ) -> NetworkRun:
        """Run the ideal network; see `cosim.network.run`."""
        return run(self, spikes, precision=precision, record_membrane=record_membrane)

    def __str__(self) -> str:
        models = "/".join(dict.fromkeys(layer.model for layer in self.layers))
        step = "no time step" if self.time_step is None else f"time step {self.time_step:g} s"
        return f"{self.name}: {'-'.join(map(str, self.shape))} {models}, {step}, reset {self.reset_rule}"
