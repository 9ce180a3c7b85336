"""Random arrays against a dense solve; what the three ways promise; arrays that are refused."""

from __future__ import annotations

import numpy as np
import pytest
from crossbar.arrays import (
    currents_of,
    dense_currents,
    dense_nodal_currents,
    large_shapes,
    random_array,
    seeds,
    sizes,
)
from hypothesis import given, settings

from cosim.crossbar import (
    Crossbar,
    Drive,
    Lines,
    passive,
    solve,
    solve_many,
    transfer_matrices,
    transfer_matrix,
)
from cosim.errors import SimulationError

WAYS = ("iterative", "transfer", "direct")


@settings(max_examples=40)
@given(seed=seeds, rows=sizes, columns=sizes)
def test_uneven_arrays_agree_with_a_dense_solve(seed: int, rows: int, columns: int) -> None:
    array, drive = random_array(seed, rows, columns, opens=0.2, ideal=0.2)
    expected = dense_currents(array, drive)
    for way in WAYS:
        solution = solve(array, drive, method=way)
        assert solution.converged, solution.message
        np.testing.assert_allclose(
            currents_of(solution)[0], expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max() + 1e-17
        )


@settings(max_examples=12)
@given(seed=seeds, shape=large_shapes(600))
def test_arrays_of_up_to_64_lines_agree_with_a_dense_solve(seed: int, shape: tuple[int, int]) -> None:
    array, drive = random_array(seed, *shape, opens=0.2)
    cells = array.cells.copy()
    shorts = np.random.default_rng(seed).random(cells.shape) < 0.02
    expected = dense_currents(array, drive)
    scale = np.abs(expected).max()
    for way in WAYS:
        found = currents_of(solve(array, drive, method=way))[0]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * scale + 1e-17)
    cells[shorts] = np.inf
    array = Crossbar(conductance=cells, word_lines=array.word_lines, bit_lines=array.bit_lines)
    expected = dense_currents(array, drive)
    found = currents_of(solve(array, drive))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max() + 1e-17)


@pytest.mark.slow
def test_64_by_64_agrees_with_a_dense_solve() -> None:
    array, drive = random_array(64, 64, 64, opens=0.1)
    expected = dense_nodal_currents(array, drive)
    for way in WAYS:
        found = currents_of(solve(array, drive, method=way))[0]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@settings(max_examples=25)
@given(seed=seeds, rows=sizes, columns=sizes)
def test_open_and_shorted_cells_agree_with_a_dense_solve(seed: int, rows: int, columns: int) -> None:
    array, drive = random_array(seed, rows, columns, opens=0.2)
    cells = array.cells.copy()
    cells[np.random.default_rng(seed).random(cells.shape) < 0.15] = np.inf
    array = Crossbar(conductance=cells, word_lines=array.word_lines, bit_lines=array.bit_lines)
    expected = dense_currents(array, drive)
    solution = solve(array, drive, nodes=True)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(currents_of(solution)[0], expected, rtol=1e-9, atol=1e-9 * scale + 1e-17)
    # What a word line gets from its ends it gives to its cells, the shorted ones included.
    given_away = solution.nodes.cell_current[0].sum(axis=1)
    taken = solution.currents.left[0] + solution.currents.right[0]
    np.testing.assert_allclose(given_away, taken, atol=1e-9 * scale + 1e-17)


@pytest.mark.parametrize(("rows", "columns"), [(64, 48), (3, 64), (41, 1)])
def test_larger_arrays_agree_with_each_other(rows: int, columns: int) -> None:
    array, drive = random_array(rows, rows, columns, opens=0.3, ideal=0.1)
    direct = solve(array, drive, method="direct", nodes=True)
    scale = np.abs(currents_of(direct)).max()
    for way in WAYS[:2]:
        found = solve(array, drive, method=way)
        np.testing.assert_allclose(currents_of(found), currents_of(direct), atol=1e-9 * scale)
    found = solve(array, drive, method="iterative", nodes=True)
    np.testing.assert_allclose(found.nodes.word_voltage, direct.nodes.word_voltage, atol=1e-9)
    np.testing.assert_allclose(found.nodes.bit_voltage, direct.nodes.bit_voltage, atol=1e-9)
    np.testing.assert_allclose(found.word_currents(), direct.word_currents(), atol=1e-9 * scale)
    np.testing.assert_allclose(found.bit_currents(), direct.bit_currents(), atol=1e-9 * scale)


def test_broken_lines() -> None:
    rng = np.random.default_rng(8)
    word, bit = np.full((6, 8), 2.0), np.full((7, 7), 3.0)
    word[2, 3] = word[4, 0] = bit[5, 4] = bit[1, 2] = bit[1, 5] = np.inf
    array = Crossbar(
        conductance=rng.uniform(1e-5, 1e-3, (6, 7)),
        word_lines=Lines(segment=word, near=1.0),
        bit_lines=Lines(segment=bit, near=np.inf, far=1.0),
    )
    drive = Drive(left=rng.uniform(0, 1, 6))
    expected = dense_currents(array, drive)
    for way in WAYS:
        np.testing.assert_allclose(currents_of(solve(array, drive, method=way))[0], expected, atol=1e-13)
    kept = solve(array, drive, nodes=True)
    assert kept.word_currents()[0, 2, 3] == 0
    assert kept.word_currents()[0, 4, 0] == 0


@pytest.mark.parametrize("method", WAYS)
def test_an_array_without_any_current(method: str) -> None:
    """All bit lines float: every node ends at the word lines' voltage, and rounding is no imbalance."""
    rng = np.random.default_rng(2)
    array = Crossbar(
        conductance=rng.uniform(1e-5, 1e-3, (4, 5)),
        word_lines=Lines(segment=7.0),
        bit_lines=Lines(segment=3.0, near=np.inf),
    )
    solution = solve(array, np.full(4, 0.3), method=method)
    assert solution.converged, solution.message
    assert np.abs(currents_of(solution)).max() < 1e-13
    if method == "iterative":
        inside = solve(array, np.full(4, 0.3), method=method, nodes=True).nodes
        np.testing.assert_allclose(inside.bit_voltage, 0.3, rtol=1e-12)


def test_inputs_in_one_call_equal_inputs_one_by_one_on_any_number_of_threads() -> None:
    array, _ = random_array(3, 12, 10)
    inputs = np.random.default_rng(5).uniform(0, 1, (6, 12))
    together = solve(array, inputs, method="iterative", threads=3)
    for one, row in zip(inputs, together.outputs, strict=True):
        np.testing.assert_array_equal(solve(array, one, method="iterative").outputs[0], row)


def test_many_arrays_on_any_number_of_threads() -> None:
    arrays = [random_array(seed, 9, 8)[0] for seed in range(5)]
    drives = [random_array(seed, 9, 8)[1] for seed in range(5)]
    alone = [solve(array, drive) for array, drive in zip(arrays, drives, strict=True)]
    for threads in (1, 3):
        for one, found in zip(alone, solve_many(arrays, drives, threads=threads), strict=True):
            np.testing.assert_array_equal(found.outputs, one.outputs)
    shared = solve_many(arrays, [drives[0]], threads=2)
    np.testing.assert_array_equal(shared[3].outputs, solve(arrays[3], drives[0]).outputs)
    matrices = transfer_matrices(arrays, threads=2)
    np.testing.assert_array_equal(matrices[2].conductance, transfer_matrix(arrays[2]).conductance)
    with pytest.raises(SimulationError, match="2 drives for 5 arrays"):
        solve_many(arrays, drives[:2])
    with pytest.raises(SimulationError, match="array 1: voltages at the left"):
        solve_many(arrays, [drives[0], np.ones(3), *drives[2:]], threads=2)


def test_transfer_matrix_applies_to_all_four_sides() -> None:
    array, _ = random_array(11, 9, 7)
    matrix = transfer_matrix(array)
    np.testing.assert_allclose(matrix.conductance, matrix.conductance.T, rtol=1e-9)
    assert (matrix.conductance >= 0).all()
    plain = passive(array.cells, word_line_resistance=4.0)
    product = transfer_matrix(plain).word_to_bit @ np.arange(9.0)
    np.testing.assert_allclose(product, solve(plain, np.arange(9.0), method="direct").outputs[0], rtol=1e-10)


def test_the_transfer_matrix_keeps_its_digits_with_tiny_segments() -> None:
    rng = np.random.default_rng(2)
    conductance = rng.uniform(1e-9, 1e-6, (70, 66))
    array = passive(conductance, word_line_resistance=1e-9, bit_line_resistance=1e-9)
    exact = conductance.sum(axis=0)  # segments drop less than 1e-10 of the voltage
    np.testing.assert_allclose(transfer_matrix(array).word_to_bit.sum(axis=1), exact, rtol=1e-9)


def test_the_cheapest_way_is_taken() -> None:
    array, drive = random_array(0, 40, 40)
    assert solve(array, drive).method == "iterative"
    many = solve(array, np.ones((500, 40)))
    assert many.method == "transfer"
    assert many.converged
    assert many.residual.max() < 1e-9


@pytest.mark.parametrize(
    ("conductance", "message"),
    [
        ([[1e-5, -1e-5]], r"conductance of cell \(0, 1\) is -1e-05 S"),
        ([[1e-5], [np.nan]], r"conductance of cell \(1, 0\) is nan"),
        ([1e-5, 1e-5], r"shape \(2,\); expected \(word lines, bit lines\)"),
    ],
)
def test_bad_conductances_are_named(conductance: list, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        Crossbar(conductance=conductance)


def test_bad_lines_and_voltages_are_named() -> None:
    cells = np.full((2, 3), 1e-5)
    with pytest.raises(SimulationError, match=r"word line segment 1 is -1"):
        Crossbar(conductance=cells, word_lines=Lines(segment=[1.0, -1.0]))
    with pytest.raises(SimulationError, match=r"bit lines have shape \(3, 4\).*\(3, 3\)"):
        Crossbar(conductance=cells, bit_lines=Lines(segment=np.ones((3, 4)), far=0))
    with pytest.raises(SimulationError, match=r"near ends of the word lines have shape \(3,\)"):
        Crossbar(conductance=cells, word_lines=Lines(near=[0, 0, 0]))
    with pytest.raises(SimulationError, match=r"left have shape \(3,\); expected a scalar, \(2,\)"):
        solve(passive(cells), [1.0, 1.0, 1.0])
    with pytest.raises(SimulationError, match=r"voltage at the left \(1,\) is nan"):
        solve(passive(cells), [1.0, np.nan])
    with pytest.raises(SimulationError, match="did you mean 'iterative'"):
        solve(passive(cells), [1.0, 1.0], method="iterativ")
    with pytest.raises(SimulationError, match="no node voltages"):
        solve(passive(cells), [1.0, 1.0], method="transfer", nodes=True)


def test_what_floats_is_named() -> None:
    cells = np.array([[1e-5, 1e-5], [0.0, 0.0]])
    with pytest.raises(SimulationError, match="word line 1 floats"):
        solve(Crossbar(conductance=cells, word_lines=Lines(near=[0.0, np.inf])), [1.0, 1.0])
    word = np.ones((2, 3))
    word[1, 1] = np.inf
    with pytest.raises(SimulationError, match=r"word line's node at cell \(1, 1\) floats"):
        solve(passive(cells, word_line_resistance=word), [1.0, 1.0])


def test_terminals_that_are_joined_are_named() -> None:
    with pytest.raises(SimulationError, match="bit line 0 joins its two terminals"):
        solve(passive([[1e-5]], bit_line_resistance=0, both_ends=True, driver_resistance=1), [1.0])
    ideal = passive([[np.inf]], word_line_resistance=0, bit_line_resistance=0)
    with pytest.raises(SimulationError, match="joined without any resistance by shorted cells"):
        solve(ideal, [1.0])
