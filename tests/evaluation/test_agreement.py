"""Levels against each other: what differs is named, and engines must not."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.errors import SimulationError
from cosim.evaluation import Level, compare, require_engines_agree

NEURONS = ("N0_0", "N0_1")


def level(name: str, counts: list[list[int]], arrival: list[list[float]]) -> Level:
    return Level(name=name, counts=np.array(counts), arrival=np.array(arrival), wall_time=0.0)


def test_equal_levels_agree_and_the_largest_difference_is_placed() -> None:
    nan = float("nan")
    a = level("josephson", [[1, 0], [1, 1]], [[10e-12, nan], [10e-12, 12e-12]])
    b = level("ngspice", [[1, 0], [1, 1]], [[10.1e-12, nan], [10e-12, 12.3e-12]])
    agreement = compare(a, b, NEURONS)
    assert agreement.equal
    assert agreement.largest == pytest.approx(0.3e-12)
    assert (agreement.neuron, agreement.slot, agreement.spikes) == ("N0_1", 1, 3)
    require_engines_agree(agreement)
    with pytest.raises(SimulationError, match=r"N0_1 in slot 1 arrives 0\.30 ps apart"):
        require_engines_agree(agreement, tolerance=0.2e-12)


def test_the_first_differing_spike_is_an_error_with_its_place() -> None:
    a = level("josephson", [[1, 0], [1, 1]], np.zeros((2, 2)).tolist())
    b = level("ngspice", [[1, 0], [1, 0]], np.zeros((2, 2)).tolist())
    with pytest.raises(SimulationError, match="N0_1 in slot 1: 1 spikes in josephson, 0 in ngspice"):
        require_engines_agree(compare(a, b, NEURONS))
