"""The vectorised sine against libm."""

from __future__ import annotations

import numpy as np
from numba import njit

from cosim.josephson.sine import fast_sin


@njit
def _all(values: np.ndarray) -> np.ndarray:
    out = np.empty_like(values)
    for i in range(values.size):
        out[i] = fast_sin((0,), values[i])
    return out


def test_accuracy() -> None:
    generator = np.random.default_rng(1)
    wide = generator.uniform(-1e4, 1e4, 200_000)
    near = np.concatenate([np.linspace(-8.0, 8.0, 100_001), np.pi * np.arange(-20, 21) / 2])
    small = np.array([0.0, 1e-300, -1e-9, 1e-5])
    assert np.max(np.abs(_all(wide) - np.sin(wide))) < 1e-14
    assert np.max(np.abs(_all(near) - np.sin(near))) < 4e-15
    assert np.max(np.abs(_all(small) - np.sin(small))) < 1e-20


def test_odd_and_not_a_number() -> None:
    values = np.linspace(0.0, 100.0, 1001)
    assert np.array_equal(_all(-values), -_all(values))
    assert np.isnan(_all(np.array([np.nan]))[0])
