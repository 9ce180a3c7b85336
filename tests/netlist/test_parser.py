"""Cards of the JoSIM dialect, one by one, and what is refused with its place."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cosim.errors import NetlistError
from cosim.netlist import flatten, parse, parse_file
from cosim.netlist.circuit import (
    ControlledSource,
    CurrentSource,
    Junction,
    PhaseSource,
    TransmissionLine,
    VoltageSource,
)
from cosim.netlist.waveforms import (
    Constant,
    Exponential,
    Noise,
    PiecewiseLinear,
    PiecewiseSine,
    Pulse,
    Samples,
    Sine,
)

MODEL = ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)\n"


def circuit_of(text):
    return flatten(parse(text, "deck.cir"))


def element_of(card, name, extra=""):
    found = {
        element.name: element for element in circuit_of(f"{card}\nRG 1 0 1\n{extra}.tran 1p 100p\n").elements
    }
    return found[name]


def test_there_is_no_title_line():
    assert [element.name for element in circuit_of("R1 1 0 5\nR2 1 0 6").elements] == ["R1", "R2"]


def test_comments_continuations_and_case():
    circuit = circuit_of(
        "* title\nr1 1 0\n* between\n\n+ 5 ; note\n   # other\nR2 1 0 $ note\n + 1k\n.END\nR3 1 0 1"
    )
    assert [(e.name, e.resistance) for e in circuit.elements] == [("R1", 5.0), ("R2", 1000.0)]
    assert circuit.title == "title"


def test_junction_forms():
    text = MODEL + "B1 1 0 jj1\nB2 1 0 77 jj1 area=2.5\nB3 1 0 jj1 ic = 250u temp=4.2 neb=1e11 spread=0.1"
    one, two, three = circuit_of(text).elements
    assert isinstance(one, Junction) and one.area == 1.0 and one.model.normal_resistance == 16.0
    assert two.nodes == ("1", "0") and two.area == 2.5
    assert three.area == pytest.approx(2.5)
    assert (three.temperature, three.noise_bandwidth, three.spread) == (4.2, 1e11, 0.1)


def test_model_defaults_are_josims():
    model = circuit_of(".model m jj()\nB1 1 0 m").elements[0].model
    assert model.rtype == 1
    assert (model.gap_voltage, model.critical_current, model.normal_resistance) == (2.8e-3, 1e-3, 5.0)
    assert (model.subgap_resistance, model.capacitance, model.gap_width) == (30.0, 2.5e-12, 0.1e-3)
    assert model.current_factor == pytest.approx(math.pi / 4)
    assert (model.phase_offset, model.transparency, model.temperature, model.harmonics) == (
        0.0,
        0.0,
        0.0,
        (1.0,),
    )


@pytest.mark.parametrize("keys", ["tc=9", "d=0.5", "T=4.2"])
def test_temperature_dependence_is_switched_on_by_any_of_its_keys(keys):
    assert circuit_of(f".model m jj({keys})\nB1 1 0 m").elements[0].model.temperature == 4.2


def test_models_in_every_spelling():
    text = (
        ".model A JJ(RTYPE=0, ICRIT= 250uA CAP=1.32PF rN=90)\n"
        ".model b jj (ic=1u,c=2f, cpr={0.9, 0.1} phi=pi)\n"
        ".model c jj vgap=3m icfct=0.7\nB1 1 0 A\nB2 1 0 B\nB3 1 0 C"
    )
    a, b, c = (element.model for element in circuit_of(text).elements)
    assert (a.rtype, a.critical_current, a.capacitance) == (0, 250e-6, 1.32e-12)
    assert (b.critical_current, b.harmonics, b.phase_offset) == (1e-6, (0.9, 0.1), math.pi)
    assert (c.gap_voltage, c.current_factor) == (3e-3, 0.7)


@pytest.mark.parametrize(
    ("source", "waveform"),
    [
        ("dc 1m", Constant(1e-3)),
        ("1m*2", Constant(2e-3)),
        ("pwl(0 0 10p 1m)", PiecewiseLinear((0.0, 10e-12), (0.0, 1e-3))),
        ("pwl (0, 0, 10p, 1m)", PiecewiseLinear((0.0, 10e-12), (0.0, 1e-3))),
        ("PULSE( 0 1 5p 1p 2p 3p 50p )", Pulse(0.0, 1.0, 5e-12, 1e-12, 2e-12, 3e-12, 50e-12)),
        ("pulse(0 1)", Pulse(0.0, 1.0, 0.0, 1e-12, 1e-12, 100e-12, 100e-12)),
        ("sin(0 1 5g 1p 2 90 3)", Sine(0.0, 1.0, 5e9, 1e-12, 2.0, math.pi / 2, 3.0)),
        ("sin(0 1)", Sine(0.0, 1.0, 1e10)),
        ("exp(0 1 1p 2p 3p 4p)", Exponential(0.0, 1.0, 1e-12, 2e-12, 3e-12, 4e-12)),
        ("pws(0 0 10p 1m)", PiecewiseSine((0.0, 10e-12), (0.0, 1e-3))),
    ],
)
def test_sources(source, waveform):
    assert element_of(f"I1 0 1 {source}", "I1").waveform == waveform


def test_source_kinds():
    assert isinstance(element_of("V1 1 0 1", "V1"), VoltageSource)
    assert isinstance(element_of("I1 1 0 1", "I1"), CurrentSource)
    assert isinstance(element_of("P1 1 0 pwl(0 0 5p 2*pi)", "P1"), PhaseSource)
    line = element_of("T1 1 0 2 0 td=5p Z0=4 lossless", "T1", "R2 2 0 1\n")
    assert isinstance(line, TransmissionLine) and (line.delay, line.impedance) == (5e-12, 4.0)
    f = element_of("F1 1 0 2 0 3", "F1", "R2 2 0 1\n")
    assert isinstance(f, ControlledSource) and f.nodes == ("1", "0", "2", "0") and f.control is None
    h = element_of("H1 1 0 V7 3", "H1", "V7 2 0 0\nR2 2 0 1\n")
    assert (h.kind, h.control, h.nodes, h.gain) == ("H", "V7", ("1", "0"), 3.0)


def test_noise_depends_on_seed_and_name_alone():
    text = "I1 0 1 noise(1p 0 1p)\nI2 0 1 noise(1p 0 1p)\nR1 1 0 1\n.tran 1p 1n\n.option seed={}\n"
    first, second = circuit_of(text.format(3)).elements[:2]
    times = np.linspace(0.0, 1e-9, 501)
    assert isinstance(first.waveform, Noise)
    np.testing.assert_array_equal(first.waveform.value(times)[:100], first.waveform.value(times[:100]))
    assert not np.array_equal(first.waveform.value(times), second.waveform.value(times))
    other = circuit_of(text.format(4)).elements[0]
    assert not np.array_equal(first.waveform.value(times), other.waveform.value(times))
    level = np.std(first.waveform.value(np.arange(1, 1000) * 1e-12))
    assert level == pytest.approx(1e-12 / math.sqrt(2e-12), rel=0.1)


def test_samples_come_from_a_file_beside_the_deck(tmp_path):
    (tmp_path / "Wave.dat").write_text("0 2 3,6\n")
    (tmp_path / "deck.cir").write_text("V1 1 0 cus(Wave.dat 1p 2 0 5p)\nR1 1 0 1\n")
    waveform = flatten(parse_file(tmp_path / "deck.cir")).elements[0].waveform
    assert waveform == Samples((0.0, 4.0, 6.0, 12.0), 1e-12, 5e-12, 0, False)
    np.testing.assert_allclose(waveform.value(np.array([0, 5.5, 6.5, 8.5, 9.5]) * 1e-12), [0, 0, 4, 12, 0])


def test_includes_start_at_the_including_file(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "cell.cir").write_text(
        ".include models.cir\n.subckt cell 1\nB1 1 0 jj1\n.ends\n.end\njunk"
    )
    (tmp_path / "lib" / "models.cir").write_text(MODEL)
    (tmp_path / "top.cir").write_text('.include "lib/cell.cir"\nX1 5 cell\n')
    deck = parse_file(tmp_path / "top.cir")
    assert [element.name for element in flatten(deck).elements] == ["B1|X1"]
    location = deck.subcircuit("cell").location
    assert location.file.endswith("cell.cir") and location.line == 2


def test_include_circles_are_errors(tmp_path):
    (tmp_path / "a.cir").write_text(".include b.cir\n")
    (tmp_path / "b.cir").write_text("R1 1 0 1\n.include ./a.cir\n")
    with pytest.raises(NetlistError, match=r"b\.cir:2: .*includes itself"):
        parse_file(tmp_path / "a.cir")


def test_transient_forms():
    card = circuit_of("R1 1 0 1\n.tran 0.05p 1n 10p 0.2p 3p DST").transient
    assert (card.maximum_step, card.stop, card.start, card.print_step) == (0.05e-12, 1e-9, 10e-12, 0.2e-12)
    assert (card.window, card.startup) == (3e-12, False)
    card = circuit_of("R1 1 0 1\n.param ts=1p\n.tran ts 100*ts UIC").transient
    assert (card.print_step, card.maximum_step, card.stop, card.startup) == (1e-12, 1e-12, 100e-12, True)


def test_settings_reach_the_elements():
    text = "R1 1 0 1\nR2 1 0 1 temp=77 neb=1g spread=0.3\nL1 1 0 1p\n"
    text += ".temp 4.2\n.spread 0.1 L=0.2\n.option seed=7"
    first, second, third = circuit_of(text).elements
    assert (first.temperature, first.noise_bandwidth, first.spread) == (4.2, 1e12, 0.1)
    assert (second.temperature, second.noise_bandwidth, second.spread) == (77.0, 1e9, 0.3)
    assert third.spread == 0.2
    assert circuit_of(text).seed == 7


def test_control_block_with_the_cards_it_may_hold():
    text = "R1 1 0 r\n.control\nparam r=3\nmodel m jj(ic=1u)\ntran 1p 10p\nprint v(1)\ntemp 4\n.endc\n"
    circuit = circuit_of(text)
    assert circuit.elements[0].resistance == 3.0
    assert circuit.transient.stop == 10e-12
    assert [probe.label for probe in circuit.probes] == ["V(1)"]


@pytest.mark.parametrize(
    "command", ["run", "shell touch /tmp/x", "let a=1", "quit", "write f", "R2 1 0 1", "codemodel x"]
)
def test_control_block_with_anything_else_is_refused(command):
    with pytest.raises(NetlistError, match=r"deck\.cir:3"):
        parse(f"R1 1 0 1\n.control\n{command}\n.endc", "deck.cir")


@pytest.mark.parametrize(
    ("card", "labels"),
    [
        ("p(B1)", ["P(B1)"]),
        ("P(b1.x1) v(B1|X1) i(l1.X1)", ["P(B1|X1)", "V(B1|X1)", "I(L1|X1)"]),
        ("v(1) v(1,0) v( 1 , 2 ) v (2)", ["V(1)", "V(1,0)", "V(1,2)", "V(2)"]),
        ("tran v(1)", ["V(1)"]),
        ("DEVV B1", ["V(B1)"]),
        ("DEVI R1", ["I(R1)"]),
        ("DEVP R1", ["P(R1)"]),
        ("PHASE B1", ["P(B1)"]),
        ("NODEV 1 2", ["V(1,2)"]),
        ("NODEP 1", ["P(1)"]),
        ("@R1[v] @B1[c] @B1.X1[p]", ["V(R1)", "I(B1)", "P(B1|X1)"]),
        ("R1#branch c(R1)", ["I(R1)"]),
        ("v(n.x1) p(a.x1)", ["V(N|X1)", "P(A|X1)"]),
    ],
)
@pytest.mark.parametrize("word", ["print", "plot", "save"])
def test_probes_in_all_spellings(card, labels, word):
    text = MODEL + (
        ".subckt cell a\nL1 a n 1p\nB1 n 0 jj1\n.ends\nB1 1 0 jj1\nR1 1 2 5\nR2 2 0 5\nX1 2 cell\n"
    )
    probes = circuit_of(f"{text}.{word} {card}").probes
    assert [probe.label for probe in probes] == labels


def test_ports_of_instances_can_be_probed():
    probe = circuit_of(".subckt c a\nR1 a 0 1\n.ends\nR2 5 0 1\nX1 5 c\n.print v(a.x1)").probes[0]
    assert (probe.label, probe.nodes) == ("V(A|X1)", ("5",))


def test_files_group_probes():
    probes = circuit_of("R1 1 0 1\n.print v(1)\n.file Out.csv\n.print i(R1)\nfile b.raw\n.print v(1)").probes
    assert [(probe.label, probe.file) for probe in probes] == [
        ("V(1)", None),
        ("I(R1)", "Out.csv"),
        ("V(1)", "b.raw"),
    ]


def test_iv_curves():
    text = ".subckt c 1\n.model m jj(icrit=2u)\nB1 1 0 m\n.ends\nX1 1 c\n.iv m.c 1m Curve.csv"
    curve = circuit_of(text).curves[0]
    assert (curve.model.critical_current, curve.maximum_current, curve.path) == (2e-6, 1e-3, "Curve.csv")


REFUSED = [
    ("", "empty"),
    ("+ 1", "continuation"),
    ("Q1 1 0 1", "no element begins with 'Q'"),
    ("R1 1 0", "expected 'R1 node node value'"),
    ("R1 1 0 1 2", "expected 'R1 node node value'"),
    ("R1 1 0 1 tmp=4", "no option 'tmp'; did you mean 'TEMP'"),
    ("R1 1 0 1\nr1 1 0 2", "'R1' is defined twice; first in line 1"),
    ("R1 1 0 {1", "a bracket is not closed"),
    ("R1 1 agnd 1", "takes the node 'agnd' for ground"),
    ("R1 1|2 0 1", "must not contain '|'"),
    ("R1 1 0 x", "there is no parameter 'X'"),
    ("C1 1 0 -1f", "C1: the capacitance must not be negative, found -1e-15"),
    ("L1 1 0 0\nL2 2 0 1p\nK1 L1 L2 0.5", "K1 couples L1, whose inductance is 0"),
    ("R1 1 0 1/0", "cannot be computed"),
    (".param a=b\n.param b=a\nR1 1 0 a", "go in a circle"),
    (".param a=a\nR1 1 0 a", "uses itself"),
    (".param a=1\n.param A=2\nR1 1 0 a", "parameter 'A' is defined twice, not alike"),
    (".model m jj()\n.model M jj(rn=2)\nB1 1 0 m", "model 'M' is defined twice, not alike"),
    (".subckt a 1\nR1 1 0 1\n.ends\n.subckt a 1\nR1 1 0 2\n.ends\nX1 1 a", "defined twice, not alike"),
    (".param 3\nR1 1 0 1", "expected name=expression"),
    ("B1 1 0 jjx\n.model jj1 jj()", "no model 'JJX'; did you mean 'JJ1'"),
    ("B1 1 0 m area=0\n.model m jj()", "area must be above 0"),
    ("B1 1 0 m area=1 ic=1u\n.model m jj()", "both area and ic"),
    (".model m npn()\nR1 1 0 1", "only jj is supported"),
    (".model m jj(icr=1)\nR1 1 0 1", "has no parameter 'icr'; did you mean 'IC' or 'ICRIT'"),
    (".model m jj(rn=0)\nB1 1 0 m", "rn = 0 is out of its range"),
    (".model m jj(rtype=2)\nB1 1 0 m", "rtype is 0"),
    (".model m jj(t=10)\nB1 1 0 m", "not below tc"),
    ("L1 1 0 1p\nL2 2 0 1p\nK1 L1 L3 0.5", "K1 couples 'L3', which is no inductor here"),
    ("L1 1 0 1p\nL2 2 0 1p\nK1 L1 L2 1", "must lie between -1 and 1, found 1"),
    ("L1 1 0 1p\nL2 2 0 1p\nK1 L1 L1 .5", "couples L1 with itself"),
    ("L1 1 0 1p\nL2 2 0 1p\nK1 L1 L2 .5\nK2 L2 L1 .5", "couples the same inductors as K1"),
    (
        "L1 1 0 1p\nL2 2 0 1p\nL3 3 0 1p\nK1 L1 L2 .9\nK2 L2 L3 .9\nK3 L1 L3 -.9",
        "L1, L2, L3 contradict each other",
    ),
    ("I1 0 1 pwl(0 0 1p)", "pairs of time and value"),
    ("I1 0 1 pwl(0 0 2p 1 1p 2)\nR1 1 0 1", "times must increase"),
    ("I1 0 1 pwx(0 0 2p 1)", "'pwx' is not a waveform"),
    ("I1 0 1 pulse(1)", "takes 2 to 7 values"),
    ("I1 0 1 pulse(0 1)\nR1 1 0 1", "there is none"),
    ("I1 0 1 cus(missing.dat 1p)\nR1 1 0 1\n.tran 1p 1n", "no such file"),
    ("T1 1 0 2 0 td=1p", "needs both td= and z0="),
    ("F1 1 0 V9 2\nR1 1 0 1", "controlled by 'V9', which is not there"),
    (".subckt a\nR1 1 0 1\n.ends", "has no ports"),
    (".subckt a 1\nR1 1 0 1", "is not closed by .ends"),
    ("R1 1 0 1\n.ends", ".ends without .subckt"),
    (".subckt a 1\nR1 1 0 1\n.ends b", "closes sub-circuit 'A'"),
    (".subckt a 1\n.tran 1p 1n\n.ends", "must stand at the top level"),
    (".subckt a 1\nX1 1 a\n.ends\nX1 1 a", "contains itself"),
    (".subckt a 1 2\nR1 1 2 1\n.ends\nX1 1 a", "'A' has 2 ports, found 1 nodes"),
    (
        ".subckt cell 1\nR1 1 0 1\n.ends\nX1 1 cel",
        "names no sub-circuit that is defined here: '1 cel'; did you mean 'CELL'",
    ),
    (".subckt a 1\nR1 1 0 1\n.ends\nX1 1 a r12=3", "has no parameter or element 'R12'; did you mean 'R1'"),
    (".subckt a 0 1\nR1 1 0 1\n.ends\nX1 5 6 a\nR5 5 0 1", "has ground as a port"),
    ("R1 1 2 1\nR2 3 0 1", "no path leads to ground from 2 node(s): '1', '2'"),
    (".tran 1p\nR1 1 0 1", ".tran takes step stop"),
    (".tran 0 1n\nR1 1 0 1", "must be above 0"),
    (".tran 1p 1n\n.tran 1p 1n\nR1 1 0 1", "second .tran"),
    ("R1 1 0 1\n.print v(2)", "no element or node '2'"),
    ("R1 1 0 1\n.print i(1)", "I(1): there is no element '1'"),
    ("R1 1 0 1\n.print v(R1,1)", "a difference is of two nodes or of two elements"),
    ("R1 1 0 1\n.print q(1)", "no quantity 'Q'"),
    ("R1 1 0 1\n.print", "nothing to print"),
    (".subckt a 1\nR1 1 0 1\n.ends\nX1 1 a\n.print i(X1.R1)", "did you mean 'R1|X1'"),
    ("R1 1 0 1\n.ac dec 10 1 10", ".ac is not supported"),
    ("R1 1 0 1\n.options method=gear", "the only option is seed"),
    ("R1 1 0 1\n.control", "not closed by .endc"),
    ("R1 1 0 1\n.include nothing.cir", "no such file"),
    ("R1 1 0 1\n.include /dev/zero", "no such file"),
    ("R1 1 0 1 temp=-1", "expected temp from 0 K"),
]


@pytest.mark.parametrize(("text", "part"), REFUSED)
def test_refused_with_place_and_reason(text, part):
    with pytest.raises(NetlistError) as caught:
        circuit_of(text)
    assert part in str(caught.value)
    assert caught.value.file == "deck.cir"
    assert text == "" or caught.value.line is not None


def test_errors_point_to_the_card():
    with pytest.raises(NetlistError) as caught:
        circuit_of("* comment\nR1 1 0 1\n\nR2 1 0\n+ 1 +\n")
    assert (caught.value.file, caught.value.line) == ("deck.cir", 4)
