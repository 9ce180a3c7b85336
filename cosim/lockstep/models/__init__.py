"""Behavioural models that come with the package, one a file."""

from __future__ import annotations

from cosim.lockstep.model import Model
from cosim.lockstep.models.crossbar_array import CrossbarArray
from cosim.lockstep.models.exchanged import Exchanged, Sampled
from cosim.lockstep.models.josephson_circuit import JosephsonCircuit
from cosim.lockstep.models.leaky_integrate_and_fire import LeakyIntegrateAndFire
from cosim.lockstep.models.reservoir import SpikingReservoir
from cosim.lockstep.models.resetting_neuron import ResettingNeuron
from cosim.lockstep.models.resistive_cell import ResistiveCell
from cosim.lockstep.models.sfq_neuron import SfqNeuron
from cosim.lockstep.models.sine import SineCurrent, SineVoltage

#: Models by the names that annotations of a deck use. A new model adds a line here.
MODELS: dict[str, type[Model]] = {
    model.__name__: model
    for model in (
        JosephsonCircuit,
        LeakyIntegrateAndFire,
        ResettingNeuron,
        ResistiveCell,
        SfqNeuron,
        SineCurrent,
        SineVoltage,
    )
}

__all__ = [
    "MODELS",
    "CrossbarArray",
    "Exchanged",
    "JosephsonCircuit",
    "LeakyIntegrateAndFire",
    "ResettingNeuron",
    "ResistiveCell",
    "Sampled",
    "SfqNeuron",
    "SineCurrent",
    "SineVoltage",
    "SpikingReservoir",
]
