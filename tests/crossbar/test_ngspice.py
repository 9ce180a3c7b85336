"""The same arrays in ngspice, from the deck that `cosim.circuits.crossbar` writes."""

from __future__ import annotations

import numpy as np
import pytest
from crossbar.arrays import random_array

from cosim.circuits.crossbar import crossbar_deck
from cosim.crossbar import Crossbar, Drive, Sinh, Solution, WithDiode, passive, solve, solve_nonlinear
from cosim.errors import NetlistError
from cosim.spice import available, simulate

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")


def compare(array: Crossbar, drive: Drive, solution: Solution, law: str = "", *, nodes: bool = True) -> None:
    sides = {side: getattr(solution.voltages, side)[0] for side in ("left", "right", "top", "bottom")}
    deck = crossbar_deck(
        array.cells, array.word_segments(), array.bit_segments(), sides, law=law, nodes=nodes
    )
    result = simulate(deck)
    for side in sides:
        currents = getattr(solution.currents, side)[0]
        scale = max(np.abs(getattr(solution.currents, s)).max() for s in sides)
        for line, current in enumerate(currents):
            label = f"I({side.upper()}{line})"
            if label in deck.probes:
                assert result[label][-1] == pytest.approx(current, rel=1e-6, abs=1e-8 * scale)
            else:
                assert current == 0
    if nodes:
        for (i, j), voltage in np.ndenumerate(solution.nodes.word_voltage[0]):
            assert result[f"V(W{i}_{j})"][-1] == pytest.approx(voltage, rel=1e-6, abs=1e-8)
            assert result[f"V(B{i}_{j})"][-1] == pytest.approx(
                solution.nodes.bit_voltage[0, i, j], rel=1e-6, abs=1e-8
            )


@needs_ngspice
@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (7, 5), (16, 20)])
def test_uneven_arrays(rows: int, columns: int) -> None:
    array, drive = random_array(rows, rows, columns, opens=0.2, ideal=0.2)
    compare(array, drive, solve(array, drive, nodes=True))


@needs_ngspice
def test_thirty_two_lines() -> None:
    rng = np.random.default_rng(1)
    array = passive(rng.uniform(1e-6, 1e-4, (32, 32)))
    drive = Drive(left=rng.uniform(0, 0.2, 32))
    compare(array, drive, solve(array, drive, nodes=True), nodes=False)


@needs_ngspice
def test_ideal_lines() -> None:
    rng = np.random.default_rng(1)
    array = passive(rng.uniform(1e-6, 1e-4, (3, 4)), word_line_resistance=0, bit_line_resistance=[1, 0, 0, 2])
    drive = Drive(left=rng.uniform(0, 0.2, 3), bottom=0.1)
    compare(array, drive, solve(array, drive, nodes=True))


@needs_ngspice
def test_shorted_cells() -> None:
    conductance = np.full((3, 3), 1e-4)
    conductance[1, 2] = np.inf
    array = passive(conductance, driver_resistance=10.0)
    drive = Drive(left=[0.1, 0.2, 0.3])
    compare(array, drive, solve(array, drive, nodes=True))


@needs_ngspice
@pytest.mark.parametrize(
    ("law", "text"),
    [
        (Sinh(voltage_scale=0.06), "{g}*0.06*sinh({v}/0.06)"),
        # A cell of 0.1 S behind its diode is all but the diode alone.
        (WithDiode(saturation_current=1e-9, slope_voltage=0.1), "1e-9*(exp({v}/0.1)-1)"),
    ],
    ids=["sinh", "diode"],
)
def test_nonlinear_cells(law, text: str) -> None:
    rng = np.random.default_rng(2)
    conductance = rng.uniform(1e-5, 1e-3, (8, 8)) if "{g}" in text else np.full((8, 8), 1e4)
    array = passive(conductance, word_line_resistance=20.0, bit_line_resistance=10.0)
    drive = Drive(left=rng.uniform(0.1, 0.3, 8))
    compare(array, drive, solve_nonlinear(array, law, drive, nodes=True), text)


@needs_ngspice
@pytest.mark.parametrize("size", [2, 32])
def test_nonlinear_arrays_from_small_to_large(size: int) -> None:
    rng = np.random.default_rng(size)
    array = passive(rng.uniform(1e-6, 1e-4, (size, size)), word_line_resistance=5.0, bit_line_resistance=5.0)
    drive = Drive(left=rng.uniform(0.05, 0.3, size))
    solution = solve_nonlinear(array, Sinh(voltage_scale=0.08), drive, nodes=True)
    compare(array, drive, solution, "{g}*0.08*sinh({v}/0.08)", nodes=size < 8)


@needs_ngspice
def test_an_array_with_capacitance_settles_to_its_operating_point() -> None:
    array = passive([[1e-3, 2e-3]], word_line_resistance=100.0, bit_line_resistance=100.0)
    deck = crossbar_deck(
        array.cells, array.word_segments(), array.bit_segments(), {"left": [0.2]}, capacitance=1e-14
    )
    result = simulate(deck)
    settled = -solve(array, [0.2]).outputs[0]
    early = np.searchsorted(result.time, 1e-12)
    for line in range(2):
        current = result[f"I(BOTTOM{line})"]
        assert current[-1] == pytest.approx(settled[line], rel=1e-6)
        assert abs(current[early]) < 0.9 * abs(settled[line])


def test_shapes_and_sides_are_checked() -> None:
    with pytest.raises(NetlistError, match=r"word segments \(1, 2\)"):
        crossbar_deck([[1e-5]], [[1.0]], [[1.0, 1.0]], {})
    with pytest.raises(NetlistError, match="unknown side 'up'"):
        crossbar_deck([[1e-5]], [[1.0, 1.0]], [[1.0, 1.0]], {"up": [1.0]})
