"""Targets that make up for line resistance."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import (
    CellRange,
    Dac,
    DifferentialPair,
    OffsetColumn,
    ReadOut,
    Wiring,
    ZeroShift,
    analog_matrix,
    compensated,
    tile_matrix,
)
from cosim.errors import SimulationError

EXACT = ReadOut(dac=Dac(bits=24), adc=None)


@pytest.mark.parametrize("scheme", [DifferentialPair(), OffsetColumn(), ZeroShift()], ids=repr)
def test_compensated_arrays_compute_the_weights(scheme) -> None:
    rng = np.random.default_rng(5)
    weights, inputs = rng.normal(size=(50, 18)), rng.uniform(-1, 1, (4, 50))
    wiring = Wiring(word_line=2.0, bit_line=2.0, driver=20.0)
    tiled = tile_matrix(weights, scheme, rows=32, columns=32)
    plain = analog_matrix(tiled, wiring=wiring, readout=EXACT)
    found = compensated(tiled, wiring)
    better = analog_matrix(found.tiled, wiring=wiring, readout=EXACT)
    error = np.linalg.norm(better.effective_weights() - weights) / np.linalg.norm(weights)
    assert error == pytest.approx(found.after, rel=0.05, abs=1e-7)
    assert found.before == pytest.approx(
        np.linalg.norm(plain.effective_weights() - weights) / np.linalg.norm(weights), rel=1e-4
    )
    assert found.after < 1e-3 * found.before
    # The cell at the low end of its range cannot give what a gain below one takes away.
    assert found.after < (1e-5 if isinstance(scheme, DifferentialPair) else 3e-4)
    np.testing.assert_allclose(better.multiply(inputs), inputs @ weights, atol=1e-2)
    for array in found.tiled.targets:
        assert array.min() >= 1e-6
        assert array.max() <= 1e-4


def test_a_gain_that_is_too_high_leaves_an_error_and_says_so() -> None:
    weights = np.random.default_rng(1).uniform(-1, 1, (64, 32))
    wiring = Wiring(word_line=10.0, bit_line=10.0)
    tiled = tile_matrix(weights, DifferentialPair(cells=CellRange(low=1e-6, high=1e-4)), rows=64, columns=64)
    greedy, careful = (compensated(tiled, wiring, gain=gain) for gain in (1.0, None))
    assert careful.after < 1e-5
    assert greedy.after > 0.02
    assert greedy.after < greedy.before
    assert greedy.limited > careful.limited


def test_without_lines_there_is_nothing_to_do() -> None:
    tiled = tile_matrix(np.random.default_rng(1).normal(size=(10, 4)))
    found = compensated(tiled, Wiring(word_line=0, bit_line=0))
    assert (found.steps, found.gain) == (0, 1.0)
    np.testing.assert_array_equal(found.tiled.targets[0], tiled.targets[0])


def test_bad_ranges_are_refused() -> None:
    tiled = tile_matrix([[1.0]])
    with pytest.raises(SimulationError, match="low < high"):
        compensated(tiled, Wiring(), low=1.0, high=0.1)
    with pytest.raises(SimulationError, match="gain is 0"):
        compensated(tiled, Wiring(), gain=0.0)
