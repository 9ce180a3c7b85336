"""A crossbar in a deck, by its terminals, against its exact solution and against all of its resistors."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import passive, solve
from cosim.errors import SimulationError
from cosim.lockstep import CrossbarArray, Session
from cosim.spice import find_library, simulate

pytestmark = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
ROWS, COLUMNS = 5, 4
CELLS = np.random.default_rng(3).uniform(1e-6, 1e-4, (ROWS, COLUMNS))
ARRAY = passive(CELLS, word_line_resistance=20.0, bit_line_resistance=30.0, driver_resistance=100.0)
WORDS = " ".join(f"w{i}" for i in range(ROWS))
BITS = " ".join(f"b{j}" for j in range(COLUMNS))


def deck(load: str, array: str) -> str:
    drives = "\n".join(f"Vw{i} w{i} 0 sin({0.1 * i} 0.2 {1e6 * (i + 1)})" for i in range(ROWS))
    loads = "\n".join(load.format(j=j) for j in range(COLUMNS))
    return f"array\n{drives}\n{loads}\n{array}\n.tran 2n 1u 0 2n\n"


def resistors() -> str:
    """Every cell and every segment of the array."""
    cards = []
    for i in range(ROWS):
        cards.append(f"Rd{i} w{i} x{i}_0 120")
        for j in range(COLUMNS):
            cards.append(f"Rc{i}_{j} x{i}_{j} y{i}_{j} {1.0 / CELLS[i, j]:.17g}")
            if j + 1 < COLUMNS:
                cards.append(f"Rw{i}_{j} x{i}_{j} x{i}_{j + 1} 20")
            if i + 1 < ROWS:
                cards.append(f"Rb{i}_{j} y{i}_{j} y{i + 1}_{j} 30")
            else:
                cards.append(f"Rs{j} y{i}_{j} b{j} 30")
    return "\n".join(cards)


@pytest.mark.parametrize(("coupling", "error"), [("deck", 1e-12), ("lockstep", 2e-3)])
def test_currents_into_virtual_grounds_are_exact(coupling, error):
    made = deck("Vb{j} b{j} 0 0", f"Xa {WORDS} {BITS} crossbar")
    result = Session(made).bind("Xa", CrossbarArray(array=ARRAY, coupling=coupling)).run()
    words = np.array([result[f"V(W{i})"] for i in range(ROWS)]).T
    exact = solve(ARRAY, words, nodes=True).bit_currents()[:, :, -1]
    for j in range(COLUMNS):
        assert result[f"I(VB{j})"] == pytest.approx(exact[:, j], abs=error * np.abs(exact).max())


@pytest.mark.parametrize(("coupling", "error"), [("deck", 1e-9), ("lockstep", 2e-3)])
def test_loads_that_follow_are_driven_as_by_the_whole_array(coupling, error):
    """Bit lines into capacitors: the array and its loads act on each other."""
    load = "Cb{j} b{j} 0 1p\nRl{j} b{j} 0 1k"
    made = deck(load, f"Xa {WORDS} {BITS} crossbar")
    whole = simulate(deck(load, resistors()))
    result = Session(made).bind("Xa", CrossbarArray(array=ARRAY, coupling=coupling)).run()
    for j in range(COLUMNS):
        expected = np.interp(result.time, whole.time, whole[f"V(B{j})"])
        assert np.abs(result[f"V(B{j})"] - expected).max() < error * np.abs(expected).max() + 1e-9


def test_an_unknown_coupling_is_refused():
    with pytest.raises(SimulationError, match="deck, lockstep"):
        CrossbarArray(array=ARRAY, coupling="loose")


def test_what_is_computed_here_is_of_order_two_from_the_operating_point_on():
    made = deck("Vb{j} b{j} 0 0", f"Xa {WORDS} {BITS} crossbar")
    session = Session(made).bind("Xa", CrossbarArray(array=ARRAY, coupling="lockstep"))
    errors = []
    for step in (2e-9, 1e-9, 0.5e-9):
        result = session.run(maximum_step=step)
        words = np.array([result[f"V(W{i})"] for i in range(ROWS)]).T
        exact = solve(ARRAY, words, nodes=True).bit_currents()[:, :, -1]
        difference = np.abs(result["I(VB0)"] - exact[:, 0])
        assert difference[0] < 1e-12
        errors.append(difference.max())
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx([2.0, 2.0], abs=0.3)
