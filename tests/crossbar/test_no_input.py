"""Drives without an input and derivatives that are not numbers are refused, with the place."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.crossbar import gradient, passive, solve
from cosim.errors import SimulationError


def test_no_input_at_all_is_refused() -> None:
    with pytest.raises(SimulationError, match="no input at all"):
        solve(passive(np.full((3, 4), 1e-5)), np.zeros((0, 3)))


def test_derivatives_that_are_not_numbers_are_refused() -> None:
    answer = solve(passive(np.full((3, 4), 1e-5)), np.ones(3), nodes=True)
    with pytest.raises(SimulationError, match=r"outputs \(2,\) is nan"):
        gradient(answer, np.array([1.0, 1.0, np.nan, 1.0]))
