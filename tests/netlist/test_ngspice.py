"""Decks rendered for ngspice: they run there, and say the same as the flat circuit."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from shared_data import shared_file

from cosim.constants import FLUX_QUANTUM
from cosim.errors import NetlistError
from cosim.netlist import flatten, parse, parse_file, render_ngspice
from cosim.netlist.circuit import Inductor, Resistor

HERE = Path(__file__).parent
NGSPICE = shutil.which("ngspice")
needs_ngspice = pytest.mark.skipif(NGSPICE is None, reason="ngspice is not installed")

JJ = ".model jj1 jj(rtype=1, vg=2.8m, cap=0.07p, r0=160, rn=16, icrit=0.1m)\n"


def run(rendered, folder):
    """Run ngspice in batch mode; return time and the rendered probes by label."""
    (folder / "deck.cir").write_text(rendered.text)
    command = [str(NGSPICE), "-b", "-r", "deck.raw", "deck.cir"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    said = done.stdout + done.stderr
    assert "error" not in said.lower() and "warning" not in said.lower(), said
    data = (folder / "deck.raw").read_bytes()
    head, _, body = data.partition(b"Binary:\n")
    lines = head.decode().split("\n")
    names = [line.split()[1] for line in lines[lines.index("Variables:") + 1 :] if line]
    values = np.frombuffer(body, dtype=np.float64).reshape(-1, len(names))
    columns = {name: values[:, index] for index, name in enumerate(names)}

    def column(vector):
        if vector.startswith("v(") and "," in vector:
            first, second = vector[2:-1].split(",")
            return column(f"v({first})") - column(f"v({second})")
        for name in (vector, f"i({vector.removesuffix('#branch')})", f"v({vector})"):
            if name in columns:
                return columns[name]
        if vector == "v(0)":
            return np.zeros(len(values))
        raise AssertionError(f"{vector} is not in {sorted(columns)}")

    return columns["time"], {label: column(vector) for label, vector in rendered.probes.items()}


def crossings(time, phase):
    """Times at which a phase passes odd multiples of π."""
    turns = np.round(phase / (2 * np.pi)).astype(int)
    found = []
    for index in np.nonzero(np.diff(turns))[0]:
        step = np.sign(turns[index + 1] - turns[index])
        for turn in range(turns[index], turns[index + 1], step):
            level = (2 * turn + step) * np.pi
            part = (level - phase[index]) / (phase[index + 1] - phase[index])
            found.append(time[index] + part * (time[index + 1] - time[index]))
    return np.array(found)


@needs_ngspice
@pytest.mark.parametrize(
    ("deck", "tolerance"),
    [("single_jj_pulse", 0.01), ("storage_loop", 0.01), ("jtl_ptl", 0.01), ("squid_mutual", 0.05)],
)
def test_arrival_times_agree_with_the_reference(deck, tolerance, tmp_path):
    reference = json.loads(shared_file("reference", "josephson", "crossings.json").read_text())
    finest = min(
        (key for key in reference if key.startswith(f"{deck}@")),
        key=lambda key: float(key.split("@")[1][:-1]),
    )
    time, signals = run(render_ngspice(parse_file(HERE / "decks" / f"{deck}.cir")), tmp_path)
    for label, expected in reference[finest]["flux_quanta_crossings_ps"].items():
        found = crossings(time, signals[label]) * 1e12
        assert len(found) == len(expected), label
        if expected:
            assert np.max(np.abs(found - np.array(expected))) < tolerance, label


HIERARCHY = (
    JJ + ".param s=2 b=3 log=1.5\n"
    ".subckt inner a r=1 q={r*2} s=7\n.param loc=(-2)^2+s\nR1 a 0 r\nR2 a 0 q\nR3 a 0 loc\nL1 a 0 1p\n.ends\n"
    ".subckt outer a p=2\n.param w=p^0.5\n"
    ".subckt deep a\n.param s=p*10\n.model m jj(icrit=0.1m*w, cap=10f, rn=5, rtype=0)\n"
    "R1 a 0 w*s+pi\nR2 a 0 cbrt(8)*b\nB1 a 0 m\n.ends\n"
    "X1 a deep\nX2 a inner r={p+1}\nX3 a inner q=5\nX4 a inner L1=3p R3=9\n.ends\n"
    "X1 1 outer\nX2 outer 1 p=5\nX3 1 inner loc=4\nI1 0 1 pwl(0 0 1p 1m)\n.tran 0.1p 2p\n"
)


def vector_name(flat):
    local, *instances = flat.lower().split("|")
    return ".".join([local[0], *reversed(instances), local])


@needs_ngspice
def test_every_value_is_the_flat_circuits(tmp_path):
    """Scopes, defaults, overrides and lifted definitions give ngspice the numbers that we have."""
    for overrides in ({}, {"s": 4.0, "b": 0.25}):
        deck = parse(HIERARCHY)
        elements = [e for e in flatten(deck, overrides).elements if isinstance(e, (Resistor, Inductor))]
        names = {e.name: vector_name(e.name) for e in elements}
        key = {Resistor: "resistance", Inductor: "inductance"}
        asked = [f"@{names[e.name]}[{key[type(e)]}]" for e in elements]
        text = render_ngspice(deck, overrides).text.replace(
            ".end\n",
            ".control\nset numdgt=15\nop\n" + "".join(f"print {a}\n" for a in asked) + ".endc\n.end\n",
        )
        text = "\n".join(
            line for line in text.split("\n") if not line.startswith((".end s", ".save", ".tran"))
        )
        (tmp_path / "deck.cir").write_text(text)
        done = subprocess.run(
            [str(NGSPICE), "-b", "deck.cir"], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        found = dict(line.split(" = ") for line in done.stdout.split("\n") if line.startswith("@"))
        assert set(found) == set(asked), done.stdout + done.stderr
        for element, vector in zip(elements, asked, strict=True):
            expected = element.resistance if isinstance(element, Resistor) else element.inductance
            assert float(found[vector]) == pytest.approx(expected, rel=1e-12), element.name


@needs_ngspice
def test_probes_of_every_kind(tmp_path):
    text = JJ + (
        ".subckt cell a\nB1 a 0 jj1\nR1 a n 5\nL1 n 0 2p\nC1 a 0 1f\n.ends\n"
        "X1 1 cell\nI1 0 1 pwl(0 0 5p 60u)\nV1 2 0 sin(0 1m 20g)\nR2 1 2 10\n"
        "T1 1 0 3 0 td=1p z0=20\nR3 3 0 20\n"
        "E1 4 0 1 2 2\nR4 4 0 1\n"
        "G1 0 5 1 0 0.1\nR5 5 0 1\nH1 6 0 7 0 3\nR6 6 0 1\n"
        "I7 0 7 1u\nR7 7 0 1\n"
        "F1 0 8 V1 2\nR8 8 0 1\nB9 1 9 jj1\nR9 9 0 1\n"
        ".print p(B1.X1) i(B1.X1) v(B1.X1) i(R1.X1) i(L1.X1) i(C1.X1)\n"
        ".print p(L1.X1) v(1) v(1,2) v(R2) p(1)\n"
        ".print i(I1) i(V1) i(T1) i(E1) i(G1) i(H1) i(F1) v(6) i(B9) v(5) i(R2) v(n.x1) v(0,1)\n"
        ".tran 0.05p 40p\n"
    )
    rendered = render_ngspice(parse(text))
    s = run(rendered, tmp_path)[1]
    assert len(s) == 24
    assert rendered.units["P(B1|X1)"] == "rad" and rendered.units["I(T1)"] == "A"

    def same(first, second, scale):
        assert np.max(np.abs(first - second)) < 1e-3 * scale

    total = s["I(B1|X1)"] + s["I(R1|X1)"] + s["I(C1|X1)"] + s["I(R2)"] + s["I(T1)"] + s["I(B9)"]
    same(total, s["I(I1)"], 60e-6)
    same(s["V(1,2)"], s["V(R2)"], 1e-3)
    same(s["V(1,2)"], 10 * s["I(R2)"], 1e-3)
    same(s["V(0,1)"], -s["V(1)"], 1e-3)
    same(s["V(B1|X1)"], s["V(1)"], 1e-3)
    same(s["P(1)"], s["P(B1|X1)"], 1.0)
    same(s["P(L1|X1)"], s["I(L1|X1)"] * 2e-12 * 2 * np.pi / FLUX_QUANTUM, 0.1)
    same(s["I(V1)"], s["I(R2)"], 1e-4)
    same(s["I(F1)"], 2 * s["I(V1)"], 1e-4)
    same(s["I(G1)"], 0.1 * s["V(1)"], 1e-5)
    same(s["V(5)"], s["I(G1)"], 1e-5)
    assert np.max(np.abs(s["V(6)"])) < 1e-9 or np.allclose(np.abs(s["V(6)"][5:]), 3e-6, rtol=1e-3)
    assert np.max(np.abs(s["P(B1|X1)"])) > 0.3


@needs_ngspice
@pytest.mark.parametrize(
    "source",
    [
        "pwl(0 0 3p a 6p -a*2 9p 0)",
        "pulse(0 a 2p 1p 2p 3p 10p)",
        "pulse(0 a 2p 0 0 3p 10p)",
        "pulse(a 2*a 1p)",
        "sin(a a*2 100g 3p 1e11)",
        "sin(0 a)",
        "exp(0 a 1p 2p 8p 1p)",
        "exp(0 a)",
        "pws(0 0 5p a 10p -a)",
        "dc a",
        "sin(a a*2 100g 3p 1e11 40)",
        "sin(a a*2 100g 3p 0 0 1)",
        "sin(0 a 100g 0 0 0 0)",
        "noise(1n 2p 1p)",
        "cus(wave.dat 1p a 0 2p)",
        "cus(wave.dat 1p a 1 0 1)",
        "cus(wave.dat 1p a 2)",
    ],
)
def test_waveforms_agree(source, tmp_path):
    (tmp_path / "wave.dat").write_text("0 1 -2 3 0.5 -1")
    text = f".param a=1m\nV1 1 0 {source}\nR1 1 0 1\n.tran 0.1p 20p\n.print v(1)"
    deck = parse(text, str(tmp_path / "given.cir"))
    time, signals = run(render_ngspice(deck), tmp_path)
    waveform = flatten(deck).elements[0].waveform
    smooth = np.ones(len(time), dtype=bool)
    for corner in waveform.corners(20e-12):
        smooth &= np.abs(time - corner) > 3e-15
    np.testing.assert_allclose(signals["V(1)"][smooth], waveform.value(time)[smooth], atol=2e-6)


@needs_ngspice
def test_a_phase_source_sets_the_phase(tmp_path):
    text = "P1 1 0 pwl(0 0 10p 0 20p 2*pi 30p 2*pi 40p pi)\nR1 1 0 1\n.tran 0.1p 60p\n.print p(R1) i(P1)"
    time, signals = run(render_ngspice(parse(text)), tmp_path)
    expected = np.interp(time, np.array([0, 10, 20, 30, 40]) * 1e-12, np.array([0, 0, 2, 2, 1]) * np.pi)
    assert np.max(np.abs(signals["P(R1)"] - expected)) < 0.01
    assert np.max(np.abs(signals["I(P1)"])) == pytest.approx(FLUX_QUANTUM / 10e-12, rel=1e-3)


@needs_ngspice
def test_phi_junctions_harmonics_and_temperature(tmp_path):
    """Static current against phase: the phase is set, the junction's current is read."""
    for keys, relation in (
        ("icrit=0.1m, phi=1", lambda p: 1e-4 * np.sin(p - 1)),
        ("icrit=0.1m, cpr={0.9, 0.2}", lambda p: 1e-4 * (0.9 * np.sin(p) + 0.2 * np.sin(2 * p))),
        ("icrit=0.1m, t=4.2", lambda p: 1e-4 * np.sin(p)),
    ):
        text = (
            f".model m jj(rtype=0, rn=1meg, cap=1a, {keys})\nB1 1 0 m\nP1 1 0 pwl(0 0 1n 2*pi)\n"
            ".tran 1p 1n\n.print p(B1) i(B1)"
        )
        text = text.replace("cap=1a", "cap=1e-18")
        if "t=4.2" in keys:
            text = text.replace("rn=1meg, ", "")
        _, signals = run(render_ngspice(parse(text), maximum_step=1e-12), tmp_path)
        resistive = 2.1e-6 / 20.0 if "t=4.2" in keys else 0.0
        difference = signals["I(B1)"] - relation(signals["P(B1)"])
        assert np.max(np.abs(difference[5:])) < 2e-7 + resistive


def test_junction_phases_on_request():
    deck = parse(JJ + ".subckt c a\nB1 a 0 jj1\n.ends\nX1 1 c\nB2 1 0 jj1\n.tran 1p 1n")
    assert set(render_ngspice(deck, phases="all").probes) == {"P(B1|X1)", "P(B2)"}
    assert dict(render_ngspice(deck, phases=["b1.x1"]).probes) == {"P(B1|X1)": "v(x1.xj_b1.ph)"}
    with pytest.raises(NetlistError, match="no junction 'B22'; did you mean 'B2'"):
        render_ngspice(deck, phases=["B22"])


def test_parameters_stay_parameters():
    deck = parse(".param sl=1 lj=2p*sl\nL1 1 0 lj*2\nI1 0 1 1u\n.tran 1p 1n")
    text = render_ngspice(deck, {"SL": 1.5}).text
    assert ".param sl=1.5\n.param lj={2e-12*sl}\n" in text
    assert "l1 1 0 {lj*2}" in text


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("F1 1 0 I1 2\nI1 0 2 noise(1n)\nR1 1 0 1\nR2 2 0 1\n.tran 1p 1n", "deck.cir:2: I1 controls"),
        ("P1 1 0 dc 1\nF1 0 2 P1 3\nR1 1 0 1\nR2 2 0 1\n.tran 1p 1n", "deck.cir:1: P1 controls"),
        ("R1 1 0 1", "no .tran card"),
    ],
)
def test_what_cannot_be_rendered_is_refused(text, part):
    with pytest.raises(NetlistError) as caught:
        render_ngspice(parse(text, "deck.cir"))
    assert part in str(caught.value)
