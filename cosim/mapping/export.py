"""A mapped design as a file: HDF5 for arrays, JSON for everything else that reads it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from cosim.errors import ResultFileError
from cosim.mapping.design import SfqDesign
from cosim.mapping.report import weight_table
from cosim.results import Array, Group, provenance, write_bytes, write_file

ENDINGS = (".h5", ".hdf5", ".json")


def check_design_path(path: str | os.PathLike[str]) -> None:
    """Raise `ResultFileError` for an ending that `write_design` does not know."""
    suffix = Path(path).suffix.lower()
    if suffix not in ENDINGS:
        raise ResultFileError(
            f"{path}: a design ends in {', '.join(ENDINGS)}, not in {suffix or 'nothing'!r}"
        )


def write_design(path: str | os.PathLike[str], design: SfqDesign) -> None:
    """Write neurons, synapses and weights, whole or not at all. Raises `ResultFileError`."""
    check_design_path(path)
    group = design_group(design)
    if Path(path).suffix.lower() == ".json":
        data = {
            **group.attributes,
            **{
                name: {column: _listed(array) for column, array in part.arrays.items()}
                for name, part in group.groups.items()
            },
        }
        write_bytes(path, (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode())
    else:
        write_file(path, group)


def design_group(design: SfqDesign) -> Group:
    """Groups `neurons`, `synapses` and `weights`, a column each array; times in s, currents in A.

    A neuron that never fires is not built: its threshold current is NaN, null in JSON."""
    neurons = design.neurons
    branches = [branch for neuron in neurons for branch in neuron.branches]
    weights = weight_table(design)
    network = design.network

    def columns(dimension: str, units: dict[str, str], **values) -> Group:
        return Group(
            arrays={
                name: Array(values=column, dimensions=(dimension,), units=units.get(name, ""))
                for name, column in values.items()
            }
        )

    return Group(
        attributes={
            **provenance(),
            "content": "design",
            "network": network.name,
            "network_sha256": network.source_sha256 or "",
            "target": "sfq",
            "period": design.period,
            "parasitics": int(design.parasitics is not None),
            "exact": int(design.exact),
            "notes": "\n".join(design.notes),
        },
        groups={
            "neurons": columns(
                "neuron",
                {"threshold_current": "A", "output_time": "s"},
                name=[n.name for n in neurons],
                layer=[n.layer for n in neurons],
                index=[n.index for n in neurons],
                excitatory=[n.fit.excitatory for n in neurons],
                inhibitory=[n.fit.inhibitory for n in neurons],
                threshold=[getattr(n.fit, "threshold", 0) for n in neurons],
                scale=[n.fit.scale for n in neurons],
                wrong_patterns=[n.fit.mismatches for n in neurons],
                tested_patterns=[n.fit.tested for n in neurons],
                threshold_current=[n.threshold_current for n in neurons],
                output_time=[n.output_time for n in neurons],
            ),
            "synapses": columns(
                "synapse",
                {"arrival": "s", "skew": "s"},
                signal=[b.signal for b in branches],
                neuron=[b.neuron for b in branches],
                slot=[b.slot for b in branches],
                sign=[b.sign for b in branches],
                splitters=[b.depth for b in branches],
                delay_stages=[b.stages for b in branches],
                arrival=[b.arrival for b in branches],
                skew=[b.skew for b in branches],
            ),
            "weights": columns(
                "weight",
                {},
                layer=weights.layer,
                neuron=weights.neuron,
                input=weights.input,
                trained=weights.trained,
                realised=weights.realised,
                error=weights.error,
                sign=weights.sign,
            ),
        },
    )


def _listed(array: Array) -> list:
    return [
        None if isinstance(v, float) and not np.isfinite(v) else v for v in np.asarray(array.values).tolist()
    ]
