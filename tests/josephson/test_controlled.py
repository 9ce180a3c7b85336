"""E F G H against closed forms, against the same circuit without them, and their loops refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson.decks import circuit

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.josephson import Topology, Values, simulate, simulate_batch

BIAS = "I1 0 1 pwl(0 0 5p 260u)\n"


def test_voltage_gain_holds_for_voltages_and_phases() -> None:
    """The output is loaded by capacitance on both sides: its current takes what the constraint needs."""
    result = simulate(
        circuit(
            "V1 1 0 sin(0 1m 20g)\nR1 1 0 1\nE1 2 3 1 0 -2.5\nC2 2 0 0.3p\nR2 2 0 3\nC3 3 0 0.2p\nR3 3 0 5\n"
            ".tran 0.05p 100p\n.print v(1) v(2,3) p(1) p(2,3) i(E1) i(R2) i(C2) i(R3) i(C3)\n"
        )
    )
    assert np.max(np.abs(result["V(2,3)"] + 2.5 * result["V(1)"])) < 2e-8
    assert np.max(np.abs(result["P(2,3)"] + 2.5 * result["P(1)"])) < 1e-6 * np.ptp(result["P(1)"])
    late = result.time > 5e-12
    assert np.max(np.abs(result["I(E1)"] + result["I(R2)"] + result["I(C2)"])[late]) < 5e-7
    assert np.max(np.abs(result["I(E1)"] - result["I(R3)"] - result["I(C3)"])[late]) < 5e-7


def test_voltage_gain_against_the_closed_form() -> None:
    """A step through a gain of 3 into R and C in series: v = 3V (1 - exp(-t/RC))."""
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 1f 1m 1n 1m)\nE1 2 0 1 0 3\nR1 2 4 2\nC1 4 0 1p\n"
            ".tran 0.05p 20p\n.print v(4) i(E1)\n"
        )
    )
    late = result.time > 1e-13
    expected = 3e-3 * -np.expm1(-(result.time - 0.5e-15) / 2e-12)
    assert np.max(np.abs(result["V(4)"] - expected)[late]) < 3e-3 * 1e-4
    assert np.max(np.abs(result["I(E1)"] + (3e-3 - expected) / 2.0)[late]) < 1e-6


def test_feedback_divides_the_gain() -> None:
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 10p 1m)\nE1 2 0 1 3 1000\nR1 2 3 9\nR2 3 0 1\n.tran 0.1p 20p\n.print v(1) v(2)\n"
        )
    )
    assert np.max(np.abs(result["V(2)"] - result["V(1)"] * 1000 / (1 + 1000 / 10))) < 1e-9


def test_two_transconductances_make_an_inductor() -> None:
    """A gyrator turns C into C/g²; with C2 beside it the pair rings at 1/√(L C2)."""
    gyrated = (
        "I1 0 1 pwl(0 0 0.1f 1m 1n 1m)\nC2 1 0 0.5p\nG1 3 0 1 0 -0.5\nG2 1 0 3 0 0.5\nC3 3 0 0.5p\n"
        ".tran 0.02p 40p\n.print v(1) i(G2)\n"
    )
    result = simulate(circuit(gyrated), tolerance=1e-6)
    inductance = 0.5e-12 / 0.25
    angular = 1.0 / math.sqrt(inductance * 0.5e-12)
    time = result.time - 0.05e-15
    assert np.max(np.abs(result["I(G2)"] - 1e-3 * (1 - np.cos(angular * time)))) < 2e-6
    amplitude = 1e-3 * math.sqrt(inductance / 0.5e-12)
    assert np.max(np.abs(result["V(1)"] - amplitude * np.sin(angular * time))[5:]) < 2e-3 * amplitude


@pytest.mark.parametrize(
    ("cards", "current"),
    [
        ("R5 1 0 4\nF1 0 2 R5 3", "I(R5)"),
        ("L5 1 0 4p\nR6 1 0 8\nF1 0 2 L5 3", "I(L5)"),
        ("C5 1 0 0.3p\nR6 1 0 8\nF1 0 2 C5 3", "I(C5)"),
        ("V5 1 5 0\nR5 5 0 4\nF1 0 2 V5 3", "I(V5)"),
        ("R5 1 5 4\nF1 0 2 5 0 3", "I(R5)"),
        ("B5 1 0 jj1\nR6 1 0 8\nF1 0 2 B5 3", "I(B5)"),
        ("E5 4 0 1 0 1\nR4 4 0 4\nR5 1 0 1\nF1 0 2 E5 3", "I(E5)"),
        ("T5 1 0 6 0 z0=5 td=4p\nR6 6 0 2\nR5 1 0 1\nF1 0 2 T5 3", "I(T5)"),
    ],
    ids=["resistor", "inductor", "capacitor", "source", "four nodes", "junction", "controlled", "line"],
)
def test_current_gain_follows_its_control(cards: str, current: str) -> None:
    result = simulate(
        circuit(
            f"I1 0 1 sin(0 150u 30g)\n{cards}\nR2 2 0 2\nH1 3 0 R2 -7\nR3 3 0 1\n"
            f".tran 0.02p 60p\n.print {current.lower()} v(2) v(3) i(F1) i(H1) i(R3)\n"
        )
    )
    late = result.time > 2e-12
    scale = np.ptp(result[current])
    assert scale > 50e-6
    assert np.max(np.abs(result["V(2)"] - 6.0 * result[current])[late]) < 6.0 * scale * 3e-3
    assert np.max(np.abs(result["V(3)"] + 3.5 * result["V(2)"])) < 1e-9
    assert np.max(np.abs(result["I(F1)"] - result["V(2)"] / 2.0)) < 1e-12
    assert np.max(np.abs(result["I(H1)"] + result["I(R3)"])) < 1e-9


def test_a_measured_current_is_not_disturbed() -> None:
    """A junction whose current is copied slips when it does alone, and so does the copy's."""
    alone = simulate(circuit(BIAS + "B1 1 0 jj1 area=2\nR1 1 0 3\n.tran 0.1p 60p\n"))
    both = simulate(
        circuit(
            BIAS + "V1 1 3 0\nB1 3 0 jj1 area=2\nR1 3 0 3\nF1 0 2 V1 1\nB2 2 0 jj1 area=2\nR2 2 0 3\n"
            ".tran 0.1p 60p\n"
        )
    )
    slips = alone.pulses.of("B1")[0]
    assert len(slips) > 5
    assert np.max(np.abs(both.pulses.of("B1")[0] - slips)) < 5e-15
    assert np.max(np.abs(both.pulses.of("B2")[0] - slips)) < 5e-15


def test_josephson_frequency_at_a_controlled_voltage() -> None:
    """A junction across a gain of 4 turns at 4V/Φ0, whatever it draws."""
    deck = "V1 1 0 pwl(0 0 5p 0.1m)\nR1 1 0 1\nE1 2 0 1 0 4\nB1 2 0 jj1\nR2 2 0 5\n.tran 0.1p 200p\n"
    result = simulate(circuit(deck))
    period = np.diff(result.pulses.of("B1")[0])
    assert period == pytest.approx(FLUX_QUANTUM / 0.4e-3, rel=1e-6)


def test_order_of_four_with_all_kinds() -> None:
    deck = (
        "I1 0 1 sin(0 250u 12g)\nB1 1 0 jj1\nR1 1 0 3\nE1 2 0 1 0 1.5\nR2 2 3 4\nB3 3 0 jj1\n"
        "F3 0 3 4 0 0.5\nL4 1 4 6p\nG5 0 5 3 0 0.3\nB5 5 0 jj1\nR5 5 0 4\nH6 6 0 L4 2\nR6 6 5 3\n"
        ".tran 0.1p 40p\n.print p(B1) p(B3) p(B5)\n"
    )
    exact, coarse, fine = (simulate(circuit(deck), step=h) for h in (0.01e-12, 0.16e-12, 0.08e-12))
    for name in ("P(B1)", "P(B3)", "P(B5)"):
        ratio = np.max(np.abs(coarse[name] - exact[name])) / np.max(np.abs(fine[name] - exact[name]))
        assert math.log2(ratio) > 3.0, name


def test_gains_vary_in_a_batch() -> None:
    deck = circuit(
        "I1 0 1 pwl(0 0 5p 100u)\nR1 1 0 2\nF1 0 2 R1 1\nB2 2 0 jj1\nR2 2 0 4\nG3 0 3 2 0 0.2\n"
        "B3 3 0 jj1\nR3 3 0 4\n.tran 0.1p 60p\n"
    )
    values = Values.of([deck], [Topology.of(deck)]).repeated(3)
    values.gain[:, 0] = (0.5, 1.5, 2.5)
    batch = simulate_batch(deck, values=values)
    for variant, gain in enumerate((0.5, 1.5, 2.5)):
        text = (
            f"I1 0 1 pwl(0 0 5p 100u)\nR1 1 0 2\nF1 0 2 R1 {gain}\nB2 2 0 jj1\nR2 2 0 4\nG3 0 3 2 0 0.2\n"
            "B3 3 0 jj1\nR3 3 0 4\n.tran 0.1p 60p\n"
        )
        single = simulate_batch([circuit(text)])
        assert np.array_equal(batch.pulses(variant).time, single.pulses(0).time)
    assert len(batch.pulses(0).time) == 0
    assert len(batch.pulses(2).time) > 5


@pytest.mark.parametrize(
    ("cards", "part"),
    [
        ("E1 1 0 2 0 2\nE2 1 0 2 0 2\nR2 2 0 1", "E2 closes a loop"),
        ("V1 1 0 1m\nE1 1 0 2 0 2\nR2 2 0 1", "E1 closes a loop"),
        ("E1 1 0 1 0 1", "singular at node"),
        ("L2 1 0 0\nE1 1 0 2 0 1\nR2 2 0 1", "E1 closes a loop"),
    ],
)
def test_loops_are_refused(cards: str, part: str) -> None:
    with pytest.raises(SimulationError, match=part):
        simulate(circuit(f"I1 0 1 1u\nR1 1 0 1\n{cards}\n.tran 0.1p 10p\n"))
