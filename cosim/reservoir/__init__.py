"""Spiking reservoirs: leaky integrate-and-fire neurons, random or device-made synapses, plasticity, readouts.

A `Reservoir` is one kind of neuron, the synapses from its input channels, and those among its neurons. `run`
simulates a batch of samples (`cosim.encoding.Events`). SFQ neurons are in `cosim.spiking`.
"""

from __future__ import annotations

from pathlib import Path

from cosim.josephson.cache import discard_stale

discard_stale(Path(__file__).parent)

from cosim.reservoir.diagnostics import (  # noqa: E402
    KernelQuality,
    Separation,
    branching_factor,
    kernel_quality,
    memory_capacity,
    rank,
    separation,
)
from cosim.reservoir.neurons import ConductanceLif, Lif  # noqa: E402
from cosim.reservoir.plasticity import (  # noqa: E402
    Astrocyte,
    Homeostasis,
    PlasticActivity,
    PlasticReservoir,
    Stdp,
)
from cosim.reservoir.readout import (  # noqa: E402
    EarlyDecision,
    LogisticClassifier,
    Ridge,
    RidgeClassifier,
    early_decision,
    features,
    normalised,
    prefix_probabilities,
)
from cosim.reservoir.simulate import Activity, Reservoir, run  # noqa: E402
from cosim.reservoir.synapses import Synapses, from_edges, from_matrix  # noqa: E402
from cosim.reservoir.topology import (  # noqa: E402
    Kinds,
    dale,
    erdos_renyi,
    from_adjacency,
    grid_3d,
    random_inputs,
    scaled_to_radius,
    small_world,
    spectral_radius,
)

__all__ = [
    "Activity",
    "Astrocyte",
    "ConductanceLif",
    "EarlyDecision",
    "Homeostasis",
    "KernelQuality",
    "Kinds",
    "Lif",
    "LogisticClassifier",
    "PlasticActivity",
    "PlasticReservoir",
    "Reservoir",
    "Ridge",
    "RidgeClassifier",
    "Separation",
    "Stdp",
    "Synapses",
    "branching_factor",
    "dale",
    "early_decision",
    "erdos_renyi",
    "features",
    "from_adjacency",
    "from_edges",
    "from_matrix",
    "grid_3d",
    "kernel_quality",
    "memory_capacity",
    "normalised",
    "prefix_probabilities",
    "random_inputs",
    "rank",
    "run",
    "scaled_to_radius",
    "separation",
    "small_world",
    "spectral_radius",
]
