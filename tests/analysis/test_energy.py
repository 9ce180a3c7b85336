"""Energy, inventory and bias against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from analysis.decks import line_deck, line_edges, veto_deck

from cosim.analysis import bias_currents, bias_level, energy, inventory
from cosim.errors import CosimError
from cosim.josephson import simulate
from cosim.netlist import flatten, parse
from cosim.netlist.waveforms import Constant, PiecewiseLinear, Pulse, Sine

QUANTUM = 2.067833848e-15


@pytest.fixture(scope="module")
def line():
    circuit = flatten(line_deck("101"))
    return circuit, simulate(circuit)


def test_dynamic_energy_is_slips_times_critical_current_times_the_flux_quantum(line) -> None:
    circuit, run = line
    spent = energy(circuit, run, line_edges("101"))
    assert spent.slips.tolist() == [[1, 0, 1]] * 4
    # Four junctions of 250 µA, each slips once: 4 · 250 µA · Φ0 = 2.068 aJ.
    assert spent.dynamic_per_window == pytest.approx([4 * 250e-6 * QUANTUM, 0.0, 4 * 250e-6 * QUANTUM])


def test_static_power_and_cooling(line) -> None:
    circuit, run = line
    spent = energy(circuit, run, line_edges("101"), bias_voltage=2.6e-3, cooling_factor=500.0)
    # Four biases of 175 µA from a bus of 2.6 mV: 1.82 µW, 182 aJ in a slot of 100 ps.
    assert spent.static_power == pytest.approx(4 * 175e-6 * 2.6e-3)
    assert spent.static_per_window == pytest.approx([182e-18] * 3)
    assert spent.per_inference == pytest.approx(182e-18 + 8 / 3 * 250e-6 * QUANTUM)
    assert spent.per_inference_cooled == pytest.approx(500.0 * spent.per_inference)
    assert "1.820 µW, RSFQ" in spent.text()


def test_ersfq_has_no_static_power(line) -> None:
    circuit, run = line
    spent = energy(circuit, run, line_edges("101"), biasing="ersfq")
    assert spent.static_power == 0.0
    assert spent.per_inference == pytest.approx(8 / 3 * 250e-6 * QUANTUM)


def test_parts_of_a_circuit(line) -> None:
    circuit, run = line
    spent = energy(circuit, run, line_edges("101"), exclude=("*.X1", "*.x2"))
    assert spent.junctions == ("B1|X3", "B1|X4")
    assert spent.static_power == pytest.approx(2 * 175e-6 * 2.6e-3)
    parts = inventory(circuit, exclude=("*|X1",))
    assert (parts.junctions, parts.inductors, parts.resistors, parts.bias_sources) == (3, 6, 4, 3)


def test_inventory_by_hand() -> None:
    parts = inventory(flatten(veto_deck()))
    assert (parts.junctions, parts.inductors, parts.resistors) == (1, 2, 3)
    assert (parts.mutuals, parts.capacitors, parts.bias_sources) == (1, 0, 1)
    assert parts.critical_current == pytest.approx(200e-6) and parts.bias_current == pytest.approx(130e-6)


def test_what_is_a_bias() -> None:
    assert bias_level(Constant(1e-4)) == 1e-4
    assert bias_level(PiecewiseLinear((0.0, 1e-11), (0.0, 2e-4))) == 2e-4
    assert bias_level(PiecewiseLinear((0.0, 1e-11), (0.0, -2e-4))) == -2e-4
    assert bias_level(PiecewiseLinear((0.0, 5e-11, 6e-11), (0.0, 0.0, 2e-4))) is None  # a step that waits
    assert bias_level(PiecewiseLinear((0.0, 1e-11, 2e-11), (0.0, 2e-4, 0.0))) is None
    assert bias_level(PiecewiseLinear((0.0, 1e-11), (0.0, 0.0))) is None  # an input that never comes
    assert bias_level(Pulse(0.0, 1e-4, 1e-11, 1e-12, 1e-12, 5e-12, 0.0)) is None
    assert bias_level(Sine(0.0, 1e-4, 1e9)) is None


def test_a_bias_through_a_resistor_counts_its_current() -> None:
    deck = parse("""* voltage bias
.model jj jj(icrit=0.1m)
Vb 1 0 pwl(0 0 10p 2.6m)
Rb 1 2 26
B1 2 0 jj
.tran 1p 100p
.end
""")
    assert bias_currents(flatten(deck)) == {"VB": pytest.approx(1e-4)}


def test_errors_say_what_is_wrong(line) -> None:
    circuit, run = line
    with pytest.raises(CosimError, match="rsfq and ersfq"):
        energy(circuit, run, line_edges(), biasing="cmos")
    with pytest.raises(CosimError, match="ascending"):
        energy(circuit, run, np.array([1.0]))
    with pytest.raises(CosimError, match="cooling"):
        energy(circuit, run, line_edges(), cooling_factor=0.0)
