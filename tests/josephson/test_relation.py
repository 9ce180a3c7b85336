"""Current-phase relations other than the sine: harmonics, φ-junctions, transparency."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson.decks import circuit
from scipy.integrate import quad

from cosim.constants import BOLTZMANN, ELEMENTARY_CHARGE, FLUX_QUANTUM, PHASE_PER_FLUX
from cosim.errors import SimulationError
from cosim.josephson import simulate, simulate_batch
from cosim.josephson.relation import weights
from cosim.netlist.circuit import JunctionModel
from cosim.results import Result

OVER = "rtype=0, cap=0.01f, rn=1, icrit=0.1m"


def driven(model: str, current: float = 0.0, extra: str = "") -> Result:
    drive = f"I1 0 1 pwl(0 0 1p {current})\n" if current else ""
    return simulate(
        circuit(
            f".model other jj({model})\nB1 1 0 other\n{drive}{extra}"
            ".tran 0.1p 60p 0 0.1p\n.print p(B1) i(B1)\n"
        )
    )


def haberkorn(phase: float, transparency: float, ratio: float) -> float:
    root = math.sqrt(1.0 - transparency * math.sin(0.5 * phase) ** 2)
    return math.sin(phase) / root * math.tanh(ratio * root) / math.tanh(ratio)


def test_harmonics_show_in_the_current_at_a_set_phase() -> None:
    """A phase source winds the junction up slowly: its current is Ic Σ a_k sin kφ + V/R."""
    result = driven(OVER + ", cpr={1 -0.3 0.1}", extra="P1 1 0 pwl(0 0 60p 12)\n")
    phase = result["P(B1)"]
    series = np.sin(phase) - 0.3 * np.sin(2 * phase) + 0.1 * np.sin(3 * phase)
    expected = 1e-4 * series + 12 / 60e-12 / PHASE_PER_FLUX
    assert np.max(np.abs(result["I(B1)"] - expected)[1:-1]) < 1e-9


def test_period_with_a_second_harmonic() -> None:
    """∫ dφ / φ' over a turn, by quadrature."""
    result = driven(OVER + ", cpr={1 0.5}", current=2e-4)
    period, _ = quad(
        lambda p: 1.0 / (PHASE_PER_FLUX * (2e-4 - 1e-4 * (math.sin(p) + 0.5 * math.sin(2 * p)))),
        0,
        2 * math.pi,
    )
    gaps = np.diff(result.pulse_times("B1", sign=1))[1:]
    assert np.mean(gaps) == pytest.approx(period, rel=2e-3)


@pytest.mark.parametrize("transparency", [0.2, 0.9])
def test_transparency_is_haberkorns_curve(transparency: float) -> None:
    model = JunctionModel(transparency=transparency, temperature=4.2, critical_temperature=9.1)
    gap = 1.76 * BOLTZMANN * 9.1 * math.sqrt(math.cos(0.5 * math.pi * (4.2 / 9.1) ** 2))
    series = weights(model)
    for phase in np.linspace(0.1, 6.0, 13):
        mine = sum(a * math.sin((k + 1) * phase) for k, a in enumerate(series))
        expected = haberkorn(float(phase), transparency, gap / (2 * BOLTZMANN * 4.2))
        assert mine == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 4.2, 7.0])
def test_resistance_follows_the_gap_at_the_temperature(temperature: float) -> None:
    """Ic·Rn = πΔ(T)/2e · tanh(Δ/2kT) (Ambegaokar and Baratoff): V/I far above Ic is that Rn."""
    gap = 1.76 * BOLTZMANN * 9.1 * math.sqrt(math.cos(0.5 * math.pi * (temperature / 9.1) ** 2))
    product = 0.5 * math.pi * gap / ELEMENTARY_CHARGE * math.tanh(gap / (2.0 * BOLTZMANN * temperature))
    result = driven(f"rtype=0, cap=0.01f, icrit=0.1m, t={temperature}, tc=9.1", current=4e-4)
    times = result.pulse_times("B1", sign=1)
    voltage = FLUX_QUANTUM * (len(times) - 11) / (times[-1] - times[10])
    assert voltage == pytest.approx(product * math.sqrt(4.0**2 - 1.0), rel=1e-3)


@pytest.mark.parametrize("transparency", [0.5, 0.95])
def test_the_critical_current_follows_the_transparency(transparency: float) -> None:
    """A slow ramp: the first slip comes as the current passes the largest value of Haberkorn's curve."""
    gap = 1.76 * BOLTZMANN * 9.1 * math.sqrt(math.cos(0.5 * math.pi * (4.2 / 9.1) ** 2))
    phases = np.linspace(0.0, math.pi, 2001)
    largest = max(haberkorn(float(p), transparency, gap / (2 * BOLTZMANN * 4.2)) for p in phases)
    deck = (
        f".model other jj(rtype=0, cap=0.01f, icrit=0.1m, t=4.2, tc=9.1, d={transparency})\nB1 1 0 other\n"
        "I1 0 1 pwl(0 0 2n 200u)\n.tran 1p 2n\n"
    )
    first = simulate(circuit(deck)).pulse_times("B1")[0]
    # The slip takes some picoseconds from there on; 1 ps of the ramp is 0.1 µA.
    assert 0.0 < first / 2e-9 * 2.0 - largest < 0.02
    assert largest > 1.05


def test_a_pi_junction_in_a_loop_drives_a_current_by_itself() -> None:
    """L I + (Φ0/2π) φ = 0 and I = Ic sin(φ - π): with 2π L Ic/Φ0 > 1 the loop carries current."""
    result = driven(
        "rtype=0, cap=0.07p, rn=2, icrit=0.1m, phi=3.14159265",
        extra="L1 1 0 20p\nIK 0 1 pulse(0 1u 1p 1p 1p 1p 1n)\n",
    )
    phase = result["P(B1)"][-1]
    assert abs(phase) > 1.0
    assert 1e-4 * math.sin(phase - math.pi) + phase / (PHASE_PER_FLUX * 20e-12) == pytest.approx(
        0.0, abs=1e-7
    )


def test_variants_may_have_other_relations() -> None:
    decks = [
        circuit(f".model other jj({OVER}{cpr})\nB1 1 0 other\nI1 0 1 pwl(0 0 1p 200u)\n.tran 0.1p 60p\n")
        for cpr in ("", ", cpr={1 0.5}", ", cpr={1 0 0.2}")
    ]
    batch = simulate_batch(decks, step=0.02e-12, threads=1)
    for k, deck in enumerate(decks):
        single = simulate(deck, step=0.02e-12, method="ark3").pulses.time
        assert np.max(np.abs(batch.pulses(k).time - single)) < 1e-20
    assert len({len(batch.pulses(k).time) for k in range(3)}) > 1


def test_what_cannot_be() -> None:
    with pytest.raises(SimulationError, match="both cpr and d"):
        weights(JunctionModel(transparency=0.5, temperature=4.2, harmonics=(1.0, 0.1)))
    with pytest.raises(SimulationError, match="0 < d < 1"):
        weights(JunctionModel(transparency=1.5, temperature=4.2))
    with pytest.raises(SimulationError, match="not below tc"):
        weights(JunctionModel(transparency=0.5, temperature=10.0))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_asymmetric_relation_is_two_junctions_side_by_side(sign: float) -> None:
    """sin φ + 0.4 sin(2φ − 1.2): a diode, whose critical currents differ with the sign of the current."""
    shift = 1.2
    phases = np.linspace(0.0, 2.0 * math.pi, 20_001)
    relation = np.sin(phases) + 0.4 * np.sin(2.0 * phases - shift)
    expected = float(np.max(sign * relation))
    deck = (
        f".model first jj({OVER})\n.model second jj({OVER}, cpr={{0 0.4}}, phi={0.5 * shift})\n"
        f"B1 1 0 first\nB2 1 0 second\nI1 0 1 pwl(0 0 4n {sign * 200}u)\n.tran 1p 4n\n"
    )
    first = simulate(circuit(deck)).pulse_times("B1", sign=int(sign))[0]
    # Passing a maximum slowly takes 2.34 (τ² Ic / (dI/dt))^⅓, τ = Φ0/2πIcR: 0.1 ns, or 0.05 Ic.
    assert 0.02 < first / 4e-9 * 2.0 - expected < 0.07
    assert np.max(relation) + np.min(relation) > 0.5
