"""Thermal noise: its strength, and that it depends on the seed alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from josephson import figures
from josephson.decks import circuit

from cosim.constants import BOLTZMANN
from cosim.josephson import simulate, simulate_batch
from cosim.josephson.noise import with_thermal_noise

RC = "R1 1 0 50 temp=4 neb=2e11\nC1 1 0 1p\n.option seed={seed}\n.tran 5p {stop} 0 5p\n.print v(1)\n"


@pytest.mark.parametrize("case", figures.NOISY)
def test_thermal_equilibrium(case: str) -> None:
    """½ kT in every capacitance and inductance. Ten runs of 200 time constants: 3 % standard error."""
    assert figures.noise_ratio(case) == pytest.approx(1.0, abs=0.12)


def test_noise_has_no_mean() -> None:
    runs = [simulate(circuit(RC.format(seed=s, stop="10n"))) for s in range(1, 4)]
    assert abs(np.mean([np.mean(r["V(1)"]) for r in runs])) < 0.2 * math.sqrt(BOLTZMANN * 4.0 / 1e-12)


def test_the_seed_alone_decides() -> None:
    first, again, other = (simulate(circuit(RC.format(seed=s, stop="500p"))) for s in (1, 1, 2))
    assert np.array_equal(first["V(1)"], again["V(1)"])
    assert not np.allclose(first["V(1)"], other["V(1)"])
    fine = simulate(circuit(RC.format(seed=1, stop="500p")), step=0.1e-12, print_step=1e-12)
    assert np.max(np.abs(fine["V(1)"][::5] - first["V(1)"])) < 2e-3 * np.max(np.abs(first["V(1)"]))


JUNCTION = (
    "B1 1 0 jj1\nR1 1 0 3 temp=4.2 neb=5e11\n"
    "I1 0 1 pwl(0 0 5p 99u)\n.option seed=3\n.tran 0.1p 300p\n.print p(B1)\n"
)


def test_noise_lets_a_junction_slip_early_and_each_variant_at_its_own_time() -> None:
    quiet = circuit(JUNCTION.replace("temp=4.2 neb=5e11", ""))
    assert len(simulate(quiet).pulses.time) == 0
    noisy = circuit(JUNCTION)
    batch = simulate_batch([noisy] * 20, step=0.1e-12)
    first = [batch.pulses(k).time[:1] for k in range(20)]
    slipped = [float(t[0]) for t in first if len(t)]
    assert len(slipped) > 5 and len(set(slipped)) == len(slipped)
    single = simulate(noisy, step=0.1e-12, method="ark3").pulses.time
    assert np.array_equal(batch.pulses(0).time, single)


def test_sources_may_be_scaled_beside_noise() -> None:
    noisy = circuit(JUNCTION)
    weak = simulate_batch([noisy] * 3, source_scale=np.full((3, 1), 0.5), step=0.1e-12)
    assert len(weak.time) == 0


def test_noise_of_a_junction_grows_above_the_gap() -> None:
    """Mean square of the noise voltage of a junction held above the gap: that of rn, not of r0."""
    deck = (
        "B1 1 0 jj1 temp=4.2 neb=1e11\nI1 0 1 pwl(0 0 10p 1m)\nC1 1 0 20p\n"
        ".option seed=5\n.tran 1p 20n 0 1p\n.print v(1)\n"
    )
    quiet = simulate(circuit(deck.replace("temp=4.2 neb=1e11", "")))
    noisy = simulate(circuit(deck))
    settled = noisy.time > 5e-9
    spread = np.var((noisy["V(1)"] - quiet["V(1)"])[settled])
    assert spread == pytest.approx(BOLTZMANN * 4.2 / 20.07e-12, rel=0.6)


def test_a_quiet_circuit_is_left_as_it_is() -> None:
    quiet = circuit(JUNCTION.replace("temp=4.2 neb=5e11", ""))
    assert with_thermal_noise(quiet) is quiet
