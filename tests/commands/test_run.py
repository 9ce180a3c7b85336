"""`cosim run`: decks of both kinds, files of each format, wrong calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from command_decks import NGSPICE, Call

from cosim import spice
from cosim.cli import main
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


OPTIONS = """.file phases.csv
.print p(B1)
.file all
.print v(1) i(R1)
.iv jj1 200u curve.csv
.end"""


def test_a_probe_of_what_is_not_there_is_said_and_left_out(deck: Path, call: Call) -> None:
    text = deck.read_text()
    deck.write_text(
        text + ".print i(R99)\n" if ".end" not in text else text.replace(".end", ".print i(R99)\n.end")
    )
    done = call("run", str(deck), "-o", "out.csv")
    assert done.exit_code == 0
    assert "there is no element 'R99'" in done.stderr and "not printed" in done.stderr
    assert "R99" not in Path("out.csv").read_text().split("\n", 1)[0]
    assert call("run", str(deck), "--engine", "ngspice").exit_code == 1


def test_files_that_the_deck_asks_for(deck: Path, call: Call) -> None:
    """`.file` groups signals by file, `.iv` writes a curve; JoSIM's rule for a name without suffix."""
    deck.write_text(deck.read_text().replace(".end", OPTIONS))
    answer = call("run", deck, "-o", "out.csv")
    assert answer.exit_code == 0, answer.output
    assert sorted(os.listdir()) == ["all.raw", "curve.csv", "out.csv", "phases.csv", "pulsed.cir"]
    assert list(load_result("phases.csv").signals) == ["P(B1)"]
    assert list(load_result("all.raw").signals) == ["V(1)", "I(R1)"]
    assert set(load_result("out.csv").signals) == {"P(B1)", "V(B1)", "V(1)", "I(R1)"}
    voltage, current = np.loadtxt("curve.csv", delimiter=",", skiprows=1).T
    assert Path("curve.csv").read_text().startswith("V,I\n")
    assert current.max() == pytest.approx(200e-6) and current.min() == pytest.approx(-200e-6)
    # The critical current is 100 µA: no voltage on the way up below, the gap on the way down.
    up = (np.arange(len(current)) < np.argmax(current)) & (current < 95e-6)
    assert np.all(voltage[up] == 0.0) and voltage.max() > 2.5e-3
    assert voltage.min() == -voltage.max()


def test_a_deck_with_a_curve_alone(deck: Path, call: Call) -> None:
    text = deck.read_text().replace(".tran 0.05p 100p 0 0.1p", ".iv jj1 200u curve.dat")
    deck.write_text(text)
    assert call("run", deck).exit_code == 0
    assert Path("curve.dat").read_text().startswith("V I\n")


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (".file ../out.csv\n.print p(B1)", "outside of the deck's folder"),
        (".file /tmp/out.csv\n.print p(B1)", "outside of the deck's folder"),
        (".file pulsed.cir\n.print p(B1)", "a deck may write .csv"),
        (".file missing/out.csv\n.print p(B1)", "create it first"),
        (".iv jj1 100u curve.raw", "a curve goes to .csv, .dat or .h5"),
        (".iv jj7 100u curve.csv", "jj7"),
        (".tran 1p 10p", "second .tran"),
    ],
)
def test_what_a_deck_may_not_write(deck: Path, call: Call, card: str, words: str) -> None:
    deck.write_text(deck.read_text().replace(".end", f"{card}\n.end"))
    answer = call("run", deck)
    assert answer.exit_code == 1
    assert words.lower() in answer.stderr.lower()
    assert "pulsed.cir:13" in answer.stderr or "pulsed.cir:14" in answer.stderr
    assert os.listdir() == [deck.name]


def test_standard_output_and_standard_input(deck: Path, call: Call) -> None:
    answer = call("run", deck, "-o", "-")
    assert answer.stdout.startswith("time,P(B1),V(B1)\n0,")
    assert answer.stdout.count("\n") == 1002
    assert slips(answer.stderr, "B1") == 2
    piped = CliRunner().invoke(main, ["run", "-i", "ignored.cir"], input=deck.read_text())
    assert piped.exit_code == 0 and slips(piped.stdout, "B1") == 2
    broken = CliRunner().invoke(main, ["run", "-"], input="B1 1 0 nomodel\n.tran 1p 10p\n.end\n")
    assert broken.exit_code == 1 and "<stdin>:1: " in broken.stderr


def test_a_deck_that_prints_nothing_gives_every_node(deck: Path, call: Call) -> None:
    deck.write_text(deck.read_text().replace(".print", "* .print"))
    for analysis, kind in (("0", "V"), ("1", "P")):
        assert call("run", deck, "-a", analysis, "-o", "out.csv").exit_code == 0
        assert list(load_result("out.csv").signals) == [f"{kind}(1)", f"{kind}(2)"]


def test_how_much_is_said(deck: Path, call: Call) -> None:
    plain, counts, elements = (call("run", deck, *o) for o in ((), ("-V", "2"), ("-V", "3")))
    assert plain.stdout.splitlines()[1:] == counts.stdout.splitlines()[1:]
    assert "unknowns" not in plain.stderr and "unknowns" in counts.stderr
    assert "R1 1 0 resistance=2.744" in elements.stderr and "R1 1 0" not in counts.stderr
    assert call("run", deck, "-m", "1").stderr == ""


def test_the_spread_of_a_deck_is_drawn(deck: Path, call: Call) -> None:
    deck.write_text(deck.read_text().replace(".end", ".spread 0.1\n.option seed=4\n.end"))
    times = {}
    for options in (("--nominal",), (), ("--sample", "1"), ("--seed", "5"), ("--seed", "4")):
        answer = call("run", deck, "-o", "out.h5", *options)
        assert answer.exit_code == 0, answer.output
        times[options] = read_result("out.h5").pulse_times("B1")[0]
        assert ("spread: sample" in answer.stderr) != (options == ("--nominal",))
    assert times[()] == times["--seed", "4"]
    assert len(set(times.values())) == 4
    origin = read_result("out.h5").provenance
    assert origin["seed"] == 4 and origin["spread"] == "sample 0"


def test_a_loss_of_accuracy_is_said_even_when_quiet(deck: Path, call: Call, monkeypatch) -> None:
    """An engine whose smallest step is too long for the tolerance: the result says so, the file too."""
    monkeypatch.setattr("cosim.josephson.settings._SMALLEST", 0.5)
    for name in ("out.h5", "out.raw"):
        answer = call("run", deck, "--tolerance", "1e-6", "--stop", "30p", "-o", name, "-q")
        assert answer.exit_code == 0
        assert "inaccurate: " in answer.stderr and "missed the tolerance" in answer.stderr
    assert read_result("out.h5").status == "inaccurate"
    assert b"Command: inaccurate: " in Path("out.raw").read_bytes()[:400]


RULES = '[[count]]\njunction = "B1"\nto = "100p"\nexpect = {}\n'


@pytest.mark.parametrize(("expect", "code"), [(2, 0), (3, 1)])
def test_a_specification_decides_the_exit_code(deck: Path, call: Call, expect: int, code: int) -> None:
    Path("rules.toml").write_text(RULES.format(expect))
    answer = call("run", deck, "--spec", "rules.toml", "-o", "out.csv")
    assert answer.exit_code == code
    assert ("FAIL" in answer.stdout) == bool(code)
    assert f"{1 - code} of 1 rules kept" in answer.stdout
    assert list(load_result("out.csv").signals) == ["P(B1)", "V(B1)"]


def test_a_table_of_josim_tools(deck: Path, call: Call) -> None:
    """Its junctions need not be printed: they are probed for it, and not written."""
    deck.write_text(deck.read_text().replace(".print", "* .print"))
    Path("rules.sp").write_text("time B1\n15e-12 0\n60e-12 1\n9.9e-11 2\n")
    answer = call("run", deck, "--spec", "rules.sp")
    assert answer.exit_code == 0, answer.output
    Path("rules.sp").write_text("time B1\n15e-12 0\n60e-12 2\n")
    assert "B1: 1 turns for 2 at 60 ps" in call("run", deck, "--spec", "rules.sp").stdout


def test_margins_of_a_deck_and_a_specification(deck: Path, call: Call) -> None:
    Path("rules.toml").write_text(RULES.format(2))
    arguments = ("margins", deck, "--resolution", "0.05", "--range", "0.3", "--spec", "rules.toml")
    answer = call(*arguments)
    assert answer.exit_code == 0, answer.output
    assert "critical margin" in answer.stdout
    Path("rules.toml").write_text(RULES.format(3))
    answer = call(*arguments)
    assert answer.exit_code == 1 and "B1: 2 slips for 3" in answer.stdout
    assert call(*arguments, "--window", "10p").exit_code == 2


@needs_ngspice
def test_a_specification_holds_in_ngspice_too(deck: Path, call: Call) -> None:
    Path("rules.toml").write_text(RULES.format(2))
    answer = call("run", deck, "--engine", "ngspice", "--spec", "rules.toml")
    assert answer.exit_code == 0, answer.output
    assert "1 of 1 rules kept" in answer.stdout
    deck.write_text(deck.read_text().replace(".print", "* .print"))
    for options in ((), ("--spec", "rules.toml")):
        answer = call("run", deck, "--engine", "ngspice", "-o", "out.h5", *options)
        assert answer.exit_code == 0, answer.output
        assert len(read_result("out.h5").pulse_times("B1")) == 2


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
