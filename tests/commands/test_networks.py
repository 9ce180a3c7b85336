"""The verbs on trained networks: `read`, `map`, `netlist`, `simulate`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_decks import Call

from cosim import netlist as netlists
from cosim import spice
from cosim.results import check_file, read_file

needs_ngspice = pytest.mark.skipif(spice.available() is None, reason="ngspice is not installed")


def test_read_shows_layers_and_weights(xor: Path, folder: Path, call: Call) -> None:
    answer = call("read", xor)
    assert answer.exit_code == 0, answer.output
    assert "2-2-1 LIF" in answer.stdout
    rows = [line.split() for line in answer.stdout.splitlines() if line.startswith("neurons_")]
    assert [row[1:4] for row in rows] == [["2", "2", "LIF"], ["1", "2", "LIF"]]
    assert "-1 … 1" in answer.stdout


def test_read_names_what_is_wrong(xor: Path, folder: Path, call: Call) -> None:
    Path("cut.nir").write_bytes(xor.read_bytes()[:3000])
    Path("text.nir").write_text("not HDF5")
    for name in ("cut.nir", "text.nir", "nowhere.nir"):
        answer = call("read", name)
        assert answer.exit_code == 1
        assert name in answer.stderr
        assert answer.stderr.count("\n") == 1


def test_map_reports_neurons_and_hardware(xor: Path, folder: Path, call: Call) -> None:
    answer = call("map", xor, "-o", "design.json")
    assert answer.exit_code == 0, answer.output
    assert "all 6 weights are represented exactly" in answer.stdout
    assert " junctions" in answer.stdout.splitlines()[-1]
    design = json.loads(Path("design.json").read_text())
    assert design["neurons"]["name"] == ["N0_0", "N0_1", "N1_0"]
    assert design["neurons"]["threshold"] == [1, 2, 1]
    assert design["weights"]["sign"] == [1, 1, 1, 1, 1, -1]
    assert design["weights"]["error"] == pytest.approx([0.0] * 6, abs=1e-12)


def test_map_writes_hdf5_that_keeps_the_rules(xor: Path, folder: Path, call: Call) -> None:
    assert call("map", xor, "-o", "design.h5", "--parasitics", "--period", "200p").exit_code == 0
    assert check_file("design.h5") == []
    group = read_file("design.h5")
    assert group.attributes["period"] == pytest.approx(200e-12)
    assert group.attributes["parasitics"] == 1
    assert group.groups["neurons"].arrays["threshold_current"].units == "A"
    assert list(group.groups["synapses"].arrays["sign"].values).count(-1) == 1


def test_map_counts_parasitics(xor: Path, folder: Path, call: Call) -> None:
    def inductors(*options: str) -> int:
        words = call("map", xor, *options).stdout.splitlines()[-1].split()
        return int(words[words.index("inductors,") - 1])

    assert inductors("--parasitics") > inductors("--no-parasitics") == inductors()


def test_weights_that_do_not_fit_say_which(misfit: Path, folder: Path, call: Call) -> None:
    answer = call("map", misfit, "-o", "design.h5")
    assert answer.exit_code == 1
    assert "N0_1" in answer.stderr
    assert "--nearest" in answer.stderr
    assert not os.listdir()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "design.yaml"), 1, ".h5, .hdf5, .json"),
        (("-o", "missing/design.h5"), 1, "create it first"),
        (("--period", "soon"), 2, "'soon' is not a number"),
        (("--period", "0"), 2, "must be positive"),
    ],
)
def test_wrong_calls_of_map(
    xor: Path, folder: Path, call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = call("map", xor, *arguments)
    assert answer.exit_code == code
    assert words in answer.stderr
    assert not os.listdir()


def test_netlist_is_a_deck_that_reads_back(xor: Path, folder: Path, call: Call) -> None:
    answer = call("netlist", xor, "-o", "xor.cir", "--patterns", "01,11")
    assert answer.exit_code == 0, answer.output
    circuit = netlists.flatten(netlists.parse_file("xor.cir"), {"SIC": 1.1})
    assert circuit.transient is not None
    assert circuit.transient.stop == pytest.approx(660e-12)
    assert {probe.element for probe in circuit.probes} >= {"BO2|XN0_0", "BO2|XN1_0"}
    assert call("netlist", xor, "--patterns", "01,11").stdout == Path("xor.cir").read_text()


def test_netlist_of_all_transitions(xor: Path, folder: Path, call: Call) -> None:
    assert "17 slots" in call("netlist", xor, "-o", "xor.cir", "--patterns", "transitions").stderr


def test_patterns_of_files(xor: Path, folder: Path, call: Call) -> None:
    Path("rows.txt").write_text("# two slots\n0 1\n1,1\n")
    np.savez("rows.npz", spikes=np.array([[[0, 1]], [[1, 1]]]), labels=[1, 0])
    texts = {call("netlist", xor, "--patterns", which).stdout for which in ("01,11", "rows.txt", "rows.npz")}
    assert len(texts) == 1
    assert ".tran" in texts.pop()


@needs_ngspice
def test_the_ngspice_deck_runs_in_ngspice(xor: Path, folder: Path, call: Call) -> None:
    assert call("netlist", xor, "-o", "xor.sp", "--dialect", "ngspice", "--patterns", "01").exit_code == 0
    result = spice.simulate(Path("xor.sp"))
    assert result.time[-1] == pytest.approx(360e-12)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--patterns", "01,1"), 1, "'1' is no pattern of the network's 2 inputs"),
        (("--patterns", "transition"), 1, "did you mean 'transitions'"),
        (("--patterns", "rows.txt"), 1, "rows.txt"),
        (("--dialect", "hspice"), 2, "josim"),
        (("-o", "missing/xor.cir"), 1, "create it first"),
    ],
)
def test_wrong_calls_of_netlist(
    xor: Path, folder: Path, call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = call("netlist", xor, *arguments)
    assert answer.exit_code == code
    assert words in answer.stderr
    assert not os.listdir()


def answers(output: str) -> list[list[str]]:
    """Pattern and output spikes of each slot in the table."""
    rows = [line.split() for line in output.splitlines()]
    return [row[1:4] for row in rows if row and row[0].isdigit()]


def test_simulate_answers_every_pattern(xor: Path, folder: Path, call: Call) -> None:
    answer = call("simulate", xor, "-o", "xor.h5")
    assert answer.exit_code == 0, answer.output
    assert answers(answer.stdout) == [["00", "0", "0"], ["01", "1", "1"], ["10", "1", "1"], ["11", "0", "0"]]
    assert "josephson: 4 of 4 slots right" in answer.stdout
    assert check_file("xor.h5") == []
    group = read_file("xor.h5")
    assert list(group.groups["slots"].arrays["label"].values) == ["00 → 0", "01 → 1", "10 → 1", "11 → 0"]
    assert str(group.attributes["netlist"]).startswith("*")


@needs_ngspice
def test_simulate_in_both_engines(xor: Path, folder: Path, call: Call) -> None:
    answer = call("simulate", xor, "--engine", "both", "--patterns", "10,11", "-o", "xor.h5")
    assert answer.exit_code == 0, answer.output
    assert "engines: equal spikes" in answer.stdout
    assert read_file("xor.h5").groups["ngspice"].attributes["engine"] == "ngspice"
    assert call("plot", "xor.h5", "--part", "ngspice").exit_code == 0
    assert Path("xor.png").stat().st_size > 5000
    assert call("simulate", xor, "--engine", "both", "-o", "xor.csv").exit_code == 2


def test_a_circuit_that_is_too_fast_for_its_period_fails(xor: Path, folder: Path, call: Call) -> None:
    answer = call("simulate", xor, "--period", "25p", "--patterns", "11,01,11,10,01")
    assert answer.exit_code == 1
    assert "wrong" in answer.stdout
    assert "first difference: N" in answer.stderr


def test_without_ngspice_the_remedy_is_named(xor: Path, folder: Path, call: Call, monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("COSIM_NGSPICE", raising=False)
    answer = call("simulate", xor, "--engine", "ngspice")
    assert answer.exit_code == 1
    assert "ngspice" in answer.stderr
