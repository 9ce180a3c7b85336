"""The ideal network: what the trained weights do in exact arithmetic, before any hardware.

Every hardware level is compared with this run, spike by spike. The equations are in `graph`.
How output spikes become a class is in `classification`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from cosim.errors import NetworkError

if TYPE_CHECKING:
    from cosim.network.graph import Layer, Network, Precision, ResetRule


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkRun:
    """Spikes of every layer.

    Spikes are 0 or 1 (uint8). `membranes` holds the values just before the reset, or None where they
    were not asked for.
    """

    inputs: np.ndarray
    """(samples, steps, inputs)"""
    layer_spikes: tuple[np.ndarray, ...]
    """One (samples, steps, neurons) a layer."""
    layer_names: tuple[str, ...]
    membranes: tuple[np.ndarray, ...] | None = None
    """One (samples, steps, neurons) a layer."""

    @property
    def output(self) -> np.ndarray:
        """Spikes of the last layer, (samples, steps, outputs)."""
        return self.layer_spikes[-1]

    @property
    def counts(self) -> np.ndarray:
        """Output spikes a sample, (samples, outputs), int64."""
        return self.output.sum(axis=1, dtype=np.int64)


def check_spikes(spikes: ArrayLike, inputs: int) -> np.ndarray:
    """Return the spikes as a (samples, steps, inputs) uint8 array of 0 and 1.

    Raises `NetworkError` when the shape or a value says that it is something else.
    """
    array = np.asarray(spikes)
    if array.ndim != 3 or array.shape[2] != inputs:
        raise NetworkError(
            f"input spikes have shape {array.shape}, expected (samples, steps, {inputs})"
            + ("; add the missing axes" if array.ndim < 3 else "")
        )
    if array.dtype.kind not in "biuf":
        raise NetworkError(f"input spikes have type {array.dtype}, expected numbers 0 and 1")
    if not np.all((array == 0) | (array == 1)):
        index = tuple(int(i) for i in np.argwhere((array != 0) & (array != 1))[0])
        raise NetworkError(
            f"input spikes hold {array[index]} at (sample, step, input) = {index}, expected 0 or 1; "
            "encode analog values as spikes first"
        )
    return array.astype(np.uint8)


def run(
    network: Network,
    spikes: ArrayLike,
    *,
    precision: Precision | None = None,
    record_membrane: bool = False,
) -> NetworkRun:
    """Run the network on spikes (samples, steps, inputs), each sample from rest.

    `precision` overrides the network's own: "single" repeats what PyTorch-based simulators compute, up
    to the order of the sums in W·s. At rest the membrane is at 0, as in those simulators.
    Raises `NetworkError` for spikes of the wrong shape or values.
    """
    dtype = np.float32 if (precision or network.precision) == "single" else np.float64
    inputs = check_spikes(spikes, network.inputs)
    layer_spikes: list[np.ndarray] = []
    membranes: list[np.ndarray] = []
    signal = inputs
    for layer in network.layers:
        signal, membrane = _run_layer(layer, signal, network.reset_rule, dtype, record_membrane)
        layer_spikes.append(signal)
        if membrane is not None:
            membranes.append(membrane)
    return NetworkRun(
        inputs=inputs,
        layer_spikes=tuple(layer_spikes),
        layer_names=tuple(layer.name for layer in network.layers),
        membranes=tuple(membranes) if record_membrane else None,
    )


def _run_layer(
    layer: Layer, spikes: np.ndarray, reset_rule: ResetRule, dtype: type, record_membrane: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    samples, steps, _ = spikes.shape

    def cast(values: np.ndarray) -> np.ndarray:
        return values.astype(dtype)

    drive = spikes.astype(dtype) @ cast(layer.weight).T + cast(layer.bias)
    decay, gain, threshold = cast(layer.membrane_decay), cast(layer.membrane_gain), cast(layer.threshold)
    leak = cast((1.0 - layer.membrane_decay) * layer.leak_value)
    reset_value = cast(layer.reset_value)
    fired = np.zeros((samples, steps, layer.outputs), dtype=np.uint8)
    record = np.zeros((samples, steps, layer.outputs), dtype=dtype) if record_membrane else None
    membrane = np.zeros((samples, layer.outputs), dtype=dtype)
    synaptic = np.zeros_like(membrane)
    spike = np.zeros(membrane.shape, dtype=bool)
    for step in range(steps):
        current = drive[:, step]
        if layer.synaptic_decay is not None and layer.synaptic_gain is not None:
            synaptic = cast(layer.synaptic_decay) * synaptic + cast(layer.synaptic_gain) * current
            current = synaptic
        membrane = decay * membrane + leak + gain * current
        if reset_rule == "subtract_delayed":
            membrane = membrane - spike * (threshold - reset_value)
        spike = membrane > threshold
        fired[:, step] = spike
        if record is not None:
            record[:, step] = membrane
        if reset_rule == "zero":
            membrane = np.where(spike, reset_value, membrane)
        elif reset_rule == "subtract":
            membrane = membrane - spike * (threshold - reset_value)
    return fired, record
