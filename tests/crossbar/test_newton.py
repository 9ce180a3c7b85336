"""Nonlinear cells: laws against formulas and differences, arrays against circuits solved otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from crossbar.arrays import random_array
from scipy.optimize import brentq

from cosim.crossbar import (
    Linear,
    Sinh,
    WithDiode,
    WithSelector,
    WithTransistor,
    nonlinear_gradient,
    passive,
    solve,
    solve_nonlinear,
)
from cosim.errors import SimulationError

#: sinh(x) / x = 10.
TENFOLD = 4.4998

LAWS = [
    Linear(),
    Sinh(voltage_scale=0.1),
    WithDiode(saturation_current=1e-9, slope_voltage=0.05),
    WithSelector(leak_current=1e-8, slope_voltage=0.06),
    WithTransistor(overdrive=0.6, transconductance=5e-4),
    WithTransistor(overdrive=0.05, transconductance=1e-3),
]


def name(law: object) -> str:
    return repr(law)


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_slopes_are_derivatives(law) -> None:
    conductance, voltage = np.meshgrid([1e-6, 1e-4, 3e-3], [-0.4, -0.05, 0.02, 0.3, 0.9])
    current, slope, by_conductance = law.evaluate(conductance, voltage)
    step = 1e-5
    by_voltage = (
        law.evaluate(conductance, voltage + step)[0] - law.evaluate(conductance, voltage - step)[0]
    ) / (2 * step)
    np.testing.assert_allclose(slope, by_voltage, rtol=2e-6, atol=1e-13)
    more, less = conductance * (1 + step), conductance * (1 - step)
    difference = (law.evaluate(more, voltage)[0] - law.evaluate(less, voltage)[0]) / (more - less)
    np.testing.assert_allclose(by_conductance, difference, rtol=1e-5, atol=1e-7)
    assert (slope >= 0).all()
    assert (np.sign(current) == np.sign(voltage)).all()


@pytest.mark.parametrize(
    ("law", "branch"),
    [
        (LAWS[2], lambda u: 1e-9 * np.expm1(u / 0.05)),
        (LAWS[3], lambda u: 2e-8 * np.sinh(u / 0.06)),
        (LAWS[4], lambda u: 5e-4 * (0.6 * u - u * u / 2)),
    ],
    ids=["diode", "selector", "transistor"],
)
def test_a_device_in_series_carries_one_current(law, branch) -> None:
    g, v = 2e-4, 0.5
    drop = brentq(lambda u: g * (v - u) - branch(u), 0, v, xtol=1e-15)
    current, _, _ = law.evaluate(np.array([[g]]), np.array([[v]]))
    assert current[0, 0] == pytest.approx(branch(drop), rel=1e-10)


def test_tenfold_nonlinearity() -> None:
    current, _, _ = Sinh(voltage_scale=0.2 / TENFOLD).evaluate(np.array([[1e-5]]), np.array([[0.2]]))
    assert current[0, 0] == pytest.approx(10 * 1e-5 * 0.2, rel=1e-4)


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_one_cell_behind_its_lines(law) -> None:
    array = passive([[1e-3]], word_line_resistance=40.0, bit_line_resistance=60.0)
    solution = solve_nonlinear(array, law, [0.8], nodes=True)
    assert solution.converged
    current = solution.outputs[0, 0]
    cell, _, _ = law.evaluate(array.cells, np.array([[0.8 - 100.0 * current]]))
    assert current == pytest.approx(cell[0, 0], rel=1e-9)


def test_linear_cells_take_one_or_two_steps_to_the_linear_solution() -> None:
    array, drive = random_array(21, 12, 15, opens=0.1, ideal=0.1)
    nonlinear = solve_nonlinear(array, Linear(), drive)
    np.testing.assert_allclose(
        nonlinear.outputs, solve(array, drive, method="direct").outputs, rtol=1e-9, atol=1e-14
    )
    assert max(nonlinear.iterations) <= 2


@pytest.mark.parametrize("law", LAWS, ids=name)
def test_currents_balance_in_uneven_arrays(law) -> None:
    array, drive = random_array(5, 10, 8, opens=0.2, ideal=0.2)
    solution = solve_nonlinear(array, law, drive, nodes=True)
    assert solution.converged, solution.message
    inside = solution.nodes
    np.testing.assert_allclose(
        inside.cell_current[0],
        law.evaluate(array.cells, inside.word_voltage[0] - inside.bit_voltage[0])[0],
        rtol=1e-9,
        atol=1e-15,
    )
    into = solution.currents
    total = into.left.sum() + into.right.sum() + into.top.sum() + into.bottom.sum()
    assert abs(total) < 1e-9 * np.abs(into.left).sum()
    # Ohm's law in every segment, from currents that Kirchhoff's law gave.
    resistance = array.word_segments()
    drops = solution.word_currents()[0][:, 1:-1] * resistance[:, 1:-1]
    np.testing.assert_allclose(-np.diff(inside.word_voltage[0], axis=1), drops, atol=1e-10)


@pytest.mark.parametrize("resistance", [1.0, 10.0])
def test_large_sinh_arrays_converge_from_cold_in_ten_steps(resistance: float) -> None:
    rng = np.random.default_rng(9)
    conductance = rng.uniform(1e-6, 1e-4, (256, 256))
    array = passive(conductance, word_line_resistance=resistance, bit_line_resistance=resistance)
    solution = solve_nonlinear(array, Sinh(voltage_scale=0.2 / TENFOLD), np.full(256, 0.2), nodes=True)
    assert solution.converged
    assert solution.iterations[0] <= 10
    again = solve_nonlinear(
        array, Sinh(voltage_scale=0.2 / TENFOLD), np.full(256, 0.201), start=solution.nodes
    )
    assert again.converged
    assert again.iterations[0] <= 4


def test_too_few_steps_are_reported() -> None:
    array = passive(np.full((8, 8), 1e-4), word_line_resistance=50.0)
    solution = solve_nonlinear(array, Sinh(voltage_scale=0.02), np.full(8, 0.5), steps=3)
    assert not solution.converged
    assert solution.residual[0] > 1e-10
    assert "residual" in solution.message


@pytest.mark.parametrize("law", LAWS[1:5], ids=name)
def test_gradients(law) -> None:
    rng = np.random.default_rng(12)
    conductance, inputs = rng.uniform(1e-4, 1e-3, (4, 3)), rng.uniform(0.2, 0.6, (2, 4))
    weights = rng.normal(size=(2, 3))

    def solved(cells: np.ndarray, word: np.ndarray, drive: np.ndarray):
        array = passive(cells, word_line_resistance=word, bit_line_resistance=20.0)
        return solve_nonlinear(array, law, drive, nodes=True, tolerance=1e-13)

    word = np.full((4, 4), 30.0)
    base = solved(conductance, word, inputs)
    found = nonlinear_gradient(base, law, weights)
    for values, gradient, place in (
        (conductance, found.cells, 0),
        (word, found.word_segments, 1),
        (inputs, found.inputs.left, 2),
    ):
        scale = np.abs(gradient).max()
        for index in np.ndindex(*values.shape):
            loss = []
            for shift in (2, 1, -1, -2):
                moved = [conductance, word, inputs]
                moved[place] = values.copy()
                moved[place][index] *= 1 + 1e-3 * shift
                loss.append(float((weights * solved(*moved).outputs).sum()))
            expected = (8 * (loss[1] - loss[2]) - (loss[0] - loss[3])) / (12e-3 * values[index])
            assert gradient[index] == pytest.approx(expected, rel=1e-6, abs=1e-6 * scale)


def test_bad_laws_and_starts_are_refused() -> None:
    with pytest.raises(SimulationError, match="voltage scale is 0"):
        Sinh(voltage_scale=0)
    with pytest.raises(SimulationError, match="finite conductance"):
        solve_nonlinear(passive([[np.inf]]), Linear(), [1.0])
    small = solve_nonlinear(passive([[1e-5]]), Linear(), [1.0], nodes=True)
    with pytest.raises(SimulationError, match=r"nodes of shape \(1, 1\); expected \(1, 2\)"):
        solve_nonlinear(passive([[1e-5, 1e-5]]), Linear(), [1.0], start=small.nodes)
