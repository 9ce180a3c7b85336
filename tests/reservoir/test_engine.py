"""The engine against closed forms: potentials, firing periods, delays, conductances; threads, counts,
errors.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.encoding import Events, events, poisson
from cosim.errors import NetworkError
from cosim.reservoir import (
    Activity,
    ConductanceLif,
    Kinds,
    Lif,
    Reservoir,
    Synapses,
    dale,
    erdos_renyi,
    from_edges,
    from_matrix,
    random_inputs,
    run,
)

NOTHING = from_edges(1, 1, [], [])


def alone(neuron: Lif | ConductanceLif, weight: float = 1.0, delay: float = 0.0) -> Reservoir:
    return Reservoir(neuron=neuron, inputs=from_edges(1, 1, [0], [0], weight, delay), recurrent=NOTHING)


def one_spike(at: float, duration: float) -> Events:
    return events([at], [0], 1, duration)


@pytest.mark.parametrize("synapse_time", [2e-3, 20e-3 * (1 + 1e-13), 50e-3])
@pytest.mark.parametrize("step", [1e-3, 0.1e-3])
def test_a_postsynaptic_potential_is_the_closed_form(synapse_time: float, step: float) -> None:
    neuron = Lif(threshold=math.inf, excitatory_time=synapse_time, resistance=2.0)
    answer = run(alone(neuron, 0.7), [one_spike(5e-3, 80e-3)], step=step, record_voltages=[0])
    time = np.arange(1, answer.voltages.shape[1] + 1) * step - 5e-3
    late = np.maximum(time, 0.0)
    if abs(synapse_time / 20e-3 - 1) < 1e-9:
        expected = 2.0 * 0.7 * late / 20e-3 * np.exp(-late / 20e-3)
    else:
        gain = 2.0 * 0.7 * synapse_time / (synapse_time - 20e-3)
        expected = gain * (np.exp(-late / synapse_time) - np.exp(-late / 20e-3))
    np.testing.assert_allclose(answer.voltages[0, :, 0], expected, atol=1e-13)


def test_a_constant_current_fires_with_the_closed_period() -> None:
    neuron = Lif(refractory=3e-3, reset=-0.2, rest=0.1)
    answer = run(alone(neuron), [one_spike(0.9999, 1.0)], step=1e-5, current=[1.4], record_spikes=True)
    period = 3e-3 + 20e-3 * math.log((1.5 - -0.2) / (1.5 - 1.0))
    np.testing.assert_allclose(np.diff(answer.spikes[0].time), period, atol=1e-5)
    assert answer.counts.sum() == answer.spikes[0].count > 20


@pytest.mark.parametrize("delay", [0.0, 1e-3, 7e-3])
def test_a_spike_arrives_a_delay_later(delay: float) -> None:
    chain = Reservoir(
        neuron=Lif(excitatory_time=1e-3, refractory=0.0),
        inputs=from_edges(1, 2, [0], [0], 100.0),
        recurrent=from_edges(2, 2, [0], [1], 100.0, delay),
    )
    answer = run(chain, [one_spike(4e-3, 40e-3)], step=1e-3, record_spikes=True)
    first = {channel: answer.spikes[0].time[answer.spikes[0].channel == channel][0] for channel in (0, 1)}
    assert first[0] == pytest.approx(5e-3)
    assert first[1] - first[0] == pytest.approx(delay + 1e-3)


def conductance_error(step: float) -> float:
    """Return how far the voltage at 30 ms is off that of SciPy, for conductances from two inputs."""
    from scipy.integrate import solve_ivp

    neuron = ConductanceLif(threshold=1.0)
    reservoir = Reservoir(
        neuron=neuron, inputs=from_edges(2, 1, [0, 1], [0, 0], [1.5, -2.0]), recurrent=NOTHING
    )
    sample = events([0.0, 10e-3], [0, 1], 2, 30e-3)
    answer = run(reservoir, [sample], step=step, record_voltages=[0])

    def slope(t: float, v: np.ndarray) -> np.ndarray:
        excitatory = 1.5 * math.exp(-t / 5e-3)
        inhibitory = 2.0 * math.exp(-(t - 10e-3) / 10e-3) if t >= 10e-3 else 0.0
        return (-(v + 65e-3) - excitatory * v - inhibitory * (v + 80e-3)) / 20e-3

    half = solve_ivp(slope, (0, 10e-3 - 1e-15), [-65e-3], rtol=1e-11, atol=1e-14).y[:, -1]
    exact = solve_ivp(slope, (10e-3, 30e-3), half, rtol=1e-11, atol=1e-14).y[0, -1]
    return abs(answer.voltages[0, -1, 0] - exact)


def test_conductances_are_second_order_in_the_step() -> None:
    errors = [conductance_error(step) for step in (1e-3, 0.5e-3, 0.25e-3)]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[0] < 2e-5
    np.testing.assert_allclose(orders, 2.0, atol=0.15)


def example() -> tuple[Reservoir, list[Events]]:
    kinds = Kinds.drawn(150, seed=3)
    reservoir = Reservoir(
        neuron=Lif(),
        inputs=random_inputs(12, 150, 0.3, weight=0.8, negative_share=0.2, seed=1),
        recurrent=dale(erdos_renyi(150, 150, 0.1, weight=0.2, delay=2e-3, seed=2), kinds),
        read_noise=0.1,
    )
    samples = [
        poisson(np.full(12, 0.8), duration=0.2, step=1e-3, highest_rate=100.0, seed=n) for n in range(6)
    ]
    return reservoir, samples


def answers_alike(one: Activity, other: Activity) -> bool:
    return all(
        np.array_equal(a.time, b.time) and np.array_equal(a.channel, b.channel)
        for a, b in zip(one.spikes, other.spikes, strict=True)
    ) and np.array_equal(one.counts, other.counts)


def test_threads_and_neighbours_do_not_matter() -> None:
    reservoir, samples = example()
    one = run(reservoir, samples, threads=1, record_spikes=True, windows=4, seed=5)
    four = run(reservoir, samples, threads=4, record_spikes=True, windows=4, seed=5)
    assert one.counts.sum() > 500
    assert answers_alike(one, four)
    other_seed = run(reservoir, samples, threads=1, record_spikes=True, windows=4, seed=6)
    assert not answers_alike(one, other_seed)


def test_counts_are_the_recorded_spikes_in_their_windows() -> None:
    reservoir, samples = example()
    answer = run(reservoir, samples, windows=5, record_spikes=True)
    for sample, spikes in enumerate(answer.spikes):
        row = np.minimum(((spikes.time - 0.5e-3) / 40e-3).astype(int), 4)
        expected = np.zeros((5, 150), dtype=int)
        np.add.at(expected, (row, spikes.channel), 1)
        np.testing.assert_array_equal(answer.counts[sample], expected)


def test_synaptic_events_count_each_use_of_a_synapse() -> None:
    reservoir, samples = example()
    answer = run(reservoir, samples, record_spikes=True)
    fan_out = np.diff(reservoir.recurrent.offsets)
    from_inputs = np.diff(reservoir.inputs.offsets)
    for number, sample in enumerate(samples):
        expected = from_inputs[sample.channel].sum() + fan_out[answer.spikes[number].channel].sum()
        assert answer.synaptic_events[number] == expected


def test_read_noise_has_the_stated_spread() -> None:
    inputs = from_edges(1, 4000, np.zeros(4000, int), np.arange(4000), 1.0)
    reservoir = Reservoir(
        neuron=Lif(threshold=math.inf),
        inputs=inputs,
        recurrent=from_edges(4000, 4000, [], []),
        read_noise=0.2,
    )
    v = run(reservoir, [one_spike(0.0, 1e-3)], record_voltages=range(4000)).voltages[0, 0]
    quiet = Lif().propagators(1e-3).excitatory_gain
    assert np.mean(v) == pytest.approx(quiet, rel=0.015)
    assert np.std(v) == pytest.approx(0.2 * quiet, rel=0.05)


def test_synapses_from_edges_and_matrices_agree() -> None:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(7, 5)) * (generator.random((7, 5)) < 0.4)
    synapses = from_matrix(matrix, 2e-3)
    np.testing.assert_array_equal(synapses.dense(), matrix)
    target, source = np.nonzero(matrix)
    shuffled = generator.permutation(source.size)
    again = from_edges(5, 7, source[shuffled], target[shuffled], matrix[target, source][shuffled], 2e-3)
    np.testing.assert_array_equal(again.weight, synapses.weight)
    np.testing.assert_array_equal(again.target, synapses.target)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lif(membrane_time=0.0), "membrane_time = 0.0 s"),
        (lambda: Lif(threshold=-1.0), "not above reset"),
        (lambda: Lif(refractory=-1e-3), "refractory"),
        (lambda: Lif(rest=math.nan), "rest is not a number"),
        (lambda: from_edges(2, 2, [0, 2], [0, 1]), "sources from 0 to 2"),
        (lambda: from_edges(2, 2, [0], [5]), "targets from 5 to 5"),
        (lambda: from_edges(2, 2, [0], [1], math.nan), "finite"),
        (lambda: from_edges(2, 2, [0], [1], 1.0, -1e-3), "delay of -0.001 s"),
        (lambda: from_matrix(np.zeros(3)), "expected (targets, sources)"),
        (lambda: run(alone(Lif()), []), "no samples"),
        (lambda: run(alone(Lif()), [one_spike(0.0, 1e-3)], step=1.0), "step = 1.0 s"),
        (lambda: run(alone(Lif()), [events([0.0], [0], 2, 1e-2)]), "sample 0: 2 channels"),
        (lambda: run(alone(Lif()), [one_spike(0.0, 1e-2)], current=[1.0, 2.0]), "current has shape"),
        (lambda: run(alone(Lif()), [one_spike(0.0, 1e-2)], windows=11), "windows = 11"),
        (lambda: run(alone(Lif()), [one_spike(0.0, 1e-2)], record_voltages=[1]), "record_voltages"),
    ],
)
def test_bad_input_says_what_and_where(make, words: str) -> None:
    with pytest.raises(NetworkError) as error:
        make()
    assert words in str(error.value)


def test_parts_join_in_order() -> None:
    from cosim.reservoir.synapses import joined

    first, second = from_matrix([[1.0, 0.0], [0.0, 2.0]]), from_matrix([[3.0], [0.0]])
    both: Synapses = joined([first, second])
    np.testing.assert_array_equal(both.dense(), [[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]])


def test_pieces_give_the_spikes_of_the_whole() -> None:
    from cosim.reservoir.stepper import Stepper

    reservoir, samples = example()
    whole = run(reservoir, samples[:1], record_spikes=True, seed=0).spikes[0]
    stepper = Stepper(reservoir, step=1e-3, seed=0)
    times, channels = [], []
    for steps in (1, 7, 50, 3, 100, 39):
        begin = stepper.time
        inside = (samples[0].time >= begin - 1e-9) & (samples[0].time < begin + steps * 1e-3 - 1e-9)
        piece = stepper.advance(steps, samples[0].channel[inside].tolist(), samples[0].time[inside].tolist())
        times.append(begin + piece.time)
        channels.append(piece.channel)
    np.testing.assert_allclose(np.concatenate(times), whole.time, atol=1e-12)
    np.testing.assert_array_equal(np.concatenate(channels), whole.channel)
    with pytest.raises(NetworkError, match=r"this piece goes from 0\.2 to 0\.201 s"):
        stepper.advance(1, [0], [0.1])
