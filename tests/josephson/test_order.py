"""Observed order of the integrators, and what error control promises."""

from __future__ import annotations

import numpy as np
import pytest
from josephson import figures
from josephson.decks import circuit, transmission_line

from cosim.josephson import simulate

DECKS = figures.ORDER_DECKS
PARASITIC = "line of ten with parasitics"


def arrivals(deck: str, junction: str, **settings: object) -> np.ndarray:
    return simulate(circuit(deck), **settings).pulse_times(junction, sign=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("deck", DECKS)
@pytest.mark.parametrize(("method", "order", "coarse"), [("ark3", 2.7, 0.1e-12), ("ark4", 3.6, 0.05e-12)])
def test_observed_order(deck: str, method: str, order: float, coarse: float) -> None:
    """Halving the step twice: the slope of the error of the last junction's phase."""
    slope, errors = figures.observed_order(deck, method, coarse)
    assert slope > order, f"errors {errors}"


@pytest.mark.parametrize("method", ["ark3", "ark4"])
def test_error_follows_the_tolerance(method: str) -> None:
    text, junction = DECKS[PARASITIC]
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
    deck = circuit(DECKS["two junctions"][0])
    fine, coarse = simulate(deck, print_step=0.05e-12), simulate(deck, print_step=0.5e-12)
    assert np.allclose(fine["P(B2)"][::10], coarse["P(B2)"], rtol=0.0, atol=1e-9)
