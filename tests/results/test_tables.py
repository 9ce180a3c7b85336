"""CSV and raw files."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shared_data import shared_file

from cosim.errors import ResultFileError
from cosim.results import Result, read_csv, read_raw, write_csv, write_raw

FIXTURE = [HealthCheck.function_scoped_fixture]
numbers = st.floats(allow_nan=False, allow_infinity=False)


def make(table: np.ndarray) -> Result:
    return Result(
        time=table[:, 0], signals={"P(C1|X1)": table[:, 1], "V(1,2)": table[:, 2], "I(L1)": table[:, 3]}
    )


@settings(max_examples=40, deadline=None, suppress_health_check=FIXTURE)
@given(arrays(np.float64, st.tuples(st.integers(0, 6), st.just(4)), elements=numbers))
def test_tables_carry_every_bit(tmp_path, table):
    result = make(table)
    write_csv(tmp_path / "a.csv", result)
    write_raw(tmp_path / "b.raw", result)
    write_raw(tmp_path / "c.raw", result, binary=False)
    back = read_csv(tmp_path / "a.csv")
    assert np.array_equal(back.time, result.time)
    for name, values in result.signals.items():
        assert np.array_equal(back.signals[name], values)
        assert back.units[name] == result.units[name]
    for path in ("b.raw", "c.raw"):
        (plot,) = read_raw(tmp_path / path)
        assert plot.complete == bool(len(table))
        assert np.array_equal(plot["time"], result.time)
        for name, values in result.signals.items():
            assert np.array_equal(plot[name], values)
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "b.raw", "c.raw"]


def test_josim_tables_give_slips(tmp_path):
    text = "time,P(B1|X1),V(5)\n0,0,0\n1e-12,6.2831853071795862,1\n2e-12,6.28,0\n"
    (tmp_path / "josim.csv.gz").write_bytes(gzip.compress(text.encode()))
    result = read_csv(tmp_path / "josim.csv.gz")
    assert result.pulse_times("b1.x1") == pytest.approx([0.5e-12])
    assert result.units == {"P(B1|X1)": "rad", "V(5)": "V"}


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "time,V(1)\n1\n", "time,V(1)\n1,x\n", "time,V(1),V(1)\n1,2,3\n", "\udcff"]
)
def test_other_tables_are_one_line_errors(tmp_path, text):
    (tmp_path / "x.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    for path in (tmp_path / "x.csv", tmp_path / "none.csv"):
        with pytest.raises(ResultFileError) as caught:
            read_csv(path)
        assert "\n" not in str(caught.value)


HEADER = (
    "Title: * t\nDate: now\nPlotname: Transient Analysis\nFlags: real\nNo. Variables: 2\n"
    "No. Points: {}       \nVariables:\n\t0\ttime\ttime\n\t1\tv(1)\tvoltage\nBinary:\n"
)


@pytest.mark.parametrize("promised", [0, 3])
def test_points_that_a_dead_run_left_are_read(tmp_path, promised):
    data = np.arange(5.0).tobytes()
    (tmp_path / "dead.raw").write_bytes(HEADER.format(promised).encode() + data)
    (plot,) = read_raw(tmp_path / "dead.raw")
    assert not plot.complete
    assert plot["TIME"].tolist() == [0.0, 2.0] and plot["v(1)"].tolist() == [1.0, 3.0]
    with pytest.raises(ResultFileError, match="did you mean 'v\\(1\\)'"):
        plot["v(2)"]


def test_several_plots_and_complex_values(tmp_path):
    first = HEADER.format(2).encode() + np.arange(4.0).tobytes()
    second = HEADER.format(1).replace("real", "complex").encode() + np.array([1, 2j]).tobytes()
    third = HEADER.format(1).replace("real", "complex").replace("Binary:", "Values:") + " 0\t1,0\n\t0,2\n\n"
    (tmp_path / "many.raw").write_bytes(first + second + third.encode())
    plots = read_raw(tmp_path / "many.raw")
    assert [plot["v(1)"].tolist() for plot in plots] == [[1.0, 3.0], [2j], [2j]]
    assert all(plot.complete for plot in plots)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"nonsense\n",
        HEADER[:80].encode(),
        HEADER.replace("No. Variables: 2", "No. Variables: 3").format(1).encode(),
    ],
)
def test_other_raw_files_are_one_line_errors(tmp_path, content):
    (tmp_path / "x.raw").write_bytes(content)
    for path in (tmp_path / "x.raw", tmp_path / "none.raw"):
        with pytest.raises(ResultFileError) as caught:
            read_raw(path)
        assert "\n" not in str(caught.value)


@settings(max_examples=80, deadline=None, suppress_health_check=FIXTURE)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_raw_reader(tmp_path, content):
    (tmp_path / "x.raw").write_bytes(content)
    with pytest.raises(ResultFileError):
        read_raw(tmp_path / "x.raw")


def test_a_blank_in_a_name_is_refused(tmp_path):
    with pytest.raises(ResultFileError, match="blank"):
        write_raw(tmp_path / "x.raw", Result(time=[0.0], signals={"V(1, 2)": np.zeros(1)}))


@pytest.mark.parametrize("case", ["jtl100_par", "storage_loop"])
def test_slips_in_a_josim_table_are_those_of_its_full_resolution(case):
    """The tables are thinned to 0.1 ps and 7 digits; the crossings come from 2.5 fs."""
    result = read_csv(shared_file("reference", "josephson", f"{case}.csv.gz"))
    listed = json.loads(shared_file("reference", "josephson", "crossings.json").read_text())
    expected = next(listed[key] for key in listed if key.startswith(case + "@"))["flux_quanta_crossings_ps"]
    for column, crossings in expected.items():
        times = result.pulse_times(column[2:-1], sign=None)
        assert times * 1e12 == pytest.approx(np.array(crossings), abs=0.01)


def test_what_josim_was_asked_twice_for_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    path.write_text('time,"V(1,2)",P(B1),"V(1,2)"\n0,1,2,1\n1e-12,2,3,2\n')
    assert list(read_csv(path).signals) == ["V(1,2)", "P(B1)"]
    path.write_text('time,"V(1,2)",P(B1),"V(1,2)"\n0,1,2,1\n1e-12,2,3,4\n')
    with pytest.raises(ResultFileError, match=r"column V\(1,2\) occurs twice, with other values"):
        read_csv(path)


def test_tables_with_blanks_as_josim_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "run.dat"
    path.write_text('time "P(B1)" "V(1,2)"\n0.000000e+00    1.0    2.0   \n1e-12 -1.0e-3 4.0\n')
    found = read_csv(path)
    assert list(found.signals) == ["P(B1)", "V(1,2)"] and found["V(1,2)"].tolist() == [2.0, 4.0]
    write_csv(path, found)
    assert path.read_text().startswith("time P(B1) V(1,2)\n0 1 2\n")
    assert np.array_equal(read_csv(path)["P(B1)"], found["P(B1)"])
