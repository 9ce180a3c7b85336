"""Models that exchange at fixed intervals."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.errors import SimulationError
from cosim.lockstep import Sampled, Session
from cosim.spice import find_library

pytestmark = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
DECK = """a filter that samples
V1 in 0 pwl(0 0 100n 1)
Xf in out filter
R1 out 0 1meg
.tran 1n 100n 0 0.7n
"""


class Reservoir:
    """A few rate units that know their past."""

    def __init__(self) -> None:
        self.state = np.zeros(3)
        self.times: list[float] = []

    def __call__(self, time, voltages):
        self.times.append(time)
        self.state = 0.5 * self.state + np.array([1.0, 0.5, 0.25]) * voltages[0]
        return [self.state.sum()]


def test_a_reservoir_gets_means_and_is_read_an_interval_later():
    model = Sampled(step=Reservoir(), sampling=5e-9, output_resistance=1e-3)
    result = Session(DECK).bind("Xf", model).run()
    twin, values = Reservoir(), [0.0]
    for k in range(20):
        values.append(twin(5e-9 * (k + 1), [0.01 * 5 * (k + 0.5)])[0])
    nodes = 5e-9 * np.arange(21)
    # What an interval gives is reached at the end of the next.
    expected = np.interp(result.time, nodes[1:], values[:-1])
    assert result["V(OUT)"] == pytest.approx(expected, abs=1e-8)
    assert np.isin(np.round(nodes / 1e-15), np.round(result.time / 1e-15)).all()


def test_a_wrong_number_of_outputs_is_told():
    model = Sampled(step=lambda time, voltages: [1.0, 2.0], sampling=5e-9)
    with pytest.raises(SimulationError, match=r"XF: .*2 outputs; the ports have 1"):
        Session(DECK).bind("Xf", model).run()


def test_an_interval_must_be_positive():
    with pytest.raises(SimulationError, match="interval"):
        Session(DECK).bind("Xf", Sampled(step=Reservoir(), sampling=0.0)).run()
