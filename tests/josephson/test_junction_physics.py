"""One junction against theory: V(I), plasma frequency, flux quanta, energy of a pulse, SQUID."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson import figures
from josephson.decks import circuit
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import brentq

from cosim.constants import FLUX_QUANTUM, PHASE_PER_FLUX
from cosim.josephson import simulate
from cosim.results import Result

Array = NDArray[np.float64]
CRITICAL = 1e-4


def mean_voltage(result: Result, junction: str, after: float) -> float:
    """Mean voltage [V] over whole slips after `after` [s]."""
    times = result.pulse_times(junction, sign=1)
    times = times[times > after]
    return FLUX_QUANTUM * (len(times) - 1) / (times[-1] - times[0])


@pytest.mark.parametrize("ratio", [1.02, 1.1, 1.5, 2.0, 4.0])
def test_overdamped_junction_follows_the_rsj_curve(ratio: float) -> None:
    assert figures.overdamped_curve_error(ratio) < 2e-6


@pytest.mark.parametrize("bias", [0.0, 0.5, 0.8])
def test_small_oscillations_have_the_plasma_frequency(bias: float) -> None:
    assert figures.plasma_frequency_error(bias) < 1e-4


def test_the_area_of_a_pulse_and_the_flux_of_a_loop_are_exact() -> None:
    assert figures.flux_quantum_error() < 1e-7
    assert figures.quantisation_error() < 1e-12


PULSE = (
    "B1 1 0 jj1 area=2.5\nR1 1 0 2.744\nIB 0 1 pwl(0 0 5p 175u)\nIIN 0 1 pulse(0 220u 20p 1p 1p 1p 1n)\n"
    ".tran 0.01p 60p 0 0.01p\n.print p(B1) v(1) i(B1) i(R1) i(IB) i(IIN)\n"
)


def test_a_slip_carries_one_flux_quantum() -> None:
    result = simulate(circuit(PULSE))
    (time,) = result.pulse_times("B1", sign=None)
    assert time == pytest.approx(22.653e-12, abs=0.02e-12)
    before, after = (np.searchsorted(result.time, t) for t in (15e-12, 59e-12))
    flux = np.trapezoid(result["V(1)"][before : after + 1], result.time[before : after + 1])
    turned = (result["P(B1)"][after] - result["P(B1)"][before]) / (2.0 * math.pi)
    assert flux == pytest.approx(turned * FLUX_QUANTUM, rel=1e-4)
    # The junction is back at asin(I/Ic), one turn further: the ringing has died to below 1e-3.
    assert turned == pytest.approx(1.0, abs=1e-3)
    assert 0.8e-3 < result["V(1)"].max() < 1.2e-3


def test_currents_sum_to_zero_and_the_energy_of_a_pulse_balances() -> None:
    result = simulate(circuit(PULSE), tolerance=1e-7)
    volt, time = result["V(1)"], result.time
    drive = result["I(IB)"] + result["I(IIN)"]
    residual = result["I(B1)"] + result["I(R1)"] - drive
    assert np.max(np.abs(residual)) < 1e-4 * np.max(np.abs(drive))
    work = np.trapezoid(drive * volt, time)
    shunt, subgap = np.trapezoid(volt**2, time) / 2.744, np.trapezoid(volt**2, time) * 2.5 / 160.0
    phase = result["P(B1)"]
    critical, capacitance = 2.5e-4, 2.5 * 0.07e-12
    stored = critical * (np.cos(phase[0]) - np.cos(phase[-1])) / PHASE_PER_FLUX
    stored += 0.5 * capacitance * (volt[-1] ** 2 - volt[0] ** 2)
    assert np.all(np.abs(volt) < 2.7e-3), "the gap is not reached, so the subgap resistance holds"
    assert work == pytest.approx(shunt + subgap + stored, rel=2e-4)
    assert 0.4 < (shunt + subgap) / (critical * FLUX_QUANTUM) < 1.2


@pytest.mark.parametrize("pulses", [1, 2, 3])
def test_a_superconducting_loop_keeps_whole_flux_quanta(pulses: int) -> None:
    """After n slips L·I + (Φ0/2π) φ_J = n·Φ0 around the loop of the junction and the coil."""
    train = " ".join(
        f"{20 * k}p 0 {20 * k + 2}p {430 + 20 * k}u {20 * k + 4}p 0" for k in range(1, pulses + 1)
    )
    result = simulate(
        circuit(
            "B1 1 0 jj1 area=1.6\nR1 1 0 2\nL1 1 0 200p\n"
            f"IIN 0 1 pwl(0 0 {train})\n.tran 0.1p 200p 0 0.1p\n.print p(B1) i(L1)\n"
        )
    )
    assert len(result.pulse_times("B1", sign=1)) - len(result.pulse_times("B1", sign=-1)) == pulses
    assert PHASE_PER_FLUX * 200e-12 * result["I(L1)"][-1] == pytest.approx(result["P(B1)"][-1], abs=1e-9)

    def balance(phase: float) -> float:
        return 1.6e-4 * math.sin(phase) + phase / (PHASE_PER_FLUX * 200e-12)

    expected = brentq(balance, 2.0 * math.pi * pulses - 1.5, 2.0 * math.pi * pulses + 1.5)
    assert result["P(B1)"][-1] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("flux", [0.0, 0.2, 0.4, 0.5])
def test_critical_current_of_a_squid(flux: float) -> None:
    """V = (R/2) √(I² - Ic(Φ)²) with Ic(Φ) = 2 Ic |cos(π Φ/Φ0)|, for a loop of small inductance."""
    inductance = 0.02e-12
    applied = flux * FLUX_QUANTUM / inductance
    bias = 2.4 * CRITICAL
    result = simulate(
        circuit(
            ".model over jj(rtype=0, cap=0.1f, rn=1, icrit=0.1m)\n"
            f"B1 1 0 over\nB2 2 0 over\nL1 1 2 {inductance}\nIF 1 2 pwl(0 0 20p {-applied})\n"
            f"IB1 0 1 pwl(0 0 20p 0 30p {0.5 * bias})\nIB2 0 2 pwl(0 0 20p 0 30p {0.5 * bias})\n"
            ".tran 0.1p 330p\n.print p(B1) p(B2)\n"
        )
    )
    critical = 2.0 * CRITICAL * abs(math.cos(math.pi * flux))
    expected = 0.5 * 1.0 * math.sqrt(bias**2 - critical**2)
    assert mean_voltage(result, "B1", 60e-12) == pytest.approx(expected, rel=2e-3)


def test_the_gap_shows_in_the_quasiparticle_curve() -> None:
    """Above the gap I = V/rn; at a tenth of it the subgap resistance carries what Ic does not."""
    result = simulate(
        circuit(
            "B1 1 0 jj1\nI1 0 1 pwl(0 0 10p 300u 1n 300u)\n.tran 0.05p 200p 0 0.05p\n.print v(1) i(B1)\n"
        ),
        tolerance=1e-6,
    )
    settled = result.time > 50e-12
    mean = float(np.mean(result["V(1)"][settled]))
    assert mean == pytest.approx(300e-6 * 16.0, rel=0.02)
    assert np.max(np.abs(result["I(B1)"][settled] - 300e-6)) < 0.01 * 300e-6


def test_period_of_a_biased_junction_is_exact() -> None:
    """The period of an overdamped junction is ∫ dφ / φ' over a turn, here by quadrature."""
    bias, resistance = 1.3, 1.0
    result = simulate(
        circuit(
            ".model over jj(rtype=0, cap=0.01f, rn=1, icrit=0.1m)\nB1 1 0 over\n"
            f"I1 0 1 pwl(0 0 1p {bias * CRITICAL})\n.tran 1p 150p\n"
        )
    )
    period, _ = quad(
        lambda p: 1.0 / (PHASE_PER_FLUX * resistance * CRITICAL * (bias - math.sin(p))), 0, 2 * math.pi
    )
    gaps = np.diff(result.pulse_times("B1", sign=1))[1:]
    assert np.ptp(gaps) < 1e-3 * period
    assert np.mean(gaps) == pytest.approx(period, rel=1e-4)
