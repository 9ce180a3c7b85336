"""Parametrised cells: Python values to sub-circuits of `cosim.netlist`.

A generator takes frozen parameters and returns a `Cell`; `assemble` puts cells into a deck.
`design(signature)` gives an optimised neuron, `available()` lists what there is. No simulation here.
"""

from __future__ import annotations

from cosim.circuits.assemble import assemble
from cosim.circuits.cell import Builder, Cell, definitions, ramped_current
from cosim.circuits.jtl import JtlParameters, jtl, stage
from cosim.circuits.library import NeuronDesign, Signature, Timing, available, design
from cosim.circuits.merger import MergerParameters, merger
from cosim.circuits.neuron import NeuronParameters, SomaParameters, neuron
from cosim.circuits.output import SinkParameters, sink
from cosim.circuits.sfq_dc import SfqDcParameters, sfq_dc
from cosim.circuits.source import SourceParameters, drive, source
from cosim.circuits.splitter import SplitterParameters, splitter
from cosim.circuits.synapse import (
    ExcitatoryParameters,
    GatedParameters,
    InhibitoryParameters,
    SynapseParameters,
    TunedParameters,
    excitatory,
    gated,
    inhibitory,
    synapse,
    tuned,
)
from cosim.circuits.technology import NIOBIUM_10KA, SCALES, Parasitics, Technology, scale_parameters

__all__ = [
    "NIOBIUM_10KA",
    "SCALES",
    "Builder",
    "Cell",
    "ExcitatoryParameters",
    "GatedParameters",
    "InhibitoryParameters",
    "JtlParameters",
    "MergerParameters",
    "NeuronDesign",
    "NeuronParameters",
    "Parasitics",
    "SfqDcParameters",
    "Signature",
    "SinkParameters",
    "SomaParameters",
    "SourceParameters",
    "SplitterParameters",
    "SynapseParameters",
    "Technology",
    "Timing",
    "TunedParameters",
    "assemble",
    "available",
    "definitions",
    "design",
    "drive",
    "excitatory",
    "gated",
    "inhibitory",
    "jtl",
    "merger",
    "neuron",
    "ramped_current",
    "scale_parameters",
    "sfq_dc",
    "sink",
    "source",
    "splitter",
    "stage",
    "synapse",
    "tuned",
]
