"""Networks of twins: XOR, checks, doubts, energy, batches."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.spiking import (
    EventEdge,
    EventInput,
    EventNetwork,
    EventNeuron,
    EventOutput,
    Pulses,
    run,
    twin,
)

PS = 1e-12


def xor() -> EventNetwork:
    """x1, x2 → OR and AND → OR and not AND; inhibition arrives first."""
    names = {"h1": (2, 0, 1), "h2": (2, 0, 2), "o": (1, 1, 1)}
    return EventNetwork(
        inputs=(EventInput(name="x1", junctions=5, critical_current=1e-3), EventInput(name="x2")),
        neurons=tuple(EventNeuron(name=name, model=twin(s).model) for name, s in names.items()),
        edges=(
            *(EventEdge(signal=s, neuron=n, synapse=s, delay=5 * PS) for s in (0, 1) for n in (0, 1)),
            EventEdge(signal=2, neuron=2, synapse=0, delay=14 * PS),
            EventEdge(signal=3, neuron=2, synapse=1, delay=2 * PS),
        ),
        outputs=(EventOutput(name="y", signal=4, delay=8 * PS),),
    )


PATTERNS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_xor_of_all_transitions():
    order = [a for i in range(4) for a in (i, *(x for j in range(i + 1, 4) for x in (i, j)))]
    sequence = PATTERNS[[*order, 0]][None]
    found = run(xor(), Pulses.slots(sequence, 300 * PS))
    expected = sequence[0, :, 0] ^ sequence[0, :, 1]
    slots = (found.outputs.time // (300 * PS)).astype(int)
    assert np.array_equal(np.bincount(slots, minlength=len(expected)), expected)
    assert found.sure.all()


def test_samples_do_not_see_each_other():
    whole = run(xor(), Pulses.slots(PATTERNS[:, None, :], 300 * PS))
    for k in range(4):
        alone = run(xor(), Pulses.slots(PATTERNS[k : k + 1, None, :], 300 * PS))
        for n in range(3):
            assert np.array_equal(alone.times(n), whole.times(n, k))
    assert np.array_equal(whole.counts(), [[0, 0, 0], [1, 0, 1], [1, 0, 1], [1, 1, 0]])


def test_energy_counts_every_slip():
    network = xor()
    found = run(network, [[[0.0], []]])
    cells = [n.model.junctions for n in network.neurons]
    # x1 drives a synapse of h1 and one of h2; h1 fires and drives o, which fires.
    current = 1e-3 + cells[0].excitatory + cells[1].excitatory + cells[2].excitatory
    current += sum(c.soma + c.outputs for c in (cells[0], cells[2]))
    assert found.energy[0] == pytest.approx(current * FLUX_QUANTUM)
    assert found.slips[0].tolist() == [5, 0, 4, 1, 4]


def test_a_neuron_at_its_threshold_is_doubtful():
    network = EventNetwork(
        inputs=(EventInput(name="x"),),
        neurons=(EventNeuron(name="n", model=twin((2, 0, 1)).model),),
        edges=(EventEdge(signal=0, neuron=0, synapse=0, delay=0.0),),
    )
    model = network.neurons[0].model
    low, high = -0.5 * model.soma.critical_current, 0.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        fired = run(network, [[[0.0]]], shifts={0: middle}, guard=0.0).counts()[0, 0]
        low, high = (low, middle) if fired else (middle, high)
    sides = run(network, [[[0.0]]] * 3, shifts={0: [low - 1e-7, high + 1e-7, 0.0]})
    assert sides.counts()[:, 0].tolist() == [0, 1, 1]
    assert sides.sure.tolist() == [False, False, True]
    assert sides.doubtful.fired.tolist() == [False, True]
    assert sides.doubtful.sample.tolist() == [0, 1]
    further = {0: [high + 0.2 * model.soma.critical_current]}
    assert run(network, [[[0.0]]], shifts=further, guard=0.05).sure.all()
    assert not run(network, [[[0.0]]], shifts=further, guard=0.21).sure.any()


def test_pulses_from_lists_and_bits_agree():
    listed = Pulses.of([[[0.0, 600 * PS], [300 * PS]], [[], []]])
    bits = Pulses.slots([[[1, 0], [0, 1], [1, 0]], [[0, 0]] * 3], 300 * PS)
    for name in ("time", "channel", "offset", "sample"):
        assert np.allclose(getattr(listed, name), getattr(bits, name))
    with pytest.raises(SimulationError, match="axes"):
        Pulses.slots([[1, 0]], 300 * PS)


def test_bad_networks_are_refused():
    network = xor()

    def with_edges(*edges):
        return EventNetwork(inputs=network.inputs, neurons=network.neurons, edges=edges)

    with pytest.raises(SimulationError, match="two edges"):
        with_edges(*(EventEdge(signal=s, neuron=0, synapse=0, delay=0.0) for s in (0, 1)))
    with pytest.raises(SimulationError, match="feed-forward"):
        with_edges(
            EventEdge(signal=2, neuron=1, synapse=0, delay=0.0),
            EventEdge(signal=3, neuron=0, synapse=0, delay=0.0),
        )
    with pytest.raises(SimulationError, match="2 synapses"):
        with_edges(EventEdge(signal=0, neuron=0, synapse=2, delay=0.0))
    with pytest.raises(SimulationError, match="delay"):
        with_edges(EventEdge(signal=0, neuron=0, synapse=0, delay=-1.0))
    with pytest.raises(SimulationError, match="input"):
        run(network, [[[0.0], [0.0], [0.0]]])


def test_no_pulses_no_spikes():
    found = run(xor(), [[[], []]])
    assert found.counts().sum() == 0 and found.energy[0] == 0.0 and found.sure.all()
