"""Files: round trips, xarray, and everything that can be wrong with a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosim.errors import ResultFileError
from cosim.results import (
    Array,
    Group,
    Pulses,
    Result,
    find_pulses,
    provenance,
    read_file,
    read_result,
    result_from_group,
    result_group,
    write_file,
    write_result,
)

TIME = np.linspace(0.0, 100e-12, 4001)


def example() -> Result:
    phase = 20.0 * TIME / TIME[-1]
    return Result(
        time=TIME,
        signals={"P(B1|X1)": phase, "V(5)": np.sin(phase), "I(L1/2)": np.cos(phase)},
        pulses=find_pulses(TIME, {"B1|X1": phase, "B2|X1": -phase}),
        stats={"steps": 4000, "wall_time": 0.25, "method": "BDF2"},
        status="inaccurate",
        message="step too long; try 0.05 ps",
        provenance=provenance(netlist="* é\nB1 1 0 jj\n", seed=7, simulators={"ngspice": "39"}),
    )


def assert_equal(a: Result, b: Result) -> None:
    assert np.array_equal(a.time, b.time)
    assert list(a.signals) == list(b.signals)
    assert all(np.array_equal(a.signals[name], b.signals[name], equal_nan=True) for name in a.signals)
    assert dict(a.units) == dict(b.units)
    assert a.pulses.names == b.pulses.names
    for part in ("time", "element", "sign"):
        assert np.array_equal(getattr(a.pulses, part), getattr(b.pulses, part))
    assert dict(a.stats) == dict(b.stats) and dict(a.provenance) == dict(b.provenance)
    assert (a.status, a.message) == (b.status, b.message)


def test_a_result_comes_back_as_it_was(tmp_path):
    write_result(tmp_path / "run.h5", example())
    back = read_result(tmp_path / "run.h5")
    assert_equal(back, example_with(back.provenance))
    assert os.listdir(tmp_path) == ["run.h5"]


def example_with(origin) -> Result:
    made = example()
    return Result(
        time=made.time,
        signals=made.signals,
        pulses=made.pulses,
        stats=made.stats,
        status=made.status,
        message=made.message,
        provenance={**made.provenance, "created": origin["created"]},
    )


texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
labels = texts.filter(lambda text: text not in ("", ".", "..", "time") and "\u2215" not in text)
floats = st.floats(allow_nan=True, width=64)
values = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))
keys = texts.filter(
    lambda text: text not in ("", "schema", "schema_version", "kind", "status", "message") and len(text) < 20
)


@st.composite
def results(draw) -> Result:
    count = draw(st.integers(0, 5))
    names = tuple(draw(st.lists(labels, max_size=3, unique=True)))
    pulse_count = draw(st.integers(0, 6)) if names else 0
    column = st.lists(floats, min_size=count, max_size=count)
    signal_names = draw(st.lists(labels, max_size=4, unique=True))
    return Result(
        time=np.arange(count, dtype=float) * 1e-13,
        signals={name: np.array(draw(column)) for name in signal_names},
        units={name: draw(st.sampled_from(["V", "A", "rad", ""])) for name in signal_names},
        pulses=Pulses(
            time=draw(st.lists(st.floats(0, 1e-9), min_size=pulse_count, max_size=pulse_count)),
            element=draw(
                st.lists(st.integers(0, max(0, len(names) - 1)), min_size=pulse_count, max_size=pulse_count)
            ),
            sign=draw(st.lists(st.sampled_from([1, -1]), min_size=pulse_count, max_size=pulse_count)),
            names=names,
        ),
        stats=draw(st.dictionaries(keys, values, max_size=4)),
        status=draw(st.sampled_from(["completed", "inaccurate", "failed"])),
        message=draw(texts),
        provenance=draw(st.dictionaries(keys, values, max_size=4)),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(results())
def test_any_result_comes_back_as_it_was(tmp_path, result):
    write_result(tmp_path / "any.h5", result)
    assert_equal(read_result(tmp_path / "any.h5"), result)


def test_xarray_opens_it_with_named_dimensions(tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    write_result(tmp_path / "run.h5", example())
    with xarray.open_dataset(tmp_path / "run.h5", engine="h5netcdf") as waves:
        assert waves["V(5)"].dims == ("time",)
        assert waves["time"].attrs["units"] == "s" and waves["P(B1|X1)"].attrs["units"] == "rad"
        assert waves["time"].dtype == np.float64
        assert float(waves["V(5)"].sel(time=50e-12, method="nearest")) == pytest.approx(np.sin(10.0))
        assert waves.attrs["seed"] == 7 and waves.attrs["netlist"].startswith("* é")
        assert waves.attrs["schema_version"] == 1
    with xarray.open_dataset(tmp_path / "run.h5", engine="h5netcdf", group="pulses") as slips:
        assert slips["time"].dims == slips["element"].dims == slips["sign"].dims == ("pulse",)
        assert slips["name"].values.tolist() == ["B1|X1", "B2|X1"]
        assert slips["time"].dtype == np.float64
    with xarray.open_datatree(tmp_path / "run.h5", engine="h5netcdf") as tree:
        assert set(tree.children) == {"pulses", "stats"}


def test_any_tree_of_named_arrays_opens_in_xarray(tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    group = Group(
        arrays={
            "margin": Array(values=np.zeros((2, 3)), dimensions=("parameter", "side"), units="1"),
            "parameter": Array(values=["Ic", "Lµ"], dimensions=("parameter",)),
            "passed": Array(values=np.array([True, False]), dimensions=("parameter",)),
            "critical": Array(values=0.25),
            "nothing": Array(values=np.empty(0), dimensions=("empty",)),
        },
        attributes={"target": "sfq", "long": "x" * 200_000, "exact": 2**62, "yes": True},
        groups={"a": Group(groups={"b": result_group(example())})},
    )
    write_file(tmp_path / "tree.h5", group)
    with xarray.open_dataset(tmp_path / "tree.h5", engine="h5netcdf") as data:
        assert data["margin"].dims == ("parameter", "side")
        assert data["passed"].dtype == bool and float(data["critical"]) == 0.25
        assert data["parameter"].values.tolist() == ["Ic", "Lµ"]
        assert data.attrs["exact"] == 2**62 and len(data.attrs["long"]) == 200_000
        assert data.sizes["empty"] == 0
    back = read_file(tmp_path / "tree.h5")
    assert back.arrays["margin"].dimensions == ("parameter", "side")
    assert back.arrays["passed"].values.dtype == bool
    assert set(back.arrays) == set(group.arrays)
    assert back.attributes == {"target": "sfq", "long": "x" * 200_000, "exact": 2**62, "yes": 1}
    assert np.array_equal(result_from_group(back.groups["a"].groups["b"]).time, TIME)


@pytest.mark.parametrize(
    ("group", "says"),
    [
        (Group(arrays={"t": Array(values=[1.0], dimensions=("t",), units="seconds")}), "SI symbol"),
        (Group(arrays={"t": Array(values=[1.0], dimensions=())}), "dimensions"),
        (Group(arrays={"t": Array(values=[[1.0]], dimensions=("x", "x"))}), "dimensions"),
        (
            Group(
                arrays={
                    "a": Array(values=[1], dimensions=("x",)),
                    "b": Array(values=[1, 2], dimensions=("x",)),
                }
            ),
            "2",
        ),
        (Group(arrays={"a": Array(values=[1j], dimensions=("x",))}), "complex"),
        (Group(arrays={"a": Array(values=[{}], dimensions=("x",))}), "neither"),
        (Group(arrays={"a": Array(values=["\0"], dimensions=("x",))}), "NULL"),
        (Group(arrays={"": Array(values=1.0)}), "cannot name"),
        (Group(arrays={"a": Array(values=1.0)}, groups={"a": Group()}), "one name"),
        (Group(attributes={"schema": "x"}), "reserved"),
        (Group(attributes={"huge": 2**70}), "large"),
        (Group(attributes={"list": [1]}), "neither"),  # pyright: ignore
    ],
)
def test_what_a_file_cannot_hold_is_refused_and_leaves_nothing(tmp_path, group, says):
    with pytest.raises(ResultFileError, match=says) as caught:
        write_file(tmp_path / "bad.h5", group)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_truncated_file_is_a_one_line_error(tmp_path, data):
    whole = tmp_path / "whole.h5"
    if not whole.exists():
        write_result(whole, example())
    content = whole.read_bytes()
    cut = tmp_path / "cut.h5"
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(ResultFileError) as caught:
        read_result(cut)
    assert "\n" not in str(caught.value) and "cut.h5" in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_a_foreign_file_is_a_one_line_error(tmp_path, content, signature):
    foreign = tmp_path / "foreign.h5"
    foreign.write_bytes((b"\x89HDF\r\n\x1a\n" if signature else b"") + content)
    with pytest.raises(ResultFileError):
        read_result(foreign)


def test_other_hdf5_files_missing_files_and_folders(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with h5py.File(tmp_path / "newer.h5", "w") as file:
        file.attrs["schema"], file.attrs["schema_version"] = "cosim", 999
    write_file(tmp_path / "noresult.h5", Group())
    for name, says in [
        ("other.h5", "not one of ours"),
        ("newer.h5", "999"),
        ("noresult.h5", "no simulation result"),
        ("missing.h5", "no such file"),
        (".", "not a file"),
    ]:
        with pytest.raises(ResultFileError, match=says) as caught:
            read_result(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_links_and_external_storage_do_not_reach_other_files(tmp_path):
    (tmp_path / "secret.bin").write_bytes(np.arange(3.0).tobytes())
    write_file(tmp_path / "secret.h5", Group(arrays={"key": Array(values=1.0)}))
    with h5py.File(tmp_path / "evil.h5", "w") as file:
        file.attrs["schema"], file.attrs["schema_version"] = "cosim", 1
        file["outside"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/key")
        file["soft"] = h5py.SoftLink("/nowhere")
        file.create_dataset(
            "stored", shape=(3,), dtype="f8", external=[(str(tmp_path / "secret.bin"), 0, 24)]
        )
        file["self"] = file["/"]
    with pytest.raises(ResultFileError, match="nested"):
        read_file(tmp_path / "evil.h5")
    with h5py.File(tmp_path / "evil.h5", "a") as file:
        del file["self"]
    assert read_file(tmp_path / "evil.h5").arrays == {}


def test_folders_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    for target, says in [
        (tmp_path / "none" / "run.h5", "does not exist"),
        (tmp_path / "file" / "run.h5", "is not a folder"),
        (tmp_path, "is a folder"),
        (Path("/proc/run.h5"), "cannot write"),
    ]:
        with pytest.raises(ResultFileError, match=says) as caught:
            write_result(target, example())
        assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to every folder")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ResultFileError, match="denied"):
        write_result(tmp_path / "run.h5", example())


def test_a_failed_write_keeps_the_old_file(tmp_path):
    write_result(tmp_path / "run.h5", example())
    before = (tmp_path / "run.h5").read_bytes()
    bad = Result(time=TIME, provenance={"netlist": "a\0b"})
    with pytest.raises(ResultFileError):
        write_result(tmp_path / "run.h5", bad)
    assert (tmp_path / "run.h5").read_bytes() == before
    assert os.listdir(tmp_path) == ["run.h5"]


WRITER = """
import sys, numpy as np
from cosim.results import Result, write_result
random = np.random.default_rng(0)
result = Result(time=np.arange(40000.0), signals={f"V({k})": random.normal(size=40000) for k in range(20)})
print("ready", flush=True)
for number in range(10_000):
    write_result(f"{sys.argv[1]}/{number % 3}.h5", result)
"""


@pytest.mark.parametrize("delay", [0.02, 0.13, 0.31])
def test_a_killed_writer_leaves_no_partial_file_under_a_final_name(tmp_path, delay):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    while not list(tmp_path.iterdir()):
        time.sleep(0.001)
    time.sleep(delay)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    for path in tmp_path.glob("*.h5"):
        assert len(read_result(path).signals) == 20
    assert len(list(tmp_path.glob("*.tmp"))) <= 1
