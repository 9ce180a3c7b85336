"""A reservoir inside a deck is the reservoir outside, fed with the edges of the deck's voltages."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.encoding import events
from cosim.errors import SimulationError
from cosim.lockstep import Session, SpikingReservoir
from cosim.reservoir import Kinds, Lif, Reservoir, dale, erdos_renyi, random_inputs, run

DECK = """edges for a reservoir
V1 a 0 pulse(0 1 5m 10u 10u 2m 8m)
V2 b 0 pulse(0 1 7m 10u 10u 3m 11m)
Xliquid a b x y liquid
R1 x 0 10k
R2 y 0 10k
.tran 0.1m 100m
"""


def liquid() -> Reservoir:
    return Reservoir(
        neuron=Lif(),
        inputs=random_inputs(2, 40, 0.6, weight=3.0, negative_share=0.2, seed=1),
        recurrent=dale(erdos_renyi(40, 40, 0.2, weight=0.5, delay=1e-3, seed=2), Kinds.drawn(40, seed=3)),
    )


def test_it_fires_as_the_engine_does_and_its_pulses_reach_the_circuit() -> None:
    reservoir = liquid()
    edges = [np.arange(5e-3, 0.1, 8e-3), np.arange(7e-3, 0.1, 11e-3)]
    sample = events(np.concatenate(edges), np.repeat([0, 1], [len(e) for e in edges]), 2, 0.1)
    alone = run(reservoir, [sample], step=1e-3, record_spikes=True).spikes[0]
    counts = alone.counts()
    busiest = np.argsort(counts)[-2:].tolist()
    assert counts[busiest].min() > 3
    model = SpikingReservoir(reservoir=reservoir, step=1e-3, neurons=busiest, pulse_intervals=2)
    result = Session(DECK).bind("Xliquid", model).run()
    expected = np.sort(alone.time[np.isin(alone.channel, busiest)])
    np.testing.assert_allclose(np.sort(result.pulse_times("Xliquid")), expected, atol=1e-9)
    for node, neuron in zip("XY", busiest, strict=True):
        high = result[f"V({node})"] > 0.5
        rises = result.time[1:][high[1:] & ~high[:-1]]
        own = alone.time[alone.channel == neuron]
        first = own[np.concatenate([[True], np.diff(own) > 3.5e-3])]
        assert len(rises) >= len(first) - 1
        for rise in rises:
            assert np.min(np.abs(rise - 0.5e-3 - own)) < 0.51e-3


def test_neurons_that_do_not_exist_are_named() -> None:
    with pytest.raises(SimulationError, match="expected 0 to 39"):
        SpikingReservoir(reservoir=liquid(), step=1e-3, neurons=[40])
