"""A Josephson circuit in our engine inside a deck in ngspice, against both wholly in our engine."""

from __future__ import annotations

import numpy as np
import pytest

from cosim.constants import FLUX_QUANTUM
from cosim.errors import SimulationError
from cosim.josephson import simulate
from cosim.lockstep import JosephsonCircuit, Session
from cosim.netlist import flatten, parse
from cosim.spice import find_library

needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")
JUNCTION = """
.model jj jj(rtype=0, rn=4, cap=0.05p, icrit=0.1m)
B1 1 0 jj
IB 0 1 pwl(0 0 0.1n 0.2m 20n 0.2m 20.1n 0.3m)
.tran 1p 40n
"""
OUTSIDE = """
R1 1 out 2
C1 out 0 0.5n
R2 out 0 10
.print v(out) p(B1)
"""
DECK = """the rest of the circuit
Xj out junction
C1 out 0 0.5n
R2 out 0 10
.tran {step} 40n 0 {step}
"""


def coupled(interval: float):
    model = JosephsonCircuit(
        circuit=flatten(parse(JUNCTION)), nodes={"1": 2.0}, sampling=interval, stop=40e-9, watch="B1"
    )
    return Session(DECK.format(step=interval)).bind("Xj", model).run()


@needs_library
def test_pulses_of_picoseconds_charge_a_circuit_of_nanoseconds():
    """The voltage outside follows within the delay of the exchange; errors fall with the interval."""
    whole = simulate(flatten(parse(JUNCTION.replace(".tran", OUTSIDE + ".tran"))))
    slips = whole.pulse_times("B1")
    errors, counts = [], []
    for interval in (0.4e-9, 0.2e-9, 0.1e-9):
        result = coupled(interval)
        expected = np.interp(result.time, whole.time, whole["V(out)"])
        errors.append(np.abs(result["V(OUT)"] - expected).max())
        counts.append(result.pulse_times("xj").size)
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx([1.0, 1.0], abs=0.35)
    missing = slips.size - np.array(counts)
    assert 0 < missing[-1] < 0.01 * slips.size
    assert missing[:-1] / missing[1:] == pytest.approx([2.0, 2.0], rel=0.1)
    settled = slips[slips > 30e-9]
    rate = (settled.size - 1) / (settled[-1] - settled[0])
    assert result["V(OUT)"][-1] == pytest.approx(FLUX_QUANTUM * rate * 10 / 12, rel=2e-3)


def test_a_node_that_is_not_there_is_named():
    circuit = flatten(parse(JUNCTION))
    with pytest.raises(SimulationError, match="no junction 'B2'"):
        JosephsonCircuit(circuit=circuit, nodes={"1": 2.0}, sampling=1e-9, stop=1e-9, watch="B2")
    with pytest.raises(SimulationError, match="resistance above 0"):
        JosephsonCircuit(circuit=circuit, nodes={"1": 0.0}, sampling=1e-9, stop=1e-9)
