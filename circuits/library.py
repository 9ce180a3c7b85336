"""The design library: optimised neurons by signature, with what was measured of them.

One file a signature under `designs/`, written by `scripts/design_cells.py`. A signature
(excitatory E, inhibitory I, threshold k) promises: the neuron fires once in a slot if and only
if (excitatory pulses) - (inhibitory pulses) ≥ k, provided that the pulses arrive as `Timing` asks.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from cosim.circuits.neuron import NeuronParameters, SomaParameters
from cosim.circuits.synapse import ExcitatoryParameters, InhibitoryParameters
from cosim.errors import MappingError


class Signature(NamedTuple):
    """What a neuron does: its inputs of either sign, and how many more pulses of the one it needs."""

    excitatory: int
    inhibitory: int
    threshold: int

    def __str__(self) -> str:
        return f"({self.excitatory} excitatory, {self.inhibitory} inhibitory, threshold {self.threshold})"

    @property
    def label(self) -> str:
        """As in names of files and sub-circuits: 2_0_1."""
        return f"{self.excitatory}_{self.inhibitory}_{self.threshold}"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When pulses have to arrive and when the spike leaves; seconds, nominal circuit, at the driver
    junctions of the synapses and at the output junction Bo2."""

    latency: float
    """From the pulse that completes the threshold to the spike, pulses arriving together."""
    latency_all: float
    """The same with all excitatory inputs at once."""
    refractory: float
    """Shortest period at which a neuron at threshold still fires once for every period."""
    leak: float
    """Time constant with which the soma's current of one pulse decays."""
    coincidence: float
    """Largest spread of k pulses that still makes the neuron fire; infinite for threshold 1."""
    inhibition_lead: tuple[float, float]
    """Least and largest time by which inhibition may lead excitation and still veto; (0, 0) without."""


@dataclass(frozen=True, kw_only=True)
class NeuronDesign:
    """An optimised neuron."""

    signature: Signature
    parameters: NeuronParameters
    threshold_current: float
    """Nominal ith [A]."""
    timing: Timing
    margins: Mapping[str, tuple[float, float]]
    """Relative ends (low, high) by global factor, and `ith`, on the cell's own test bench; a value
    of ±0.9 is as far as was looked."""

    @property
    def critical_margin(self) -> float:
        """The smallest of all margins."""
        return min(min(-low, high) for low, high in self.margins.values())


def available() -> tuple[Signature, ...]:
    """Signatures that have a design, by inputs and threshold."""
    folder = files("cosim.circuits").joinpath("designs")
    found = []
    for entry in folder.iterdir():
        stem, dot, ending = entry.name.partition(".")
        parts = stem.split("_")
        if dot and ending == "json" and len(parts) == 3 and all(part.isdigit() for part in parts):
            found.append(Signature(*(int(part) for part in parts)))
    return tuple(sorted(found, key=lambda s: (s.excitatory + s.inhibitory, s.inhibitory, s.threshold)))


@cache
def design(signature: Signature | tuple[int, int, int]) -> NeuronDesign:
    """The design of a signature; excitatory synapses come first.

    Raises MappingError for a signature that has none, and says which there are.
    """
    wanted = Signature(*signature)
    entry = files("cosim.circuits").joinpath("designs", f"{wanted.label}.json")
    if not entry.is_file():
        listed = ", ".join(f"({s.excitatory},{s.inhibitory},{s.threshold})" for s in available())
        raise MappingError(f"there is no neuron design for {wanted}; there is (E,I,k) = {listed}")
    return from_json(json.loads(entry.read_text(encoding="utf-8")))


def from_json(data: Mapping) -> NeuronDesign:
    """A design from the content of its file."""
    signature = Signature(**data["signature"])
    excitatory = ExcitatoryParameters(**data["excitatory"])
    synapses = (excitatory,) * signature.excitatory
    if signature.inhibitory:
        synapses += (InhibitoryParameters(**data["inhibitory"]),) * signature.inhibitory
    timing = dict(data["timing"])
    timing["coincidence"] = float("inf") if timing["coincidence"] is None else timing["coincidence"]
    timing["inhibition_lead"] = tuple(timing["inhibition_lead"])
    return NeuronDesign(
        signature=signature,
        parameters=NeuronParameters(soma=SomaParameters(**data["soma"]), synapses=synapses),
        threshold_current=data["threshold_current"],
        timing=Timing(**timing),
        margins={name: (low, high) for name, (low, high) in data["margins"].items()},
    )


def to_json(design_: NeuronDesign) -> dict:
    """What `from_json` reads; SI units, inhibitory synapses all alike and excitatory too."""
    by_sign = {s.weight: s for s in design_.parameters.synapses}
    timing = dataclasses.asdict(design_.timing)
    timing["coincidence"] = None if timing["coincidence"] == float("inf") else timing["coincidence"]
    data = {
        "signature": design_.signature._asdict(),
        "threshold_current": design_.threshold_current,
        "soma": dataclasses.asdict(design_.parameters.soma),
        "excitatory": dataclasses.asdict(by_sign[1]),
        "timing": timing,
        "margins": {name: list(ends) for name, ends in design_.margins.items()},
    }
    if -1 in by_sign:
        data["inhibitory"] = dataclasses.asdict(by_sign[-1])
    return data
