"""Observed order of the integrators, and what error control promises."""

from __future__ import annotations

import numpy as np
import pytest
from josephson.decks import circuit, transmission_line

from cosim.josephson import simulate

SINGLE = (
    "B1 1 0 jj1 area=2.5\nR1 1 0 2.744\nL1 1 2 3p\nB2 2 0 jj1 area=2\nR2 2 0 3.4\n"
    "I1 0 1 pwl(0 0 20p 200u 60p 200u 160p 420u)\nI2 0 2 pwl(0 0 20p 140u)\n.tran 0.1p 160p\n.print p(B2)\n"
)
DECKS = {
    "two junctions": (SINGLE, "B2"),
    "line": (transmission_line(10, parasitics=False, stop="100p"), "B10"),
    "line with parasitics": (transmission_line(10, stop="100p"), "B10"),
}


def arrivals(deck: str, junction: str, **settings: object) -> np.ndarray:
    return simulate(circuit(deck), **settings).pulse_times(junction, sign=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("deck", DECKS)
@pytest.mark.parametrize(("method", "order", "coarse"), [("ark3", 2.7, 0.1e-12), ("ark4", 3.6, 0.05e-12)])
def test_observed_order(deck: str, method: str, order: float, coarse: float) -> None:
    """Halving the step twice: the slope of the error of the last junction's phase."""
    text, junction = DECKS[deck]
    flat = circuit(text)

    def phase(**settings: object) -> np.ndarray:
        return simulate(flat, print_step=0.8e-12, **settings)[f"P({junction})"]  # type: ignore[arg-type]

    exact = phase(method="ark4", step=0.00625e-12)
    steps = coarse * 0.5 ** np.arange(3)
    errors = [float(np.max(np.abs(phase(method=method, step=h) - exact))) for h in steps]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope > order, f"errors {errors}"


@pytest.mark.parametrize("method", ["ark3", "ark4"])
def test_error_follows_the_tolerance(method: str) -> None:
    text, junction = DECKS["line with parasitics"]
    exact = arrivals(text, junction, method="ark4", step=0.01e-12)
    runs = [arrivals(text, junction, method=method, tolerance=t) for t in (1e-3, 1e-5, 1e-7)]
    errors = [np.max(np.abs(run - exact)) for run in runs]
    assert errors[0] < 0.1e-12
    assert errors[1] < 0.002e-12
    assert errors[2] < 0.0001e-12


def test_default_settings_on_a_long_line() -> None:
    text = transmission_line(100, stop="260p")
    exact = arrivals(text, "B100", step=0.02e-12)
    assert np.abs(arrivals(text, "B100") - exact) < 0.005e-12


def test_signals_do_not_depend_on_the_print_step() -> None:
    deck = circuit(SINGLE)
    fine, coarse = simulate(deck, print_step=0.05e-12), simulate(deck, print_step=0.5e-12)
    assert np.allclose(fine["P(B2)"][::10], coarse["P(B2)"], rtol=0.0, atol=1e-9)
