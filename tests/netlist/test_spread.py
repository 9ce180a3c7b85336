"""Samples of the process spread."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.errors import NetlistError
from cosim.netlist import flatten, parse
from cosim.netlist.spread import draw

TEXT = (
    ".model m jj(icrit=0.1m)\nR1 1 0 5\nL1 1 0 2p spread=0.06\nC1 1 0 1f\nB1 1 0 m area=2\n"
    "R2 1 0 5 spread=0\n.spread 0.3\n.option seed={}\n"
)


def values(circuit):
    r1, l1, c1, b1, r2 = circuit.elements
    return np.array([r1.resistance, l1.inductance, c1.capacitance, b1.area, r2.resistance])


def test_a_sample_depends_on_seed_and_number_alone():
    circuit = flatten(parse(TEXT.format(1)))
    np.testing.assert_array_equal(values(draw(circuit, 3)), values(draw(circuit, 3)))
    assert not np.array_equal(values(draw(circuit, 3))[:4], values(draw(circuit, 4))[:4])
    assert not np.array_equal(
        values(draw(circuit, 3))[:4], values(draw(flatten(parse(TEXT.format(2))), 3))[:4]
    )


def test_deviation_is_a_third_of_the_spread():
    circuit = flatten(parse(TEXT.format(1)))
    ratios = np.array([values(draw(circuit, sample)) for sample in range(2000)]) / values(circuit)
    np.testing.assert_allclose(ratios.mean(axis=0), 1.0, atol=0.01)
    np.testing.assert_allclose(ratios.std(axis=0), [0.1, 0.02, 0.1, 0.1, 0.0], rtol=0.06)
    assert abs(np.corrcoef(ratios[:, 0], ratios[:, 3])[0, 1]) < 0.1


def test_a_spread_that_reaches_zero_is_an_error():
    circuit = flatten(parse("R1 1 0 5 spread=30"))
    with pytest.raises(NetlistError, match="R1: with a spread of 30"):
        for sample in range(50):
            draw(circuit, sample)
