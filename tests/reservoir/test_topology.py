"""Topologies against their probabilities, diagnostics against cases whose answer is known, readouts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.encoding import events, poisson
from cosim.errors import NetworkError
from cosim.reservoir import (
    Kinds,
    Lif,
    LogisticClassifier,
    Reservoir,
    Ridge,
    RidgeClassifier,
    branching_factor,
    dale,
    early_decision,
    erdos_renyi,
    features,
    from_adjacency,
    from_edges,
    grid_3d,
    kernel_quality,
    memory_capacity,
    normalised,
    prefix_probabilities,
    random_inputs,
    rank,
    scaled_to_radius,
    separation,
    small_world,
    spectral_radius,
)
from cosim.reservoir.topology import grid_positions


def test_grid_connections_follow_distance_and_kind() -> None:
    shape, length = (8, 8, 8), 2.0
    kinds = Kinds.drawn(512, seed=0)
    probability = (0.3, 0.2, 0.4, 0.1)
    synapses = grid_3d(shape, kinds, probability=probability, length=length, seed=1)
    places = grid_positions(shape)
    square = np.sum((places[:, None] - places) ** 2, axis=2)
    e = kinds.excitatory
    assert e.sum() == round(0.8 * 512)
    table = np.where(e[:, None], np.where(e, 0.3, 0.2), np.where(e, 0.4, 0.1)) * np.exp(-square / length**2)
    np.fill_diagonal(table, 0.0)
    found = synapses.dense().T > 0
    assert not found.diagonal().any()
    for near, far in ((0, 1.5), (1.5, 4.5), (4.5, 9)):
        for source in (True, False):
            for target in (True, False):
                pick = (square > near) & (square <= far) & (e[:, None] == source) & (e == target)
                expected, spread = table[pick].sum(), math.sqrt((table * (1 - table))[pick].sum())
                assert abs(found[pick].sum() - expected) < 4 * spread


def test_random_graphs_have_their_density_and_signs() -> None:
    synapses = erdos_renyi(300, 200, 0.1, seed=3)
    assert abs(synapses.count - 6000) < 4 * math.sqrt(300 * 200 * 0.09)
    assert not np.any(synapses.source() == synapses.target)
    inputs = random_inputs(300, 200, 0.1, weight=2.0, negative_share=0.25, seed=3)
    assert set(np.unique(inputs.weight)) == {-2.0, 2.0}
    assert np.mean(inputs.weight < 0) == pytest.approx(0.25, abs=0.03)
    kinds = Kinds.drawn(200, seed=1)
    signed = dale(erdos_renyi(200, 200, 0.1, seed=1), kinds)
    assert np.array_equal(signed.weight > 0, kinds.excitatory[signed.source()])


def test_a_small_world_keeps_degrees_and_rewires_its_share() -> None:
    ring = small_world(100, 6, 0.0, seed=0)
    hops = (ring.target.astype(int) - ring.source() + 50) % 100 - 50
    assert set(hops) == {-3, -2, -1, 1, 2, 3}
    rewired = small_world(100, 6, 0.3, seed=0)
    assert np.all(np.diff(rewired.offsets) == 6)
    pairs = {*zip(rewired.source().tolist(), rewired.target.tolist(), strict=True)}
    assert len(pairs) == 600
    kept = np.abs((rewired.target.astype(int) - rewired.source() + 50) % 100 - 50) <= 3
    assert np.mean(~kept) == pytest.approx(0.3 * 93 / 99, abs=0.06)


def test_spectral_radius_is_that_of_the_matrix() -> None:
    matrix = np.random.default_rng(0).normal(size=(300, 300)) / math.sqrt(300)
    exact = np.abs(np.linalg.eigvals(matrix)).max()
    assert spectral_radius(from_adjacency(matrix)) == pytest.approx(exact, rel=1e-6)
    assert spectral_radius(scaled_to_radius(from_adjacency(matrix), 0.9)) == pytest.approx(0.9, rel=1e-6)


def test_branching_of_a_chain_is_one_and_of_a_tree_two() -> None:
    # A chain: every spike has one ancestor and one descendant, 4 ms apart.
    chain = from_edges(60, 60, np.arange(59), np.arange(1, 60))
    spikes = events(np.arange(60) * 3e-3, np.arange(60), 60, 0.2)
    assert branching_factor(spikes, chain) == pytest.approx(1.0)
    parents = np.arange(127)
    tree = from_edges(
        255, 255, np.repeat(parents, 2), np.stack([2 * parents + 1, 2 * parents + 2], 1).ravel()
    )
    level = np.floor(np.log2(np.arange(1, 256))).astype(int)
    spikes = events(0.05 + level * 3e-3, np.arange(255), 255, 0.2)
    inner = 126 / 254  # half of the spikes with ancestors are leaves, without descendants
    assert branching_factor(spikes, tree) == pytest.approx(2.0 * inner, rel=0.02)


def liquid(recurrent_weight: float, input_weight: float = 1.0) -> Reservoir:
    kinds = Kinds.drawn(216, seed=1)
    recurrent = grid_3d((6, 6, 6), kinds, length=2.0, weight=recurrent_weight, delay=1e-3, seed=2)
    return Reservoir(
        neuron=Lif(),
        inputs=random_inputs(10, 216, 0.3, weight=input_weight, negative_share=0.2, seed=3),
        recurrent=dale(recurrent, kinds),
    )


def inputs(count: int, duration: float = 0.4):
    return [
        poisson(np.full(10, 1.0), duration=duration, step=1e-3, highest_rate=60.0, seed=n)
        for n in range(count)
    ]


def test_perturbed_twins_meet_again_without_recurrence_and_part_with_much_of_it() -> None:
    quiet = separation(liquid(0.0), inputs(3), at=0.1)
    wild = separation(liquid(2.0), inputs(3), at=0.1)
    assert quiet.distance.max() > 0
    assert quiet.distance[-1] < 1e-3
    assert wild.distance[-50:].mean() > 100 * max(quiet.distance[-50:].mean(), 1e-9)
    assert wild.exponent > 0


def test_kernel_quality_counts_ranks() -> None:
    assert rank(np.outer(np.arange(1, 5), np.arange(3))) == 1
    assert rank(np.eye(5)) == 5
    quality = kernel_quality(liquid(0.3), inputs(30))
    assert quality.kernel == 30
    assert quality.generalisation < quality.kernel


def test_memory_fades_and_recurrence_prolongs_it() -> None:
    capacity = memory_capacity(liquid(0.5, 4.0), rate=100.0, longest=8)
    feedforward = memory_capacity(liquid(0.0, 4.0), rate=100.0, longest=8)
    assert capacity[0] > 0.4
    assert capacity[0] > 3 * feedforward[0] > 0
    assert np.all(capacity[2:] < 0.1 * capacity[0])
    assert np.all((capacity >= 0) & (capacity <= 1))


def blobs() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    labels = np.repeat(np.array(["a", "b", "c"]), 60)
    centres = {"a": (0, 0, 1), "b": (3, 0, 0), "c": (0, 3, 0)}
    return generator.normal(size=(180, 3)) * 0.6 + np.array([centres[x] for x in labels]), labels


def test_readouts_agree_with_closed_forms() -> None:
    x, labels = blobs()
    y = np.random.default_rng(1).normal(size=(180, 2))
    fitted = Ridge(penalty=2.0).fit(x, y)
    centred, goal = x - x.mean(0), y - y.mean(0)
    exact = np.linalg.solve(centred.T @ centred + 2.0 * np.eye(3), centred.T @ goal)
    np.testing.assert_allclose(fitted.coef_, exact)
    wide = np.random.default_rng(2).normal(size=(20, 50))
    primal = np.linalg.solve(
        (wide - wide.mean(0)).T @ (wide - wide.mean(0)) + 0.5 * np.eye(50),
        (wide - wide.mean(0)).T @ (y[:20] - y[:20].mean(0)),
    )
    np.testing.assert_allclose(Ridge(penalty=0.5).fit(wide, y[:20]).coef_, primal, atol=1e-10)
    assert RidgeClassifier(penalty=1.0).fit(x, labels).score(x, labels) > 0.95
    logistic = LogisticClassifier(penalty=1e-3).fit(x, labels)
    assert logistic.score(x, labels) > 0.95
    chance = logistic.predict_proba(x)
    np.testing.assert_allclose(chance.sum(axis=1), 1.0)
    # At the optimum the mean probability of each class is its share: the offsets are not penalised.
    np.testing.assert_allclose(chance.mean(axis=0), 1 / 3, atol=1e-4)


def test_parameters_read_and_set_as_in_scikit_learn() -> None:
    readout = LogisticClassifier(penalty=0.5)
    assert readout.get_params() == {"penalty": 0.5, "iterations": 300}
    assert readout.set_params(penalty=0.1).penalty == 0.1
    with pytest.raises(ValueError, match="no parameter 'c'"):
        readout.set_params(c=1)
    with pytest.raises(NetworkError, match="1 class"):
        readout.fit(np.zeros((3, 2)), [0, 0, 0])
    with pytest.raises(NetworkError, match="3 states for 2 labels"):
        readout.fit(np.zeros((3, 2)), [0, 1])


def test_early_decisions_trade_latency_for_accuracy() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 150)
    counts = generator.poisson(2.0 + 2.0 * np.stack([labels == 0, labels == 1], 1)[:, None, :], (300, 6, 2))
    chance = prefix_probabilities(counts[::2], labels[::2], counts[1::2])
    assert chance.shape == (150, 6, 2)
    curve = early_decision(chance, labels[1::2], duration=0.6, classes=[0, 1])
    assert np.all(np.diff(curve.latency) >= 0)
    assert curve.latency[0] == pytest.approx(0.1)
    assert curve.latency[-1] == pytest.approx(0.6)
    assert curve.accuracy[-1] > curve.accuracy[0] + 0.1


def test_features_stabilise_and_normalise() -> None:
    counts = np.array([[[1, 4], [9, 0]]])
    np.testing.assert_array_equal(features(counts), [[1, 2, 3, 0]])
    np.testing.assert_allclose(normalised(counts), np.array([[1, 4, 9, 0]]) * 4 / 14)
