"""Where power goes, and what sneaks past a cell that is read."""

from __future__ import annotations

import numpy as np
import pytest
from crossbar.arrays import random_array

from cosim.crossbar import Sinh, passive, power, read_cell, selected, solve, solve_nonlinear
from cosim.errors import SimulationError


@pytest.mark.parametrize("seed", range(4))
def test_what_sources_give_is_what_resistances_take(seed: int) -> None:
    array, drive = random_array(seed, 14, 11, opens=0.1, ideal=0.2)
    found = power(solve(array, drive, nodes=True))
    assert found.balance < 1e-9
    for part in (found.cells, found.word_lines, found.bit_lines, found.drivers, found.sense):
        assert (part > 0).all()
    nonlinear = power(solve_nonlinear(array, Sinh(voltage_scale=0.1), drive, nodes=True))
    assert nonlinear.balance < 1e-8


def test_parts_of_one_cell() -> None:
    array = passive(
        [[1e-3]],
        word_line_resistance=[[30.0, 0.0]],
        bit_line_resistance=[[0.0, 70.0]],
        driver_resistance=100.0,
        sense_resistance=50.0,
    )
    found = power(solve(array, [[0.5], [1.0]], nodes=True))
    current = np.array([0.5, 1.0]) / 1250
    parts = (found.cells, found.word_lines, found.bit_lines, found.drivers, found.sense)
    for part, resistance in zip(parts, (1000, 30, 70, 100, 50), strict=True):
        np.testing.assert_allclose(part, resistance * current**2, rtol=1e-9)
    with pytest.raises(SimulationError, match="nodes=True"):
        power(solve(array, [0.5]))


def test_floating_lines_let_three_cells_in_series_through() -> None:
    """N × N equal cells without line resistance: beside the cell stand N−1 ∥, (N−1)² ∥, N−1 ∥ in series."""
    count, g = 9, 1e-5
    others = count - 1
    found = read_cell(
        np.full((count, count), g), 3, 4, voltage=0.3, word_line_resistance=0, bit_line_resistance=0
    )
    path = 1 / (1 / (others * g) + 1 / (others**2 * g) + 1 / (others * g))
    assert found.through_cell == pytest.approx(0.3 * g, rel=1e-9)
    assert found.sneak == pytest.approx(0.3 * path, rel=1e-9)


def test_grounded_lines_let_nothing_through_and_cost_power() -> None:
    rng = np.random.default_rng(0)
    cells = rng.uniform(1e-6, 1e-4, (16, 16))
    floating = read_cell(cells, 5, 6, scheme="floating", word_line_resistance=0, bit_line_resistance=0)
    grounded = read_cell(cells, 5, 6, scheme="grounded", word_line_resistance=0, bit_line_resistance=0)
    assert grounded.current == pytest.approx(0.2 * cells[5, 6], rel=1e-9)
    assert abs(grounded.sneak) < 1e-9 * grounded.current
    assert grounded.power == pytest.approx(0.04 * cells[5].sum(), rel=1e-9)
    assert floating.sneak > 0
    half = read_cell(cells, 5, 6, scheme="half", word_line_resistance=0, bit_line_resistance=0)
    bottom = 0.2 * cells[5, 6] + 0.1 * (cells[:, 6].sum() - cells[5, 6])
    assert half.current == pytest.approx(bottom, rel=1e-9)


def test_selectors_keep_sneak_currents_small() -> None:
    cells = np.full((12, 12), 1e-5)
    plain = read_cell(cells, 0, 0, voltage=0.6)
    steep = read_cell(cells, 0, 0, voltage=0.6, law=Sinh(voltage_scale=0.05))
    assert steep.sneak / steep.through_cell < 0.05 * plain.sneak / plain.through_cell


def test_bad_selections_are_refused() -> None:
    with pytest.raises(SimulationError, match="did you mean 'floating'"):
        selected([[1e-5]], 0, 0, "float", 0.2)
    with pytest.raises(SimulationError, match=r"no cell \(1, 0\)"):
        selected([[1e-5]], 1, 0, "half", 0.2)
