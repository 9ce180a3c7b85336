"""`cosim run`: decks of both kinds, files of each format, wrong calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_decks import NGSPICE, Call

from cosim import spice
from cosim.results import load_result, read_result, require_writable

needs_ngspice = pytest.mark.skipif(spice.available() is None, reason="ngspice is not installed")


def slips(output: str, junction: str) -> int:
    """The positive slips that the table on the terminal gives a junction."""
    (row,) = [line.split() for line in output.splitlines() if line.startswith(junction + " ")]
    return int(row[1])


def test_a_deck_runs_as_it_is(deck: Path, call: Call) -> None:
    answer = call("run", deck)
    assert answer.exit_code == 0, answer.output
    assert slips(answer.stdout, "B1") == 2
    assert "completed, 100 ps simulated" in answer.stdout
    assert os.listdir() == [deck.name]


def test_every_format_holds_the_same_signals(deck: Path, call: Call) -> None:
    for name in ("out.h5", "out.csv", "out.raw"):
        assert call("run", deck, "-o", name).exit_code == 0
    results = [load_result(name) for name in ("out.h5", "out.csv", "out.raw")]
    for result in results:
        assert list(result.signals) == ["P(B1)", "V(B1)"]
        assert np.array_equal(result["V(B1)"], results[0]["V(B1)"])
        assert len(result.pulse_times("B1")) == 2


def test_hdf5_says_where_the_numbers_come_from(deck: Path, call: Call) -> None:
    call("run", deck, "-o", "out.h5", "--param", "SIC=1.05", "-q")
    origin = read_result("out.h5").provenance
    assert origin["netlist"] == deck.read_text()
    assert origin["engine"] == "josephson"
    assert origin["parameter_SIC"] == 1.05


def test_parameters_stop_and_step_reach_the_engine(deck: Path, call: Call) -> None:
    call("run", deck, "--stop", "60p", "--step", "0.02p", "-o", "out.h5", "-a", "1")
    result = read_result("out.h5")
    assert result.time[-1] == pytest.approx(60e-12)
    assert result.provenance["step"] == pytest.approx(0.02e-12)
    assert len(result.pulse_times("B1")) == 1
    assert slips(call("run", deck, "--param", "SIC=1.9").stdout, "B1") == 0


@needs_ngspice
def test_both_engines_run_one_deck(deck: Path, call: Call) -> None:
    for engine in ("josephson", "ngspice"):
        answer = call("run", deck, "--engine", engine, "-o", f"{engine}.h5")
        assert slips(answer.stdout, "B1") == 2
    first, second = (read_result(f"{engine}.h5").pulse_times("B1") for engine in ("josephson", "ngspice"))
    assert first == pytest.approx(second, abs=0.05e-12)


@needs_ngspice
def test_a_deck_of_an_ngspice_user_goes_there_unchanged(folder: Path, call: Call) -> None:
    Path("filter.cir").write_text(NGSPICE)
    answer = call("run", "filter.cir", "--engine", "ngspice", "-o", "out.raw")
    assert answer.exit_code == 0, answer.output
    assert "V(OUT)" in answer.stdout
    result = load_result("out.raw")
    # RC = 1 ns: a ramp of 1 ns leaves 1 - 1/e missing at its end, and e^-5 of that 5 ns later.
    at = float(np.interp(6e-9, result.time, result["v(out)"]))
    assert at == pytest.approx(1.0 - np.exp(-5.0) * (1.0 - np.exp(-1.0)), abs=5e-4)


@needs_ngspice
def test_commands_in_a_deck_are_refused(folder: Path, call: Call) -> None:
    Path("evil.cir").write_text(NGSPICE.replace(".end", ".control\nshell touch owned\n.endc\n.end"))
    answer = call("run", "evil.cir", "--engine", "ngspice")
    assert answer.exit_code == 1
    assert "evil.cir:6" in answer.stderr
    assert not Path("owned").exists()


def test_an_ngspice_deck_in_the_wrong_engine_says_what_to_do(folder: Path, call: Call) -> None:
    Path("filter.cir").write_text(NGSPICE)
    answer = call("run", "filter.cir")
    assert answer.exit_code == 1
    assert answer.stderr.count("\n") == 1
    assert "filter.cir:1" in answer.stderr
    assert "--engine ngspice" in answer.stderr


def test_a_broken_deck_names_file_and_line(deck: Path, call: Call) -> None:
    deck.write_text(deck.read_text().replace("R2 2 0 4", "R2 2 0"))
    answer = call("run", deck, "-o", "out.h5")
    assert answer.exit_code == 1
    assert answer.stderr.startswith("cosim: error: pulsed.cir:7: ")
    assert os.listdir() == [deck.name]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere.cir",), 1, "nowhere.cir"),
        (("pulsed.cir", "-o", "missing/out.h5"), 1, "create it first"),
        (("pulsed.cir", "-o", "out.txt"), 1, ".h5, .hdf5, .csv, .raw"),
        (("pulsed.cir", "-o", "."), 1, "no format"),
        (("pulsed.cir", "--param", "SID=1"), 1, "did you mean 'SIC'"),
        (("pulsed.cir", "--param", "SIC"), 2, "NAME=VALUE"),
        (("pulsed.cir", "--param", "SIC=much"), 2, "'much' is not a number"),
        (("pulsed.cir", "--stop", "-1p"), 2, "must be positive"),
        (("pulsed.cir", "--engine", "hspice"), 2, "josephson"),
        (("pulsed.cir", "--step", "1p", "--tolerance", "1e-4"), 2, "--tolerance does not go with --step"),
        ((), 2, "DECK"),
    ],
)
def test_wrong_calls_leave_nothing_behind(
    deck: Path, call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = call("run", *arguments)
    assert answer.exit_code == code
    assert words in answer.stderr
    assert os.listdir() == [deck.name]


def test_a_place_that_cannot_be_written_is_known_before_the_run(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(Exception, match="read-only"):
        require_writable(folder / "out.h5")


def test_quiet_prints_the_table_alone(deck: Path, call: Call) -> None:
    loud, quiet = call("run", deck, "-o", "a.csv"), call("run", deck, "-o", "b.csv", "-q")
    assert "wrote a.csv" in loud.stderr
    assert quiet.stderr == ""
    assert slips(quiet.stdout, "B1") == 2


@pytest.mark.slow
def test_from_a_shell_in_an_empty_folder(deck: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "cosim", "run", deck.name, "-o", "out.csv"],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "\r" not in answer.stderr  # no bar where there is no terminal
    assert Path("out.csv").read_text().startswith("time,P(B1),V(B1)\n")
