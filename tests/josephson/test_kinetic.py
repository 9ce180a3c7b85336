"""Kinetic inductance: closed forms, energy, flux quantisation, and what it is without nonlinearity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson.decks import circuit
from scipy.integrate import quad
from scipy.optimize import brentq

from cosim.constants import PHASE_PER_FLUX
from cosim.errors import NetlistError
from cosim.josephson import Topology, Values, simulate, simulate_batch
from cosim.netlist import parse, write

RING = (
    "I1 0 1 pwl(0 0 0.01f 1m 1n 1m)\nL1 1 0 2p istar=0.8m\nC1 1 0 0.5p\n.tran 0.01p 60p\n"
    ".print v(1) i(L1) p(L1)\n"
)


def flux(current, inductance, star):
    return inductance * (current + current**3 / (3.0 * star**2))


def energy(current, inductance, star):
    return inductance * (current**2 / 2.0 + current**4 / (4.0 * star**2))


def test_flux_of_a_current() -> None:
    result = simulate(circuit(RING))
    expected = PHASE_PER_FLUX * flux(result["I(L1)"], 2e-12, 0.8e-3)
    assert np.max(np.abs(result["P(L1)"] - expected)) < 1e-9
    assert np.max(np.abs(result["I(L1)"])) > 1.5e-3


def test_energy_of_a_ringing_circuit_is_kept() -> None:
    """A current step I puts I·Φ into C and L, and they hand it to and fro."""
    result = simulate(circuit(RING), tolerance=1e-6)
    volt, current = result["V(1)"][1:], result["I(L1)"][1:]
    stored = 0.5 * 0.5e-12 * volt**2 + energy(current, 2e-12, 0.8e-3)
    given = 1e-3 * flux(current, 2e-12, 0.8e-3)
    assert np.max(np.abs(stored - given)) < 2e-4 * np.max(stored)


def test_period_of_a_ringing_circuit() -> None:
    """From the energy integral: T = 2 ∫ dΦ / V(Φ) between the turning points."""
    star, inductance, capacitance, drive = 0.8e-3, 2e-12, 0.5e-12, 1e-3
    high = brentq(lambda i: energy(i, inductance, star) - drive * flux(i, inductance, star), 1e-4, 1e-2)

    def slowness(angle: float) -> float:
        # I = high (1 - cos a)/2 takes the infinite ends away.
        current = 0.5 * high * (1.0 - math.cos(angle))
        left = drive * flux(current, inductance, star) - energy(current, inductance, star)
        rise = inductance * (1.0 + (current / star) ** 2) * 0.5 * high * math.sin(angle)
        return rise / math.sqrt(2.0 * left / capacitance) if left > 0.0 else 0.0

    period = 2.0 * quad(slowness, 1e-9, math.pi - 1e-9, limit=200)[0]
    result = simulate(circuit(RING), tolerance=1e-6, print_step=0.005e-12)
    volt = result["V(1)"]
    falls = np.flatnonzero((volt[:-1] > 0.0) & (volt[1:] <= 0.0))
    at = result.time[falls] + 0.005e-12 * volt[falls] / (volt[falls] - volt[falls + 1])
    assert len(at) > 5
    assert np.diff(at) == pytest.approx(period, rel=2e-4)
    linear = 2.0 * math.pi * math.sqrt(inductance * capacitance)
    assert period > 1.3 * linear


def test_current_through_resistor_and_kinetic_inductance() -> None:
    """No capacitance anywhere: t(I) = ∫ L (1 + (I/I*)²) dI / (V - R I)."""
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 0.01f 1m 1n 1m)\nR1 1 2 2\nL1 2 0 10p istar=0.2m\n.tran 0.05p 40p\n"
            ".print i(L1) i(R1)\n"
        )
    )
    for point in (100, 200, 400, 600):
        current = float(result["I(L1)"][point])
        took = quad(lambda i: 10e-12 * (1.0 + (i / 0.2e-3) ** 2) / (1e-3 - 2.0 * i), 0.0, current)[0]
        assert took == pytest.approx(result.time[point], rel=2e-4)
        assert result["I(R1)"][point] == pytest.approx(current, rel=1e-6)


def test_flux_stays_quantised() -> None:
    """A quantum in a loop of junction and kinetic inductance: φ_J + (2π/Φ0)Φ(I) is its 2π, long after."""
    deck = (
        "B1 1 0 jj1 area=2\nR1 1 0 4\nL1 1 0 {value} istar=60u\nI1 0 1 pwl(0 0 10p 500u 30p 500u 40p 0)\n"
        ".tran 0.5p 1n\n.print p(B1) p(L1) i(L1)\n"
    )
    result = simulate(circuit(deck.format(value="25p")))
    assert np.max(np.abs(result["P(B1)"] - result["P(L1)"])) == 0.0

    def balance(phase: float) -> float:
        bend = PHASE_PER_FLUX * 25e-12 * 60e-6
        return 0.2e-3 * math.sin(phase) + 60e-6 * 2.0 * math.sinh(math.asinh(1.5 * phase / bend) / 3.0)

    final = float(result["P(B1)"][-1])
    assert final > 4.0
    assert final == pytest.approx(brentq(balance, final - 0.3, final + 0.3), abs=1e-9)


def test_a_large_star_is_a_plain_inductor() -> None:
    deck = (
        "B1 1 0 jj1 area=2\nR1 1 0 3\nL1 1 2 4p{}\nR2 2 0 2\nI1 0 1 pwl(0 0 5p 350u)\n.tran 0.1p 50p\n"
        ".print i(L1)\n"
    )
    plain, weak = (simulate(circuit(deck.format(x)), step=0.1e-12) for x in ("", " istar=1"))
    assert np.max(np.abs(plain["I(L1)"] - weak["I(L1)"])) < 1e-9
    assert len(plain.pulses.time) > 3


def test_order_of_four() -> None:
    deck = (
        "I1 0 1 sin(0 300u 12g)\nB1 1 0 jj1\nR1 1 0 3\nL1 1 2 6p istar=80u\nR2 2 0 2\n"
        "L3 1 3 4p istar=0.1m\nC3 3 0 0.1p\n"
        ".tran 0.1p 40p\n.print p(B1) i(L3)\n"
    )
    exact, coarse, fine = (simulate(circuit(deck), step=h) for h in (0.01e-12, 0.04e-12, 0.02e-12))
    for name in ("P(B1)", "I(L3)"):
        ratio = np.max(np.abs(coarse[name] - exact[name])) / np.max(np.abs(fine[name] - exact[name]))
        assert math.log2(ratio) > 3.2, name


def test_a_source_across_it_ties_its_phase() -> None:
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 5p 0.2m 10p 0)\nL1 1 2 10p istar=50u\nR2 2 0 1m\n.tran 0.1p 8p\n"
            ".print i(L1) p(L1)\n"
        )
    )
    assert np.max(np.abs(result["P(L1)"] - PHASE_PER_FLUX * flux(result["I(L1)"], 10e-12, 50e-6))) < 1e-9
    volt_seconds = np.interp(result.time, [0, 5e-12, 10e-12], [0, 0.2e-3, 0])
    area = np.concatenate(
        [[0.0], np.cumsum(0.5 * (volt_seconds[1:] + volt_seconds[:-1]) * np.diff(result.time))]
    )
    assert np.max(np.abs(result["P(L1)"] - PHASE_PER_FLUX * area)) < 1e-2


def test_variants_of_a_batch_do_not_disturb_each_other() -> None:
    deck = circuit(
        "B1 1 0 jj1 area=2\nR1 1 0 3\nL1 1 2 4p istar=0.1m\nB2 2 0 jj1 area=2\nR2 2 0 3\n"
        "I1 0 1 pwl(0 0 5p 500u)\n.tran 0.1p 60p\n"
    )
    values = Values.of([deck], [Topology.of(deck)]).repeated(5)
    values.kinetic_current[:, 0] = (50e-6, 0.1e-3, 0.2e-3, 0.4e-3, 1.0)
    every = simulate_batch(deck, values=values)
    for variant in range(5):
        alone = simulate_batch(deck, values=values.rows(slice(variant, variant + 1)))
        assert np.array_equal(every.pulses(variant).time, alone.pulses(0).time)
    assert len({float(every.pulses(v).time[0]) for v in range(5)}) == 5


def test_how_decks_say_it() -> None:
    text = "L1 1 0 poly 10p 0 4m spread=0.1\nR1 1 0 1\n"
    deck = parse(text)
    (element, _) = circuit(text).elements
    assert element.inductance == 10e-12 and element.kinetic_current == pytest.approx(50e-6)
    assert element.spread == 0.1
    assert parse(write(deck)) == deck
    assert circuit("L1 1 0 poly 10p\n").elements[0].kinetic_current == math.inf
    for card, part in (
        ("L1 1 0 poly 10p 1m 4m", "c1 = 0"),
        ("L1 1 0 10p istar=0", "istar must be above 0"),
        ("L1 1 0 10p istar=1m\nL2 2 0 1p\nK1 L1 L2 .1", "put the kinetic one in series"),
    ):
        with pytest.raises(NetlistError, match=part):
            circuit(card)
