"""How arrays settle, against formulas and ngspice."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.circuits.crossbar import crossbar_deck
from cosim.crossbar import Capacitance, Crossbar, Lines, elmore_delay, passive, settle, solve
from cosim.errors import SimulationError
from cosim.spice import available, simulate


def problem(rows: int, columns: int) -> tuple[Crossbar, np.ndarray]:
    rng = np.random.default_rng(rows)
    array = passive(
        rng.uniform(1e-5, 1e-4, (rows, columns)),
        word_line_resistance=20.0,
        bit_line_resistance=30.0,
        driver_resistance=200.0,
        sense_resistance=50.0,
    )
    return array, rng.uniform(0.05, 0.2, rows)


def test_one_cell_is_an_rc() -> None:
    """R before the node, G behind it: I(t) = I(∞) (1 − exp(−t / τ)), τ = C / (1/R + G)."""
    array = Crossbar(
        conductance=[[1e-3]],
        word_lines=Lines(segment=[[500.0, 0.0]]),
        bit_lines=Lines(segment=0.0, near=np.inf, far=0.0),
    )
    constant = 2e-15 / (1 / 500 + 1e-3)
    capacitance = Capacitance(word=2e-15, bit=1e-15)
    assert elmore_delay(array, [0.3], capacitance)[0] == pytest.approx(constant, rel=1e-10)
    found = settle(array, [0.3], capacitance)
    expected = found.final * (1 - np.exp(-found.time[:, np.newaxis] / constant))
    np.testing.assert_allclose(found.outputs, expected, atol=2e-4 * found.final[0])
    assert found.settling_time(0.01)[0] == pytest.approx(np.log(100) * constant, rel=2e-3)
    node = 0.3 * (1 / 500) / (1 / 500 + 1e-3)
    assert found.stored == pytest.approx(0.5 * 2e-15 * node**2, rel=1e-9)


@pytest.mark.parametrize("cell", [0.0, 3e-16])
def test_the_first_moment_is_that_of_the_step_response(cell: float) -> None:
    array, inputs = problem(9, 7)
    capacitance = Capacitance(word=1e-15, bit=2e-15, cell=cell)
    found = settle(array, inputs, capacitance, within=1e-6)
    area = np.trapezoid(1 - found.outputs / found.final, found.time, axis=0)
    found_delay = elmore_delay(array, inputs, capacitance)
    np.testing.assert_allclose(found_delay, area, rtol=2e-3, atol=1e-3 * np.abs(area).max())
    np.testing.assert_allclose(found.final, solve(array, inputs).outputs[0], rtol=1e-9)


def test_ideal_segments_and_both_ends() -> None:
    rng = np.random.default_rng(4)
    array = passive(
        rng.uniform(1e-5, 1e-4, (6, 5)), word_line_resistance=[0, 10, 10, 0, 5, 5],
        bit_line_resistance=[[0.0] * 3 + [20.0] * 4] * 5,
        driver_resistance=100.0, both_ends=True,
    )  # fmt: skip
    found = settle(array, np.full(6, 0.1), Capacitance())
    np.testing.assert_allclose(found.outputs[-1], solve(array, np.full(6, 0.1)).outputs[0], rtol=2e-4)
    assert (np.diff(found.time) > 0).all()


@pytest.mark.skipif(available() is None, reason="ngspice is not installed")
def test_the_transient_in_ngspice() -> None:
    array, inputs = problem(6, 5)
    rise, stop = 2e-12, 2e-10
    deck = crossbar_deck(
        array.cells, array.word_segments(), array.bit_segments(), {"left": inputs},
        capacitance=2e-15, rise=rise, stop=stop,
    )  # fmt: skip
    result = simulate(deck)
    found = settle(array, inputs, Capacitance(word=2e-15, bit=2e-15), rise=rise, tolerance=1e-6)
    time = np.asarray(result.time)
    for line in range(5):
        theirs = -np.asarray(result[f"I(BOTTOM{line})"])
        ours = np.interp(time, found.time, found.outputs[:, line])
        # Both within a thousandth of the final current, at every moment; ngspice steps by stop / 100.
        assert np.abs(ours - theirs).max() < 3e-3 * found.final[line]
        outside = np.abs(theirs - theirs[-1]) > 0.01 * np.abs(found.final).max()
        last = np.flatnonzero(outside)[-1]
        assert time[last] <= found.settling_time()[line] * 1.02 + 1e-13
        assert time[last + 1] >= found.settling_time()[line] * 0.98 - 1e-13


def test_what_settling_needs() -> None:
    array, inputs = problem(3, 2)
    with pytest.raises(SimulationError, match="one input at a time"):
        settle(array, np.ones((2, 3)), Capacitance())
    with pytest.raises(SimulationError, match="capacitance of bit is -1"):
        Capacitance(bit=-1.0)
    with pytest.raises(SimulationError, match="did not settle within 5 steps"):
        settle(array, inputs, Capacitance(), steps=5)
    assert settle(array, np.zeros(3), Capacitance()).settling_time().max() == 0
