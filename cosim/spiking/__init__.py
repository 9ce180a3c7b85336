"""Behavioural, event-driven models of the SFQ cells, calibrated against their netlists.

`twin(signature)` is a calibrated neuron, `respond` runs one neuron on pulse trains, `run` a whole
`EventNetwork` on a batch of samples. `calibrate` makes a twin from a cell's netlist.
"""

from __future__ import annotations

from pathlib import Path

from cosim.josephson.cache import discard_stale

discard_stale(Path(__file__).parent)

from cosim.spiking.calibration import FitErrors, NeuronTwin, calibrate, netlist_hash  # noqa: E402
from cosim.spiking.characteristics import Characteristics, characterise  # noqa: E402
from cosim.spiking.event_graph import (  # noqa: E402
    EventEdge,
    EventInput,
    EventNetwork,
    EventNeuron,
    EventOutput,
)
from cosim.spiking.library import save, twin  # noqa: E402
from cosim.spiking.margins import Decisions  # noqa: E402
from cosim.spiking.network import EventResult, run  # noqa: E402
from cosim.spiking.pulses import Pulses  # noqa: E402
from cosim.spiking.sfq_neuron import SfqNeuron  # noqa: E402
from cosim.spiking.trains import Spikes, respond  # noqa: E402

__all__ = [
    "Characteristics",
    "Decisions",
    "EventEdge",
    "EventInput",
    "EventNetwork",
    "EventNeuron",
    "EventOutput",
    "EventResult",
    "FitErrors",
    "NeuronTwin",
    "Pulses",
    "SfqNeuron",
    "Spikes",
    "calibrate",
    "characterise",
    "netlist_hash",
    "respond",
    "run",
    "save",
    "twin",
]
