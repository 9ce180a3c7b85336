"""The SFQ neuron between ordinary signals, against its twin run on the same pulses."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.errors import SimulationError
from cosim.lockstep import Session, SfqNeuron
from cosim.spice import find_library
from cosim.spiking import respond, twin

needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
OR = (2, 0, 1)
DECK = """pulses of 1 mV drive two DC/SFQ converters
V1 a 0 pulse(0 1m 1n 10p 10p 0.5n 2n)
V2 b 0 pulse(0 1m 1.02n 10p 10p 0.5n 4n)
Xn a b o sfq
R1 o 0 50
.tran 0.1n 20n 0 0.5n
"""
FIRST = np.arange(1e-9, 20e-9, 2e-9) + 5e-12
SECOND = np.arange(1.02e-9, 20e-9, 4e-9) + 5e-12


def expected() -> np.ndarray:
    times = np.concatenate([FIRST, SECOND])
    synapses = np.concatenate([np.zeros(FIRST.size, int), np.ones(SECOND.size, int)])
    order = np.argsort(times)
    spikes = respond(twin(OR).model, [0, times.size], times[order], synapses[order], stop=22e-9)
    return spikes.time


@needs_library
def test_spikes_are_those_of_the_twin():
    """To a femtosecond, at steps of half a nanosecond; and every pulse toggles the output."""
    result = Session(DECK).bind("Xn", SfqNeuron(cell=twin(OR))).run()
    times = result.pulse_times("xn")
    assert times == pytest.approx(expected(), abs=1e-15)
    levels = np.interp(times + 20e-12, result.time, result["V(O)"]) / 0.25e-3
    assert levels == pytest.approx(np.arange(1, times.size + 1) % 2, abs=1e-6)


@needs_library
def test_pulses_may_come_from_trains_and_leave_as_pulses():
    deck = DECK.replace("Xn a b o", "Xn o")
    neuron = SfqNeuron(cell=twin(OR), inputs=0, trains={0: FIRST, 1: SECOND}, width=200e-12)
    result = Session(deck).bind("Xn", neuron).run()
    assert result.pulse_times("xn") == pytest.approx(expected(), abs=1e-15)
    charge = np.trapezoid(result["V(O)"], result.time)
    assert charge == pytest.approx(expected().size * 200e-12 * 0.25e-3, rel=1e-3)


def test_unknown_synapses_are_refused():
    with pytest.raises(SimulationError, match="2 synapses"):
        SfqNeuron(cell=twin(OR), inputs=3)
    with pytest.raises(SimulationError, match="synapse 5"):
        SfqNeuron(cell=twin(OR), trains={5: [1e-9]})
