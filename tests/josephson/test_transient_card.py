"""What the `.tran` card asks of the printed signals: start, step, smoothing, no start-up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson.decks import circuit

from cosim.josephson import simulate

SINE = "V1 1 0 sin(0 1m 100g)\nR1 1 2 2\nL1 2 0 1p\n.tran {}\n.print v(1) i(L1)\n"
CHARGE = "I1 0 1 1m\nR1 1 0 2\nC1 1 0 1p\n.tran 0.1p 20p {}\n.print v(1)\n"


def test_start_and_print_step() -> None:
    whole, part = (simulate(circuit(SINE.format(card))) for card in ("0.1p 50p", "0.1p 50p 20p 0.5p"))
    assert part.time == pytest.approx(np.arange(20e-12, 50.1e-12, 0.5e-12))
    assert np.allclose(part["I(L1)"], whole["I(L1)"][200::5], rtol=0.0, atol=1e-12)


def test_the_window_is_that_of_josim() -> None:
    """A Hann window of N samples, a step apart, damps a sine by Σ w cos(ω k h) / Σ w."""
    plain, smooth = (simulate(circuit(SINE.format(c))) for c in ("0.1p 60p 20p 0.5p", "0.1p 60p 20p 0.5p 4p"))
    half = 20
    count = 2 * half + 1
    weight = 1.0 - np.cos(2.0 * math.pi * (np.arange(count) + 0.5) / count)
    factor = (
        np.sum(weight * np.cos(2 * math.pi * 100e9 * np.arange(-half, half + 1) * 0.1e-12)) / weight.sum()
    )
    assert 0.5 < factor < 0.9
    inside = smooth.time < 57e-12
    assert np.allclose(smooth["V(1)"][inside], factor * plain["V(1)"][inside], rtol=0.0, atol=1e-3 * 1e-6)
    assert np.max(np.abs(smooth["V(1)"] - factor * plain["V(1)"])[~inside]) > 1e-6


def test_without_start_up_a_circuit_begins_cold() -> None:
    warm, cold = (simulate(circuit(CHARGE.format(word))) for word in ("", "DST"))
    assert np.max(np.abs(warm["V(1)"] - 2e-3)) < 1e-8
    assert np.max(np.abs(cold["V(1)"] - 2e-3 * -np.expm1(-cold.time / 2e-12))) < 1e-7


def test_an_impulse_is_said_to_be_inaccurate() -> None:
    """A current switched on at a coil is an infinite voltage: no step resolves that."""
    result = simulate(
        circuit("I1 0 1 50u\nL1 1 2 2p\nB1 2 0 jj1\nR1 2 0 5\n.tran 0.1p 20p DST\n.print i(L1)\n")
    )
    assert result.status == "inaccurate"
    assert result["I(L1)"][-1] == pytest.approx(50e-6, rel=1e-6)
