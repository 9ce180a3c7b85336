"""The fit of one neuron: exact where it can be, honest where it cannot."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.mapping import fit_ternary
from cosim.mapping.ternary import input_patterns


@given(
    signs=st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=6),
    threshold=st.integers(1, 3),
    scale=st.floats(0.01, 100.0),
)
def test_a_ternary_neuron_of_any_scale_is_found_again(signs: list[int], threshold: int, scale: float) -> None:
    weights = scale * np.array(signs, dtype=float)
    fit = fit_ternary(weights, scale * (threshold - 0.5))
    assert fit.exact
    bits, exhaustive = input_patterns(len(signs))
    assert exhaustive
    assert np.array_equal(bits @ fit.signs >= fit.threshold, bits @ np.array(signs) >= threshold)


@given(
    weights=st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=5),
    threshold=st.floats(0.05, 2.0),
)
def test_mismatches_are_counted_on_every_pattern_and_no_better_fit_exists(
    weights: list[float], threshold: float
) -> None:
    array = np.array(weights)
    fit = fit_ternary(array, threshold)
    bits = np.array(list(itertools.product((0, 1), repeat=len(weights))))
    target = bits @ array > threshold
    assert fit.tested == len(bits)
    assert fit.mismatches == np.count_nonzero((bits @ fit.signs >= fit.threshold) != target)
    assert np.allclose(fit.error, array - fit.scale * fit.signs)
    best = min(
        np.count_nonzero((bits @ np.array(signs) >= k) != target)
        for signs in itertools.product((-1, 0, 1), repeat=len(weights))
        if np.all(np.array(signs) * np.sign(array) >= 0)
        for k in range(1, len(weights) + 1)
    )
    assert fit.mismatches == best


def test_wrong_patterns_are_named() -> None:
    # Fires for (1, ·, ·) or for both others: no signs and whole threshold can say that.
    fit = fit_ternary(np.array([2.0, 1.0, 1.0]), 1.5)
    assert not fit.exact
    assert fit.mismatches == len(fit.wrong) > 0
    for pattern in fit.wrong:
        fires = np.dot(pattern, [2.0, 1.0, 1.0]) > 1.5
        assert (np.dot(pattern, fit.signs) >= fit.threshold) != fires


def test_buildable_neurons_are_preferred_among_equals() -> None:
    # On inputs of which one is always silent, both signs of it do; only one form is on offer.
    patterns = np.array([[0, 0], [1, 0]], dtype=np.uint8)
    for wanted in ((1, 0, 1), (2, 0, 1)):
        fit = fit_ternary(
            np.array([1.0, 0.9]),
            0.5,
            available=lambda *signature, w=wanted: signature == w,
            patterns=patterns,
        )
        assert fit.exact
        assert fit.signature == wanted


def test_a_neuron_that_always_fires_does_not_fit() -> None:
    assert not fit_ternary(np.array([1.0, 1.0]), -0.5).exact


@pytest.mark.parametrize("inputs", [8, 14])
def test_wide_neurons_are_fitted_by_cutting_small_weights(inputs: int) -> None:
    generator = np.random.default_rng(inputs)
    signs = generator.choice([-1, 0, 1], size=inputs)
    fit = fit_ternary(0.7 * signs + generator.normal(0.0, 1e-3, inputs), 0.7 * 0.5)
    assert np.array_equal(fit.signs, signs)
    assert fit.exact
    assert fit.exhaustive == (inputs <= 12)
