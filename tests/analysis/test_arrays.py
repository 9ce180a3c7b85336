"""The same array in both engines, compared by one call."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.analysis.arrays import compare_with_ngspice
from cosim.crossbar import Sinh, passive
from cosim.errors import SimulationError
from cosim.spice import available

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")


def problem(size: int):
    rng = np.random.default_rng(size)
    array = passive(
        rng.uniform(1e-6, 1e-4, (size, size)),
        word_line_resistance=5.0,
        bit_line_resistance=5.0,
        driver_resistance=100.0,
        both_ends=size % 2 == 1,
    )
    return array, rng.uniform(0.05, 0.2, size)


@needs_ngspice
@pytest.mark.parametrize("size", [2, 9, 16])
def test_operating_point_and_transient(size: int) -> None:
    array, inputs = problem(size)
    found = compare_with_ngspice(array, inputs, capacitance=1e-15)
    assert found.outputs < 1e-6
    assert found.nodes < 1e-6
    assert found.transient is not None
    assert found.transient < 5e-3


@needs_ngspice
def test_ideal_lines_bring_their_capacitances_together() -> None:
    array = passive(
        [[1e-4, 2e-5], [3e-5, 4e-5]], word_line_resistance=0.0, bit_line_resistance=[[0.0, 0.0, 50.0]] * 2,
        driver_resistance=500.0,
    )  # fmt: skip
    found = compare_with_ngspice(array, [0.1, 0.2], capacitance=1e-15)
    assert found.transient is not None
    assert found.transient < 5e-3


@needs_ngspice
def test_nonlinear_cells() -> None:
    array, inputs = problem(8)
    found = compare_with_ngspice(
        array, inputs, law=Sinh(voltage_scale=0.06), law_text="{g}*0.06*sinh({v}/0.06)"
    )
    assert found.outputs < 1e-6
    assert found.nodes < 1e-6
    assert found.transient is None


def test_what_is_not_compared() -> None:
    array, inputs = problem(2)
    with pytest.raises(SimulationError, match="one input"):
        compare_with_ngspice(array, np.stack([inputs, inputs]))
    with pytest.raises(SimulationError, match="both a law and its text"):
        compare_with_ngspice(array, inputs, law=Sinh(voltage_scale=0.1))
    with pytest.raises(SimulationError, match="linear cells only"):
        compare_with_ngspice(
            array, inputs, law=Sinh(voltage_scale=0.1), law_text="{g}*{v}", capacitance=1e-15
        )
    with pytest.raises(SimulationError, match="would take minutes"):
        compare_with_ngspice(passive(np.ones((65, 64))), np.ones(65))
