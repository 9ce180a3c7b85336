"""An `Evaluation` as an HDF5 tree that xarray opens group by group (docs/results.md).

Groups: `/` the verdict as attributes; `mapping` weights and neurons; `patterns` the sequence and
every level's spikes; `waveforms` the short run; `margins`, `margins_parasitic`, `yield`, `energy`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from cosim.evaluation.verdict import Evaluation
from cosim.mapping import slots_of, weight_table
from cosim.netlist import write
from cosim.results import Array, Group, provenance, slotted_group, write_file

Scalar = str | int | float


def write_evaluation(path: str | os.PathLike[str], evaluation: Evaluation, *, command: str = "") -> None:
    """Write the file whole or not at all. Raises ResultFileError."""
    write_file(path, evaluation_group(evaluation, command=command))


def evaluation_group(evaluation: Evaluation, *, command: str = "") -> Group:
    """The tree of `write_evaluation`."""
    groups = {
        "mapping": _mapping(evaluation),
        "patterns": _patterns(evaluation),
        "waveforms": slotted_group(
            evaluation.waveforms, slots_of(evaluation.design, evaluation.shown, answers=True)
        ),
        "energy": _energy(evaluation),
    }
    if evaluation.margins is not None:
        groups["margins"] = _table(evaluation.margins.arrays(), "parameter")
    if evaluation.margins_parasitic is not None:
        groups["margins_parasitic"] = _table(evaluation.margins_parasitic.arrays(), "parameter")
    if evaluation.yield_estimate is not None:
        groups["yield"] = _yield(evaluation)
    return Group(attributes=_attributes(evaluation, command), groups=groups)


def _attributes(evaluation: Evaluation, command: str) -> dict[str, Scalar]:
    options, design = evaluation.options, evaluation.design
    ngspice = evaluation.levels.get("ngspice")
    simulators = {"josephson": "cosim"}
    if ngspice is not None and ngspice.result is not None:
        simulators["ngspice"] = str(ngspice.result.provenance.get("simulator_ngspice", "unknown"))
    attributes: dict[str, Scalar] = dict(
        provenance(
            netlist=write(evaluation.bench.deck),
            simulators=simulators,
            seed=options.seed,
            command=command or None,
        )
    )
    attributes |= {
        "content": "evaluation",
        "network": design.network.name,
        "network_sha256": design.network.source_sha256 or "",
        "target": "sfq",
        "right": int(evaluation.right),
        "period": options.period,
        "junctions": evaluation.inventory.junctions,
        "inductors": evaluation.inventory.inductors,
        "resistors": evaluation.inventory.resistors,
        "bias_current": evaluation.inventory.bias_current,
        "latency": evaluation.latency.worst,
        "energy_per_inference": evaluation.energy.per_inference,
        "energy_per_inference_cooled": evaluation.energy.per_inference_cooled,
        "notes": "\n".join((*design.notes, *evaluation.missing)),
    }
    if evaluation.smallest_period is not None:
        attributes["smallest_period"] = evaluation.smallest_period.value
    return attributes


def _mapping(evaluation: Evaluation) -> Group:
    table = weight_table(evaluation.design)
    neurons = evaluation.design.neurons
    return Group(
        arrays={
            "neuron": Array(values=[n.name for n in neurons], dimensions=("neuron",)),
            "signature": Array(
                values=[n.design.signature.label if n.design else "" for n in neurons], dimensions=("neuron",)
            ),
            "threshold": Array(
                values=[getattr(n.fit, "threshold", 0) for n in neurons], dimensions=("neuron",)
            ),
            "scale": Array(values=[n.fit.scale for n in neurons], dimensions=("neuron",)),
            "wrong_patterns": Array(values=[n.fit.mismatches for n in neurons], dimensions=("neuron",)),
            "threshold_current": Array(
                values=[n.threshold_current for n in neurons],
                dimensions=("neuron",),
                units="A",
            ),
            "planned_output": Array(
                values=[n.output_time for n in neurons], dimensions=("neuron",), units="s"
            ),
            "weight_layer": Array(values=table.layer, dimensions=("weight",)),
            "weight_neuron": Array(values=table.neuron, dimensions=("weight",)),
            "weight_input": Array(values=table.input, dimensions=("weight",)),
            "weight_trained": Array(values=table.trained, dimensions=("weight",)),
            "weight_realised": Array(values=table.realised, dimensions=("weight",)),
            "weight_sign": Array(values=table.sign, dimensions=("weight",)),
        }
    )


def _patterns(evaluation: Evaluation) -> Group:
    played, bench = evaluation.stimulus, evaluation.bench
    label_axes = ("slot",) if played.labels.ndim == 1 else ("slot", "output")
    arrays = {
        "neuron": Array(values=[n.name for n in evaluation.design.neurons], dimensions=("neuron",)),
        "pattern": Array(values=bench.patterns, dimensions=("slot", "input")),
        "label": Array(values=played.labels[played.order], dimensions=label_axes),
        "slot_begin": Array(values=bench.edges[:-1], dimensions=("slot",), units="s"),
    }
    for name, level in evaluation.levels.items():
        arrays[f"spikes_{name}"] = Array(values=level.counts, dimensions=("slot", "neuron"))
        if np.any(np.isfinite(level.arrival)):
            arrays[f"arrival_{name}"] = Array(values=level.arrival, dimensions=("slot", "neuron"), units="s")
    attributes: dict[str, Scalar] = {
        "all_transitions": int(played.all_transitions),
        "labels_from": played.labels_from,
    }
    for agreement in evaluation.agreements:
        pair = "_".join(agreement.levels)
        attributes[f"equal_{pair}"] = int(agreement.equal)
        attributes[f"largest_difference_{pair}"] = agreement.largest
    return Group(arrays=arrays, attributes=attributes)


def _energy(evaluation: Evaluation) -> Group:
    energy = evaluation.energy
    return Group(
        arrays={
            "junction": Array(values=list(energy.junctions), dimensions=("junction",)),
            "slips": Array(values=energy.slips, dimensions=("junction", "slot")),
            "dynamic": Array(values=energy.dynamic_per_window, dimensions=("slot",), units="J"),
            "static": Array(values=energy.static_per_window, dimensions=("slot",), units="J"),
            "latency": Array(values=evaluation.latency.delay, dimensions=("slot", "output"), units="s"),
        },
        attributes={
            "biasing": energy.biasing,
            "bias_voltage": energy.bias_voltage,
            "static_power": energy.static_power,
            "cooling_factor": energy.cooling_factor,
        },
    )


def _yield(evaluation: Evaluation) -> Group:
    estimate = evaluation.yield_estimate
    assert estimate is not None
    group = _table(estimate.arrays(), "failure")
    return Group(
        arrays=group.arrays,
        attributes={
            "samples": estimate.samples,
            "passed": estimate.passed,
            "interval_low": estimate.interval[0],
            "interval_high": estimate.interval[1],
            "confidence": estimate.confidence,
            "spread": evaluation.options.spread,
            "seed": estimate.seed,
        },
    )


def _table(columns: Mapping[str, np.ndarray], dimension: str) -> Group:
    return Group(
        arrays={
            name: Array(values=column, dimensions=(dimension,) if np.ndim(column) == 1 else ())
            for name, column in columns.items()
            if np.ndim(column) <= 1
        }
    )
