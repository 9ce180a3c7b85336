"""Patterns and the shortest walk through all their transitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cosim.errors import NetworkError
from cosim.network import all_patterns, sample_patterns, transition_indices, transition_sequence


def test_all_patterns_in_counting_order() -> None:
    assert all_patterns(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert all_patterns(5).shape == (32, 5)
    for inputs in (0, 17):
        with pytest.raises(NetworkError, match=f"{inputs} inputs"):
            all_patterns(inputs)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 16])
def test_every_transition_once(count: int) -> None:
    walk = transition_indices(count)
    steps = list(zip(walk[:-1].tolist(), walk[1:].tolist(), strict=True))
    assert len(steps) == count**2 and len(set(steps)) == count**2
    assert walk[0] == walk[-1] == 0


def test_sequence_of_two_inputs_has_17_slots() -> None:
    sequence = transition_sequence(all_patterns(2))
    assert sequence.shape == (17, 2)
    assert len({(tuple(a), tuple(b)) for a, b in itertools.pairwise(sequence)}) == 16


def test_equal_or_shapeless_patterns() -> None:
    with pytest.raises(NetworkError, match="equal rows"):
        transition_sequence([[0, 1], [0, 1]])
    with pytest.raises(NetworkError, match="expected"):
        transition_sequence([0, 1])
    with pytest.raises(NetworkError, match="at least 1"):
        transition_indices(0)


def test_samples_are_seeded_distinct_and_hold_both_extremes() -> None:
    np.testing.assert_array_equal(sample_patterns(4), all_patterns(4))
    for inputs in (5, 64):
        sample = sample_patterns(inputs, limit=12, seed=3)
        assert sample.shape == (12, inputs) and len(np.unique(sample, axis=0)) == 12
        assert not sample[0].any() and sample[-1].all()
        np.testing.assert_array_equal(sample, sample_patterns(inputs, limit=12, seed=3))
        assert not np.array_equal(sample, sample_patterns(inputs, limit=12, seed=4))
    with pytest.raises(NetworkError, match="at least 2"):
        sample_patterns(5, limit=1)
