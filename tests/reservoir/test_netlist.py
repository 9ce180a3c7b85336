"""A small reservoir as a circuit fires when the engine says so."""

from __future__ import annotations

import numpy as np
import pytest

from cosim import spice
from cosim.encoding import poisson
from cosim.errors import NetworkError
from cosim.reservoir import Kinds, Lif, Reservoir, dale, erdos_renyi, random_inputs, run
from cosim.reservoir.netlist import reservoir_deck

NEURON = Lif(membrane_time=20e-6, excitatory_time=5e-6, inhibitory_time=8e-6, refractory=2e-6, threshold=0.1)


def small(delay: float = 1e-6) -> Reservoir:
    return Reservoir(
        neuron=NEURON,
        inputs=random_inputs(3, 8, 0.6, weight=0.25, seed=1),
        recurrent=dale(erdos_renyi(8, 8, 0.4, weight=0.08, delay=delay, seed=2), Kinds.drawn(8, seed=3)),
    )


@pytest.mark.skipif(spice.available() is None, reason=f"ngspice is not installed: {spice.how_to_install()}")
def test_circuit_and_engine_fire_together() -> None:
    reservoir, duration = small(), 100e-6
    sample = poisson(np.ones(3), duration=duration, step=1e-6, highest_rate=1.2e5, seed=5)
    deck = reservoir_deck(reservoir, sample, duration=duration)
    # In the circuit a spike takes `lag` longer than its delay; the engine gets that as delay, to its step.
    step = 5e-9
    engine = run(
        Reservoir(
            neuron=NEURON,
            inputs=reservoir.inputs,
            recurrent=dale(
                erdos_renyi(8, 8, 0.4, weight=0.08, delay=1e-6 + deck.lag, seed=2), Kinds.drawn(8, seed=3)
            ),
        ),
        [sample],
        step=step,
        record_spikes=True,
    ).spikes[0]
    result = spice.simulate(deck.text)
    assert engine.count > 20
    worst = 0.0
    for neuron, node in enumerate(deck.outputs):
        high = result[f"V({node})"] > 0.5
        ours = result.time[1:][high[1:] & ~high[:-1]]
        theirs = engine.time[engine.channel == neuron]
        theirs = theirs[theirs < duration - 0.5e-6]
        assert abs(len(ours) - len(theirs)) <= (
            engine.time[engine.channel == neuron].max(initial=0) > duration - 1e-6
        )
        count = min(len(ours), len(theirs))
        worst = max(worst, np.abs(ours[:count] - theirs[:count]).max(initial=0.0))
    assert worst < 0.5e-6  # a fortieth of the membrane's time constant, a quarter of the refractory time


def test_what_the_circuit_has_not_is_refused() -> None:
    sample = poisson(np.ones(3), duration=1e-5, step=1e-6, highest_rate=1e5, seed=5)
    with pytest.raises(NetworkError, match="one recurrent delay above 0"):
        reservoir_deck(small(0.0), sample, duration=1e-5)
    from dataclasses import replace

    with pytest.raises(NetworkError, match="rest = reset = 0 V"):
        reservoir_deck(replace(small(), neuron=replace(NEURON, bias_current=1.0)), sample, duration=1e-5)
