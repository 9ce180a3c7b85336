"""R, L, C, K, T, V and P against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson.decks import circuit

from cosim.constants import PHASE_PER_FLUX
from cosim.josephson import simulate


def test_discharge_of_rc() -> None:
    result = simulate(
        circuit(
            "I1 0 1 pwl(0 0 1f 1m 1n 1m)\nR1 1 0 2\nC1 1 0 1p\n.tran 0.05p 20p 0 0.05p\n.print v(1) i(C1)\n"
        )
    )
    late = result.time > 1e-14
    time = result.time[late]
    expected = 2e-3 * -np.expm1(-(time - 0.5e-15) / 2e-12)
    assert np.max(np.abs(result["V(1)"][late] - expected)) < 2e-3 * 1e-4
    assert np.max(np.abs(result["I(C1)"][late] - (1e-3 - expected / 2.0))) < 1e-3 * 1e-3


def test_current_into_rl() -> None:
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 1f 1m 1n 1m)\nR1 1 2 2\nL1 2 0 10p\n.tran 0.05p 30p 0 0.05p\n.print i(L1) i(R1)\n"
        )
    )
    expected = 0.5e-3 * -np.expm1(-(result.time - 0.5e-15) / 5e-12)
    late = result.time > 1e-14
    assert np.max(np.abs(result["I(L1)"] - expected)[late]) < 0.5e-3 * 1e-5
    assert np.max(np.abs(result["I(R1)"] - expected)[late]) < 0.5e-3 * 1e-4


def test_undamped_lc_keeps_frequency_and_amplitude() -> None:
    """A current step I into L ∥ C: v = I √(L/C) sin ωt, and the coil carries I (1 - cos ωt)."""
    result = simulate(
        circuit(
            "I1 0 1 pwl(0 0 0.1f 1m 1n 1m)\nL1 1 0 2p\nC1 1 0 0.5p\n.tran 0.01p 60p 0 0.01p\n"
            ".print v(1) i(L1)\n"
        ),
        tolerance=1e-6,
    )
    angular = 1.0 / math.sqrt(2e-12 * 0.5e-12)
    time = result.time - 0.05e-15
    assert np.max(np.abs(result["I(L1)"] - 1e-3 * (1 - np.cos(angular * time)))) < 1e-3 * 2e-3
    assert np.max(np.abs(result["V(1)"] - 2e-3 * np.sin(angular * time))[5:]) < 2e-3 * 2e-3


@pytest.mark.parametrize("coupling", [0.9, 0.5, -0.5])
def test_coupled_resonators_split(coupling: float) -> None:
    """Two equal LC circuits: ω± = ω0/√(1 ± k); driven in one, the sum and difference modes beat."""
    result = simulate(
        circuit(
            "I1 0 1 pwl(0 0 0.1f 1m 1n 1m)\nL1 1 0 4p\nC1 1 0 1p\nL2 2 0 4p\nC2 2 0 1p\n"
            f"K1 L1 L2 {coupling}\n.tran 0.02p 60p 0 0.02p\n.print i(L1) i(L2) v(2)\n"
        ),
        tolerance=1e-6,
    )
    time = result.time - 0.05e-15
    base = 1.0 / math.sqrt(4e-12 * 1e-12)
    plus, minus = base / math.sqrt(1 + coupling), base / math.sqrt(1 - coupling)
    first = 0.5e-3 * (2 - np.cos(plus * time) - np.cos(minus * time))
    second = 0.5e-3 * (np.cos(minus * time) - np.cos(plus * time))
    assert np.max(np.abs(result["I(L1)"] - first)) < 3e-6
    assert np.max(np.abs(result["I(L2)"] - second)) < 3e-6


def test_flux_transformer_steps_current_down() -> None:
    """An ideal short on the secondary keeps its flux: I2 = -k √(L1/L2) I1."""
    result = simulate(
        circuit(
            "I1 0 1 pwl(0 0 10p 1m)\nL1 1 0 4p\nR1 1 0 10\nL2 2 0 9p\nLS 2 0 1f\nK1 L1 L2 0.6\n"
            ".tran 0.1p 100p 0 0.1p\n.print i(L1) i(L2)\n"
        )
    )
    factor = -0.6 * math.sqrt(4 * 9) / (9 + 1e-3)
    assert result["I(L2)"][-1] == pytest.approx(factor * result["I(L1)"][-1], rel=1e-6)


def test_four_coupled_coils_against_their_modes() -> None:
    """Each of four different coils with its capacitor, all coupled: the modes of L C v'' + v = L i'.

    A current step I into the first: v(t) = Σ over modes of (C⁻¹-orthogonal) sin(ω t)/ω · I.
    """
    inductances = np.array([4.0, 6.0, 5.0, 9.0]) * 1e-12
    pairs = {(0, 1): 0.5, (0, 2): -0.3, (1, 2): 0.2, (2, 3): 0.4, (0, 3): 0.1, (1, 3): -0.25}
    matrix = np.diag(inductances)
    cards = ""
    for number, ((a, b), k) in enumerate(pairs.items()):
        matrix[a, b] = matrix[b, a] = k * math.sqrt(inductances[a] * inductances[b])
        cards += f"K{number} L{a} L{b} {k}\n"
    for k, value in enumerate(inductances):
        cards += f"L{k} {k + 1} 0 {value}\nC{k} {k + 1} 0 {0.5 + 0.1 * k}p\n"
    result = simulate(
        circuit(
            f"I1 0 1 pwl(0 0 0.1f 1m 1n 1m)\n{cards}.tran 0.02p 60p 0 0.02p\n"
            ".print v(1) v(2) v(3) v(4) i(L3)\n"
        ),
        tolerance=1e-7,
    )
    # C v'' + L⁻¹ v = i' with i' = I δ(t): symmetric in v·√C.
    capacity = (0.5 + 0.1 * np.arange(4)) * 1e-12
    scale = 1.0 / np.sqrt(capacity)
    squares, modes = np.linalg.eigh(scale[:, None] * np.linalg.inv(matrix) * scale)
    angular = np.sqrt(squares)
    time = result.time - 0.05e-15
    weight = scale[:, None] * modes * (modes.T @ (scale * np.array([1e-3, 0, 0, 0])))
    volts = weight @ (np.sin(np.outer(angular, time)) / angular[:, None])
    flux = weight @ ((1.0 - np.cos(np.outer(angular, time))) / squares[:, None])
    for k in range(4):
        assert np.max(np.abs(result[f"V({k + 1})"] - volts[k])[5:]) < 2e-3 * np.max(np.abs(volts))
    current = np.linalg.inv(matrix) @ flux
    assert np.max(np.abs(result["I(L3)"] - current[3])) < 2e-3 * np.max(np.abs(current[3]))


def test_signals_at_a_node_of_coils_alone_are_exact_beside_corners_too() -> None:
    """Its voltage steps where the current bends; neither current nor flux may see that.

    The secondary L2, R2 has i' + i/τ = -M I'/L2; the primary's flux is L1 I + M i.
    """
    result = simulate(
        circuit(
            "I1 0 1 pwl(0 0 10p 1m)\nL1 1 0 4p\nL2 2 0 9p\nR2 2 0 1\nK1 L1 L2 0.6\n"
            ".tran 0.02p 60p 0 0.02p\n.print p(1) v(1) i(L1) i(L2)\n"
        )
    )
    time, slope, mutual, tau = result.time, 1e8, 3.6e-12, 9e-12
    drive = np.minimum(slope * time, 1e-3)
    full = -mutual * slope
    after = np.maximum(time - 10e-12, 0.0)
    second = full * -np.expm1(-np.minimum(time, 10e-12) / tau) * np.exp(-after / tau)
    flux = 4e-12 * drive + mutual * second
    assert np.max(np.abs(result["I(L1)"] - drive)) < 1e-6 * 1e-3
    assert np.max(np.abs(result["I(L2)"] - second)) < 1e-6 * 1e-3
    assert np.max(np.abs(result["P(1)"] / PHASE_PER_FLUX - flux)) < 1e-6 * flux.max()
    bend = np.abs(time - 10e-12) < 1e-15
    primary = np.where(time < 10e-12, slope, 0.0)
    rate = np.where(time < 10e-12, full / tau * np.exp(-time / tau), -second / tau)
    volt = 4e-12 * primary + mutual * rate
    assert np.max(np.abs(result["V(1)"] - volt)[~bend]) < 1e-5 * np.abs(volt).max()


def test_matched_line_delays_and_does_not_reflect() -> None:
    result = simulate(
        circuit(
            "V1 1 0 pulse(0 1m 5p 2p 2p 4p 1)\nRS 1 2 50\nT1 2 0 3 0 td=7p z0=50\nRL 3 0 50\n"
            ".tran 0.05p 40p 0 0.05p\n.print v(2) v(3)\n"
        )
    )
    time = result.time

    def sent(t: np.ndarray) -> np.ndarray:
        return np.interp(t, [5e-12, 7e-12, 11e-12, 13e-12], [0, 0.5e-3, 0.5e-3, 0])

    assert np.max(np.abs(result["V(2)"] - sent(time))) < 1e-8
    assert np.max(np.abs(result["V(3)"] - sent(time - 7e-12))) < 2e-6


@pytest.mark.parametrize("load", [10.0, 200.0])
def test_mismatched_line_reflects(load: float) -> None:
    """Γ = (R - Z0)/(R + Z0): the far end sees (1 + Γ) a wave, the near end Γ of it, 2 td later."""
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 1p 2m)\nRS 1 2 50\nT1 2 0 3 0 td=10p z0=50\n"
            f"RL 3 0 {load}\n.tran 0.1p 45p 0 0.1p\n.print v(2) v(3)\n"
        )
    )
    gamma = (load - 50.0) / (load + 50.0)
    at = {t: np.searchsorted(result.time, t) for t in (9e-12, 15e-12, 25e-12, 40e-12)}
    assert result["V(2)"][at[15e-12]] == pytest.approx(1e-3, rel=1e-6)
    assert result["V(3)"][at[9e-12]] == pytest.approx(0.0, abs=1e-9)
    assert result["V(3)"][at[15e-12]] == pytest.approx((1 + gamma) * 1e-3, rel=1e-6)
    assert result["V(2)"][at[25e-12]] == pytest.approx((1 + gamma) * 1e-3, rel=1e-6)
    assert result["V(2)"][at[40e-12]] == pytest.approx(2e-3 * load / (load + 50.0), rel=1e-6)


def test_voltage_source_winds_a_junction_up() -> None:
    """A junction at constant V turns at V/Φ0; its phase is the integral of the source."""
    result = simulate(
        circuit("V1 1 0 pwl(0 0 10p 1m)\nB1 1 0 jj1\n.tran 0.1p 50p 0 0.1p\n.print p(B1) v(1) i(B1)\n")
    )
    time = result.time
    flux = np.where(time < 10e-12, 0.5 * 1e-3 * time**2 / 10e-12, 5e-15 + 1e-3 * (time - 10e-12))
    assert np.max(np.abs(result["P(B1)"] - PHASE_PER_FLUX * flux)) < 1e-9 * PHASE_PER_FLUX * flux[-1]
    assert np.max(np.abs(result["V(1)"] - np.minimum(time / 10e-12, 1.0) * 1e-3)) < 1e-12
    charge = np.where(time < 10e-12, 0.07e-12 * 1e-3 / 10e-12, 0.0)
    current = 1e-4 * np.sin(result["P(B1)"]) + result["V(1)"] / 160.0 + charge
    away = np.abs(time - 10e-12) > 0.2e-12
    assert np.max(np.abs(result["I(B1)"] - current)[away]) < 1e-8
    slips = result.pulse_times("B1", sign=1)
    expected = 10e-12 + (math.pi * (2 * np.arange(len(slips)) + 1) / PHASE_PER_FLUX - 5e-15) / 1e-3
    assert len(slips) == 22
    assert np.max(np.abs(slips - expected)[expected > 10e-12]) < 1e-18


def test_phase_source_sets_a_persistent_current() -> None:
    """P across L: I = φ Φ0/2πL, whatever the rest of the circuit does."""
    result = simulate(
        circuit(
            "P1 1 0 pwl(0 0 10p 6.283185307179586)\nL1 1 2 20p\nR2 2 0 1\nL2 1 0 10p\n"
            ".tran 0.1p 200p 0 0.1p\n.print i(L1) i(L2) p(1)\n"
        )
    )
    assert result["P(1)"][-1] == pytest.approx(2.0 * math.pi, abs=1e-12)
    assert result["I(L2)"][-1] == pytest.approx(2.067833848e-15 / 10e-12, rel=1e-6)
    assert result["I(L1)"][-1] == pytest.approx(0.0, abs=1e-8)


def test_sources_that_are_on_at_the_start_are_ramped_before() -> None:
    result = simulate(
        circuit("I1 0 1 dc 1m\nR1 1 0 2\nL1 1 2 5p\nR2 2 0 2\n.tran 0.1p 20p 0 0.1p\n.print v(1) i(L1)\n")
    )
    assert np.max(np.abs(result["V(1)"] - 1e-3)) < 1e-7
    assert np.max(np.abs(result["I(L1)"] - 0.5e-3)) < 1e-7


def test_sine_source() -> None:
    """Driven RL at 50 GHz, after the transient: amplitude V/|Z|, phase atan ωL/R."""
    result = simulate(
        circuit("V1 1 0 sin(0 1m 50g)\nR1 1 2 2\nL1 2 0 10p\n.tran 0.05p 100p 60p 0.05p\n.print i(L1)\n")
    )
    angular = 2 * math.pi * 50e9
    impedance = complex(2.0, angular * 10e-12)
    expected = (1e-3 / impedance * np.exp(1j * angular * result.time)).imag
    assert np.max(np.abs(result["I(L1)"] - expected)) < 1e-5 * 1e-3 / abs(impedance)


def test_current_of_a_voltage_source() -> None:
    """In SPICE's sense: into the first node, so a source that feeds a load shows minus its current."""
    result = simulate(
        circuit(
            "V1 1 0 pwl(0 0 5p 1m)\nV2 2 1 pwl(0 0 5p 1m)\nR1 1 0 2\nR2 2 0 4\nL2 2 3 5p\nR3 3 0 1\n"
            ".tran 0.1p 60p 0 0.1p\n.print i(V1) i(V2) i(R1) i(R2) i(L2) v(V2)\n"
        )
    )
    fed = result["I(R2)"] + result["I(L2)"]
    assert np.max(np.abs(result["I(V2)"] + fed)) < 1e-12
    assert np.max(np.abs(result["I(V1)"] + fed + result["I(R1)"])) < 1e-12
    assert result["I(V1)"][-1] == pytest.approx(-(0.5e-3 + 0.5e-3 + 2e-3), rel=1e-5)
    assert result["V(V2)"][-1] == pytest.approx(1e-3, rel=1e-9)


def test_current_of_a_phase_source_and_of_one_that_is_above_ground() -> None:
    result = simulate(
        circuit(
            "P1 1 2 pwl(0 0 10p 3)\nL1 1 0 10p\nL2 2 0 20p\nR1 1 0 5\n"
            ".tran 0.1p 60p 0 0.1p\n.print i(P1) i(L1) i(L2) i(R1)\n"
        )
    )
    assert np.max(np.abs(result["I(P1)"] + result["I(L1)"] + result["I(R1)"])) < 1e-12
    # Where the phase bends the voltage steps, and a sample there belongs to either side.
    away = (result.time > 0.05e-12) & (np.abs(result.time - 10e-12) > 0.05e-12)
    assert np.max(np.abs(result["I(P1)"] - result["I(L2)"])[away]) < 1e-8


def test_a_matched_line_on_a_source_takes_its_current() -> None:
    deck = "V1 1 0 pwl(0 0 1p 1m)\nT1 1 0 2 0 td=1p z0=5\nR2 2 0 5\n.tran 0.1p 5p\n.print i(V1) v(2)\n"
    result = simulate(circuit(deck))
    assert result["I(V1)"][20:] == pytest.approx(-0.2e-3, rel=1e-9)
    assert result["V(2)"][25:] == pytest.approx(1e-3, rel=1e-9)


def test_sine_current_and_sine_phase() -> None:
    """A current at 50 GHz into R ∥ C; and a phase whose rate is the voltage across R."""
    result = simulate(
        circuit(
            "I1 0 1 sin(0 1m 50g)\nR1 1 0 2\nC1 1 0 1p\nP1 2 0 sin(0 1 50g)\nR2 2 0 1\n"
            ".tran 0.05p 100p 60p 0.05p\n.print v(1) i(R2)\n"
        )
    )
    angular = 2 * math.pi * 50e9
    expected = (1e-3 / complex(0.5, angular * 1e-12) * np.exp(1j * angular * result.time)).imag
    assert np.max(np.abs(result["V(1)"] - expected)) < 1e-4 * np.max(np.abs(expected))
    rate = angular * np.cos(angular * result.time) / PHASE_PER_FLUX
    assert np.max(np.abs(result["I(R2)"] - rate)) < 1e-4 * np.max(rate)


def test_a_sine_costs_few_corners() -> None:
    deck = "I1 0 1 sin(0 1m 50g)\nR1 1 0 2\nC1 1 0 1p\n.tran 0.05p 100p 60p 0.05p\n.print v(1)\n"
    assert simulate(circuit(deck)).stats["steps"] < 2000


@pytest.mark.parametrize("source", ["sin(1 2 20g)", "dc 1", "pwl(0 1 20p 3)", "exp(1 2 0 4p)"])
def test_a_phase_source_starts_where_it_says(source: str) -> None:
    """A phase that moves at t = 0 has not moved before: the junction sits where its loop puts it."""
    result = simulate(
        circuit(
            f"P1 1 0 {source}\nL1 1 2 4p\nB2 2 0 jj1\nR2 2 0 4\n.tran 0.05p 10p\n.print p(B2) p(1) i(L1)\n"
        )
    )
    phase = float(result["P(B2)"][0])
    assert result["P(1)"][0] == pytest.approx(1.0, abs=1e-9)
    current = (1.0 - phase) / (4e-12 * PHASE_PER_FLUX)
    assert result["I(L1)"][0] == pytest.approx(current, rel=1e-9)
    assert 1e-4 * math.sin(phase) == pytest.approx(current, rel=1e-3)


def test_a_junction_on_a_voltage_that_was_on_before() -> None:
    """Its phase at t = 0 is the flux of the ramp, and its current that of its phase."""
    result = simulate(circuit("V1 1 0 dc 30u\nB1 1 0 jj1\n.tran 0.05p 10p\n.print p(B1) i(B1) i(V1) p(1)\n"))
    assert np.array_equal(result["P(1)"], result["P(B1)"])
    drawn = 1e-4 * np.sin(result["P(B1)"]) + 30e-6 / 160.0
    assert np.max(np.abs(result["I(B1)"] - drawn)) < 1e-9
    assert result["P(B1)"][0] == pytest.approx(PHASE_PER_FLUX * 30e-6 * 40e-12, rel=1e-6)
