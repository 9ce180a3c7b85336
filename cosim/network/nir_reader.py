"""NIR file → `Network`: feed-forward chains of Linear or Affine and IF, LIF or CubaLIF.

The file stores no time step, except in files of our own (graph metadata `time_step`); `euler` turns its
time constants into steps. It stores no reset rule either: v_reset is the value after a spike, so a
network trained with subtraction has lost it on the way and the caller has to say so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np

from cosim.errors import DependencyError, NetworkError
from cosim.network.euler import dynamics
from cosim.network.graph import Layer, Network, NeuronModel, ResetRule
from cosim.network.nir_file import NirFile, NirNode, one_line, read_nir_file
from cosim.network.nir_topology import chain

_WEIGHTS = ("Linear", "Affine")
_NEURONS = {
    "IF": ("r", "v_threshold", "v_reset"),
    "LIF": ("tau", "r", "v_leak", "v_threshold", "v_reset"),
    "CubaLIF": ("tau_mem", "tau_syn", "r", "v_leak", "v_threshold", "v_reset", "w_in"),
}
_DEFAULTS = {"v_reset": 0.0, "w_in": 1.0}  # the standard's own, for files that leave them out
_ADVICE = {
    "NIRGraph": "nested and recurrent graphs are not supported; export the network flat",
    "Conv1d": "write the convolution as a Linear node",
    "Conv2d": "write the convolution as a Linear node",
    "SumPool2d": "write the pooling as a Linear node",
    "AvgPool2d": "write the pooling as a Linear node",
    "Flatten": "drop it and feed flat spikes",
    "Scale": "multiply it into the weight before it",
    "Threshold": "use an IF, LIF or CubaLIF node in its place",
    "Delay": "delays are not supported; export the network without them",
    "LI": "a readout without spikes is not supported; end the network in LIF neurons",
    "CubaLI": "a readout without spikes is not supported; end the network in CubaLIF neurons",
    "I": "a readout without spikes is not supported; end the network in IF neurons",
}


def read_nir(path: str | Path, *, time_step: float | None = None, reset: ResetRule | None = None) -> Network:
    """Read a trained feed-forward network.

    `time_step` (s) is needed for LIF and CubaLIF unless the file stores one; where both are given, the
    argument counts. `reset` likewise; where neither says, it is "zero". What had to be assumed is in
    `Network.notes`. Raises `NetworkError`, one line that names the node, what was found and what to do;
    `DependencyError` without the package `nir`.
    """
    import_nir()
    file = read_nir_file(path)
    try:
        return _build(file, Path(path), time_step, reset)
    except NetworkError as error:
        raise NetworkError(f"{path}: {error}") from error


def import_nir() -> Any:
    try:
        import nir
    except ImportError as error:
        raise DependencyError(
            "reading and writing NIR files needs the package 'nir'; pip install nir"
        ) from error
    return nir


def _build(file: NirFile, path: Path, time_step: float | None, reset: ResetRule | None) -> Network:
    for node in file.nodes.values():
        if node.type not in (*_WEIGHTS, *_NEURONS, "Input", "Output"):
            advice = _ADVICE.get(node.type, "see docs/networks.md for what is supported")
            raise NetworkError(f"{node} is not supported: {advice}")
    notes: list[str] = []
    step = _time_step(file, time_step)
    rule = _reset_rule(file, reset, notes)
    nodes = [file.nodes[name] for name in chain(file.nodes, file.edges)]
    layers, inputs = _layers(nodes, step, notes)
    weights = [node.fields["weight"] for node in nodes if node.type in _WEIGHTS]
    single = bool(weights) and all(weight.dtype in (np.float16, np.float32) for weight in weights)
    return Network(
        layers=layers,
        inputs=inputs,
        time_step=step,
        name=str(file.metadata.get("name", path.stem)),
        reset_rule=rule,
        precision="single" if single else "double",
        source=str(path),
        source_sha256=file.sha256,
        notes=tuple(notes),
    )


def _time_step(file: NirFile, given: float | None) -> float | None:
    step = given
    if step is None and "time_step" in file.metadata:
        try:
            step = float(file.metadata["time_step"])
        except (TypeError, ValueError) as error:
            raise NetworkError(
                f"metadata time_step is {file.metadata['time_step']!r}, expected seconds"
            ) from error
    if step is not None and not (np.isfinite(step) and step > 0):
        raise NetworkError(f"time step is {step} s, expected a positive number of seconds such as 1e-4")
    return step


def _reset_rule(file: NirFile, given: ResetRule | None, notes: list[str]) -> ResetRule:
    if given is not None:
        return given
    if "reset_rule" in file.metadata:
        return cast(ResetRule, str(file.metadata["reset_rule"]))
    notes.append(
        "reset: to v_reset in the step of the spike, since the file stores no rule; a network trained with "
        "reset by subtraction needs 'subtract_delayed' (snnTorch's default) or 'subtract'"
    )
    return "zero"


def _layers(nodes: list[NirNode], time_step: float | None, notes: list[str]) -> tuple[tuple[Layer, ...], int]:
    """Pair weights with the neurons behind them; return the layers and the input count."""
    layers: list[Layer] = []
    width: int | None = None  # of what the previous node puts out; None while nothing has said so
    weight_node: NirNode | None = None
    for position, node in enumerate(nodes):
        if node.type == "Input" and position:
            raise NetworkError(f"{node} comes after {nodes[position - 1]}; expected it first")
        if node.type == "Output" and position + 1 < len(nodes):
            raise NetworkError(f"{node} comes before {nodes[position + 1]}; expected it last")
        if node.type in ("Input", "Output"):
            declared = _declared_width(node)
            if None not in (declared, width) and declared != width:
                raise NetworkError(
                    f"{node} declares {declared} signals, but {nodes[position - 1]} gives {width}"
                )
            width = declared if declared is not None else width
        elif node.type in _WEIGHTS:
            if weight_node is not None:
                raise NetworkError(
                    f"{node} follows {weight_node} with no neurons between; multiply the two weights"
                )
            weight_node, width = (
                node,
                _weight(node, width, nodes[position - 1] if position else None).shape[0],
            )
        else:
            layer = _layer(node, weight_node, width, time_step, notes)
            layers.append(layer)
            weight_node, width = None, layer.outputs
    if weight_node is not None:
        raise NetworkError(
            f"{weight_node} has no neurons behind it; end the network in IF, LIF or CubaLIF neurons"
        )
    if not layers:
        raise NetworkError(
            "the graph has no neurons; expected Linear or Affine followed by IF, LIF or CubaLIF"
        )
    return tuple(layers), layers[0].inputs


def _declared_width(node: NirNode) -> int | None:
    """Signals that an Input or Output declares; None when the file leaves the shape out."""
    shape = node.fields.get("shape")
    if shape is None or np.size(shape) == 0:
        return None
    sizes = np.atleast_1d(_numbers(node, "shape")).astype(np.int64)
    if np.any(sizes < 1) or np.count_nonzero(sizes != 1) > 1:
        raise NetworkError(
            f"{node} has shape {tuple(sizes.tolist())}, expected one axis; export flat signals"
        )
    return int(np.prod(sizes))


def _numbers(node: NirNode, label: str) -> np.ndarray:
    if label not in node.fields and label in _DEFAULTS:
        return np.asarray(_DEFAULTS[label], dtype=np.float32)
    if label not in node.fields:
        found = ", ".join(sorted(node.fields)) or "nothing"
        raise NetworkError(f"{node} has no {label!r}, found {found}; the file is damaged: export it again")
    value = np.asarray(node.fields[label])
    if value.dtype.kind not in "biuf":
        raise NetworkError(f"{node} holds {label!r} of type {value.dtype}, expected numbers")
    return value


def _weight(node: NirNode, width: int | None, previous: NirNode | None) -> np.ndarray:
    weight = _numbers(node, "weight")
    if weight.ndim != 2 or 0 in weight.shape:
        raise NetworkError(f"{node}: weight has shape {weight.shape}, expected (outputs, inputs)")
    if width is not None and weight.shape[1] != width:
        raise NetworkError(
            f"{node}: weight of shape {weight.shape} takes {weight.shape[1]} inputs, "
            f"but {previous} gives {width}"
        )
    if node.type == "Affine" and _numbers(node, "bias").shape != weight.shape[:1]:
        raise NetworkError(
            f"{node}: bias has shape {_numbers(node, 'bias').shape}, "
            f"expected {weight.shape[:1]} to match the weight"
        )
    for label in ("weight", "bias") if node.type == "Affine" else ("weight",):
        values = _numbers(node, label)
        if not np.all(np.isfinite(values)):
            index = np.argwhere(~np.isfinite(values))[0]
            raise NetworkError(
                f"{node}: {label}{index.tolist()} is {values[tuple(index)]}; did the training diverge? "
                "Export a finite network"
            )
    _construct(node, {key: _numbers(node, key) for key in node.fields})
    return weight


def _construct(node: NirNode, fields: dict[str, np.ndarray]) -> None:
    """Let the standard's own class look at the node: fields that it does not know, shapes that differ."""
    try:
        getattr(import_nir(), node.type)(**fields)
    except (AssertionError, AttributeError, TypeError, ValueError) as error:
        raise NetworkError(f"{node}: the NIR standard refuses it: {one_line(error)}") from error


def _layer(
    node: NirNode, weight_node: NirNode | None, width: int | None, time_step: float | None, notes: list[str]
) -> Layer:
    values = {label: np.squeeze(_numbers(node, label)) for label in _NEURONS[node.type]}
    outputs = width if width is not None else max(value.size for value in values.values())
    for label, value in values.items():
        if value.shape not in ((), (outputs,)):
            raise NetworkError(
                f"{node}: {label} has shape {_numbers(node, label).shape}, expected ({outputs},) to match "
                + (f"{weight_node}" if weight_node else "what comes before it")
            )
        values[label] = np.broadcast_to(value, (outputs,))
    _construct(node, values | {key: _numbers(node, key) for key in node.fields.keys() - values.keys()})
    if node.type != "IF" and time_step is None:
        raise NetworkError(
            f"{node} needs a time step and the file stores none; "
            "pass --time-step 1e-4 (snnTorch's default) / time_step=1e-4"
        )
    weight = np.eye(outputs) if weight_node is None else weight_node.fields["weight"]
    bias = (
        weight_node.fields["bias"]
        if weight_node is not None and weight_node.type == "Affine"
        else np.zeros(())
    )
    return Layer(
        name=node.name,
        weight_name=weight_node.name if weight_node else "",
        model=cast(NeuronModel, node.type),
        weight=weight,
        bias=bias,
        threshold=values["v_threshold"],
        reset_value=values["v_reset"],
        **dynamics(node, values, time_step or 1.0, notes),
    )
