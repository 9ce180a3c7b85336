"""`Network` → NIR file, with what the standard has no place for (time step, reset rule) as metadata.

The inverse of `nir_reader`'s Euler step: τ = dt/(1 − β), r = g·τ/dt, and the same for the synapse.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cosim.errors import NetworkError
from cosim.network.graph import Layer, Network
from cosim.network.nir_reader import import_nir

_NO_LEAK = 2.0**60  # τ/dt of a decay of 1: 1 − 2⁻⁶⁰ is 1 in both precisions, and r stays finite


def write_nir(network: Network, path: str | Path) -> None:
    """Write the network; an existing file is replaced only when the new one is complete.

    Arrays are stored in the network's precision. Raises `NetworkError` for a path that cannot be
    written or a network without the time step that its neurons need, `DependencyError` without `nir`.
    """
    nir = import_nir()
    graph = to_nir(network)
    path = Path(path)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
        nir.write(temporary, graph)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        raise NetworkError(f"{path}: cannot write the file: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def to_nir(network: Network) -> Any:
    """Return the network as a `nir.NIRGraph`. Raises as `write_nir`."""
    nir = import_nir()
    real = np.float32 if network.precision == "single" else np.float64
    nodes: dict[str, Any] = {"input": nir.Input(np.array([network.inputs]))}
    for layer in network.layers:
        weight_name = layer.weight_name or f"{layer.name}_weight"
        for name in (weight_name, layer.name):
            if name in nodes or name == "output" or not name or "/" in name:
                raise NetworkError(
                    f"layer {layer.name!r}: {name!r} cannot name a node of the file: names differ from each "
                    "other and from 'input' and 'output', are not empty and hold no '/'"
                )
            nodes[name] = None
        weight = layer.weight.astype(real)
        has_bias = bool(np.any(layer.bias))
        nodes[weight_name] = nir.Affine(weight, layer.bias.astype(real)) if has_bias else nir.Linear(weight)
        values = {key: value.astype(real) for key, value in _neuron(layer, network.time_step).items()}
        nodes[layer.name] = getattr(nir, layer.model)(**values)
    nodes["output"] = nir.Output(np.array([network.outputs]))
    metadata: dict[str, Any] = {"name": network.name, "reset_rule": network.reset_rule}
    if network.time_step is not None:
        metadata["time_step"] = float(network.time_step)
    names = list(nodes)
    return nir.NIRGraph(nodes=nodes, edges=list(pairwise(names)), metadata=metadata)


def _neuron(layer: Layer, time_step: float | None) -> dict[str, np.ndarray]:
    values = {"v_threshold": layer.threshold, "v_reset": layer.reset_value}
    if layer.model == "IF":
        return values | {"r": layer.membrane_gain}
    if time_step is None:
        raise NetworkError(
            f"layer {layer.name!r}: {layer.model} neurons are stored in seconds; give the network a time_step"
        )
    steps = _steps(layer.membrane_decay)
    values |= {"r": layer.membrane_gain * steps, "v_leak": layer.leak_value}
    if layer.synaptic_decay is None or layer.synaptic_gain is None:
        return values | {"tau": steps * time_step}
    synaptic_steps = _steps(layer.synaptic_decay)
    return values | {
        "tau_mem": steps * time_step,
        "tau_syn": synaptic_steps * time_step,
        "w_in": layer.synaptic_gain * synaptic_steps,
    }


def _steps(decay: np.ndarray) -> np.ndarray:
    """Time constant in steps, 1/(1 − decay)."""
    return 1.0 / np.maximum(1.0 - decay, 1.0 / _NO_LEAK)
