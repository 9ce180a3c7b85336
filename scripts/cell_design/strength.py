"""Strength of the tuned synapse against its control current."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cell_design.verdict import STEP
from cosim.circuits import (
    ExcitatoryParameters,
    NeuronParameters,
    SynapseParameters,
    TunedParameters,
    assemble,
    drive,
    jtl,
    neuron,
    ramped_current,
    sink,
    source,
)
from cosim.circuits.bench import START
from cosim.josephson import simulate_batch
from cosim.netlist import Deck, flatten

Array = NDArray[np.float64]


def _deck(synapse: SynapseParameters, driven: bool) -> Deck:
    """One synapse, driven once or not at all, and a silent +1 on the soma of a threshold-1 neuron."""
    cell = neuron(NeuronParameters(synapses=(synapse, ExcitatoryParameters())), name="NEURON")
    feed, line, end = source(), jtl(), sink()
    statements = []
    for number in (1, 2):
        statements += [
            drive(f"Iin{number}", f"in{number}", (START,) if driven and number == 1 else ()),
            feed.instance(f"Xs{number}", f"in{number}", f"w{number}"),
            line.instance(f"Xj{number}", f"w{number}", f"a{number}"),
        ]
    controls = [f"c{port}" for port in cell.ports if port.startswith("W")]
    statements += [
        cell.instance("Xn", "a1", "a2", "y", "th", *controls),
        ramped_current("Ith", "th", "ith*sib"),
        line.instance("Xq", "y", "z"),
        end.instance("Xz", "z"),
        *(ramped_current("Iw", node, "iw*sib") for node in controls),
    ]
    settings = {"ith": 1e-4, "iw": 0.0}
    return assemble((feed, line, end, cell), statements, stop=START + 250e-12, settings=settings)


def threshold_currents(synapse: SynapseParameters, currents: Sequence[float], driven: bool = True) -> Array:
    """Least ith [A] (currents,) at which the soma fires, by bisection, for each control current [A]."""
    deck = _deck(synapse, driven)
    low, high = np.full(len(currents), -100e-6), np.full(len(currents), 250e-6)
    for _ in range(11):
        middle = 0.5 * (low + high)
        cases = [flatten(deck, {"ith": i, "iw": w}) for i, w in zip(middle, currents, strict=True)]
        batch = simulate_batch(cases, step=STEP, threads=1)
        fires = batch.counts("BT|XN", np.array([0.0, START + 250e-12]))[:, 0] > 0
        low, high = np.where(fires, low, middle), np.where(fires, middle, high)
    return 0.5 * (low + high)


def curve(parameters: TunedParameters) -> dict[str, list[float] | float]:
    """Reduction of the soma's threshold current by one pulse [A] against the control current [A],
    and as a fraction of what a +1 synapse gives."""
    currents = np.linspace(parameters.lowest_current, parameters.highest_current, 17)
    rest = threshold_currents(parameters, currents, driven=False)
    plus_one = ExcitatoryParameters()
    whole = float(
        (threshold_currents(plus_one, [0.0], driven=False) - threshold_currents(plus_one, [0.0]))[0]
    )
    reduction = rest - threshold_currents(parameters, currents)
    return {
        "control_current": [round(float(x), 8) for x in currents],
        "threshold_reduction": [round(float(x), 8) for x in reduction],
        "strength": [round(float(x / whole), 3) for x in reduction],
        "threshold_reduction_of_plus_one": round(whole, 8),
    }
