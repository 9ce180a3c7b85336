"""Strength of the tuned synapse against its control current."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cell_design.verdict import STEP
from cosim.circuits import ExcitatoryParameters, SynapseParameters, TunedParameters
from cosim.circuits.bench import START, strength_deck
from cosim.josephson import simulate_batch
from cosim.netlist import flatten

Array = NDArray[np.float64]


def threshold_currents(synapse: SynapseParameters, currents: Sequence[float], driven: bool = True) -> Array:
    """Least ith [A] (currents,) at which the soma fires, by bisection, for each control current [A]."""
    deck = strength_deck(synapse, driven=driven)
    controlled = any(parameter.name == "IW" for parameter in deck.parameters)
    low, high = np.full(len(currents), -100e-6), np.full(len(currents), 250e-6)
    for _ in range(11):
        middle = 0.5 * (low + high)
        cases = [
            flatten(deck, {"ith": i, "iw": w} if controlled else {"ith": i})
            for i, w in zip(middle, currents, strict=True)
        ]
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
    needed = threshold_currents(parameters, currents)
    reduction = rest - needed
    return {
        "control_current": [round(float(x), 8) for x in currents],
        "threshold_current": [round(float(x), 8) for x in needed],
        "threshold_reduction": [round(float(x), 8) for x in reduction],
        "strength": [round(float(x / whole), 3) for x in reduction],
        "threshold_reduction_of_plus_one": round(whole, 8),
    }
