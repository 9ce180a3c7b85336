"""Current-voltage curves against theory."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.errors import SimulationError
from cosim.josephson import current_voltage_curve
from cosim.netlist.circuit import JunctionModel


def test_overdamped_curve() -> None:
    model = JunctionModel(rtype=0, critical_current=1e-4, normal_resistance=2.0, capacitance=1e-16)
    curve = current_voltage_curve(model, 3e-4, points=13)
    expected = 2.0 * np.sqrt(np.maximum(curve.current**2 - 1e-8, 0.0))
    away = np.abs(curve.current - 1e-4) > 1e-5
    assert np.max(np.abs(curve.rising - expected)[away]) < 0.003 * expected[-1]
    assert np.max(np.abs(curve.falling - expected)[away]) < 0.003 * expected[-1]


def test_hysteretic_curve_has_two_branches() -> None:
    """Rising it switches at Ic to the gap; falling it returns along the subgap line."""
    model = JunctionModel(
        critical_current=1e-4, normal_resistance=16.0, subgap_resistance=160.0, capacitance=0.07e-12
    )
    curve = current_voltage_curve(model, 2.5e-4, points=26)
    below = curve.current < 0.95e-4
    assert np.all(curve.rising[below] == 0.0)
    above = curve.current > 1.05e-4
    assert np.all(curve.rising[above] > 2.5e-3)
    assert np.max(np.abs(curve.rising - curve.falling)[above]) < 0.03e-3
    assert curve.falling[np.searchsorted(curve.current, 0.6e-4)] > 2e-3
    assert curve.current[np.flatnonzero(curve.falling > 1e-4)[0]] < 0.4e-4
    assert curve.rising[-1] == pytest.approx(2.5e-4 * 16.0, rel=0.02)


@pytest.mark.parametrize(("largest", "points"), [(-1e-4, 11), (math.nan, 11), (1e-4, 1)])
def test_what_makes_no_curve(largest: float, points: int) -> None:
    with pytest.raises(SimulationError, match="positive largest current"):
        current_voltage_curve(JunctionModel(), largest, points=points)
