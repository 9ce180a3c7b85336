"""Behavioural models inside an ngspice deck, in lock-step with it.

`Session(deck).bind("Xname", model).run()`. How to write a model: `model.py`; where it meets the
circuit: `ports.py`; what happens in a step: `master.py`.
"""

from __future__ import annotations

from pathlib import Path

from cosim.josephson.cache import discard_stale

_HERE = Path(__file__).parent
discard_stale(_HERE, _HERE / "models")
discard_stale(_HERE / "models", _HERE, _HERE.parent / "spiking")

from cosim.lockstep.annotations import is_annotated  # noqa: E402
from cosim.lockstep.model import Functions, Model, PythonModel, emit  # noqa: E402
from cosim.lockstep.models import (  # noqa: E402
    CrossbarArray,
    Exchanged,
    JosephsonCircuit,
    LeakyIntegrateAndFire,
    ResettingNeuron,
    ResistiveCell,
    Sampled,
    SfqNeuron,
    SineCurrent,
    SineVoltage,
    SpikingReservoir,
)
from cosim.lockstep.ports import (  # noqa: E402
    Ammeter,
    CurrentOutput,
    NortonOutput,
    Port,
    Probe,
    VoltageOutput,
)
from cosim.lockstep.session import Session  # noqa: E402

__all__ = [
    "Ammeter",
    "CrossbarArray",
    "CurrentOutput",
    "Exchanged",
    "Functions",
    "JosephsonCircuit",
    "LeakyIntegrateAndFire",
    "Model",
    "NortonOutput",
    "Port",
    "Probe",
    "PythonModel",
    "ResettingNeuron",
    "ResistiveCell",
    "Sampled",
    "Session",
    "SfqNeuron",
    "SineCurrent",
    "SineVoltage",
    "SpikingReservoir",
    "VoltageOutput",
    "emit",
    "is_annotated",
]
