"""Constants against SciPy's tables."""

from __future__ import annotations

import pytest
from scipy import constants as tables

from cosim import constants


def test_exact_constants() -> None:
    assert tables.h == constants.PLANCK
    assert tables.e == constants.ELEMENTARY_CHARGE
    assert tables.k == constants.BOLTZMANN
    assert tables.c == constants.SPEED_OF_LIGHT
    assert pytest.approx(tables.value("mag. flux quantum"), rel=1e-15) == constants.FLUX_QUANTUM


def test_measured_constants() -> None:
    assert pytest.approx(tables.mu_0, rel=1e-9) == constants.MAGNETIC_CONSTANT
    assert pytest.approx(tables.epsilon_0, rel=1e-9) == constants.ELECTRIC_CONSTANT
