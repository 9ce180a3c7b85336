"""Synapses made of cells: what ideal ones promise, and Kirchhoff's laws with real ones."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import passive, solve
from cosim.devices import NormalSpread, StuckCells
from cosim.encoding import poisson
from cosim.errors import NetworkError, SimulationError
from cosim.reservoir import Lif, Reservoir, erdos_renyi, from_matrix, random_inputs, run
from cosim.reservoir.fabric import Wiring, as_fabricated, from_conductances, programmed, reading_energy

LINES = Wiring(
    word_line_resistance=5.0, bit_line_resistance=3.0, driver_resistance=50.0, sense_resistance=20.0
)


def wanted(seed: int = 0):
    generator = np.random.default_rng(seed)
    return from_matrix(generator.normal(size=(12, 9)) * (generator.random((12, 9)) < 0.5), 1e-3)


def test_ideal_cells_give_the_wanted_weights() -> None:
    weights = wanted()
    made = programmed(weights, lowest=2e-6, highest=50e-6, seed=1)
    np.testing.assert_allclose(made.synapses.dense(), weights.dense(), atol=1e-12)
    assert np.all(made.synapses.delay == 1e-3)
    cells = made.positive + made.negative
    np.testing.assert_allclose(made.pulse_energy, cells.sum(axis=1) * 0.2**2 * 10e-9)


def test_coinciding_spikes_are_kirchhoffs_currents() -> None:
    generator = np.random.default_rng(2)
    plus, minus = generator.uniform(1e-6, 1e-4, (2, 10, 7))
    made = from_conductances(plus, minus, gain=1e6, wiring=LINES)
    together = np.where(np.isin(np.arange(10), [0, 3, 9]), 0.2, 0.0)
    currents = []
    for cells in (plus, minus):
        array = passive(
            cells,
            word_line_resistance=5.0,
            bit_line_resistance=3.0,
            driver_resistance=50.0,
            sense_resistance=20.0,
        )
        currents.append(solve(array, together).outputs[0])
        alone = solve(array, np.where(np.arange(10) == 3, 0.2, 0.0))
        currents.append(alone.power.sum())
    expected = 1e6 * (currents[0] - currents[2])
    np.testing.assert_allclose(made.synapses.dense()[:, [0, 3, 9]].sum(axis=1), expected, rtol=1e-9)
    assert made.pulse_energy[3] == pytest.approx((currents[1] + currents[3]) * 10e-9, rel=1e-9)
    assert np.all(made.synapses.dense() != 1e6 * 0.2 * (plus - minus).T)


def test_faults_and_spread_reach_the_weights() -> None:
    weights = wanted(3)
    ideal = programmed(weights, lowest=1e-6, highest=50e-6, seed=4).synapses.dense()
    spread = programmed(
        weights, lowest=1e-6, highest=50e-6, transformations=[NormalSpread(relative=0.1)], seed=4
    ).synapses.dense()
    assert 0.02 < np.std((spread - ideal)[ideal != 0] / ideal[ideal != 0]) < 0.2
    stuck = programmed(
        weights,
        lowest=1e-6,
        highest=50e-6,
        transformations=[StuckCells(low_share=1.0, low=1e-6)],
        seed=4,
        smallest=1e-9,
    )
    assert stuck.synapses.count == 0


def test_cells_as_fabricated_have_the_stated_size_and_no_bias() -> None:
    sample = np.random.default_rng(5).lognormal(np.log(10e-6), 0.5, 1000)
    made = as_fabricated(200, 300, conductances=sample, weight=0.7, seed=6)
    matrix = made.synapses.dense()
    assert np.sqrt(np.mean(matrix**2)) == pytest.approx(0.7, rel=1e-9)
    assert abs(matrix.mean()) < 4 * 0.7 / np.sqrt(matrix.size)
    assert np.isin(made.positive, sample).all()


def test_a_reservoir_of_cells_runs_like_one_of_numbers_and_pays_for_each_spike() -> None:
    inputs = random_inputs(6, 40, 0.5, weight=1.0, negative_share=0.2, seed=1)
    recurrent = erdos_renyi(40, 40, 0.2, weight=0.3, delay=1e-3, seed=2)
    cells = [programmed(x, lowest=0.0, highest=40e-6, seed=n) for n, x in enumerate((inputs, recurrent))]
    samples = [poisson(np.ones(6), duration=0.3, step=1e-3, highest_rate=80.0, seed=n) for n in range(3)]
    plain = run(Reservoir(neuron=Lif(), inputs=inputs, recurrent=recurrent), samples)
    made = run(Reservoir(neuron=Lif(), inputs=cells[0].synapses, recurrent=cells[1].synapses), samples)
    assert plain.counts.sum() > 100
    np.testing.assert_allclose(made.counts, plain.counts)
    energy = reading_energy(made, [s.counts() for s in samples], cells[0], cells[1])
    by_hand = samples[0].counts() @ cells[0].pulse_energy + made.counts[0, 0] @ cells[1].pulse_energy
    assert energy[0] == pytest.approx(by_hand)


def test_bad_input_says_what() -> None:
    with pytest.raises(NetworkError, match="expected 0 ≤ lowest < highest"):
        programmed(wanted(), lowest=2e-6, highest=1e-6, seed=0)
    with pytest.raises(NetworkError, match="all weights are 0"):
        programmed(from_matrix(np.zeros((2, 2))), lowest=0.0, highest=1e-6, seed=0)
    with pytest.raises(NetworkError, match="expected equal ones"):
        from_conductances(np.ones((2, 2)), np.ones((2, 3)), gain=1.0)
    with pytest.raises((NetworkError, SimulationError), match="negative"):
        from_conductances(-np.ones((2, 2)), np.ones((2, 2)), gain=1.0)
    with pytest.raises(NetworkError, match="finite values"):
        as_fabricated(2, 2, conductances=[-1.0], weight=1.0, seed=0)
    with pytest.raises(NetworkError, match="all cells are equal"):
        as_fabricated(2, 2, conductances=[1e-6], weight=1.0, seed=0)


def test_tiles_have_drivers_of_their_own() -> None:
    plus = np.random.default_rng(7).uniform(1e-6, 1e-4, (10, 7))
    tiled = Wiring(word_line_resistance=5.0, bit_line_resistance=3.0, tile=4)
    made = from_conductances(plus, np.zeros((10, 7)), gain=1.0, wiring=tiled).synapses.dense()
    for rows in (slice(0, 4), slice(4, 8), slice(8, 10)):
        for columns in (slice(0, 4), slice(4, 7)):
            alone = passive(plus[rows, columns], word_line_resistance=5.0, bit_line_resistance=3.0)
            expected = solve(alone, 0.2 * np.eye(plus[rows].shape[0])).outputs.T
            np.testing.assert_allclose(made[columns, rows], expected, rtol=1e-9)
