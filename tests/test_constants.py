"""Constants against SciPy's tables."""

from __future__ import annotations

import pytest
from scipy import constants as tables

from cosim import constants


def test_exact_constants() -> None:
    assert constants.PLANCK == tables.h
    assert constants.ELEMENTARY_CHARGE == tables.e
    assert constants.BOLTZMANN == tables.k
    assert constants.SPEED_OF_LIGHT == tables.c
    assert constants.FLUX_QUANTUM == pytest.approx(tables.value("mag. flux quantum"), rel=1e-15)


def test_measured_constants() -> None:
    assert constants.MAGNETIC_CONSTANT == pytest.approx(tables.mu_0, rel=1e-9)
    assert constants.ELECTRIC_CONSTANT == pytest.approx(tables.epsilon_0, rel=1e-9)
