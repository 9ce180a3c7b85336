"""The verbs on files: `margins`, `plot`, `convert`."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from command_decks import Call

from cosim.results import check_file, load_result, read_file, read_result


@pytest.fixture
def run(deck: Path, call: Call) -> Path:
    assert call("run", deck, "-o", "run.h5", "-q").exit_code == 0
    return Path("run.h5")


def test_margins_of_a_deck(deck: Path, call: Call) -> None:
    answer = call(
        "margins", deck, "--resolution", "0.1", "--vary", "SIC", "-o", "margins.h5", "--window", "50p"
    )
    assert answer.exit_code == 0, answer.output
    assert "critical margin" in answer.stdout
    group = read_file("margins.h5")
    table = {name: array.values for name, array in group.arrays.items()}
    rows = dict(
        zip(table["parameter"], zip(table["margin_low"], table["margin_high"], strict=True), strict=True)
    )
    # The parameter of the deck and the critical current of all junctions are one thing here.
    assert rows["SIC"] == pytest.approx(rows["critical current"], abs=0.11)
    assert rows["bias"][0] < 0.0 < rows["bias"][1]
    assert check_file("margins.h5") == []
    assert call("plot", "margins.h5").exit_code == 0
    assert Path("margins.png").stat().st_size > 5000


def test_margins_as_a_table(deck: Path, call: Call) -> None:
    call("margins", deck, "--resolution", "0.2", "--range", "0.4", "-o", "margins.csv")
    with open("margins.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["parameter"] for row in rows} == {"bias", "critical current", "inductance", "resistance"}
    assert all(-0.4001 <= float(row["margin_low"]) <= 0.0 for row in rows)


@pytest.mark.slow
def test_margins_of_a_network(xor: Path, folder: Path, call: Call) -> None:
    answer = call("margins", xor, "--resolution", "0.05", "--range", "0.5")
    assert answer.exit_code == 0, answer.output
    assert "17 slots of 300 ps: all ordered transitions" in answer.stderr
    assert "threshold N1_0" in answer.stdout


def test_a_deck_that_does_nothing_has_no_margins(deck: Path, call: Call) -> None:
    deck.write_text(deck.read_text().replace("pulse(0 300u", "pulse(0 1u"))
    answer = call("margins", deck, "-o", "margins.h5")
    assert answer.exit_code == 1
    assert "slips in the nominal run" in answer.stderr
    assert os.listdir() == [deck.name]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("pulsed.cir", "--vary", "SID"), 1, "did you mean"),
        (("pulsed.cir", "-o", "margins.txt"), 1, ".h5 or .csv"),
        (("pulsed.cir", "--range", "1.5"), 2, "--range"),
        (("network.nir", "--vary", "SIC"), 2, "are for decks"),
        (("nowhere.cir",), 1, "nowhere.cir"),
    ],
)
def test_wrong_calls_of_margins(
    deck: Path, call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = call("margins", *arguments)
    assert answer.exit_code == code
    assert words in answer.stderr
    assert os.listdir() == [deck.name]


@pytest.mark.parametrize("name", ["figure.png", "figure.pdf", "figure.svg"])
def test_plot_of_waveforms(run: Path, call: Call, name: str) -> None:
    answer = call("plot", run, "-o", name, "--signals", "V(B1),P(B1)", "--title", "two pulses")
    assert answer.exit_code == 0, answer.output
    start = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[Path(name).suffix]
    assert Path(name).read_bytes().startswith(start)
    assert Path(name).stat().st_size > 5000


def test_plot_goes_beside_the_file(run: Path, call: Call) -> None:
    assert call("plot", run).exit_code == 0
    assert Path("run.png").stat().st_size > 5000


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run.h5", "--signals", "V(B2)"), 1, "did you mean 'V(B1)'"),
        (("run.h5", "--as", "margins"), 1, "waveforms, raster"),
        (("run.h5", "--as", "pie"), 2, "waveforms"),
        (("run.h5", "-o", "figure.gif"), 1, ".png, .pdf, .svg"),
        (("run.h5", "-o", "missing/figure.png"), 1, "create it first"),
        (("nowhere.h5",), 1, "nowhere.h5: no such file"),
        (("cut.h5",), 1, "cut.h5: truncated"),
    ],
)
def test_wrong_calls_of_plot(
    run: Path, call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    Path("cut.h5").write_bytes(run.read_bytes()[: run.stat().st_size // 2])
    before = sorted(os.listdir())
    answer = call("plot", *arguments)
    assert answer.exit_code == code
    assert words in answer.stderr
    assert sorted(os.listdir()) == before


def test_convert_there_and_back_keeps_every_bit(run: Path, call: Call) -> None:
    for source, target in (("run.h5", "a.csv"), ("a.csv", "b.raw"), ("b.raw", "c.h5")):
        answer = call("convert", source, target, "--check")
        assert answer.exit_code == 0, answer.output
        assert f"{target}: reads back the same" in answer.stdout
    first, last = read_result(run), read_result("c.h5")
    assert list(last.signals) == list(first.signals)
    assert dict(last.units) == dict(first.units)
    for name, values in first.signals.items():
        assert np.array_equal(last[name], values)
    # Slips of the tables are those of the printed phase: linear between the points of the print step.
    assert last.pulse_times("B1") == pytest.approx(first.pulse_times("B1"), abs=0.01e-12)
    assert last.provenance["source"] == "b.raw"


def test_convert_says_what_is_lost(run: Path, call: Call) -> None:
    assert "provenance and statistics are not in it" in call("convert", run, "a.csv").stderr


def test_check_finds_a_broken_rule(run: Path, call: Call) -> None:
    import h5py

    assert call("convert", run, "--check").stdout == "run.h5: keeps all rules\n"
    with h5py.File(run, "r+") as file:
        file["V(B1)"].attrs["units"] = "millivolt"
        file["P(B1)"][5] = np.nan
    answer = call("convert", run, "--check")
    assert answer.exit_code == 1
    assert "V(B1): units 'millivolt' are no symbol of SI" in answer.stdout
    assert "P(B1) is not a number at point 5" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("run.h5",), 2, "TARGET"),
        (("run.h5", "run.h5"), 2, "one file"),
        (("run.h5", "a.txt"), 1, ".h5, .hdf5, .csv, .raw"),
        (("run.h5", "a.csv.gz"), 1, "only read"),
        (("nowhere.csv", "a.h5"), 1, "nowhere.csv: no such file"),
        (("run.h5", "a.csv", "--part", "pulse"), 1, "did you mean 'pulses'"),
        (("run.h5", "missing/a.csv"), 1, "create it first"),
    ],
)
def test_wrong_calls_of_convert(
    run: Path, call: Call, arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = sorted(os.listdir())
    answer = call("convert", *arguments)
    assert answer.exit_code == code
    assert words in answer.stderr
    assert sorted(os.listdir()) == before


def test_convert_of_a_table_that_was_cut(run: Path, call: Call) -> None:
    call("convert", run, "a.raw", "-q")
    data = Path("a.raw").read_bytes()
    Path("a.raw").write_bytes(data[: len(data) // 2])
    answer = call("convert", "a.raw", "b.h5")
    assert answer.exit_code == 1
    assert "a.raw" in answer.stderr
    assert not Path("b.h5").exists()
    assert load_result(run).ok
