"""Arrays that another tool solved, and arrays whose answer is a formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from shared_data import shared_file

from cosim.crossbar import Crossbar, Drive, Lines, passive, solve

DATA = Path(__file__).parent / "data"
SMALL = sorted(path.name for path in DATA.glob("*.npz"))
LARGE = ("p03_32x32.npz", "p05_64x64_binary.npz")


def close(found: np.ndarray, expected: np.ndarray) -> None:
    expected = expected.reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def compare(path: Path, method: str) -> None:
    with np.load(path) as data:
        array = passive(data["G"], word_line_resistance=data["r_word"], bit_line_resistance=data["r_bit"])
        solution = solve(array, data["V"].T, method=method, nodes=method != "transfer")
        assert solution.converged
        assert solution.residual.max() < 1e-10
        np.testing.assert_allclose(solution.outputs, data["I_out"], rtol=1e-9)
        if solution.nodes is not None:
            close(solution.nodes.word_voltage.transpose(1, 2, 0), data["v_word"])
            close(solution.nodes.bit_voltage.transpose(1, 2, 0), data["v_bit"])
            close(solution.nodes.cell_current.transpose(1, 2, 0), data["i_dev"])


@pytest.mark.parametrize("method", ["iterative", "transfer", "direct"])
@pytest.mark.parametrize("name", SMALL)
def test_small_references(name: str, method: str) -> None:
    compare(DATA / name, method)


@pytest.mark.parametrize("method", ["iterative", "transfer", "direct"])
@pytest.mark.parametrize("name", LARGE)
def test_large_references(name: str, method: str) -> None:
    compare(shared_file("reference", "crossbar", name), method)


@pytest.mark.parametrize("method", ["iterative", "transfer", "direct"])
def test_no_line_resistance_is_a_matrix_product(method: str) -> None:
    rng = np.random.default_rng(1)
    conductance, inputs = rng.uniform(0, 1e-4, (7, 5)), rng.uniform(-0.2, 0.2, (3, 7))
    array = passive(conductance, word_line_resistance=0, bit_line_resistance=0)
    solution = solve(array, inputs, method=method)
    np.testing.assert_allclose(solution.outputs, inputs @ conductance, rtol=1e-11, atol=1e-19)
    np.testing.assert_allclose(solution.currents.left, inputs * conductance.sum(axis=1), rtol=1e-11)


@pytest.mark.parametrize("method", ["iterative", "transfer", "direct"])
def test_one_cell_is_a_series_of_resistors(method: str) -> None:
    array = passive(
        [[1e-4]],
        word_line_resistance=3.0,
        bit_line_resistance=[[7.0, 11.0]],
        driver_resistance=50.0,
        sense_resistance=20.0,
    )
    solution = solve(array, [0.5], method=method)
    assert solution.outputs[0, 0] == pytest.approx(0.5 / (1e4 + 3 + 50 + 11 + 20), rel=1e-12)
    assert solution.power[0] == pytest.approx(0.5 * solution.outputs[0, 0], rel=1e-12)


@pytest.mark.parametrize("method", ["iterative", "transfer", "direct"])
def test_endless_ladder(method: str) -> None:
    """A word line of cells to ideal bit lines looks into (r/2)(1 + √(1 + 4/(rG))) [Ω] at its end."""
    r, g, count = 40.0, 1e-3, 400
    array = passive(np.full((1, count), g), word_line_resistance=r, bit_line_resistance=0)
    solution = solve(array, [1.0], method=method)
    seen = r / 2 * (1 + np.sqrt(1 + 4 / (r * g)))
    assert 1 / solution.currents.left[0, 0] == pytest.approx(seen, rel=1e-11)


@pytest.mark.parametrize("method", ["iterative", "transfer", "direct"])
def test_a_floating_word_line_takes_the_mean_of_its_bit_lines(method: str) -> None:
    conductance = np.array([[1e-5, 3e-5, 0.0], [2e-5, 2e-5, 2e-5]])
    array = Crossbar(
        conductance=conductance,
        word_lines=Lines(segment=0, near=[np.inf, 0.0]),
        bit_lines=Lines(segment=0, near=np.inf, far=0.0),
    )
    drive = Drive(left=[9.0, 0.1], bottom=[0.2, 0.4, 0.6])
    mean = (1 * 0.2 + 3 * 0.4) / 4
    solution = solve(array, drive, method=method)
    expected = conductance[0] * (mean - np.array([0.2, 0.4, 0.6])) + 2e-5 * (0.1 - np.array([0.2, 0.4, 0.6]))
    np.testing.assert_allclose(solution.outputs[0], expected, rtol=1e-9, atol=1e-17)
    assert solution.currents.left[0, 0] == 0


def test_a_cell_may_be_a_short() -> None:
    array = passive([[np.inf, 1e-4]], word_line_resistance=10.0, bit_line_resistance=5.0)
    solution = solve(array, [0.3], nodes=True)
    assert solution.method == "direct"
    branch = 10 + 1e4 + 5  # on to the second cell, beside the 5 Ω of the first bit line
    total = 0.3 / (10 + 1 / (1 / 5 + 1 / branch))
    np.testing.assert_allclose(solution.currents.left[0, 0], total, rtol=1e-12)
    np.testing.assert_allclose(solution.nodes.cell_current[0].sum(), total, rtol=1e-12)
    np.testing.assert_allclose(solution.outputs[0].sum(), total, rtol=1e-12)


def test_a_cell_that_nearly_shorts_comes_close_to_a_short() -> None:
    rng = np.random.default_rng(4)
    conductance = rng.uniform(1e-6, 1e-4, (6, 5))
    conductance[2, 3] = np.inf
    exact = solve(passive(conductance), np.linspace(0.1, 0.2, 6)).outputs
    conductance[2, 3] = 1e3
    near = solve(passive(conductance), np.linspace(0.1, 0.2, 6), method="iterative")
    assert near.converged
    np.testing.assert_allclose(near.outputs, exact, rtol=1e-3)
