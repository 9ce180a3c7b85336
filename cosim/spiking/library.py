"""Calibrated twins as files: `circuits/twins/<signature>.json`, written by `save`, read by `twin`."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from cosim.circuits import Parasitics, Signature, design
from cosim.errors import CosimError, SimulationError
from cosim.spiking.calibration import FitErrors, NeuronTwin, calibrate, netlist_hash
from cosim.spiking.characteristics import Characteristics
from cosim.spiking.sfq_neuron import (
    CellJunctions,
    ExcitatoryPath,
    InhibitoryPath,
    OutputPath,
    SfqNeuron,
    Soma,
)

_FORMAT = 1


def file_name(signature: Signature, parasitics: bool) -> str:
    """Name of a twin's file."""
    return f"{signature.label}{'_parasitics' if parasitics else ''}.json"


def save(twin_: NeuronTwin, folder: Path) -> Path:
    """Write a twin into `folder`; returns the file."""
    path = folder / file_name(twin_.signature, twin_.parasitics)
    data = {"format": _FORMAT, "signature": twin_.signature._asdict()}
    data |= {name: asdict(getattr(twin_, name)) for name in ("model", "characteristics", "errors")}
    data |= {"netlist_hash": twin_.netlist_hash, "parasitics": twin_.parasitics}
    text = json.dumps(data, indent=2, allow_nan=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def from_json(data: dict) -> NeuronTwin:
    """A twin from the content of its file. Raises CosimError for another format."""
    if data.get("format") != _FORMAT:
        raise CosimError(
            f"twin of format {data.get('format')!r}, expected {_FORMAT}; calibrate the cell again"
        )
    model = data["model"]
    inhibitory = model["inhibitory"]
    return NeuronTwin(
        signature=Signature(**data["signature"]),
        model=SfqNeuron(
            threshold_current=model["threshold_current"],
            soma=Soma(**model["soma"]),
            excitatory=ExcitatoryPath(**model["excitatory"]),
            inhibitory=InhibitoryPath(**inhibitory) if inhibitory else None,
            output=OutputPath(**model["output"]),
            junctions=CellJunctions(**model["junctions"]),
        ),
        characteristics=Characteristics(
            **data["characteristics"]
            | {name: tuple(data["characteristics"][name]) for name in ("pulses", "threshold_current")}
        ),
        errors=FitErrors(**data["errors"]),
        netlist_hash=data["netlist_hash"],
        parasitics=data["parasitics"],
    )


@lru_cache(maxsize=64)
def twin(
    signature: Signature | tuple[int, int, int],
    parasitics: Parasitics | None = None,
    *,
    recalibrate: bool = False,
) -> NeuronTwin:
    """The calibrated twin of a neuron of the design library.

    Where the kept twin is missing or its netlist differs from the cell's, the cell is calibrated again
    if `recalibrate` (a minute), else SimulationError says how to do it. Results are remembered.
    """
    cell = design(Signature(*signature))
    entry = files("cosim.circuits").joinpath("twins", file_name(cell.signature, parasitics is not None))
    if entry.is_file():
        kept = from_json(json.loads(entry.read_text(encoding="utf-8")))
        if kept.netlist_hash == netlist_hash(cell, parasitics):
            return kept
        trouble = "was calibrated for another netlist"
    else:
        trouble = "has not been calibrated"
    if recalibrate:
        return calibrate(cell, parasitics=parasitics)
    raise SimulationError(
        f"the twin of neuron {cell.signature} {trouble}; run "
        f"scripts/calibrate_twins.py {cell.signature.label}, or pass recalibrate=True"
    )
