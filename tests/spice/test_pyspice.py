"""PySpice circuits in our engines, our cells in PySpice circuits."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from cosim.circuits import design, jtl, neuron, sink, source
from cosim.circuits.analog import LifParameters, lif, memristor, one_transistor_array, one_transistor_cell
from cosim.circuits.pyspice import add_cells, subcircuits
from cosim.devices import JIANG_2016
from cosim.errors import NetlistError, SimulationError
from cosim.josephson import simulate as simulate_josephson
from cosim.lockstep import LeakyIntegrateAndFire, Session
from cosim.netlist import flatten, from_pyspice, is_pyspice, render_ngspice, spice_text
from cosim.spice import UnsafeDeckError, available, simulate
from cosim.spice.library import find_library

pytest.importorskip("PySpice", reason="PySpice is not installed")
from PySpice.Spice.Netlist import Circuit, SubCircuit
from PySpice.Unit import u_A, u_F, u_GHz, u_H, u_kOhm, u_mA, u_nF, u_ns, u_ps, u_uH, u_us, u_V

needs_ngspice = pytest.mark.skipif(available() is None, reason="ngspice is not installed")
needs_library = pytest.mark.skipif(find_library() is None, reason="libngspice is not installed")


def charging() -> Circuit:
    circuit = Circuit("charging")
    circuit.PulseVoltageSource(
        "drive", "a", circuit.gnd, initial_value=0 @ u_V, pulsed_value=1 @ u_V, delay_time=100 @ u_ns,
        rise_time=1 @ u_ps, fall_time=1 @ u_ps, pulse_width=1 @ u_us, period=2 @ u_us,
    )  # fmt: skip
    part = SubCircuit("part", "p", "q", r=500)
    part.R(1, "p", "q", "{r}")
    circuit.subcircuit(part)
    circuit.X(1, "part", "a", "b", r=1000)
    circuit.C(1, "b", circuit.gnd, 1 @ u_nF)
    circuit.CurrentSource("bias", circuit.gnd, "c", 1 @ u_mA)
    circuit.R(2, "c", circuit.gnd, 1 @ u_kOhm)
    return circuit


@needs_ngspice
def test_a_circuit_runs_as_a_deck():
    circuit = charging()
    assert is_pyspice(circuit) and not is_pyspice("charging") and not is_pyspice(None)
    result = simulate(circuit, stop=1e-6, maximum_step=1e-9)
    rise = np.where(result.time > 100e-9, 1 - np.exp(-(result.time - 100e-9) / 1e-6), 0.0)
    assert result.time[-1] == pytest.approx(1e-6)
    assert result["V(B)"] == pytest.approx(rise, abs=2e-5)
    assert result["V(C)"][-1] == pytest.approx(1.0)
    with pytest.raises(SimulationError, match=r"no \.tran.*give stop"):
        simulate(circuit)


@needs_ngspice
def test_a_hostile_circuit_is_refused():
    circuit = charging()
    circuit.raw_spice = ".control\nshell true\n.endc\n"
    with pytest.raises(UnsafeDeckError, match="control block"):
        simulate(circuit, stop=1e-6)
    circuit = Circuit("x\n*#shell true")
    circuit.R(1, "a", circuit.gnd, 1)
    with pytest.raises(UnsafeDeckError, match="is a command"):
        simulate(circuit, stop=1e-6)


@needs_library
def test_a_model_is_bound_in_a_circuit():
    circuit = Circuit("neuron")
    circuit.V("1", "a", circuit.gnd, 1 @ u_V)
    circuit.R(1, "a", "soma", 100 @ u_kOhm)
    circuit.X("neuron", "lif", "soma", "axon")
    circuit.R(2, "axon", circuit.gnd, 10 @ u_kOhm)
    model = LeakyIntegrateAndFire(capacitance=1e-12, resistance=1e6, threshold=1.0)
    text = "* neuron\nV1 a 0 1\nR1 a soma 100k\nXneuron soma axon lif\nR2 axon 0 10k\n.tran 10n 1u\n"
    ours = Session(text).bind("Xneuron", model).run(maximum_step=1e-8)
    theirs = Session(circuit).bind("Xneuron", model).run(stop=1e-6, maximum_step=1e-8)
    assert ours.pulse_times("Xneuron").size > 3
    assert theirs.pulse_times("Xneuron") == pytest.approx(ours.pulse_times("Xneuron"), abs=1e-15)


def test_text_is_mended():
    circuit = Circuit("units")
    circuit.I(1, circuit.gnd, "a", 0.5 @ u_A)
    circuit.C(1, "a", circuit.gnd, 2 @ u_F)
    circuit.L(1, "a", circuit.gnd, 3 @ u_H)
    circuit.SinusoidalVoltageSource(1, "b", circuit.gnd, amplitude=1 @ u_V, frequency=1 @ u_GHz)
    assert spice_text(circuit).splitlines() == [
        "* units",
        "I1 0 a 0.5",
        "C1 a 0 2",
        "L1 a 0 3",
        "V1 b 0 DC 0 AC 1 SIN(0 1 1G 0 0)",
    ]
    with pytest.raises(NetlistError, match="expected a deck or a PySpice circuit, got a str"):
        spice_text("units")


@needs_ngspice
def test_what_the_josephson_engine_knows_runs_there():
    """A pulse on an LC ladder with a junction, given as raw text, in both engines."""
    circuit = Circuit("junction")
    circuit.raw_spice = ".model jj jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)\n"
    circuit.raw_spice += "B1 b 0 jj area=2.5\n.tran 0.05p 60p\n.print p(B1)\n"
    circuit.PulseCurrentSource(
        1, circuit.gnd, "a", initial_value=0 @ u_A, pulsed_value=0.4 @ u_mA, delay_time=10 @ u_ps,
        rise_time=5 @ u_ps, fall_time=5 @ u_ps, pulse_width=1 @ u_ns, period=2 @ u_ns,
    )  # fmt: skip
    circuit.L(1, "a", "b", 2e-6 @ u_uH)
    circuit.R(1, "b", circuit.gnd, 2.7)
    deck = from_pyspice(circuit)
    ours = simulate_josephson(flatten(circuit))
    theirs = simulate(deck)
    assert ours.pulse_times("B1").size >= 3
    assert ours.pulse_times("B1") == pytest.approx(theirs.pulse_times("B1"), abs=0.05e-12)
    assert simulate(render_ngspice(deck, phases="all")).pulse_times("B1").size == ours.pulse_times("B1").size
    circuit.D(1, "b", circuit.gnd, model="d1")
    with pytest.raises(NetlistError, match="<PySpice>"):
        from_pyspice(circuit)
    circuit.model("d1", "D", IS=1e-14)
    with pytest.raises(NetlistError, match="'d1' is a model that only ngspice knows"):
        from_pyspice(circuit)


@needs_ngspice
def test_analog_cells_are_subcircuits():
    cell = one_transistor_cell(JIANG_2016)
    array = one_transistor_array(cell, [[0.1, 0.4]])
    names = [str(one.name) for one in subcircuits(array, lif(), memristor(JIANG_2016))]
    assert names == ["CELL_DEVICE", "CELL", "ARRAY", "LIF", "MEMRISTOR"]
    circuit = Circuit("cells")
    add_cells(circuit, array, lif())
    add_cells(circuit, lif())
    circuit.X("array", "ARRAY", "w", "b1", "b2", "s")
    circuit.X("neuron", "LIF", "m", "out")
    circuit.I(1, circuit.gnd, "m", 2e-6)
    for name, level in (("w", 3.3), ("b1", 0.1), ("b2", 0.0), ("s", 0.0)):
        circuit.V(name, name, circuit.gnd, level)
    result = simulate(circuit, stop=200e-9, maximum_step=0.25e-9)
    fired = np.flatnonzero(np.diff((result["V(OUT)"] > 0.5).astype(int)) > 0)
    assert result.time[fired][0] == pytest.approx(LifParameters().period(2e-6) - 20e-9, abs=1e-9)
    assert result["I(VS)"][-1] > 1e-6 and str(circuit).lower().count(".subckt lif ") == 1


@needs_ngspice
def test_superconducting_cells_are_subcircuits():
    """Source, line, neuron (1, 0, 1), line and sink in a PySpice circuit: one pulse in, one out."""
    cells = source(), jtl(), neuron(design((1, 0, 1)).parameters, name="NEURON"), sink()
    feed, line, soma, end = (cell.name for cell in cells)
    circuit = Circuit("sfq")
    add_cells(circuit, *cells)
    add_cells(circuit, jtl())
    circuit.raw_spice += "Iin 0 a pwl(0 0 60p 0 63p 600u 66p 0)\nIth 0 th pwl(0 0 10p 95.7u)\n"
    circuit.X("s", feed, "a", "b")
    circuit.X("j", line, "b", "c")
    circuit.X("n", soma, "c", "d", "th")
    circuit.X("k", line, "d", "e")
    circuit.X("z", end, "e")
    result = simulate(circuit, stop=150e-12, maximum_step=0.1e-12)
    for junction in ("V(PH|XJ_B2|XJ)", "V(PH|XJ_B1|XZ)"):
        match = [name for name in result.signals if name == junction]
        assert match, sorted(result.signals)[:40]
        assert round(result[junction][-1] / (2 * np.pi)) == 1


@needs_library
def test_pyspice_s_own_simulator_gives_the_same(tmp_path):
    """In a process of its own, since it loads the library into it."""
    script = tmp_path / "own.py"
    script.write_text(
        "import json, warnings\nwarnings.simplefilter('ignore')\n"
        "from PySpice.Spice.NgSpice.Shared import NgSpiceShared\n"
        f"NgSpiceShared.LIBRARY_PATH = {str(find_library())!r}\n"
        "from PySpice.Spice.Netlist import Circuit\n"
        "from cosim.circuits.analog import LifParameters, lif\nfrom cosim.circuits.pyspice import add_cells\n"
        "circuit = Circuit('neuron')\nadd_cells(circuit, lif())\n"
        "circuit.X('neuron', 'LIF', 'm', 'out')\ncircuit.I(1, circuit.gnd, 'm', 2e-6)\n"
        "run = circuit.simulator(temperature=27, nominal_temperature=27)\n"
        "found = run.transient(step_time=1e-9, end_time=100e-9, max_time=0.5e-9)\n"
        "print('RESULT', json.dumps([[float(v) for v in found.time], [float(v) for v in found['m']]]))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert told, done.stdout[-500:] + done.stderr[-1500:]
    time, membrane = json.loads(told[0].removeprefix("RESULT "))
    circuit = Circuit("neuron")
    add_cells(circuit, lif())
    circuit.X("neuron", "LIF", "m", "out")
    circuit.I(1, circuit.gnd, "m", 2e-6)
    ours = simulate(circuit, stop=100e-9, maximum_step=0.5e-9)
    before = np.linspace(0, 60e-9, 50)
    assert np.interp(before, time, membrane) == pytest.approx(
        np.interp(before, ours.time, ours["V(M)"]), abs=2e-5
    )
