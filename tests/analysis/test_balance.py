"""Conservation of energy: what sources deliver is dissipated or stored, element by element."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from josephson import figures
from josephson.decks import circuit

from cosim.analysis import energy_balance
from cosim.constants import FLUX_QUANTUM
from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten, parse_file

DECKS = Path(__file__).resolve().parents[1] / "josephson" / "data"


@pytest.mark.parametrize("deck", figures.CONSERVATION_DECKS)
def test_a_run_conserves_energy(deck: str) -> None:
    assert abs(figures.unbalanced(deck)) < 2e-5


def test_every_element_has_its_part() -> None:
    balance = energy_balance(flatten(parse_file(DECKS / "comparator.cir")), stop=60e-12)
    assert set(balance.delivered) == {"IIN", "IB1", "IB2", "IB3", "IB4", "ISIG"}
    assert all(value >= 0.0 for value in balance.dissipated.values())
    assert sum(balance.delivered.values()) > 1e-18


@pytest.mark.parametrize(
    "model",
    ["cpr={1, 0.4}, rn=16", "phi=1.2, rn=16", "d=0.6, t=4.2, tc=9.2, rn=16", "rtype=0, rn=8", "rn=16"],
)
@pytest.mark.parametrize(("level", "unbalanced"), [("1.5m", 1e-6), ("3.2m", 2e-3)])
def test_other_relations_conserve_it_too(model: str, level: str, unbalanced: float) -> None:
    """A voltage source winds a junction up through a coil. Beyond the gap, which passes within a
    hundredth of a picosecond, the sampling limits the balance."""
    deck = (
        f".model other jj(cap=0.07p, r0=160, vg=2.6m, icrit=0.1m, {model})\n"
        f"V1 1 0 pwl(0 0 10p {level} 30p {level} 40p 0)\nR1 1 2 3\nL1 2 3 4p\nB1 3 0 other area=2\n"
        "C1 3 0 0.1p\n.tran 0.05p 60p\n"
    )
    balance = energy_balance(circuit(deck), tolerance=1e-7)
    assert abs(balance.residual) < unbalanced
    assert balance.dissipated["B1"] > 1e-20


def test_coupled_coils_share_their_energy() -> None:
    """½ L1 i² + ½ L2 j² + M i j; the secondary is shorted by a resistor that takes its part."""
    deck = "I1 0 1 pwl(0 0 10p 1m)\nL1 1 0 4p\nL2 2 0 9p\nR2 2 0 1\nK1 L1 L2 0.6\n.tran 0.1p 200p\n"
    balance = energy_balance(circuit(deck))
    assert abs(balance.residual) < 1e-6
    # At rest the secondary is without current, so the primary holds ½ L1 I².
    assert sum(balance.stored.values()) == pytest.approx(0.5 * 4e-12 * 1e-6, rel=1e-6)
    assert balance.stored["L2"] == pytest.approx(0.0, abs=1e-24)


def test_kinetic_inductance_holds_more() -> None:
    """½ L I² + L I⁴/(4 I*²); a short (L = 0) holds nothing."""
    deck = "I1 0 1 pwl(0 0 10p 1m)\nL1 1 2 4p istar=0.5m\nL2 2 0 0\nR1 1 0 3\n.tran 0.1p 100p\n"
    balance = energy_balance(circuit(deck))
    assert abs(balance.residual) < 1e-5
    assert balance.stored["L1"] == pytest.approx(4e-12 * (0.5e-6 + 1e-12 / (4.0 * 0.25e-6)), rel=1e-5)
    assert balance.stored["L2"] == 0.0


def test_an_undamped_resonator_keeps_its_energy() -> None:
    deck = "I1 0 1 pwl(0 0 1p 1m 2p 0)\nL1 1 0 2p\nC1 1 0 0.5p\n.tran 0.05p 50p\n"
    balance = energy_balance(circuit(deck), tolerance=1e-8, start=3e-12)
    stored = balance.stored
    assert balance.delivered["I1"] == 0.0
    assert abs(stored["C1"] + stored["L1"]) < 1e-4 * abs(stored["C1"])


def test_a_slip_costs_the_bias_times_a_flux_quantum() -> None:
    """Ib·Φ0 a slip is delivered by the bias; the customary Ic·Φ0 is more by Ic/Ib (docs/analysis.md)."""
    bias, critical = 175e-6, 250e-6
    flat = flatten(parse_file(DECKS / "jtl10_simple.cir"))
    window = (15e-12, 365e-12)
    balance = energy_balance(flat, start=window[0], stop=window[1])
    times, _ = simulate(flat, stop=window[1]).pulses.of("B5")
    slips = len(times[times > window[0]])
    assert slips == 7
    assert balance.delivered["IB5"] == pytest.approx(slips * bias * FLUX_QUANTUM, rel=2e-3)
    taken = balance.dissipated["B5"] + balance.dissipated["R5"]
    assert taken == pytest.approx(slips * bias * FLUX_QUANTUM, rel=0.02)
    assert taken / (slips * critical * FLUX_QUANTUM) == pytest.approx(0.7, rel=0.02)


def test_the_energy_of_a_junction_at_rest_is_that_of_its_current() -> None:
    """Φ0 Ic/2π (1 − cos φ) with sin φ = I/Ic."""
    deck = "I1 0 1 pwl(0 0 100p 60u)\nB1 1 0 jj1\nR1 1 0 5\n.tran 0.1p 200p\n"
    balance = energy_balance(circuit(deck))
    scale = 1e-4 * FLUX_QUANTUM / (2.0 * math.pi)
    assert balance.stored["B1"] == pytest.approx(scale * (1.0 - math.sqrt(1.0 - 0.6**2)), rel=1e-5)


def test_what_cannot_be_accounted_for_is_refused() -> None:
    with pytest.raises(CosimError, match=r"energy of \w+ is not accounted for"):
        energy_balance(flatten(parse_file(DECKS / "jtl_ptl.cir")))
