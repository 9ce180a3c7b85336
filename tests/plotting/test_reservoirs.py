"""Figures of reservoirs show what they are given."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.encoding import events
from cosim.errors import CosimError
from cosim.plotting.reservoirs import (
    accuracy_curve,
    early_decisions,
    liquid_states,
    separation_curves,
    spike_dots,
)
from cosim.reservoir import EarlyDecision, Separation


def test_each_spike_is_a_dot() -> None:
    spikes = events([1e-3, 4e-3], [2, 0], 3, 5e-3)
    (line,) = spike_dots(spikes).lines
    np.testing.assert_allclose(line.get_xydata(), [[1.0, 2.0], [4.0, 0.0]])


def test_states_lie_on_their_principal_components() -> None:
    generator = np.random.default_rng(0)
    states = generator.normal(size=(50, 2)) * [5.0, 1.0] @ np.linalg.qr(generator.normal(size=(6, 6)))[0][:2]
    axes = liquid_states(states, np.arange(50) % 3)
    assert len(axes.lines) == 3
    x = np.concatenate([line.get_xdata() for line in axes.lines])
    y = np.concatenate([line.get_ydata() for line in axes.lines])
    assert np.var(x) + np.var(y) == pytest.approx(np.var(states, axis=0).sum())
    assert abs(np.corrcoef(x, y)[0, 1]) < 1e-9
    with pytest.raises(CosimError, match="50, 6"):
        liquid_states(states, [0, 1])


def test_curves_carry_their_values() -> None:
    time = np.arange(4) * 1e-3
    curve = Separation(time=time, distance=np.array([0.0, 1e-2, 2e-2, 4e-2]), exponent=693.0)
    axes = separation_curves({"wild": curve})
    assert axes.get_yscale() == "log"
    assert np.isnan(axes.lines[0].get_ydata()[0])
    decision = EarlyDecision(
        threshold=np.array([0.1, 0.9]), accuracy=np.array([0.5, 0.9]), latency=np.array([0.1, 0.3])
    )
    np.testing.assert_allclose(early_decisions(decision).lines[0].get_xydata(), [[100, 50], [300, 90]])
    bars = accuracy_curve([0.0, 1.0], [[0.9, 0.8], [0.5, 0.5]], "σ")
    np.testing.assert_allclose(bars.lines[0].get_ydata(), [85, 50])
