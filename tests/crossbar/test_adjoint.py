"""Gradients against central differences, for every kind of parameter."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from crossbar.arrays import random_array

from cosim.crossbar import (
    Crossbar,
    Drive,
    Lines,
    Sinh,
    gradient,
    nonlinear_gradient,
    passive,
    solve,
    solve_nonlinear,
)
from cosim.errors import SimulationError

ROWS, COLUMNS, INPUTS = 5, 4, 3


def problem() -> tuple[Crossbar, Drive, np.ndarray, np.ndarray]:
    array, drive = random_array(17, ROWS, COLUMNS)
    rng = np.random.default_rng(3)
    array = Crossbar(
        conductance=rng.uniform(1e-4, 1e-3, (ROWS, COLUMNS)),
        word_lines=array.word_lines,
        bit_lines=array.bit_lines,
    )
    drive = Drive(
        left=rng.uniform(0, 1, (INPUTS, ROWS)), right=drive.right, top=drive.top, bottom=drive.bottom
    )
    return array, drive, rng.normal(size=(INPUTS, COLUMNS)), rng.normal(size=(INPUTS, ROWS))


def loss(array: Crossbar, drive: Drive, by_bit: np.ndarray, by_word: np.ndarray) -> float:
    """Quadratic, so that its slope differs from input to input."""
    solution = solve(array, drive, method="direct")
    words = -(solution.currents.left + solution.currents.right)
    return float((by_bit * (1e3 * solution.outputs) ** 2).sum() + (by_word * 1e3 * words).sum())


def adjoint(array: Crossbar, drive: Drive, by_bit: np.ndarray, by_word: np.ndarray):
    solution = solve(array, drive, nodes=True, method="iterative")
    return gradient(solution, 2e6 * by_bit * solution.outputs, word_outputs=1e3 * by_word)


def slope(function, values: np.ndarray, index: tuple[int, ...]) -> float:
    """Central difference of `function` over one entry of `values`, of fourth order."""
    step = 1e-3 * values[index]

    def at(shift: float) -> float:
        moved = values.copy()
        moved[index] += shift * step
        return function(moved)

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)


def test_conductances() -> None:
    array, drive, by_bit, by_word = problem()
    found = adjoint(array, drive, by_bit, by_word)
    assert found.converged

    def of(values: np.ndarray) -> float:
        moved = Crossbar(conductance=values, word_lines=array.word_lines, bit_lines=array.bit_lines)
        return loss(moved, drive, by_bit, by_word)

    scale = np.abs(found.cells).max()
    for index in np.ndindex(ROWS, COLUMNS):
        assert found.cells[index] == pytest.approx(slope(of, array.cells, index), rel=1e-6, abs=1e-7 * scale)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_inputs(side: str) -> None:
    array, drive, by_bit, by_word = problem()
    found = getattr(adjoint(array, drive, by_bit, by_word).inputs, side)
    lines = found.shape[1]
    voltages = {s: getattr(drive, s) for s in ("left", "right", "top", "bottom")}
    full = np.array(np.broadcast_to(voltages[side], (INPUTS, lines)))

    def of(values: np.ndarray) -> float:
        return loss(array, Drive(**{**voltages, side: values}), by_bit, by_word)

    for index in np.ndindex(INPUTS, lines):
        assert found[index] == pytest.approx(slope(of, full, index), rel=1e-6, abs=1e-7 * np.abs(found).max())


@pytest.mark.parametrize("kind", ["word_lines", "bit_lines"])
def test_segments(kind: str) -> None:
    array, drive, by_bit, by_word = problem()
    answer = adjoint(array, drive, by_bit, by_word)
    found = answer.word_segments if kind == "word_lines" else answer.bit_segments
    lines: Lines = getattr(array, kind)
    segment = np.asarray(lines.segment)
    others = {"word_lines": array.word_lines, "bit_lines": array.bit_lines}

    def of(values: np.ndarray) -> float:
        moved = {**others, kind: Lines(segment=values, near=lines.near, far=lines.far)}
        return loss(Crossbar(conductance=array.cells, **moved), drive, by_bit, by_word)

    for index in np.ndindex(*segment.shape):
        expected = slope(of, segment, index)
        assert found[index] == pytest.approx(expected, rel=1e-6, abs=1e-6 * np.abs(found).max())


def test_ideal_lines() -> None:
    """Without line resistance dI/dG is the voltage across the cell, and dI/dr is finite all the same."""
    rng = np.random.default_rng(6)
    conductance, inputs = rng.uniform(1e-5, 1e-4, (4, 3)), rng.uniform(0.1, 0.2, 4)
    array = passive(conductance, word_line_resistance=0, bit_line_resistance=0)
    found = gradient(solve(array, inputs, nodes=True), [1.0, 0.0, 0.0])
    np.testing.assert_allclose(found.cells, np.outer(inputs, [1, 0, 0]), atol=1e-15)
    np.testing.assert_allclose(found.inputs.left[0], conductance[:, 0], rtol=1e-12)
    last = inputs @ conductance[:, 0]
    assert found.bit_segments[0, -1] == pytest.approx(-conductance[:, 0].sum() * last, rel=1e-9)


def test_what_a_gradient_needs() -> None:
    array, drive, by_bit, _ = problem()
    with pytest.raises(ValueError, match="nodes=True"):
        gradient(solve(array, drive), by_bit)
    with pytest.raises(SimulationError, match=r"outputs have shape \(3, 3\); expected \(3, 4\)"):
        gradient(solve(array, drive, nodes=True), by_bit[:, :3])


@pytest.mark.parametrize("bent", [False, True], ids=["linear", "sinh"])
def test_a_gradient_costs_at_most_two_and_a_half_solves(bent: bool) -> None:
    rng = np.random.default_rng(5)
    array = passive(rng.uniform(1e-6, 1e-4, (96, 96)))
    law, inputs = Sinh(voltage_scale=0.1), np.full(96, 0.2)

    def seconds(work: Callable[[], object]) -> float:
        """The least of several runs: what others on the machine take does not count."""
        work()
        times = []
        for _ in range(15):
            start = time.thread_time()
            work()
            times.append(time.thread_time() - start)
        return min(times)

    def solving():
        if bent:
            return solve_nonlinear(array, law, inputs, nodes=True)
        return solve(array, inputs, nodes=True)

    solution, slope = solving(), np.ones((1, 96))
    deriving = (
        (lambda: nonlinear_gradient(solution, law, slope)) if bent else (lambda: gradient(solution, slope))
    )
    assert seconds(deriving) <= 2.5 * seconds(solving)
