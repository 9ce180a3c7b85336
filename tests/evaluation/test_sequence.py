"""The patterns that are played and their labels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from mapping_networks import network, xor

from cosim.errors import CosimError, NetworkError
from cosim.evaluation import stimulus
from cosim.evaluation.sequence import LONGEST


def test_two_inputs_play_all_sixteen_transitions() -> None:
    played = stimulus(xor())
    steps = set(itertools.pairwise(played.order.tolist()))
    assert steps == set(itertools.product(range(4), repeat=2))
    assert len(played.order) == 17
    assert played.all_transitions
    assert played.labels.tolist() == [0, 1, 1, 0]
    assert played.labels_from == "ideal network"
    assert played.names == ("00", "01", "10", "11")


def test_many_patterns_are_walked_and_each_is_visited() -> None:
    wide = network(([[1.0, 1.0, 0.0, 0.0, 0.0]], [0.5]))
    played = stimulus(wide)
    assert not played.all_transitions
    assert len(played.order) == LONGEST
    assert set(played.order.tolist()) == set(range(len(played.patterns)))
    assert np.array_equal(stimulus(wide).order, played.order)
    assert not np.array_equal(stimulus(wide, seed=1).order, played.order)


def test_labels_of_the_data_win_and_must_be_consistent() -> None:
    spikes = np.array([[[0, 1]], [[1, 1]], [[0, 1]]])
    played = stimulus(xor(), spikes, [1, 0, 1])
    assert played.labels_from == "data"
    assert played.patterns.tolist() == [[0, 1], [1, 1]]
    assert played.labels.tolist() == [1, 0]
    with pytest.raises(CosimError, match=r"pattern 01 .* two labels, 1 and 0"):
        stimulus(xor(), spikes, [1, 0, 0])
    with pytest.raises(CosimError, match="2 labels for 3 samples"):
        stimulus(xor(), spikes, [1, 0])


def test_data_of_another_kind_are_refused() -> None:
    with pytest.raises(NetworkError, match="shape"):
        stimulus(xor(), np.zeros((3, 1, 4)))
    with pytest.raises(CosimError, match="2 steps a sample"):
        stimulus(xor(), np.zeros((3, 2, 2)))
